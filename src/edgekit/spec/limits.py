"""How far an export may be from the trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import msgspec

from edgekit.spec.export import Head
from edgekit.spec.format import Precision

if TYPE_CHECKING:
    from edgekit.spec.task import Decision


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How far answers to all images together may be from the recorded ones, in shares of an image's range.

    ``largest`` bounds the largest |Δscore|, ``rms`` the root of the mean square of all, and ``bias`` the mean of each class' differences: rounding
    moves scores to and fro, where a bias that is lost or a pixel that is elsewhere moves them one way.
    """

    largest: float
    rms: float
    bias: float

    def times(self, factor: float) -> Spread:
        """Return one that is so many times as wide."""
        return Spread(largest=factor * self.largest, rms=factor * self.rms, bias=factor * self.bias)


def up_to(largest: float) -> Spread:
    """Return one that bounds the largest difference alone."""
    return Spread(largest=largest, rms=largest, bias=largest)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one precision.

    Shares are of an image's range, `edgekit.analysis.differences.ranges`. ``score`` bounds max |Δscore|
    (``None``: unbounded), and ``features`` the relative L2 error of feature vectors, of the worst image,
    or of all as one vector where ``score`` is unbounded. An image counts for ``agreement`` when the
    trained model's margin (between its two highest scores, or from a threshold) is above ``margin``.
    ``accuracy_drop`` is a share of the test images. ``near`` bounds how far the same file is from what
    the same runtime answered at export, on another architecture; ``far`` how far it is in a runtime
    whose answers nobody recorded.
    """

    score: float | None
    features: float
    margin: float
    agreement: float
    accuracy_drop: float
    near: Spread
    far: Spread


# ``near`` and ``far`` were measured, as largest, rms and bias, on MobileNet (docs/formats.md).
# The same runtime on emulated Arm: float32, float16 and mixed 8e-7, dynamic 8e-3, int8 0. OpenVINO
# with 8-bit kernels beside OpenVINO without: int8 1.4e-2, 1.6e-3, 4e-4.
# OpenVINO beside LiteRT: mixed 6e-4, 2e-4, 3e-5; dynamic 7e-3, 2e-3, 2e-4; int8 4.4e-2, 1.2e-2, 6e-3.
# OpenVINO beside ONNX Runtime: int8 1e-2, 2e-3, 7e-4. tflite-micro beside LiteRT: int8 8e-2, 3.2e-2, 3.6e-2.
_FLOAT32 = Limits(
    score=1e-4,
    features=1e-4,
    margin=1e-4,
    agreement=1.0,
    accuracy_drop=0.002,
    near=up_to(1e-4),
    far=up_to(1e-4),
)
_FLOAT16 = Limits(
    score=1e-2,
    features=1e-2,
    margin=1e-2,
    agreement=1.0,
    accuracy_drop=0.005,
    near=Spread(largest=1e-3, rms=3e-4, bias=3e-4),
    far=Spread(largest=1e-2, rms=3e-3, bias=3e-3),
)
_MIXED = Limits(
    score=1e-2,
    features=1e-2,
    margin=1e-2,
    agreement=1.0,
    accuracy_drop=0.005,
    near=Spread(largest=5e-3, rms=1.5e-3, bias=1e-3),
    far=Spread(largest=1e-2, rms=4e-3, bias=3e-3),
)
_DYNAMIC = Limits(
    score=None,
    features=1e-1,
    margin=5e-2,
    agreement=0.99,
    accuracy_drop=0.005,
    near=Spread(largest=3e-2, rms=8e-3, bias=5e-3),
    far=Spread(largest=1e-1, rms=3e-2, bias=2e-2),
)
# int8 moves single scores by 2 to 3 % of the range (measured on MobileNet), so a margin below 5 %
# may turn either way. And biases that take back LiteRT's rounding are a little off where rounding
# is another: tflite-micro is 10 % of the range away, OpenVINO 4 %.
_INT8 = Limits(
    score=None,
    features=1e-1,
    margin=5e-2,
    agreement=0.99,
    accuracy_drop=0.005,
    near=Spread(largest=2e-2, rms=3e-3, bias=2e-3),
    far=Spread(largest=1.5e-1, rms=5e-2, bias=5.5e-2),
)


def _row(precision: Precision) -> Limits:
    match precision:
        case Precision.FLOAT32:
            return _FLOAT32
        case Precision.FLOAT16:
            return _FLOAT16
        case Precision.MIXED:
            return _MIXED
        case Precision.DYNAMIC:
            return _DYNAMIC
        case Precision.INT8:
            return _INT8
        case _:
            assert_never(precision)


LIMITS = {precision: _row(precision) for precision in Precision}
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
    return msgspec.structs.replace(limits, margin=_STEEPER * limits.margin, near=limits.near.times(_STEEPER), far=limits.far.times(_STEEPER))


def judged_by_counts(precision: Precision, decision: Decision, scores: int) -> bool:
    """Return whether a file of so many scores is held to how many images it is right on alone: none of them is bounded."""
    return LIMITS[precision].score is None and decision.decides(scores)
