"""How far an export may be from the trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.spec.export import Head, Precision

if TYPE_CHECKING:
    from edgekit.spec.task import Decision


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one precision.

    Shares are of an image's range, `edgekit.analysis.differences.ranges`. ``score`` bounds max |Δscore| (``None``: unbounded), and
    ``features`` the relative L2 error of feature vectors, of the worst image,
    or of all as one vector where ``score`` is unbounded. An image counts for ``agreement`` when the trained model's
    margin (between its two highest scores, or from a threshold) is above ``margin``.
    ``accuracy_drop`` is a share of the test images. ``elsewhere`` bounds how
    far the same file is, in another runtime or on another architecture, from the scores that were recorded at export.
    """

    score: float | None
    features: float
    margin: float
    agreement: float
    accuracy_drop: float
    elsewhere: float


LIMITS = {
    Precision.FLOAT32: Limits(score=1e-4, features=1e-4, margin=1e-4, agreement=1.0, accuracy_drop=0.002, elsewhere=1e-4),
    Precision.FLOAT16: Limits(score=1e-2, features=1e-2, margin=1e-2, agreement=1.0, accuracy_drop=0.005, elsewhere=1e-2),
    Precision.MIXED: Limits(score=1e-2, features=1e-2, margin=1e-2, agreement=1.0, accuracy_drop=0.005, elsewhere=1e-2),
    Precision.DYNAMIC: Limits(score=None, features=1e-1, margin=5e-2, agreement=0.99, accuracy_drop=0.005, elsewhere=1e-1),
    # int8 moves single scores by 2 to 3 % of the range (measured on MobileNet), so a margin below 5 % may turn either way. And biases that
    # take back LiteRT's rounding are a little off where rounding is another: tflite-micro is 10 % of the range away, OpenVINO 4 %.
    Precision.INT8: Limits(score=None, features=1e-1, margin=5e-2, agreement=0.99, accuracy_drop=0.005, elsewhere=1.5e-1),
}
# The same file in the same runtime on the same architecture answers as it did when it was exported.
SAME_FILE_SCORE = 1e-4


# A softmax is steepest between two classes: what moves logits by a share of their range moves probabilities by several times that share of
# theirs. MobileNet's of 8 bits are 16 % away in OpenVINO, where its logits are 4 %.
_STEEPER = 2.5


def limits_of(precision: Precision, head: Head) -> Limits:
    """Return the limits of a file: in 8 bits those of probabilities are wider."""
    limits = LIMITS[precision]
    if head is not Head.PROBABILITIES or limits.score is not None:
        return limits
    return msgspec.structs.replace(limits, margin=_STEEPER * limits.margin, elsewhere=_STEEPER * limits.elsewhere)


def judged_by_counts(precision: Precision, decision: Decision, scores: int) -> bool:
    """Return whether a file of so many scores is held to how many images it is right on alone: none of them is bounded."""
    return LIMITS[precision].score is None and decision.decides(scores)
