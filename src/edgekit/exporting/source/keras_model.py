"""A Keras model that was trained elsewhere, as something that can be exported: raw pixels in, one flat model, labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import keras
import numpy as np

from edgekit.exporting.source.meaning import images_for, meaning_of
from edgekit.exporting.source.source import VERSIONS_OF, Subject
from edgekit.exporting.source.suggestions import suggestion
from edgekit.exporting.source.trained import Reference
from edgekit.host.versions import package_versions
from edgekit.models.fitness import refuse_unfit
from edgekit.models.head import Ending, answer_of, ends_of
from edgekit.models.raw_input import pixels_of, prepared, prepared_model
from edgekit.models.saved import load_foreign
from edgekit.spec.export import Head
from edgekit.spec.pixels import RAW, Colour, Pixels
from edgekit.spec.task import Decision, Task
from edgekit.store.bundle import sha256_of
from edgekit.store.contract import Provenance
from edgekit.text.markup import in_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.exporting.source.foreign import ForeignOptions
    from edgekit.exporting.source.images import Images
    from edgekit.spec.progress import Progress


def of_file(path: Path, options: ForeignOptions, *, progress: Progress) -> Subject:
    """Return the model in a Keras file, with preprocessing in front of it, and the images to prove it on.

    Raises:
        StoreError: the file cannot be loaded, or holds code.
        ExportError: the model is no image classifier as edgekit exports them: one RGB image in, one vector out.
        DataError: there are no images, or the labels do not fit.

    """
    loaded = load_foreign(path, unsafe=options.unsafe)
    refuse_unfit(loaded)
    loaded = keras.Model(loaded.inputs[0], loaded.outputs[0])  # without a dictionary around either
    pixels = pixels_of(loaded, options.pixels)
    front, model = prepared_model(loaded, options.image_px, pixels)
    ends = ends_of(model)
    if options.head is not None:
        answer_of(ends, options.head)
    meant = meaning_of(ends, options, progress=progress)
    images = images_for(meant, options, progress=progress)
    labels = meant.labels
    decision = Decision(meant.task, Head.LOGITS if ends.ending is Ending.LINEAR else Head.PROBABILITIES, meant.thresholds)
    one_of_all = labels and images.labelled and images.truth is None and pixels.colour is not Colour.GREY
    better = _suggestion(loaded, options.image_px, images, labels, pixels, decision) if one_of_all else None
    if better:
        progress.say(f"warning: {better}")
    return Subject(
        name=_plain(path.stem),
        network=_plain(path.stem),
        story=f"A Keras model trained elsewhere, from the file `{in_code(path.name)}`: {len(labels) or 'no'} classes. It reads {_told(pixels)}.",
        model=model,
        labels=labels,
        images=images,
        pixels=pixels,
        front=front,
        task=meant.task,
        thresholds=meant.thresholds,
        provenance=Provenance(file=path.name, model_sha256=sha256_of(path), versions=package_versions(*VERSIONS_OF)),
    )


def _told(pixels: Pixels) -> str:
    grey = "in grey, " if pixels.colour is Colour.GREY else ""
    return "raw pixels" if pixels == RAW else f"pixels {grey}prepared as `{pixels.name}`, which the graph does by itself"


def _suggestion(model: keras.Model, image_px: int | None, images: Images, labels: tuple[str, ...], pixels: Pixels, decision: Decision) -> str | None:
    """Return what fits the photographs far better, by the model in the file, whose own scores become an answer by ``decision``."""
    front, network = prepared_model(model, image_px, RAW)
    reference = Reference(network, front=front)

    def ask(examples: Sequence[Example], wanted: Pixels) -> NDArray[np.float32]:
        # A bilinear resize may come after an affine function of the pixels as well as before.
        scores = reference.scores(prepared(example.picture.pixels(), wanted) for example in examples)
        # One score for two labels: the second wins where it is above its threshold.
        return np.column_stack([np.full(len(scores), decision.cuts[0]), scores]) if decision.task is Task.BINARY else scores

    return suggestion(images.test, labels, pixels, ask)


def _plain(name: str) -> str:
    """Return a file's name as it may stand in the names of others."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.") or "model"
