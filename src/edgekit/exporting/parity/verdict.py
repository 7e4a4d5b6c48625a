"""What is judged, and what a judge says of it, as values: `wording` makes sentences of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.analysis.differences import Differences
    from edgekit.spec.accuracy import PairedCounts
    from edgekit.spec.task import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file's scores beside those that they are held against.

    All scores are float32 (images, scores), of the golden images first, then of the test images.
    ``got`` are the file's, ``trained`` those of the trained model. ``other`` are those of another
    file, where the two files are held against each other. ``labels`` are those of the test images as
    `edgekit.analysis.decisions.right` takes them, ``None`` where they are not known.
    """

    got: NDArray[np.float32]
    trained: NDArray[np.float32]
    other: NDArray[np.float32] | None = None
    golden_images: int
    labels: NDArray[np.int64] | None
    decision: Decision

    @property
    def expected(self) -> NDArray[np.float32]:
        """The scores that the file is held against."""
        return self.trained if self.other is None else self.other

    @property
    def test_images(self) -> int:
        """How many of the images are test images."""
        return len(self.trained) - self.golden_images


@dataclass(frozen=True, slots=True)
class Measured:
    """How far the scores are from the expected ones: on the golden images, and on all images.

    ``counts`` are the test images that are decided rightly. They are ``None`` where there is nothing
    to be right about: the scores decide nothing, or the labels are not known.
    """

    golden: Differences
    overall: Differences
    counts: PairedCounts | None


@dataclass(frozen=True, slots=True)
class OtherScores:
    """The file gives ``got`` scores an image, and ``expected`` are as many as it should."""

    got: int
    expected: int


@dataclass(frozen=True, slots=True)
class ScoreBeyond:
    """The largest |Δscore|, a share of its image's range, is above ``limit``. It is that of ``image``."""

    share: float
    limit: float
    image: int


@dataclass(frozen=True, slots=True)
class ErrorBeyond:
    """The relative L2 error is above ``limit``; ``image`` is the golden image where it is largest.

    The error is that of this image, or where ``of_all`` that of all golden images as one vector.
    """

    error: float
    limit: float
    image: int
    of_all: bool


@dataclass(frozen=True, slots=True)
class NothingCounts:
    """On no image the trained model's margin is above ``margin``, a share of the range.

    So agreement says nothing.
    """

    margin: float


@dataclass(frozen=True, slots=True)
class AgreementBelow:
    """Of ``counted`` images a share below ``limit`` is decided as expected.

    The surest of the others is ``image``.
    """

    agreement: float
    limit: float
    counted: int
    image: int


@dataclass(frozen=True, slots=True)
class LabelBeyond:
    """A label is decided otherwise too often.

    ``label`` is its index. Of the ``images`` that either side names it on, so many are ``differing``;
    the surest of these is ``image``.
    """

    label: int
    differing: int
    images: int
    image: int


@dataclass(frozen=True, slots=True)
class LabelsBeyond:
    """Of all ``decisions`` that name a label a share above ``limit`` is otherwise.

    So many are ``differing``, and the surest of these is on ``image``.
    """

    differing: int
    decisions: int
    limit: float
    image: int


@dataclass(frozen=True, slots=True)
class AccuracyBelow:
    """The file is right on a ``share`` of the test images, more than ``limit`` below ``expected``.

    Of the images that the file is wrong on and the trained model is right on, ``image`` is the one
    that the trained model is surest of.
    """

    share: float
    expected: float
    limit: float
    image: int


LimitBroken = ScoreBeyond | ErrorBeyond | NothingCounts | AgreementBelow | LabelBeyond | LabelsBeyond | AccuracyBelow
"""Which limit is broken, and by how much. An ``image`` is an index into the case's images."""
Breach = OtherScores | LimitBroken
"""Why a file is refused."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The file is within all limits."""

    measured: Measured


@dataclass(frozen=True, slots=True)
class Refused:
    """The file is not as it should be.

    ``measured`` is ``None`` where the file gives another number of scores: nothing can be compared.
    """

    breach: Breach
    measured: Measured | None


Verdict = Passed | Refused
"""What a judge says. A reader's `match` ends in `assert_never`: the type checker names it when there
is a third verdict."""
