"""A bench as a whole: which files, in which runtimes, with which images; one result file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edgekit.bench.environment import environment
from edgekit.bench.job import Job
from edgekit.bench.schedule import interleaved, run_schedule
from edgekit.datasets.folder import class_folders, image_files
from edgekit.errors import EdgekitError, MissingPackageError, StoreError, UsageError
from edgekit.runtimes.base import installed_for, is_installed
from edgekit.store.bundle import MANIFEST_FILE, PLAIN, Artifact, bundles_below, open_artifact, open_bundle
from edgekit.store.result import RESULT_SCHEMA, Block, ImageRecord, Result, ResultHeader, ResultWriter, read_result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgekit.spec.progress import Progress
    from edgekit.spec.protocol import Protocol
    from edgekit.spec.runtime import RuntimeSpec

LEAST_IMAGES = 32


@dataclass(frozen=True, slots=True)
class Target:
    """A bundle or a file to measure, with its artifacts and its images."""

    source: str
    artifacts: tuple[Artifact, ...]
    paths: tuple[Path, ...]
    images: tuple[ImageRecord, ...]


def find_targets(paths: Sequence[Path], images: Path | None) -> list[Target]:
    """Open what is to be measured: bundles, files, or folders of bundles."""
    targets = []
    for path in paths:
        if path.is_file():
            targets.append(_file_target(path, images))
            continue
        folders = [path] if (path / MANIFEST_FILE).is_file() else bundles_below(path)
        if not folders:
            raise StoreError(f"there is nothing to measure. Received: {path}", hint="`edgekit export` writes bundles into exported/")
        targets += [_bundle_target(folder, images) for folder in folders]
    return targets


def _bundle_target(folder: Path, images: Path | None) -> Target:
    bundle = open_bundle(folder)
    artifacts = tuple(bundle.artifact(entry) for entry in bundle.manifest.artifacts)
    if images:
        return Target(str(folder), artifacts, *_given_images(images, bundle.labels))
    # The variants are there to show damage, not to be recognised: only plain test images are measured with.
    golden = [image for image in bundle.golden.images if image.variant == PLAIN]
    records = tuple(
        ImageRecord(name=image.file, label=image.label, keras=max(range(len(image.scores)), key=image.scores.__getitem__)) for image in golden
    )
    return Target(str(folder), artifacts, tuple(bundle.golden_path(image) for image in golden), records)


def _file_target(path: Path, images: Path | None) -> Target:
    artifact = open_artifact(path)
    if not images:
        raise UsageError(f"a single file brings too few images to measure with. Received: {path}", hint="give a folder of photographs: --images DIR")
    return Target(str(path), (artifact,), *_given_images(images, artifact.contract.labels))


def _given_images(folder: Path, labels: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[ImageRecord, ...]]:
    """Return the images of a folder; a file below a folder of a class' name has that label."""
    if not folder.is_dir():
        raise UsageError(f"there is no such folder. Received: {folder}", hint="--images takes a folder of photographs")
    root = folder / "test" if (folder / "test").is_dir() else folder
    known = {name: labels.index(name) for name in class_folders(root) if name in labels}
    files = image_files(root)
    if len(files) < LEAST_IMAGES:
        raise UsageError(
            f"at least {LEAST_IMAGES} images are needed. Received: {len(files)} in {folder}", hint="--images takes a folder of photographs"
        )
    records = [ImageRecord(name=path.relative_to(root).as_posix(), label=known.get(path.relative_to(root).parts[0])) for path in files]
    return tuple(files), tuple(records)


def bench(targets: Sequence[Target], runtimes: Sequence[RuntimeSpec], protocol: Protocol, out: Path, *, numbered: bool, progress: Progress) -> Result:
    """Measure every artifact in every fitting runtime (all that are installed, if none is named).

    Raises:
        EdgekitError: no block succeeded.

    """
    jobs = interleaved(_jobs(targets, runtimes, protocol), protocol.seed)
    header = ResultHeader(
        schema=RESULT_SCHEMA,
        protocol=protocol,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        environment=environment(),
        images={target.source: target.images for target in targets},
    )
    writer = ResultWriter(out, header, numbered=numbered)
    done: list[Block] = []

    def finished(block: Block) -> None:
        writer.add(block)
        done.append(block)
        progress.advance("measuring", len(done), len(jobs), f"{block.file} in {block.runtime}{': ' + block.error if block.error else ''}")

    try:
        run_schedule(jobs, finished)
    finally:
        writer.close()
    result = read_result(writer.path)
    failed = [block for block in result.blocks if block.error]
    if len(failed) == len(result.blocks):
        raise EdgekitError(f"no block succeeded: {failed[0].file} in {failed[0].runtime}: {failed[0].error}", hint="`edgekit verify` tells more")
    return result


def _jobs(targets: Sequence[Target], runtimes: Sequence[RuntimeSpec], protocol: Protocol) -> list[Job]:
    for runtime in runtimes:
        if not is_installed(runtime):
            raise MissingPackageError(f"{runtime.name} is not installed", hint=f"pip install edgekit[{runtime.extra}]")
    jobs = [
        Job(
            source=target.source,
            path=str(artifact.path.resolve()),
            sha256=artifact.sha256,
            runtime=runtime.name,
            process=process,
            images=tuple(str(path.resolve()) for path in target.paths),
            protocol=protocol,
        )
        for target in targets
        for artifact in target.artifacts
        for runtime in runtimes or installed_for(artifact.contract.format)
        if artifact.contract.format in runtime.formats
        for process in range(protocol.processes)
    ]
    if not jobs and runtimes:
        named = ", ".join(row.name for row in runtimes)
        raise UsageError(f"none of the files can be opened by the runtime that was named. Received: {named}", hint="leave --runtime out")
    if not jobs:
        raise MissingPackageError("no runtime here opens any of the files", hint="pip install edgekit[litert] or edgekit[onnxruntime]")
    return jobs
