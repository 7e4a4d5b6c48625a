"""A Keras model that was trained elsewhere, as something that can be exported: raw pixels in, one flat model, labels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from edgekit.errors import ExportError, UsageError
from edgekit.export.graph.replay import flat
from edgekit.export.head import Ending, answer_of, ends_of
from edgekit.export.meaning import images_for, meaning_of
from edgekit.export.model import Reference
from edgekit.export.subject import VERSIONS_OF, Subject
from edgekit.export.suggestions import suggestion
from edgekit.export.tflite import KEEPS_STATE
from edgekit.networks.blocks import INPUT_NAME
from edgekit.networks.saved import load_foreign
from edgekit.spec.export import Head
from edgekit.spec.markup import in_code
from edgekit.spec.pixels import RAW, Colour, Pixels
from edgekit.spec.task import Decision, Task
from edgekit.store.bundle import sha256_of
from edgekit.store.contract import Provenance
from edgekit.store.versions import package_versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.export.images import Images
    from edgekit.spec.progress import Progress

# What a flat model may differ from the one in the file, as a share of its largest answer: both compute in float32.
_SAME = 1e-4
_PROBES = 2


@dataclass(frozen=True, slots=True)
class ForeignOptions:
    """What the file itself does not say. ``image_px`` is needed where the model takes images of any size.

    ``task`` is needed where one score may mean several things; ``thresholds`` are texts as `thresholds_for` reads them, ``truth`` a
    table of what is on the golden images. ``head`` is what will be exported, where that is known.
    """

    pixels: Pixels = RAW
    labels: Path | None = None
    calibration: Path | None = None
    golden: Path | None = None
    image_px: int | None = None
    unsafe: bool = False
    task: Task | None = None
    thresholds: tuple[str, ...] = ()
    truth: Path | None = None
    head: Head | None = None


def of_file(path: Path, options: ForeignOptions, *, progress: Progress) -> Subject:
    """Return the model in a Keras file, with preprocessing in front of it, and the images to prove it on.

    Raises:
        StoreError: the file cannot be loaded, or holds code.
        ExportError: the model is no image classifier as edgekit exports them: one RGB image in, one vector out.
        DataError: there are no images, or the labels do not fit.

    """
    loaded = load_foreign(path, unsafe=options.unsafe)
    _refuse_unfit(loaded)
    loaded = keras.Model(loaded.inputs[0], loaded.outputs[0])  # without a dictionary around either
    model = with_raw_input(loaded, _image_px(loaded, options.image_px), options.pixels)
    ends = ends_of(model)
    if options.head is not None:
        answer_of(ends, options.head)
    meant = meaning_of(ends, options, progress=progress)
    images = images_for(meant, options, progress=progress)
    labels = meant.labels
    decision = Decision(meant.task, Head.LOGITS if ends.ending is Ending.LINEAR else Head.PROBABILITIES, meant.thresholds)
    one_of_all = labels and images.labelled and images.truth is None
    better = _suggestion(loaded, model.input.shape[1], images, labels, options.pixels, decision) if one_of_all else None
    if better:
        progress.say(f"warning: {better}")
    expects = "raw pixels" if options.pixels == RAW else f"pixels prepared as `{options.pixels.name}`, which the graph does by itself"
    return Subject(
        name=_plain(path.stem),
        network=_plain(path.stem),
        story=f"A Keras model trained elsewhere, from the file `{in_code(path.name)}`: {len(labels) or 'no'} classes. It reads {expects}.",
        model=model,
        labels=labels,
        images=images,
        pixels=options.pixels,
        task=meant.task,
        thresholds=meant.thresholds,
        provenance=Provenance(file=path.name, model_sha256=sha256_of(path), versions=package_versions(*VERSIONS_OF)),
    )


def with_raw_input(model: keras.Model, image_px: int, pixels: Pixels) -> keras.Model:
    """Return a model of the same layers, float32 (batch, px, px, 3) raw RGB in, with no model inside it.

    Raises:
        ExportError: it does not answer as ``model`` does.

    """
    image = keras.Input((image_px, image_px, 3), name=INPUT_NAME)
    x = image
    if (pixels.mean, pixels.std) != (RAW.mean, RAW.std):
        mean, std = np.array(pixels.mean), np.array(pixels.std)
        x = layers.Rescaling((1 / std).tolist(), (-mean / std).tolist(), name="pixels")(x)
    if pixels.colour is Colour.BGR:
        x = _turned(x)
    try:
        network = flat(keras.Model(image, model(x)))
    # A layer refuses the size in its own words.
    except ValueError as error:
        raise ExportError(
            f"the model does not take images of {image_px} px. Received: {' '.join(str(error).split())[:200]}", hint="try another --image-size"
        ) from error
    _check(network, model, image_px, pixels)
    return network


def _turned(x: Any) -> Any:
    """Return the channels in reverse order, by a 1 × 1 convolution: exact, and every format and precision knows it."""
    layer = layers.Conv2D(3, 1, use_bias=False, name="bgr")
    y = layer(x)
    layer.set_weights([np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3)])
    return y


def _check(network: keras.Model, model: keras.Model, image_px: int, pixels: Pixels) -> None:
    """Hold the flat model against the one in the file, which gets its pixels prepared by NumPy."""
    raw = np.random.default_rng(0).integers(0, 256, (_PROBES, image_px, image_px, 3))
    wanted = np.asarray(model(_prepared(raw, pixels), training=False))
    got = np.asarray(network(raw.astype(np.float32), training=False))
    if not np.isfinite(wanted).all():
        raise ExportError(
            "the model's own answers to an image of noise are not finite", hint="its weights are damaged, or it wants other pixels: --preprocessing"
        )
    if not np.abs(got - wanted).max() <= _SAME * np.abs(wanted).max():
        raise ExportError(
            f"the model does not answer the same when its layers are called one by one. Received: {float(np.abs(got - wanted).max()):.1e} apart",
            hint=KEEPS_STATE,
        )


def _prepared(raw: NDArray[np.integer], pixels: Pixels) -> NDArray[np.float32]:
    """Return what a network reads of raw RGB pixels (…, 3)."""
    prepared = ((raw - np.array(pixels.mean)) / np.array(pixels.std)).astype(np.float32)
    return prepared[..., ::-1] if pixels.colour is Colour.BGR else prepared


def _suggestion(model: keras.Model, image_px: int, images: Images, labels: tuple[str, ...], pixels: Pixels, decision: Decision) -> str | None:
    """Return what fits the photographs far better, by the model in the file, whose own scores become an answer by ``decision``."""
    reference = Reference(with_raw_input(model, image_px, RAW))

    def ask(examples: Sequence[Example], prepared: Pixels) -> NDArray[np.float32]:
        # A bilinear resize may come after an affine function of the pixels as well as before.
        scores = reference.scores(_prepared(example.picture.pixels(), prepared) for example in examples)
        # One score for two labels: the second wins where it is above its threshold.
        return np.column_stack([np.full(len(scores), decision.cuts[0]), scores]) if decision.task is Task.BINARY else scores

    return suggestion(images.test, labels, pixels, ask)


def _refuse_unfit(model: keras.Model) -> None:
    """Raise `ExportError` for a model that edgekit does not export: of several tensors, of another image, not of float32 throughout."""
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1 or len(outputs) != 1:
        kind = f"{len(inputs)} in, {len(outputs)} out" if inputs and outputs else "a model without a fixed graph"
        raise ExportError(
            f"only models of one image in and one vector out are exported. Received: {kind}", hint="build it from layers, keras.Model(image, scores)"
        )
    shape = tuple(inputs[0].shape)
    if len(shape) != 4 or shape[-1] != 3:
        raise ExportError(
            f"a model's input is one RGB image, channels last: (batch, height, width, 3). Received: {shape}",
            hint="grey images: repeat the channel inside the model",
        )
    # Those of models inside too: such a model has a policy of its own, which says nothing of its layers.
    inside = list(model._flatten_layers(include_self=False))
    half = sorted({layer.compute_dtype for layer in inside} - {"float32"})
    if half:
        raise ExportError(
            f"only models that compute in float32 are exported. Received: {', '.join(half)}",
            hint="build it under the policy float32, load its weights, save it",
        )
    quantised = [layer.name for layer in inside if getattr(layer, "quantization_mode", None)]
    if quantised:
        raise ExportError(
            f"the model is quantised already, by Keras. Received: {', '.join(quantised[:5])}", hint="export the float model that it was made of"
        )


def _image_px(model: keras.Model, wanted: int | None) -> int:
    """Return the side of the image that the model takes."""
    shape = tuple(model.inputs[0].shape)
    sides = {side for side in shape[1:3] if side is not None}
    if len(sides) > 1:
        raise ExportError(f"a model's input is square. Received: {shape[1]} × {shape[2]} px", hint="rebuild it for a square image")
    if None in shape[1:3] and wanted is None:
        raise UsageError(f"the model takes images of any size. Received: {shape}", hint="say which it was trained with: --image-size 224")
    if sides and wanted not in (None, *sides):
        raise UsageError(f"the model takes images of {min(sides)} px. Received: --image-size {wanted}", hint="leave --image-size out")
    return wanted or min(sides)


def _plain(name: str) -> str:
    """Return a file's name as it may stand in the names of others."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "model"
