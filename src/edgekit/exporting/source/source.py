"""What an export is of: a trained Keras model with all that is known of it, wherever it was trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgekit.exporting.source.images import images_of
from edgekit.host.versions import package_versions
from edgekit.models.saved import load_model
from edgekit.networks.cost import multiply_adds
from edgekit.spec.export import Head
from edgekit.spec.pixels import RAW, Pixels
from edgekit.spec.task import Decision, Task
from edgekit.store.contract import Provenance
from edgekit.text.markup import in_code
from edgekit.text.units import percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import keras

    from edgekit.exporting.source.images import Images
    from edgekit.models.front import Front
    from edgekit.store.run import Run

VERSIONS_OF = ("edgekit", "tensorflow-cpu", "keras", "tf2onnx", "onnx")


@dataclass(frozen=True, slots=True)
class Subject:
    """``model`` reads raw RGB pixels, float32 (batch, px, px, 3) 0 to 255; what it makes of them for the network is ``pixels``.

    ``name`` is the bundle's, ``network`` stands in the names of its files, and ``story`` in its card: one paragraph of what is
    known of the model. ``labels`` are empty where the model gives no score a class. ``seed`` decides which images are chosen.
    ``answers`` are the scores that it gave to images of its test set, by their names, when it was trained.
    ``multiply_adds`` are those of one image, where all layers are known; ``licence`` is what whoever exports says.
    ``front`` is what it does to images of any size by itself, in place of the resize to ``model``'s.
    ``task`` says what its scores are of, ``thresholds`` above which probability one means its label.
    """

    name: str
    network: str
    story: str
    model: keras.Model
    labels: tuple[str, ...]
    images: Images
    provenance: Provenance
    pixels: Pixels = RAW
    answers: Mapping[str, Sequence[float]] = field(default_factory=dict)
    seed: int = 0
    multiply_adds: int | None = None
    licence: str | None = None
    task: Task = Task.CLASSES
    thresholds: tuple[float, ...] = ()
    front: Front | None = None

    def decision(self, head: Head) -> Decision:
        """Return how scores of ``head`` become an answer; features become none."""
        return Decision(head=head) if head is Head.FEATURES else Decision(self.task, head, self.thresholds)


def of_run(run: Run, *, calibration: Path | None = None, golden: Path | None = None) -> Subject:
    """Return what a finished run trained; ``calibration`` and ``golden`` are image folders in place of its data set's own.

    Raises:
        DataError: the data set has changed, or a folder has no images of its classes.
        StoreError: the model cannot be loaded.

    """
    record = run.record
    dataset = record.dataset
    model = load_model(run.model_file)
    work = multiply_adds(model)
    return Subject(
        name=run.name,
        network=record.network.name,
        story=f"{record.network.title}, trained for {record.epochs} epochs by the recipe `{in_code(record.recipe.name)}` "
        f"on `{in_code(dataset.name)}`: {dataset.train_images} training images, {len(record.labels)} classes. "
        f"Top-1 on {dataset.test_images} test images: {percent(record.test_accuracy)}.",
        images=images_of(record, work, calibration=calibration, golden=golden),
        model=model,
        answers=run.answers(),
        labels=record.labels,
        seed=record.recipe.seed,
        multiply_adds=work,
        provenance=Provenance(
            run=run.name,
            recipe=record.recipe.name,
            epochs=record.epochs,
            test_accuracy=record.test_accuracy,
            dataset=dataset.name,
            dataset_fingerprint=dataset.fingerprint,
            model_sha256=record.model_sha256,
            versions=package_versions(*VERSIONS_OF),
        ),
    )
