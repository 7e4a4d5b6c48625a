"""How far one set of answers is from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.spec.accuracy import Accuracy

if TYPE_CHECKING:
    from numpy.typing import NDArray

# An ordinary image's scores spread so many times as far as the median's at most.
_ORDINARY = 3.0
_TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True)
class Differences:
    """Answers against a reference, image by image.

    ``worst`` is the index of the image with the largest |Δ| as a share of its range, see `ranges`; ``score`` is that |Δ|, and
    ``score_range`` that range. ``relative_l2`` is |Δ| / |reference|, in the L2 norm, of the image where it is largest, ``worst_l2``;
    ``relative_l2_of_all`` that of all images as one vector. An image counts for ``agreement`` when the trained model's top-two
    margin is above the share of its range asked for; ``disagreeing`` are the indices of those that count and have another top
    class, the surest by that margin first.
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

    @property
    def share(self) -> float:
        """The largest |Δ| as a share of its image's range; infinite if anything is not finite."""
        return self.score / self.score_range if self.score_range > 0 else (0.0 if self.score == 0 else float("inf"))


def differences(
    reference: NDArray[np.float32], answers: NDArray[np.float32], *, margin: float, trained: NDArray[np.float32] | None = None
) -> Differences:
    """Compare answers, float32 (images, scores); ``margin`` is a share of each image's range in what the trained model answers.

    ``trained`` is that, where it is not the reference.
    """
    wanted, got = reference.astype(np.float64), answers.astype(np.float64)
    delta = np.abs(got - wanted)
    delta[~np.isfinite(delta)] = np.inf
    per_image, spans = delta.max(axis=1), ranges(wanted)
    worst = int(np.argmax(per_image / np.maximum(spans, _TINY)))
    known = wanted if trained is None else trained.astype(np.float64)
    gaps = top_two_margins(known) / np.maximum(ranges(known), _TINY)
    counts = gaps > margin
    same = wanted.argmax(axis=1) == got.argmax(axis=1)
    others = np.flatnonzero(counts & ~same)
    counted = int(counts.sum())
    errors, norms = np.linalg.norm(got - wanted, axis=1), np.maximum(np.linalg.norm(wanted, axis=1), _TINY)
    relative = errors / norms
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
        disagreeing=tuple(others[np.argsort(-gaps[others], kind="stable")].tolist()),
    )


def top_two_margins(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how far each image's highest score is above the next one; infinitely, where there is no other."""
    if scores.shape[1] < 2:
        return np.full(len(scores), np.inf, scores.dtype)
    ordered = np.sort(scores, axis=1)
    found: NDArray[np.floating] = ordered[:, -1] - ordered[:, -2]
    return found


def ranges(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the range that each image's differences are measured by: that of ordinary images together, or its own if that is larger.

    A network answers noise, or colours that it never saw, with scores several times as large as a photograph's. By the range of
    all, an error in a photograph would look small, and no margin wide.
    """
    spreads: NDArray[np.float64] = np.ptp(scores, axis=1)
    finite = np.isfinite(spreads)
    if not finite.any():
        return spreads
    ordinary = scores[spreads <= _ORDINARY * np.median(spreads[finite])]
    found: NDArray[np.float64] = np.fmax(np.ptp(ordinary), spreads)
    return found


def right(scores: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of each image whether its highest score is its label's."""
    found: NDArray[np.bool_] = scores.argmax(axis=1) == labels
    return found


def accuracy_beside(reference: NDArray[np.float32], scores: NDArray[np.float32], labels: NDArray[np.int64], *, runtime: str) -> Accuracy:
    """Count on how many images ``scores``, answered in ``runtime``, have their label's class, and where a reference's are otherwise.

    Both are float32 (images, scores), of one image at least.
    """
    before, after = right(reference, labels), right(scores, labels)
    lost, won = before & ~after, after & ~before
    return Accuracy(runtime=runtime, images=len(labels), right=int(after.sum()), lost=int(lost.sum()), won=int(won.sum()))
