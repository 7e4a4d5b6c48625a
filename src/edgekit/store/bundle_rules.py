"""What must hold of a bundle's records beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.task import labels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.golden import Golden
    from edgekit.store.manifest import Manifest


def contradiction(manifest: Manifest, labels: Sequence[str], golden: Golden) -> str:
    """Return in what a bundle's records contradict each other, or nothing."""
    named = (index for image in golden.images for index in (*(() if image.label is None else (image.label,)), *(image.labels or ())))
    if any(not 0 <= index < len(labels) for index in named):
        return "the golden images have classes that the labels do not"
    scores, count = len(golden.images[0].scores), manifest.artifacts[0].output.shape[-1]
    if scores != count:
        return f"the golden images have {scores} scores, and the files {count}"
    decision = manifest.decision
    if decision.decides(count) and len(labels) != labels_of(decision.task, count):
        return f"there are {len(labels)} labels for {count} scores ({decision.task.value})"
    return ""
