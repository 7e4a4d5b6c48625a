"""MLPerf LoadGen's early-stopping rule: how sure a percentile is, from the samples that are there.

Of n independent samples, each exceeds the true p-th percentile with a chance of 1 − p. If at most t of them exceed a
bound, and t or fewer would be seen with a chance of 1 % at most were the bound below the percentile, then the bound holds
at 99 % confidence. LoadGen's estimate is the t-th highest sample. (inference/loadgen/early_stopping.cc)
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.99


@cache
def most_above(samples: int, rank: int) -> int:
    """Return t, the most samples that may exceed a bound on percentile ``rank``; 0: there are too few samples for any bound."""
    share = 1 - rank / 100
    # In logarithms: the chance that none exceeds it is below the least float for many samples.
    log_chance, log_odds, summed = samples * math.log1p(-share), math.log(share / (1 - share)), 0.0
    for above in range(samples):
        summed += math.exp(log_chance)
        if summed > 1 - CONFIDENCE:
            return max(0, above - 1)
        log_chance += math.log((samples - above) / (above + 1)) + log_odds
    return samples


def bound(ordered: NDArray[np.float64], rank: int) -> float | None:
    """Return the value that percentile ``rank`` does not exceed at 99 % confidence, of samples in rising order; ``None``: too few."""
    above = most_above(len(ordered), rank)
    return float(ordered[len(ordered) - above]) if above else None
