"""A training run on disk: ``runs/NAME/model.keras``, ``run.json``, ``answers.json``; while it is unfinished, ``plan.json`` and ``checkpoints/``."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from edgekit.errors import StoreError
from edgekit.spec.bounds import Count, Label, Labels, Name, Scores, Seed, Sha256, Share, Text, Texts  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.left_out import LeftOut  # noqa: TC001
from edgekit.spec.network import NetworkSpec  # noqa: TC001 (msgspec reads the annotation)
from edgekit.spec.recipe import MOST_EPOCHS, Recipe
from edgekit.store import record
from edgekit.store.atomic import staged_folder, write_whole, writing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

RUN_SCHEMA = 2
ANSWERS_SCHEMA = 1
RUN_FILE, PLAN_FILE = "run.json", "plan.json"
CHECKPOINTS, LOGS = "checkpoints", "logs"
MODEL_FILE, ANSWERS_FILE = "model.keras", "answers.json"
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
_Epochs = Annotated[int, msgspec.Meta(ge=1, le=MOST_EPOCHS)]
# About 30 MB of text.
_MOST_SCORES = 1_000_000
_NO_RUN_HINT = "`edgekit train --recipe quick` makes one in minutes"


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was trained on. ``location`` is a folder, or ``letters28``; ``skipped`` names unreadable images left out.

    ``split`` and ``validation`` say where the test and the validation images come from: ``given`` is a folder of their own, ``seeded``
    a share of the training images. ``fingerprint`` is of all images but those of a validation folder, which have one of their own.
    ``left_out`` is what of the folder was not used.
    """

    name: Text
    location: Text
    fingerprint: Name
    split: Name
    split_seed: Seed
    train_images: Count
    validation_images: Count
    test_images: Count
    skipped: tuple[Text, ...] = ()
    validation: Name = "seeded"
    validation_fingerprint: Name = ""
    left_out: tuple[LeftOut, ...] = ()


class EpochRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch's figures; the validation's are ``None`` where nothing was held back."""

    epoch: Count
    loss: float
    accuracy: Share
    validation_loss: float | None
    validation_accuracy: Share | None
    seconds: _Seconds


class StartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The run whose weights a run began with; ``new`` names the layers that began anew."""

    run: Text
    model_sha256: Sha256
    new: Texts


class PlanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to repeat a run, or to go on with an unfinished one."""

    schema: int
    network: NetworkSpec
    recipe: Recipe
    epochs: _Epochs
    labels: Annotated[Labels, msgspec.Meta(min_length=2)]
    dataset: DatasetRecord
    start: StartRecord | None
    backend: Annotated[str, msgspec.Meta(pattern=r"\A(tensorflow|jax)\Z")]
    versions: dict[Name, Name]
    started_at: Name


class ClassRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A class in the test split: its images, the share of them that was found, and the share of right ones among what was named so.

    ``recall`` is ``None`` where the class has no image, ``precision`` where nothing was taken for it.
    """

    label: Label
    images: Count
    precision: Share | None
    recall: Share | None


class ConfusedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``images`` test images of class ``label`` were taken for class ``taken_for``."""

    label: Label
    taken_for: Label
    images: Count


class RunRecord(PlanRecord, frozen=True, kw_only=True):
    """The plan of a finished run, and what it reached. ``confused`` has every pair, the most frequent first."""

    history: tuple[EpochRecord, ...]
    test_accuracy: Share
    classes: tuple[ClassRecord, ...]
    confused: tuple[ConfusedRecord, ...]
    seconds: _Seconds
    model_sha256: Sha256


class AnswersRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the trained model answered to the test images when it was trained: by an image's name, the scores before the softmax."""

    schema: int
    model_sha256: Sha256
    scores: dict[Text, Scores]


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder and its record."""

    folder: Path
    record: RunRecord

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.absolute().name

    @property
    def model_file(self) -> Path:
        """The trained Keras model."""
        return self.folder / MODEL_FILE

    def answers(self) -> dict[str, tuple[float, ...]]:
        """Return an `AnswersRecord`'s scores; none where they cannot be read, or are another model's: it can be asked again."""
        try:
            kept = record.read(self.folder / ANSWERS_FILE, AnswersRecord, schema=ANSWERS_SCHEMA)
        except StoreError:
            return {}
        sound = kept.model_sha256 == self.record.model_sha256 and len({len(row) for row in kept.scores.values()}) == 1
        return kept.scores if sound else {}


def keep_answers(run: Run, names: Sequence[str], scores: NDArray[np.float32]) -> None:
    """Write what the trained model answered to the test images, (images, scores), beside it, unless that is very much."""
    if scores.size <= _MOST_SCORES:
        rows = dict(zip(names, map(tuple, scores.tolist()), strict=True))
        kept = AnswersRecord(schema=ANSWERS_SCHEMA, model_sha256=run.record.model_sha256, scores=rows)
        write_whole(run.folder / ANSWERS_FILE, record.encode(kept))


def open_run(folder: Path) -> Run:
    """Read the run in ``folder``."""
    if not (folder / RUN_FILE).is_file():
        raise StoreError(f"this is no finished run: it has no {RUN_FILE}. Received: {folder}", hint="`edgekit train` makes one in runs/")
    return Run(folder, record.read(folder / RUN_FILE, RunRecord, schema=RUN_SCHEMA))


def newest_run(parent: Path) -> Run:
    """Return the run in ``parent`` that finished last."""
    folder = _newest(parent, RUN_FILE)
    if folder is None:
        raise StoreError(f"there is no finished run. Received: {parent}/", hint=_NO_RUN_HINT)
    return open_run(folder)


def finished_runs(parent: Path) -> list[Path]:
    """Return the folders of all finished runs in ``parent``, sorted by name."""
    found = sorted(path.parent for path in parent.glob(f"[!.]*/{RUN_FILE}"))
    if not found:
        raise StoreError(f"there is no finished run. Received: {parent}/", hint=_NO_RUN_HINT)
    return found


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that has begun and not ended; ``run.json``, written last, makes it a `Run`."""

    folder: Path
    plan: PlanRecord


def begin_run(parent: Path, plan: PlanRecord) -> Unfinished:
    """Make the folder of a new run, named after its network, with the plan in it."""
    _drop_plans_of_finished(parent)
    with staged_folder(parent, plan.network.name) as stage:
        write_whole(stage.path / PLAN_FILE, record.encode(plan))
    return Unfinished(stage.final, plan)


def newest_unfinished(parent: Path) -> Unfinished:
    """Return the run in ``parent`` that was begun last and has not ended."""
    _drop_plans_of_finished(parent)
    folder = _newest(parent, PLAN_FILE)
    if folder is None:
        raise StoreError(f"there is no unfinished run. Received: {parent}/", hint="`edgekit train` begins one")
    return Unfinished(folder, record.read(folder / PLAN_FILE, PlanRecord, schema=RUN_SCHEMA))


def end_run(unfinished: Unfinished, finished: RunRecord) -> Run:
    """Write what the run reached, and drop what only going on needs."""
    folder = unfinished.folder
    write_whole(folder / RUN_FILE, record.encode(finished))
    _drop_plan(folder)
    return Run(folder, finished)


def _drop_plan(folder: Path) -> None:
    """Drop what only going on needs. The plan goes last: as long as it is there, it is known that the rest may be too."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    with writing(folder):
        (folder / PLAN_FILE).unlink(missing_ok=True)


def _drop_plans_of_finished(parent: Path) -> None:
    """Drop what trainings left that were killed between their last two steps."""
    for path in parent.glob(f"[!.]*/{RUN_FILE}"):
        if (path.parent / PLAN_FILE).exists():
            _drop_plan(path.parent)


def _newest(parent: Path, file: str) -> Path | None:
    """Return the folder in ``parent`` whose ``file`` is the newest; a plan beside a finished run is one that could not be dropped."""
    found = [path for path in parent.glob(f"[!.]*/{file}") if file == RUN_FILE or not (path.parent / RUN_FILE).exists()]
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path.parent.name)).parent if found else None
