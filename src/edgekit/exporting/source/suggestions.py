"""What fits the photographs far better than what was given with a model: another preprocessing, or another order of its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from edgekit.analysis.plausibility import FITTED, far_better, fitted_order, orders, right_by_fitted_order
from edgekit.datasets.selection import balanced
from edgekit.spec.pixels import PIXELS, Pixels, turned, typed
from edgekit.text.units import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edgekit.datasets.dataset import Example

_LEAST_IMAGES, _IMAGES_A_CLASS, _MOST_IMAGES = 64, 3, 192
# Nothing fits far better than a model that is right so often.
_GOOD = 0.85
# Of two that fit about as well, the one that changes less.
_ABOUT = 0.03
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Setup:
    """What was given, or may have been meant: another preprocessing, another ``order`` of the labels, or both.

    ``labels`` are those in its order; ``right``, (images,), says on which photographs the highest score is the label's.
    """

    pixels: Pixels | None
    order: str | None
    labels: Sequence[str]
    right: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """The share of right answers."""
        return float(self.right.mean())

    @property
    def told(self) -> str:
        """What to give for it."""
        shown = ", ".join(self.labels[:_SHOWN]) + (" …" if len(self.labels) > _SHOWN else "")
        order = f"the labels {self.order} ({shown})"
        quote = "'" if self.pixels and ";" in typed(self.pixels) else ""
        pixels = f"--preprocessing {quote}{typed(self.pixels)}{quote}" if self.pixels else ""
        return " and ".join(part for part in (pixels, order if self.order else "") if part)


def suggestion(
    test: Sequence[Example], labels: Sequence[str], pixels: Pixels, ask: Callable[[Sequence[Example], Pixels], NDArray[np.float32]]
) -> str | None:
    """Return a question that names what fits labelled photographs far better than ``labels`` and ``pixels``, if anything does.

    ``ask`` returns the model's scores, (images, classes), of photographs whose pixels are prepared so.
    """
    chosen = balanced(test, min(max(_LEAST_IMAGES, _IMAGES_A_CLASS * len(labels)), _MOST_IMAGES), seed=0)
    truth = np.array([example.label for example in chosen])

    def predicted(prepared: Pixels) -> NDArray[np.int64]:
        return ask(chosen, prepared).argmax(axis=1)

    answers: dict[Pixels | None, NDArray[np.int64]] = {None: predicted(pixels)}  # first: it changes nothing
    given = Setup(None, None, labels, answers[None] == truth)
    if given.share >= _GOOD:
        return None
    answers |= {named: predicted(named) for named in PIXELS.values() if not _same(named, pixels)}
    likeliest = max(_setups(answers, truth, labels), key=lambda setup: setup.share).pixels or pixels
    answers |= {other: predicted(other) for other in dict.fromkeys((turned(pixels), turned(likeliest))) if not _same(other, pixels)}
    better = [setup for setup in _setups(answers, truth, labels) if far_better(setup.right, given.right)]
    if not better:
        return None
    most = max(setup.share for setup in better)
    meant = _simplest([setup for setup in better if setup.share >= most - _ABOUT])
    told = ", or ".join(setup.told for setup in meant)
    return f"did you mean {told}? {percent(meant[0].share)} instead of {percent(given.share)} on {len(chosen)} images"


def _simplest(setups: Sequence[Setup]) -> list[Setup]:
    """Return those that change one thing alone, one of each kind, else the first: photographs of colours cannot tell turned channels from labels."""
    pixels = [setup for setup in setups if setup.order is None]
    order = [setup for setup in setups if setup.pixels is None]
    return [*pixels[:1], *order[:1]] or [setups[0]]


def _same(first: Pixels, second: Pixels) -> bool:
    return msgspec.structs.replace(first, name="") == msgspec.structs.replace(second, name="")


def _setups(answers: Mapping[Pixels | None, NDArray[np.int64]], truth: NDArray[np.int64], labels: Sequence[str]) -> list[Setup]:
    """Return all that may be meant, by the highest scores' indices under each preprocessing; what changes one thing alone comes first."""
    setups = [Setup(pixels, None, labels, highest == truth) for pixels, highest in answers.items()]
    for pixels, highest in answers.items():
        found = {name: (order, order[highest] == truth) for name, order in orders(labels).items()}
        found[FITTED] = fitted_order(highest, truth, len(labels)), right_by_fitted_order(highest, truth, len(labels))
        setups += [Setup(pixels, name, [labels[index] for index in order], right) for name, (order, right) in found.items()]
    return setups
