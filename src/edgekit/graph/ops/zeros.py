"""How many zeros stand around an image, and how many places a kernel then takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Padding(StrEnum):
    """What stands around an image: zeros until the output has the input's size over the stride, or nothing."""

    SAME = "same"
    VALID = "valid"

    def before_after(self, extent: int, kernel: int, stride: int) -> tuple[int, int]:
        """Return the zeros before and after ``extent`` pixels, as TensorFlow puts them: an odd one comes after."""
        if self is Padding.VALID:
            return 0, 0
        total = max((self.out(extent, kernel, stride) - 1) * stride + kernel - extent, 0)
        return total // 2, total - total // 2

    def out(self, extent: int, kernel: int, stride: int) -> int:
        """Return how many places a kernel takes along ``extent`` pixels."""
        return -(-extent // stride) if self is Padding.SAME else (extent - kernel) // stride + 1


@dataclass(frozen=True, slots=True)
class Around:
    """So many zeros before and after an image, along its rows as along its columns."""

    before: int
    after: int

    def before_after(self, extent: int, kernel: int, stride: int) -> tuple[int, int]:
        """Return the zeros before and after, which are the same for any ``extent``."""
        return self.before, self.after

    def out(self, extent: int, kernel: int, stride: int) -> int:
        """Return how many places a kernel takes along ``extent`` pixels."""
        return (extent + self.before + self.after - kernel) // stride + 1
