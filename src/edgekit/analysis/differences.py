"""How far one set of answers is from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.analysis.decisions import decided, f1, margins, right
from edgekit.spec.accuracy import PairedCounts
from edgekit.spec.task import CLASSES, Decision, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An ordinary image's scores spread so many times as far as the median's at most.
_ORDINARY = 3.0
_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True)
class LabelDecisions:
    """Of one label: on how many images that count it is there by either answer, on how many of these by one of the two alone.

    ``worst`` is the image where the reference was surest of these, ``None`` where there is none.
    """

    named: int
    disagreeing: int
    worst: int | None


@dataclass(frozen=True, slots=True)
class Differences:
    """Answers against a reference, image by image.

    ``worst`` is the index of the image with the largest |Δ| as a share of its range, see `ranges`; ``score`` is that |Δ|, and
    ``score_range`` that range. ``relative_l2`` is |Δ| / |reference|, in the L2 norm, of the image where it is largest, ``worst_l2``;
    ``relative_l2_of_all`` that of all images as one vector. ``rms`` is the root of the mean square of all Δ as shares of their
    images' ranges, and ``bias`` the largest mean of one class' Δ. An image counts for ``agreement`` when the trained model's margin
    is above the share of its range asked for; of several labels each of an image counts for itself. ``disagreeing`` are the
    indices of images of which something counts and is decided otherwise, the surest by that margin first.
    ``labels`` are the decisions of each label alone, where there are several of an image.
    """

    images: int
    score: float
    score_range: float
    relative_l2: float
    relative_l2_of_all: float
    worst: int
    worst_l2: int
    counted: int
    agreement: float
    agreement_of_all: float
    disagreeing: tuple[int, ...]
    rms: float
    bias: float
    labels: tuple[LabelDecisions, ...] = ()

    @property
    def share(self) -> float:
        """The largest |Δ| as a share of its image's range; infinite if anything is not finite."""
        return self.score / self.score_range if self.score_range > 0 else (0.0 if self.score == 0 else float("inf"))


def differences(
    reference: NDArray[np.float32],
    answers: NDArray[np.float32],
    *,
    margin: float,
    trained: NDArray[np.float32] | None = None,
    decision: Decision = CLASSES,
) -> Differences:
    """Compare answers, float32 (images, scores); ``margin`` is a share of each image's range in what the trained model answers.

    ``trained`` is that, where it is not the reference; ``decision`` is how scores become an answer.
    """
    wanted, got = reference.astype(np.float64), answers.astype(np.float64)
    delta = np.abs(got - wanted)
    delta[~np.isfinite(delta)] = np.inf
    per_image, spans = delta.max(axis=1), ranges(wanted, decision)
    worst = int(np.argmax(per_image / np.maximum(spans, _TINY)))
    known = wanted if trained is None else trained.astype(np.float64)
    gaps = margins(known, decision) / np.maximum(ranges(known, decision), _TINY)[:, np.newaxis]
    counts = gaps > margin
    before, after = decided(wanted, decision), decided(got, decision)
    same = before == after
    surest = np.where(counts & ~same, gaps, -1.0)
    others = np.flatnonzero((counts & ~same).any(axis=1))
    counted = int(counts.sum())
    errors, norms = np.linalg.norm(got - wanted, axis=1), np.maximum(np.linalg.norm(wanted, axis=1), _TINY)
    relative = errors / norms
    shares = np.where(np.isfinite(delta), got - wanted, np.inf) / np.maximum(spans, _TINY)[:, np.newaxis]
    return Differences(
        images=len(wanted),
        score=float(per_image[worst]),
        score_range=float(spans[worst]),
        relative_l2=float(relative.max()),
        relative_l2_of_all=float(np.linalg.norm(errors) / np.linalg.norm(norms)),
        worst=worst,
        worst_l2=int(np.argmax(relative)),
        counted=counted,
        agreement=float((same & counts).sum() / counted) if counted else 1.0,
        agreement_of_all=float(same.mean()),
        disagreeing=tuple(others[np.argsort(-surest.max(axis=1)[others], kind="stable")].tolist()),
        labels=_by_label(counts & ((before | after) > 0), surest) if decision.task is Task.MULTILABEL else (),
        rms=float(np.sqrt(np.square(shares).mean())),
        bias=float(np.abs(shares.mean(axis=0)).max()),
    )


def _by_label(named: NDArray[np.bool_], surest: NDArray[np.float64]) -> tuple[LabelDecisions, ...]:
    lost = surest >= 0
    return tuple(
        LabelDecisions(int(there.sum()), int(other.sum()), int(np.argmax(gaps)) if other.any() else None)
        for there, other, gaps in zip(named.T, lost.T, surest.T, strict=True)
    )


def ranges(scores: NDArray[np.float64], decision: Decision = CLASSES) -> NDArray[np.float64]:
    """Return the range that each image's differences are measured by: that of ordinary images together, or its own if that is larger.

    A network answers noise, or colours that it never saw, with scores several times as large as a photograph's. By the range of
    all, an error in a photograph would look small, and no margin wide. A score that stands alone has a range with its threshold.
    """
    if decision.task is Task.BINARY:
        scores = np.column_stack([np.full(len(scores), decision.cuts[0]), scores])
    spreads: NDArray[np.float64] = np.ptp(scores, axis=1)
    finite = np.isfinite(spreads)
    if not finite.any():
        return spreads
    ordinary = scores[spreads <= _ORDINARY * np.median(spreads[finite])]
    found: NDArray[np.float64] = np.fmax(np.ptp(ordinary), spreads)
    return found


def counts_beside(
    reference: NDArray[np.float32], scores: NDArray[np.float32], labels: NDArray[np.int64], decision: Decision = CLASSES
) -> PairedCounts:
    """Count on how many images ``scores`` decide as their labels say, and where a reference's do otherwise.

    Both are float32 (images, scores), of one image at least; of several labels an image is right where all are.
    """
    before, after = right(reference, labels, decision), right(scores, labels, decision)
    lost, won = before & ~after, after & ~before
    return PairedCounts(
        images=len(labels),
        right=int(after.sum()),
        lost=int(lost.sum()),
        won=int(won.sum()),
        f1=f1(scores, labels, decision) if decision.task is Task.MULTILABEL else None,
    )
