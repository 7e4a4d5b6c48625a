"""What the answers of a model from elsewhere mean: its task, labels and thresholds, and the images that show whether they are right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.errors import UsageError
from edgekit.exporting.source.images import images_in
from edgekit.exporting.source.labels import read_labels, say_of_labels
from edgekit.exporting.source.task import task_of, two_folders
from edgekit.exporting.source.truth import with_truth
from edgekit.models.head import Ending
from edgekit.spec.export import Head
from edgekit.spec.task import Decision, Task, rule, thresholds_for

if TYPE_CHECKING:
    from edgekit.exporting.source.foreign import ForeignOptions
    from edgekit.exporting.source.images import Images
    from edgekit.models.head import Ends
    from edgekit.spec.progress import Progress


@dataclass(frozen=True, slots=True)
class Meaning:
    """What scores are of, the labels in their order, and above which probability a score means its label."""

    task: Task
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]


def meaning_of(ends: Ends, options: ForeignOptions, *, progress: Progress) -> Meaning:
    """Return what the scores of a model with these ``ends`` mean, and say what was guessed.

    Raises:
        UsageError: it has no scores, or they may mean several things.
        DataError: the labels do not fit.

    """
    scores = ends.logits if ends.logits is not None else ends.probabilities
    given = next((name for name, value in (("--labels", options.labels), ("--task", options.task), ("--truth", options.truth)) if value), None)
    if given and scores is None:
        raise UsageError(f"the model has no scores to label: it ends in {ends.last}. Received: {given}", hint=f"leave {given} out")
    task = task_of(ends, options.task, labelled=options.labels is not None, head=options.head)
    count = 0 if scores is None else scores.shape[-1]
    labels = _of_folders(options, task) or read_labels(options.labels, count, progress=progress, task=task)
    meant = Meaning(task, labels, thresholds_for(task, labels, options.thresholds))
    if ends.ending is Ending.LINEAR and options.head is not Head.FEATURES:
        kind = "softmax" if task is Task.CLASSES else "sigmoid"
        progress.say(f"the model has no {kind}: what its last layer gives ({ends.last}) is taken for logits")
    if task is not Task.CLASSES and options.head is not Head.FEATURES:
        progress.say(f"{task.value}: {rule(Decision(task, Head.LOGITS, meant.thresholds), labels)}")
    return meant


def _of_folders(options: ForeignOptions, task: Task) -> tuple[str, ...]:
    """Return the labels that two class folders give a binary head: Keras numbers them in their order."""
    folder = options.golden or options.calibration
    return () if task is not Task.BINARY or options.labels or folder is None else two_folders(folder)


def images_for(meant: Meaning, options: ForeignOptions, *, progress: Progress) -> Images:
    """Return the images that exports are compared on, with what is known to be on them, and say what is not known.

    Raises:
        DataError: there are none, or folders or a table do not fit the labels.

    """
    several = meant.task is Task.MULTILABEL
    # A class folder names one label of an image, and says nothing of the others.
    by_folder = () if several or options.truth else meant.labels
    images = images_in(by_folder, calibration=options.calibration, golden=options.golden, seed=0)
    if options.truth:
        if options.golden is None:
            raise UsageError("a table of labels is of the golden images. Received: --truth without --golden", hint="--golden DIR names their folder")
        return with_truth(images, options.golden, options.truth, meant.labels, meant.task, progress=progress)
    if several:
        progress.say(
            "what is on the images is not known: each label's decisions are compared with the model's, and no accuracy is measured; "
            "--truth FILE.csv says it"
        )
        return replace(images, labelled=False, folders=())
    say_of_labels(images, meant.labels, named=options.labels is not None, progress=progress)
    return images
