"""The export as a whole: convert, embed, prove, publish."""

from __future__ import annotations

import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from edgekit.analysis.decisions import right
from edgekit.analysis.plausibility import near_chance
from edgekit.card import write_card
from edgekit.errors import ExportError, SessionError
from edgekit.exporting.exporter import Made, Maker
from edgekit.exporting.manifest import class_counts, golden_file, golden_record, trial_records
from edgekit.exporting.parity.images import ParityImages, parity_images
from edgekit.exporting.tuning.space import candidates
from edgekit.models.head import without_head
from edgekit.spec.task import Task, labels_of
from edgekit.spec.tuning import TUNED, Search, as_toml
from edgekit.store.atomic import staged_folder, write_whole
from edgekit.store.bundle import LABELS_FILE, MANIFEST_FILE, TUNED_FILE, Bundle, open_bundle, sha256_of
from edgekit.store.golden import GOLDEN_FILE
from edgekit.store.manifest import MANIFEST_SCHEMA, Checks, Manifest, TrialRecord
from edgekit.store.record import encode
from edgekit.text.units import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.exporting.parity.gate import Proof
    from edgekit.exporting.parity.reference import Evidence
    from edgekit.exporting.plan import ExportPlan
    from edgekit.exporting.source.source import Subject
    from edgekit.spec.progress import Progress
    from edgekit.spec.task import Decision
    from edgekit.spec.tuning import Tuning


def export(subject: Subject, plan: ExportPlan, out: Path, *, progress: Progress, trials: tuple[TrialRecord, ...] = ()) -> Bundle:
    """Make the files of ``plan`` from ``subject``, prove them, and publish them as a bundle below ``out``.

    `Search.HERE` looks for the rewrites that are fastest on this machine first, from the plan's on. Where the tuning was found so,
    or by ``trials`` elsewhere, the bundle has it as a file. `Search.CANDIDATES` adds a file for each change that may help.

    Raises:
        VerificationError: an artifact does not answer as the trained model does; nothing is published.

    """
    with staged_folder(out, subject.name) as stage:
        for line in subject.images.told:
            progress.say(line)
        network = without_head(subject.model, plan.head)
        images = parity_images(subject, network, plan)
        _warn_of_guesses(images.test, progress)
        maker = Maker(subject, network, plan, images, stage.path, progress)
        files, tuning, tried = _made(maker, plan)
        if tuning.name == TUNED:
            write_whole(stage.path / TUNED_FILE, as_toml(tuning))
        part, whole = len(images.part.names), len(images.test.names)
        tested = f"{part} test images" + (f", those of 8 bits on {whole}" if whole > part else "")
        progress.say(f"comparing {len(files)} files with the trained model on {len(images.pictures)} golden and {tested}")
        proof = maker.gate.prove([file.artifact for file in files])
        _write(stage.path, subject, subject.decision(plan.head), images, files, proof, (*trials, *tried))
    return open_bundle(stage.final)


def _made(maker: Maker, plan: ExportPlan) -> tuple[list[Made], Tuning, tuple[TrialRecord, ...]]:
    """Return the files, the tuning that they have, and what was tried to find it."""
    match plan.search:
        case Search.NONE:
            return [maker.make(options) for options in plan.options], plan.tuning, ()
        case Search.HERE:
            tuning, tried = _searched(maker, plan)
            return [maker.make(options) for options in plan.tuned(tuning).options], tuning, tried
        case Search.CANDIDATES:
            files = [maker.make(options) for options in plan.options]
            return [*files, *_candidates(maker, plan, files)], plan.tuning, ()
        case _:
            assert_never(plan.search)


def _warn_of_guesses(test: Evidence, progress: Progress) -> None:
    """Tell of a model that is right on hardly more than a guess would be: exports agree with it all the same."""
    scores, decision = test.reference.shape[1], test.decision
    if test.labels is None or not decision.decides(scores) or decision.task is Task.MULTILABEL:
        return
    classes = labels_of(decision.task, scores)
    hits, images = int(right(test.reference, test.labels, decision).sum()), len(test.labels)
    if near_chance(hits, images, classes):
        progress.say(
            f"warning: the trained model is right on {percent(hits / images)} of {images} images, and a guess among {classes} classes on "
            f"{percent(1 / classes)}: the files will agree with it, and be as wrong"
        )


def _searched(maker: Maker, plan: ExportPlan) -> tuple[Tuning, tuple[TrialRecord, ...]]:
    """Return a tuning that was searched for, a table at a time, and what was tried."""
    tuning = plan.tuning
    records: list[TrialRecord] = []
    for options in plan.by_table:
        with tempfile.TemporaryDirectory() as scratch:
            rewrites, trials = maker.search(options, Path(scratch))
        tuning = tuning.with_table(options.table, rewrites, name=TUNED)
        records += trial_records(options, trials)
    return tuning, tuple(records)


def _candidates(maker: Maker, plan: ExportPlan, files: Sequence[Made]) -> list[Made]:
    """Return a file for each change that makes another one, and answers as the trained model does."""
    made: list[Made] = []
    for wanted in (candidate for options in plan.by_table for candidate in candidates(options)):
        try:
            file = maker.candidate(wanted)
        except (ExportError, SessionError) as error:
            maker.progress.say(f"{wanted.tuning.name}: {error.message}")
            continue
        known = any(other.artifact.sha256 == file.artifact.sha256 for other in (*files, *made))
        if known or file.record.left_out or not maker.gate.passes(file.artifact):
            file.artifact.path.unlink()
        else:
            made.append(file)
    return made


def _write(
    folder: Path, subject: Subject, decision: Decision, images: ParityImages, files: Sequence[Made], proof: Proof, trials: tuple[TrialRecord, ...]
) -> None:
    """Write all that stands beside the model files, the manifest last."""
    for index, picture in enumerate(images.pictures):
        write_whole(folder / golden_file(index), picture.png)
    write_whole(folder / GOLDEN_FILE, encode(golden_record(subject, images.pictures, images.golden.reference, proof.answered)))
    write_whole(folder / LABELS_FILE, "".join(f"{label}\n" for label in subject.labels).encode())
    manifest = Manifest(
        schema=MANIFEST_SCHEMA,
        name=subject.name,
        network=subject.network,
        story=subject.story,
        licence=subject.licence,
        task=decision.task,
        thresholds=decision.thresholds,
        classes=class_counts(subject.labels, images.test, decision),
        labels_sha256=sha256_of(folder / LABELS_FILE),
        golden_sha256=sha256_of(folder / GOLDEN_FILE),
        artifacts=tuple(file.record for file in files),
        checks=Checks(
            machine=platform.machine(),
            exported_at=datetime.now(UTC).isoformat(timespec="seconds"),
            parity=proof.records,
            tuning=trials,
        ),
    )
    write_card(folder, manifest)
    write_whole(folder / MANIFEST_FILE, encode(manifest))
