"""Which images of every batch a process decodes, so that all processes together take the steps of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Share:
    """The part of process ``process_id``: a batch goes in equal, contiguous parts to the ``devices`` of all ``processes``.

    The last batch of an epoch may not divide by the devices. Filling it up would change batch norm's statistics and
    dropping it would lose images, so every process takes it whole: it is the *left-over*.
    """

    devices: int = 1
    processes: int = 1
    process_id: int = 0

    def left_over(self, images: int, batch_size: int) -> int:
        """Return how many of ``images`` come last in a batch that does not divide by the devices."""
        last = images % batch_size
        return last if last % self.devices else 0

    def even(self, order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
        """Return this process's images of all batches but the left-over, in the order of the steps."""
        order = order[: len(order) - self.left_over(len(order), batch_size)]
        batches = [order[begin : begin + batch_size] for begin in range(0, len(order), batch_size)]
        return np.concatenate([batch.reshape(self.processes, -1)[self.process_id] for batch in batches] or [order])

    def whole(self, order: NDArray[np.int64], batch_size: int) -> NDArray[np.int64]:
        """Return the left-over's images."""
        return order[len(order) - self.left_over(len(order), batch_size) :]
