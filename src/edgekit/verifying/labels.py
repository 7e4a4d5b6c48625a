"""Whether a bundle's labels are in the order of its scores. Labels, manifest and golden images each know something of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import log, sqrt
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.decisions import decided, margins
from edgekit.datasets.class_names import both_lists, match_folders
from edgekit.store.bundle import LABELS_FILE, MANIFEST_FILE
from edgekit.store.golden import GOLDEN_FILE
from edgekit.verifying.check import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.bundle import Bundle

# Labels in another order are to explain the answers so many times as well as those that are there, for each class that there is.
_TIMES_AS_WELL = 1000
# So many standard deviations below what the manifest says, and one image, are no chance.
_DEVIATIONS = 5.0
# The rest are those that the trained model hesitates on, which are chosen for that.
_SURE_SHARE = 2 / 3
_SHOWN = 4


def label_checks(bundle: Bundle) -> list[Check]:
    """Return what of a bundle speaks against the order of its labels; nothing where all agrees, or nothing is known."""
    first = bundle.manifest.artifacts[0]
    if not bundle.manifest.decision.decides(first.output.shape[-1]):
        return []
    against = (
        (MANIFEST_FILE, _against_the_manifest(bundle)),
        (GOLDEN_FILE, _against_the_folders(bundle)),
        (GOLDEN_FILE, _against_the_answers(bundle)),
    )
    return [Check(LABELS_FILE, f"labels, {file}", False, problem) for file, problem in against if problem]


def _against_the_manifest(bundle: Bundle) -> str:
    """Hold the labels to the manifest's classes, which are those of them that have test images, in their order."""
    named = [entry.label for entry in bundle.manifest.classes]
    left = iter(bundle.labels)
    if all(label in left for label in named):
        return ""
    return f"the labels are not in the order of the manifest's classes: {both_lists(named, bundle.labels, of=('classes', 'labels'))}"


def _against_the_folders(bundle: Bundle) -> str:
    """Hold the golden images' labels to the folders that they came from, where each label's images came from one."""
    classes: dict[int, set[int]] = defaultdict(set)
    for image in bundle.golden.plain:
        folders = PurePosixPath(image.source).parts[:-1]
        known = set(match_folders(folders, bundle.labels).indexes.values()) if folders and image.label is not None else set()
        if image.label is not None and known:
            classes[image.label] |= {image.label} if image.label in known else known
    moved = {label: next(iter(found)) for label, found in classes.items() if len(found) == 1 and found != {label}}
    if not moved or any(len(found) > 1 for found in classes.values()):
        return ""
    return f"golden images of one class are from another's folder: {_pairs(moved, bundle.labels)}"


def _against_the_answers(bundle: Bundle) -> str:
    """Hold the golden images' labels to what the trained model answered, which the manifest says how often is right."""
    counts = {entry.label: entry for entry in bundle.manifest.classes}
    shares = [(counts[label].right + 1) / (counts[label].images + 2) if label in counts else None for label in bundle.labels]
    answered = [(label, top) for label, top in _sure_answers(bundle) if shares[label] is not None and shares[top] is not None]
    if not answered:
        return ""
    rights = [share or 0.5 for share in shares]
    moved = _best_order(answered)
    hits, others = (sum(order.get(label, label) == top for label, top in answered) for order in ({}, moved))
    gain = _fit(answered, rights, moved) - _fit(answered, rights, {})
    if others > hits and gain > log(_TIMES_AS_WELL * len(shares)):
        return (
            f"the labels fit the trained model's answers to the golden images on {hits} of {len(answered)}, and on {others} "
            f"in another order: {_pairs({label: top for label, top in moved.items() if label != top}, bundle.labels)}"
        )
    expected = [rights[label] for label, _ in answered]
    least = sum(expected) - _DEVIATIONS * sqrt(sum(share * (1 - share) for share in expected)) - 1
    if hits < least:
        return f"the trained model is right on {hits} of {len(answered)} golden images; by the manifest, {sum(expected):.0f} are to be expected"
    return ""


def _sure_answers(bundle: Bundle) -> list[tuple[int, int]]:
    """Return (label, answer) of the plain golden images that the trained model is surest of."""
    decision, count = bundle.manifest.decision, bundle.manifest.artifacts[0].output.shape[-1]
    known = [image for image in bundle.golden.plain if image.label is not None and 0 <= image.label < len(bundle.labels)]
    images = [image for image in known if len(image.scores) == count]
    if not images:
        return []
    scores = np.array([image.scores for image in images])
    answers = decided(scores, decision)[:, 0]
    surest = np.argsort(-margins(scores, decision)[:, 0], kind="stable")[: max(1, round(_SURE_SHARE * len(images)))]
    return [(images[place].label or 0, int(answers[place])) for place in surest]


def _best_order(answered: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return which class each label seems to be: the one that its images are most often taken for, each class once."""
    order: dict[int, int] = {}
    times = Counter(answered)
    for label, top in sorted(times, key=lambda pair: (-times[pair], pair[0] != pair[1], pair)):
        if label not in order and top not in order.values():
            order[label] = top
    return order


def _fit(answered: Sequence[tuple[int, int]], rights: Sequence[float], order: dict[int, int]) -> float:
    """Return the log likelihood of the answers if each label is the class that ``order`` says."""
    classes = ((order.get(label, label), top) for label, top in answered)
    return sum(log(rights[known] if known == top else 1 - rights[known]) for known, top in classes)


def _pairs(moved: dict[int, int], labels: Sequence[str]) -> str:
    shown = [f"{labels[label]} is {labels[other]}" for label, other in sorted(moved.items())[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else "")
