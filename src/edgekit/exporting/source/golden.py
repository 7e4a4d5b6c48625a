"""Choosing the golden images: test images of every class, and variants that show what plain ones hide."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from edgekit.datasets.decode import encode_png
from edgekit.datasets.selection import balanced
from edgekit.store.golden import PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example

# Plain images: of every class where there are not too many, and those on which the trained model hesitates most.
LEAST_BALANCED, MOST_BALANCED = 20, 36
NARROW = 12
MOST_TOTAL_BYTES = 3_000_000
MOST_SAMPLE_BYTES = 5_000
_SIDES_PX = (320, 256, 192, 128, 96, 64)
_SAMPLE_SIDES_PX = (128, 96, 64, 48, 32, 16)
_VARIANT_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class GoldenPicture:
    """A golden image before it is written: ``source`` is the test image, ``variant`` what was done to it."""

    pixels: NDArray[np.uint8]
    png: bytes
    label: int
    source: str
    variant: str


def choose_golden(examples: Sequence[Example], seed: int, margins: NDArray[np.float32] | None = None) -> list[GoldenPicture]:
    """Return 32 to 48 plain test images (fewer where there are fewer), then 16 variants.

    ``margins`` are the trained model's top-two margins on ``examples``: where they are narrow, a small error shows as another
    class. They have at most 320 px a side, and 3 MB in all.
    """
    classes = len({example.label for example in examples})
    chosen_by_class = balanced(examples, min(max(LEAST_BALANCED, classes), MOST_BALANCED) + (0 if margins is not None else NARROW), seed)
    plain = [*chosen_by_class, *_narrowest(examples, margins, chosen_by_class)]
    rng = random.Random(seed)
    for side in _SIDES_PX:
        chosen = [_picture(_at_most(example.picture.pixels(), side), example, PLAIN) for example in plain]
        for index in range(_VARIANT_ROUNDS * len(_VARIANTS)):
            example = plain[rng.randrange(len(plain))]
            name = list(_VARIANTS)[index % len(_VARIANTS)]
            chosen.append(_picture(_VARIANTS[name](_at_most(example.picture.pixels(), side), rng), example, name))
        if sum(len(picture.png) for picture in chosen) <= MOST_TOTAL_BYTES:
            break
    return chosen


def _narrowest(examples: Sequence[Example], margins: NDArray[np.float32] | None, taken: Sequence[Example]) -> list[Example]:
    """Return the examples of the narrowest margins that are not ``taken``, the narrowest last."""
    if margins is None:
        return []
    names = {example.picture.name for example in taken}
    order = [index for index in np.argsort(margins, kind="stable") if examples[index].picture.name not in names]
    return [examples[index] for index in reversed(order[:NARROW])]


def choose_samples(golden: Sequence[GoldenPicture]) -> list[GoldenPicture]:
    """Return four pictures of at most 5 kB each, to travel inside a model file: plain, odd, saturated, and of the narrowest margin."""
    plain = [picture for picture in golden if picture.variant == PLAIN]
    by_variant = {picture.variant: picture for picture in golden}
    return [_small(picture) for picture in (plain[0], by_variant["odd"], by_variant["saturated"], plain[-1])]


def _small(picture: GoldenPicture) -> GoldenPicture:
    for side in _SAMPLE_SIDES_PX:
        pixels = _at_most(picture.pixels, side)
        png = encode_png(pixels)
        if len(png) <= MOST_SAMPLE_BYTES:
            break
    return GoldenPicture(pixels, png, picture.label, picture.source, picture.variant)


def _picture(pixels: NDArray[np.uint8], example: Example, variant: str) -> GoldenPicture:
    return GoldenPicture(pixels, encode_png(pixels), example.label, example.picture.name, variant)


def _at_most(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    return pixels if scale >= 1 else _resampled(pixels, max(1, round(height * scale)), max(1, round(width * scale)))


def _resampled(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def _odd(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    return _resampled(pixels, rng.randrange(61, 160, 2), rng.randrange(61, 160, 2))


def _tall(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    return _resampled(pixels, rng.randrange(250, 320), rng.randrange(30, 60))


def _wide(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    return _resampled(pixels, rng.randrange(30, 60), rng.randrange(250, 320))


def _tiny(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    return _resampled(pixels, rng.randrange(1, 12), rng.randrange(1, 12))


def _grey(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    del rng
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


def _tinted(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    """Weigh the channels differently: on a grey data set, nothing else would show a wrong channel order."""
    weights = np.array([1.0, rng.uniform(0.5, 0.8), rng.uniform(0.2, 0.45)], np.float32)
    return np.rint(pixels * weights).astype(np.uint8)


def _saturated(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    """Leave one channel, turn one round, and empty one: colours that no photograph has."""
    _, turned, empty = rng.sample(range(3), 3)
    image = pixels.copy()
    image[..., turned] = 255 - image[..., turned]
    image[..., empty] = 0
    return image


def _noise(pixels: NDArray[np.uint8], rng: random.Random) -> NDArray[np.uint8]:
    """Black or full in each channel of each pixel: all that a resize weighs shows, and no activation is idle."""
    del pixels
    height, width = rng.randrange(33, 80), rng.randrange(33, 80)
    return np.frombuffer(rng.randbytes(height * width * 3), np.uint8).reshape(height, width, 3) // 128 * np.uint8(255)


_VARIANTS: dict[str, Callable[[NDArray[np.uint8], random.Random], NDArray[np.uint8]]] = {
    "odd": _odd,
    "tall": _tall,
    "wide": _wide,
    "tiny": _tiny,
    "grey": _grey,
    "tinted": _tinted,
    "saturated": _saturated,
    "noise": _noise,
}
