"""What is to be measured: the files of bundles, or single files, each with its images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.class_names import match_folders
from edgekit.datasets.dataset import Example
from edgekit.datasets.file_picture import FilePicture
from edgekit.datasets.photographs import FOR_PROOF, Photographs, photographs_in
from edgekit.datasets.selection import balanced
from edgekit.errors import StoreError, UsageError
from edgekit.spec.task import CLASSES, Decision, Task
from edgekit.store.bundle import MANIFEST_FILE, bundles_below, open_artifact, open_bundle
from edgekit.store.manifest import KERAS
from edgekit.store.measurement import ImageRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.accuracy import Accuracy
    from edgekit.spec.format import Format, Precision
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.bundle import Bundle
    from edgekit.store.contract import Contract
    from edgekit.store.golden import GoldenImage
    from edgekit.store.manifest import ArtifactRecord

LEAST_IMAGES = 32
# Each process decodes all of them before it measures: more photographs cost minutes, and tell little more. How many of how many is said.
MOST_IMAGES = 300
_SEED = 0


@dataclass(frozen=True, slots=True)
class FileToMeasure:
    """A file to measure. ``any_size`` says whether it takes images of any size, ``problem`` why it cannot be measured.

    ``tested`` is how it did on the test images that it was proved on, in each runtime that was there then.
    """

    network: str
    file: str
    format: Format
    precision: Precision
    tuning: str
    sha256: str
    bytes: int
    any_size: bool
    multiply_adds: int | None
    tested: tuple[Accuracy, ...] = ()
    problem: str = ""

    def tested_in(self, runtime: RuntimeSpec) -> Accuracy | None:
        """Return how the file did on the test set in ``runtime``, or where that was not there in the format's own, the first.

        A runtime that is only used when it is named answers by rules of its own: for it another's figure says nothing.
        """
        own = next((tested for tested in self.tested if tested.runtime == runtime.name), None)
        return own if own or runtime.only_when_named else next(iter(self.tested), None)


@dataclass(frozen=True, slots=True)
class Workload:
    """A bundle or a file to measure: its files, its images, named below ``root``, its classes, and how scores become an answer.

    ``photographs`` is how many there were to choose the images from; 0: they are the bundle's golden images.
    """

    source: str
    files: tuple[FileToMeasure, ...]
    labels: tuple[str, ...]
    root: str
    images: tuple[ImageRecord, ...]
    decision: Decision = CLASSES
    photographs: int = 0


def find_workloads(paths: Sequence[Path], images: Path | None) -> list[Workload]:
    """Open what is to be measured: bundles, files, or folders of bundles."""
    workloads = []
    for path in {path.resolve(): path for path in paths}.values():
        if path.is_file():
            workloads.append(_file_workload(path, images))
            continue
        folders = [path] if (path / MANIFEST_FILE).is_file() else bundles_below(path)
        if not folders:
            raise StoreError(f"there is nothing to measure. Received: {path}", hint="`edgekit export` writes bundles into exported/")
        workloads += [_bundle_workload(folder, images) for folder in folders]
    return list({Path(workload.source).resolve(): workload for workload in workloads}.values())


def _bundle_workload(folder: Path, images: Path | None) -> Workload:
    bundle = open_bundle(folder)
    files = tuple(_file(bundle, entry) for entry in bundle.manifest.artifacts)
    decision = bundle.manifest.decision
    labels = bundle.labels if decision.decides(bundle.manifest.artifacts[0].output.shape[-1]) else ()
    if images:
        return Workload(str(folder), files, labels, *_given_images(images, labels, decision), decision, len(_photographs(images).files))
    records = tuple(_golden(image, decision) if labels else ImageRecord(name=image.file) for image in bundle.golden.plain)
    return Workload(str(folder), files, labels, str(folder), records, decision)


def _golden(image: GoldenImage, decision: Decision) -> ImageRecord:
    answer = decision.answer(image.scores)
    if decision.task is Task.MULTILABEL:
        return ImageRecord(name=image.file, labels=image.labels, keras_labels=answer)
    return ImageRecord(name=image.file, label=image.label, keras=answer[0])


def _file(bundle: Bundle, entry: ArtifactRecord) -> FileToMeasure:
    """Describe one of a bundle's files; a damaged one keeps the others from nothing."""
    problem, multiply_adds = "", None
    try:
        multiply_adds = bundle.artifact(entry).contract.multiply_adds
    except StoreError as error:
        problem = error.message
    any_size = -1 in entry.input.shape
    against_keras = (record for record in bundle.manifest.checks.parity if (record.file, record.against) == (entry.file, KERAS))
    return FileToMeasure(
        network=bundle.manifest.network,
        file=entry.file,
        format=entry.format,
        precision=entry.precision,
        tuning=entry.tuning,
        sha256=entry.sha256,
        bytes=entry.bytes,
        any_size=any_size,
        multiply_adds=multiply_adds,
        tested=tuple(record.tested for record in against_keras if record.tested),
        problem=problem,
    )


def _file_workload(path: Path, images: Path | None) -> Workload:
    artifact = open_artifact(path)
    if not images:
        raise UsageError(f"a single file brings too few images to measure with. Received: {path}", hint="give a folder of photographs: --images DIR")
    contract: Contract = artifact.contract
    file = FileToMeasure(
        network=contract.network,
        file=path.name,
        format=contract.format,
        precision=contract.precision,
        tuning="",
        sha256=artifact.sha256,
        bytes=path.stat().st_size,
        any_size=-1 in contract.input.shape,
        multiply_adds=contract.multiply_adds,
    )
    decision = contract.decision
    labels = contract.labels if decision.decides(contract.output.shape[-1]) else ()
    return Workload(str(path), (file,), labels, *_given_images(images, labels, decision), decision, len(_photographs(images).files))


def _given_images(folder: Path, labels: tuple[str, ...], decision: Decision = CLASSES) -> tuple[str, tuple[ImageRecord, ...]]:
    """Return a folder and of its images `MOST_IMAGES` at most; a file below a folder of a class' name has that label.

    They are chosen by a seed, as evenly over the folders as these allow, and so are the first of them. What the classes of the file that is
    measured are changes nothing in that: every file gets the same images. Where an image may have several labels, a folder says
    nothing of the others.
    """
    found = _photographs(folder)
    several = decision.task is Task.MULTILABEL
    known = {} if several else match_folders(found.class_folders, labels).indexes
    folders = {name: number for number, name in enumerate(found.class_folders)}
    examples = [
        Example(FilePicture(path, path.relative_to(found.root).as_posix()), folders.get(found.class_folder(path), len(folders)))
        for path in found.files
    ]
    chosen = [found.root / example.picture.name for example in balanced(examples, MOST_IMAGES, _SEED)]
    return str(found.root), tuple(
        ImageRecord(name=path.relative_to(found.root).as_posix(), label=known.get(found.class_folder(path))) for path in chosen
    )


def _photographs(folder: Path) -> Photographs:
    """Return the photographs of a folder, which must be enough to measure with."""
    if not folder.is_dir():
        raise UsageError(f"there is no such folder. Received: {folder}", hint="--images takes a folder of photographs")
    found = photographs_in(folder, *FOR_PROOF)
    files = found.files
    if len(files) < LEAST_IMAGES:
        raise UsageError(
            f"at least {LEAST_IMAGES} images are needed. Received: {len(files)} in {found.root}", hint="--images takes a folder of photographs"
        )
    return found
