"""Which part of a network's time is its baked-in preprocessing."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.store.operators import OperatorTime


def preprocessing_share(operators: Sequence[OperatorTime]) -> float | None:
    """Return the share of the operators before the first convolution, in the order of execution; ``None`` where there is none."""
    total = sum(operator.time_ns for operator in operators)
    before = list(takewhile(lambda operator: not _is_convolution(operator.type), operators))
    if not total or len(before) == len(operators):
        return None
    return sum(operator.time_ns for operator in before) / total


def _is_convolution(kind: str) -> bool:
    """Runtimes call it Conv, FusedConv, QLinearConv, CONV_2D, Convolution; Convert is a cast."""
    name = kind.lower()
    return "conv" in name and "convert" not in name
