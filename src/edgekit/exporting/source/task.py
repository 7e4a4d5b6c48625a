"""What the scores of a model from elsewhere are of: told by a softmax or a sigmoid at its end, asked for where neither is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, assert_never

from edgekit.datasets.photographs import FOR_PROOF, photographs_in
from edgekit.errors import ExportError, UsageError
from edgekit.models.head import Ending
from edgekit.spec.export import Head
from edgekit.spec.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.models.head import Ends

_TWO = 2


def task_of(ends: Ends, wanted: Task | None, *, labelled: bool, head: Head | None = None) -> Task:
    """Return the task of a model with these ``ends``; ``wanted`` is what whoever exports says, ``labelled`` that labels are given.

    Raises:
        UsageError: the task is not told, or not one that such a model can have.
        ExportError: no task makes sense of its scores.

    """
    scores = ends.logits if ends.logits is not None else ends.probabilities
    if scores is None:
        return Task.CLASSES
    one = scores.shape[-1] == 1
    if head is Head.FEATURES:  # nothing is decided: its labels are all that the task tells
        return wanted or (Task.CLASSES if ends.ending is not Ending.SIGMOID else Task.BINARY if one else Task.MULTILABEL)
    match ends.ending:
        case Ending.SOFTMAX:
            return _of_softmax(ends, wanted, one=one)
        case Ending.SIGMOID:
            return _of_sigmoid(ends, wanted, one=one)
        case Ending.LINEAR | Ending.OTHER:
            return _of_logits(ends, wanted, one=one, labelled=labelled)
        case _:
            assert_never(ends.ending)


def _of_softmax(ends: Ends, wanted: Task | None, *, one: bool) -> Task:
    if one:
        raise ExportError(
            f"a softmax over one score is 1, whatever the image shows. Received: {ends.last}",
            hint="train it with a sigmoid in place of the softmax, or with two scores",
        )
    if wanted not in (None, Task.CLASSES):
        _refuse(ends, wanted, "a softmax chooses one of its classes", "leave --task out: an answer is one of the classes")
    return Task.CLASSES


def _of_sigmoid(ends: Ends, wanted: Task | None, *, one: bool) -> Task:
    if wanted is Task.CLASSES:
        hint = "an answer is one of two labels" if one else "each label is decided by itself, and an answer's `label` is the strongest"
        _refuse(ends, wanted, "a sigmoid does not choose among classes", f"leave --task out: {hint}")
    if wanted is Task.BINARY and not one:
        _refuse_several(ends, wanted)
    return wanted or (Task.BINARY if one else Task.MULTILABEL)


def _of_logits(ends: Ends, wanted: Task | None, *, one: bool, labelled: bool) -> Task:
    if wanted is Task.BINARY and not one:
        _refuse_several(ends, wanted)
    if not one:
        return wanted or Task.CLASSES
    if wanted is None:
        raise UsageError(
            f"the model gives one score, and does not say what it means: its last layer has no activation. Received: {ends.last}",
            hint="--task binary: one of two labels, the second where the score is high (--labels FILE names both); "
            "--task multilabel: one label, which is there or not; --task classes without --labels: a number that names no class",
        )
    if wanted is Task.CLASSES and labelled:
        _refuse(ends, wanted, "one score chooses among no classes", "--task binary with two labels, the second of which a high score means")
    return wanted


def _refuse_several(ends: Ends, wanted: Task) -> NoReturn:
    _refuse(ends, wanted, "a binary head has one score, this model has several", "leave --task out, or say --task multilabel")


def _refuse(ends: Ends, wanted: Task | None, reason: str, hint: str) -> NoReturn:
    raise UsageError(f"{reason}. Received: --task {wanted}, and {ends.last}", hint=hint)


def two_folders(folder: Path) -> tuple[str, ...]:
    """Return the names of a folder's two class folders in order, as Keras numbers them; nothing where they are not two."""
    if not folder.is_dir():
        return ()
    found = photographs_in(folder, *FOR_PROOF)
    loose = any(path.parent == found.root for path in found.files)
    return found.class_folders if len(found.class_folders) == _TWO and not loose else ()
