"""A training run on disk: ``runs/NAME/model.keras`` and ``run.json``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import StoreError
from edgekit.spec.network import NetworkSpec  # noqa: TC001 (msgspec reads the annotation)
from edgekit.spec.recipe import Recipe  # noqa: TC001
from edgekit.store import record

if TYPE_CHECKING:
    from pathlib import Path

RUN_SCHEMA = 1
RUN_FILE = "run.json"
MODEL_FILE = "model.keras"


class DatasetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was trained on. ``location`` is a folder, or ``letters28``; ``skipped`` names unreadable images left out."""

    name: str
    location: str
    fingerprint: str
    split: str
    split_seed: int
    train_images: int
    validation_images: int
    test_images: int
    skipped: tuple[str, ...] = ()


class EpochRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch's figures; the validation's are ``None`` where nothing was held back."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to repeat a run, and what it reached."""

    schema: int
    network: NetworkSpec
    recipe: Recipe
    epochs: int
    labels: tuple[str, ...]
    dataset: DatasetRecord
    history: tuple[EpochRecord, ...]
    test_accuracy: float
    seed: int
    backend: str
    versions: dict[str, str]
    started_at: str
    seconds: float
    model_sha256: str


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run: its folder and its record."""

    folder: Path
    record: RunRecord

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def model_file(self) -> Path:
        """The trained Keras model."""
        return self.folder / MODEL_FILE


def open_run(folder: Path) -> Run:
    """Read the run in ``folder``."""
    if not (folder / RUN_FILE).is_file():
        raise StoreError(f"this is no finished run: it has no {RUN_FILE}. Received: {folder}", hint="`edgekit train` makes one in runs/")
    return Run(folder, record.read(folder / RUN_FILE, RunRecord, schema=RUN_SCHEMA))


def newest_run(parent: Path) -> Run:
    """Return the run in ``parent`` that finished last."""
    finished = [path.parent for path in parent.glob(f"*/{RUN_FILE}") if not path.parent.name.startswith(".")] if parent.is_dir() else []
    if not finished:
        raise StoreError(f"there is no run. Received: {parent}/", hint="`edgekit train --recipe quick` makes one in minutes")
    return open_run(max(finished, key=lambda folder: ((folder / RUN_FILE).stat().st_mtime_ns, folder.name)))
