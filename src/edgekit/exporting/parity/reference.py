"""Pictures with what the trained model answers to them: what exports are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from edgekit.analysis.decisions import margins, truth_of
from edgekit.analysis.differences import differences
from edgekit.datasets.decoded import DecodedImages
from edgekit.datasets.resize import as_input
from edgekit.errors import ExportError
from edgekit.spec.task import CLASSES, Decision, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example
    from edgekit.exporting.source.golden import GoldenPicture
    from edgekit.exporting.source.images import Images
    from edgekit.exporting.source.trained import Reference
    from edgekit.spec.tensor import TensorSpec

# So many of the answers that were kept, spread over all, are asked for again. They may be a tenth as far away as a float32 file.
_ASKED_AGAIN = 32
_KEPT_SCORE = 1e-5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Pictures, and float32 (pictures, scores) of the trained model; ``names`` say which picture is meant.

    ``labels`` are their classes if known, int64 (pictures,); of several labels, zeros and ones: (pictures, labels). ``decision`` is how
    scores become an answer.
    """

    pictures: Sequence[NDArray[np.uint8]]
    names: Sequence[str]
    labels: NDArray[np.int64] | None
    reference: NDArray[np.float32]
    decision: Decision = CLASSES

    def first(self, count: int) -> Evidence:
        """Return the first pictures alone; what is decoded of them is shared."""
        labels = None if self.labels is None else self.labels[:count]
        return Evidence(_First(self.pictures, count), self.names[:count], labels, self.reference[:count], self.decision)


class _First(Sequence["NDArray[np.uint8]"]):
    """The first ``count`` of ``pictures``, which are not asked for before they are needed."""

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], count: int) -> None:
        self._pictures, self._positions = pictures, range(min(count, len(pictures)))

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.uint8]: ...

    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.uint8]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.uint8] | list[NDArray[np.uint8]]:
        positions = self._positions[index]
        return [self._pictures[position] for position in positions] if isinstance(positions, range) else self._pictures[positions]


def golden_evidence(golden: Sequence[GoldenPicture], spec: TensorSpec, reference: Reference) -> Evidence:
    """Return the golden pictures with the trained model's scores."""
    names = [f"{picture.source} ({picture.variant})" for picture in golden]
    pictures = [picture.pixels for picture in golden]
    return Evidence(pictures, names, None, _finite(_scores(pictures, spec, reference), names), reference.decision)


def test_evidence(
    examples: Sequence[Example],
    spec: TensorSpec,
    reference: Reference,
    kept: Mapping[str, Sequence[float]],
    *,
    labelled: bool,
) -> Evidence:
    """Return test images with the trained model's scores. They are decoded as they are asked for: a large test set does not fit into memory.

    Scores that were ``kept``, by the images' names, are taken for the model's where it still gives them to some of the images.
    Where an image may have several labels, its class folder says nothing of the others: `with_truth`.
    """
    names = [f"{example.picture.name} (test)" for example in examples]
    decision = reference.decision
    labels = np.array([example.label for example in examples]) if labelled and decision.task is not Task.MULTILABEL else None
    pictures = DecodedImages(examples)
    if kept and all(example.picture.name in kept for example in examples):
        with np.errstate(over="ignore"):  # what overflows is not finite
            scores = np.array([kept[example.picture.name] for example in examples], np.float32)
        some = np.linspace(0, len(pictures) - 1, min(len(pictures), _ASKED_AGAIN)).astype(int)
        asked = _scores([pictures[index] for index in some], spec, reference)
        if scores.shape[1:] == asked.shape[1:] and np.isfinite(scores).all() and differences(asked, scores[some], margin=0.0).share <= _KEPT_SCORE:
            return Evidence(pictures, names, labels, scores, decision)
    return Evidence(pictures, names, labels, _finite(_scores(pictures, spec, reference), names), decision)


def with_truth(evidence: Evidence, examples: Sequence[Example], truth: Mapping[str, tuple[int, ...]]) -> Evidence:
    """Return the evidence of ``examples`` with the labels of each, by its name: one, or where an image may have several, any number."""
    labels = truth_of((truth[example.picture.name] for example in examples), evidence.decision, evidence.reference.shape[1])
    return replace(evidence, labels=labels)


def hesitation(images: Images, test: Evidence, reference: Reference) -> NDArray[np.floating] | None:
    """Return the trained model's narrowest margin on each image that golden ones are chosen from; where nothing is decided there is none."""
    decision = test.decision
    if not decision.decides(test.reference.shape[1]):
        return None
    scores = test.reference if images.golden is images.test else reference.scores(example.picture.pixels() for example in images.golden)
    found: NDArray[np.floating] = margins(scores, decision).min(axis=1)
    return found


def _scores(pictures: Sequence[NDArray[np.uint8]], spec: TensorSpec, reference: Reference) -> NDArray[np.float32]:
    return reference.scores(as_input(pixels, spec)[0] for pixels in pictures)


def _finite(scores: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """Return the scores; raise `ExportError` where the model itself gives none that an export could be held against."""
    broken = np.flatnonzero(~np.isfinite(scores).all(axis=1))
    if len(broken):
        raise ExportError(
            f"the trained model's own scores are not finite on {len(broken)} of {len(names)} images. Received: {names[broken[0]]}",
            hint="leave such images out, or mend the model: an export cannot be held against them",
        )
    return scores
