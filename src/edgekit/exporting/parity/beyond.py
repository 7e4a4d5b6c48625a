"""What of a file's answers is beyond a limit, and the image that shows it best."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.task import Task
from edgekit.text.units import told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.analysis.differences import Differences
    from edgekit.spec.limits import Limits
    from edgekit.store.contract import Contract


def error_beyond(limits: Limits, exact: Differences, names: Sequence[str]) -> str:
    """Return by how much vectors are further off than they may be, or an empty string."""
    # Eight bits are calibrated on photographs: single images of noise are further off than the whole.
    of_all = limits.score is None
    error = exact.relative_l2_of_all if of_all else exact.relative_l2
    if error <= limits.features:
        return ""
    what = "relative error of all images together" if of_all else "relative error"
    told, limit = told_apart(error, limits.features)
    return f"{what} {told} (limit {limit}), worst image: {names[exact.worst_l2]}"


def answers_beyond(limits: Limits, exact: Differences, both: Differences, names: Sequence[str], contract: Contract) -> str:
    """Return what is beyond a limit, with the picture that shows it best, or an empty string."""
    test_images = both.images - exact.images
    if limits.score is not None and not both.share <= limits.score:
        share, limit = told_apart(both.share, limits.score)
        return f"largest difference {share} of the range (limit {limit}), worst image: {names[both.worst]}"
    if not both.counted:
        apart = "two highest scores are further apart" if contract.task is Task.CLASSES else "score is further from its threshold"
        return f"no image on which the trained model's {apart} than {limits.margin:.1e} of the range"
    # The golden images alone are few: one weighs more than the limit, where that leaves room for any.
    allowed = 1 if limits.agreement < 1 and not test_images else 0
    if both.labels:
        return _labels_beyond(limits, both, names, contract.labels, allowed)
    if both.agreement < limits.agreement and len(both.disagreeing) > allowed:
        worst = names[both.disagreeing[0]]
        agreement, limit = told_apart(both.agreement, limits.agreement, digits=4, form="f")
        return f"agreement {agreement} on {both.counted} images (limit {limit}), worst image: {worst}"
    return ""


def _labels_beyond(limits: Limits, both: Differences, names: Sequence[str], labels: Sequence[str], allowed: int) -> str:
    """Return which of several labels is decided otherwise too often, or an empty string.

    Most labels are on few images: that most decisions are *not there*, and agree, says nothing of those that matter. So each label is
    held to the images that either answer names it on, and may differ on one of them where the limit leaves room for any.
    """
    one = 1 if limits.agreement < 1 else 0
    share = 1 - limits.agreement
    for label, found in zip(labels, both.labels, strict=True):
        if found.worst is not None and found.disagreeing > max(one, share * found.named):
            return f"`{label}` is decided otherwise on {found.disagreeing} of {found.named} images that have it, worst image: {names[found.worst]}"
    lost, named = (sum(values) for values in zip(*((found.disagreeing, found.named) for found in both.labels), strict=True))
    if lost > max(allowed, share * named):
        return f"{lost} of {named} labels are decided otherwise (limit {share:.2g} of them), worst image: {names[both.disagreeing[0]]}"
    return ""
