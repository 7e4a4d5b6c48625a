"""Photographs whose colours decide, and Keras models that read them by weights made by arithmetic: what is right is worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PX = 32
COLOURS = ("red", "green", "blue")
# A channel's mean is 45 without its colour, 165 with it: the score is 20 times how far that is above 105, each as a share of 255.
_STEEP, _MIDDLE, _NOISE, FULL = 20.0, 105 / 255, 90, 120


def photograph(levels: Sequence[int], seed: int) -> NDArray[np.uint8]:
    """Return uint8 (32, 32, 3): noise of 0 to 90 in each channel, with what is added to each, and waves."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:PX, :PX]
    waves = 10 * np.sin(x * 2 * np.pi / 8) + 10 * np.cos(y * 2 * np.pi / 8)
    return np.clip(rng.integers(0, _NOISE + 1, (PX, PX, 3)) + np.array(levels) + waves[..., None], 0, 255).astype(np.uint8)


def levels_of(names: Sequence[str], level: int = FULL) -> tuple[int, ...]:
    return tuple(level if colour in names else 0 for colour in COLOURS)


def write(folder: Path, pictures: Mapping[str, Sequence[int]]) -> Path:
    """Write a PNG for each name, with these levels."""
    for seed, (name, levels) in enumerate(pictures.items()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photograph(levels, seed)).save(folder / name)
    return folder


def score(pixels: NDArray[np.uint8], channel: int) -> float:
    """Return the logit that `by_mean` gives a channel, by NumPy alone."""
    return float(_STEEP * (pixels[..., channel].mean(dtype=np.float64) / 255 - _MIDDLE))


def by_mean(channels: Sequence[int], activation: str | None) -> keras.Model:
    """Return a model with a score for each of these channels."""
    image = keras.Input((PX, PX, 3))
    same = layers.Conv2D(3, 1, activation="relu")
    means = layers.GlobalAveragePooling2D()(same(layers.Rescaling(1 / 255)(image)))
    end = layers.Dense(len(channels), activation=activation)
    model = keras.Model(image, end(means))
    same.set_weights([np.eye(3, dtype=np.float32).reshape(1, 1, 3, 3), np.zeros(3, np.float32)])
    end.set_weights([_STEEP * np.eye(3, dtype=np.float32)[:, list(channels)], np.full(len(channels), -_STEEP * _MIDDLE, np.float32)])
    return model
