"""A tensor of a TFLite model: its name, its type and shape, what its numbers stand for, and what it holds if it is a constant."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import ExportError

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

# Types that NumPy has too. Text, and numbers of 4 bits, of which two share a byte, are nothing that is read or written here.
_DTYPES: dict[int, np.dtype[Any]] = {
    schema.TensorType.FLOAT16: np.dtype(np.float16),
    schema.TensorType.FLOAT32: np.dtype(np.float32),
    schema.TensorType.FLOAT64: np.dtype(np.float64),
    schema.TensorType.INT8: np.dtype(np.int8),
    schema.TensorType.INT16: np.dtype(np.int16),
    schema.TensorType.INT32: np.dtype(np.int32),
    schema.TensorType.INT64: np.dtype(np.int64),
    schema.TensorType.UINT8: np.dtype(np.uint8),
    schema.TensorType.BOOL: np.dtype(np.bool_),
}
_TYPES = {dtype: number for number, dtype in _DTYPES.items()}
_TYPE_NAMES: dict[int, str] = {number: name for name, number in vars(schema.TensorType).items() if isinstance(number, int)}


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """What stored integers stand for: ``(integer - zero_point) * scale``. Without a scale, numbers stand for themselves.

    There is one scale and one zero point for a whole tensor, or one for each index along ``axis``.
    """

    scales: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    zero_points: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    axis: int = 0

    def dequantized(self, stored: NDArray[Any], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """Return what ``stored`` numbers stand for, computed in ``dtype``."""
        values = stored.astype(dtype)
        if not len(self.scales):
            return values
        along = [1] * stored.ndim
        if len(self.scales) > 1:
            along[self.axis] = -1
        return (values - self.zero_points.astype(dtype).reshape(along)) * self.scales.astype(dtype).reshape(along)


class Tensor:
    """A tensor of a model. Constants that are equal may share one buffer: who writes into it writes into all of them."""

    __slots__ = ("_buffers", "raw")

    def __init__(self, raw: Any, buffers: list[Any]) -> None:
        self.raw = raw
        self._buffers = buffers

    @property
    def name(self) -> str:
        """The tensor's name."""
        return bytes(self.raw.name or b"").decode()

    @name.setter
    def name(self, name: str) -> None:
        self.raw.name = name.encode()

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents, channels last. One that is open has the number that stands in for it."""
        return _extents(self.raw.shape)

    @shape.setter
    def shape(self, shape: tuple[int, ...]) -> None:
        self.raw.shape = np.array(shape, np.int32)

    @property
    def signature(self) -> tuple[int, ...]:
        """The extents with -1 for those that are open; empty if the file has no signature of this tensor."""
        return _extents(self.raw.shapeSignature)

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The type of the stored numbers, or ``None`` for one that NumPy does not have."""
        return _DTYPES.get(self.raw.type)

    @dtype.setter
    def dtype(self, dtype: DTypeLike) -> None:
        self.raw.type = _TYPES[np.dtype(dtype)]

    @property
    def quantization(self) -> Quantization:
        """What the stored numbers stand for."""
        raw = self.raw.quantization
        if raw is None or raw.scale is None:
            return Quantization()
        zero_points = np.zeros(len(raw.scale), np.int64) if raw.zeroPoint is None else np.asarray(raw.zeroPoint, np.int64)
        return Quantization(np.asarray(raw.scale, np.float32), zero_points, int(raw.quantizedDimension))

    @quantization.setter
    def quantization(self, given: Quantization) -> None:
        raw = schema.QuantizationParametersT()
        raw.scale, raw.zeroPoint, raw.quantizedDimension = given.scales, given.zero_points, given.axis
        self.raw.quantization = raw if len(given.scales) else None

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the greatest value that calibration saw, or ``None`` if none is noted."""
        raw = self.raw.quantization
        return None if raw is None or raw.min is None or not len(raw.min) else (float(raw.min[0]), float(raw.max[0]))

    @range.setter
    def range(self, bounds: tuple[float, float]) -> None:
        raw = copy.copy(self.raw.quantization) or schema.QuantizationParametersT()
        raw.min, raw.max = [bounds[0]], [bounds[1]]
        self.raw.quantization = raw

    @property
    def buffer(self) -> int:
        """The number of the buffer that holds the tensor's constant. Buffer 0 is always empty."""
        return int(self.raw.buffer)

    @buffer.setter
    def buffer(self, number: int) -> None:
        self.raw.buffer = number

    @property
    def stored_bytes(self) -> int:
        """How many bytes the file holds for this tensor: none if an operator computes it."""
        data = self._buffers[self.buffer].data
        return 0 if data is None else len(data)

    @property
    def is_constant(self) -> bool:
        """Whether the file holds the tensor's numbers."""
        return self.stored_bytes > 0

    @property
    def stored(self) -> NDArray[Any]:
        """The numbers of a constant in the tensor's own type and shape: a view of the file, not to be written into.

        Raises:
            ExportError: the tensor is no constant, or its type is one that NumPy does not have.

        """
        if self.dtype is None or not self.is_constant:
            kind = _TYPE_NAMES.get(self.raw.type, self.raw.type)
            raise ExportError(f"a tensor of a TFLite file has no numbers to read. Received: {self.name} of type {kind}, {self.stored_bytes} bytes")
        return np.asarray(self._buffers[self.buffer].data).view(self.dtype).reshape(self.shape)

    def dequantized(self, dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """Return what a constant's numbers stand for, computed in ``dtype``."""
        return self.quantization.dequantized(self.stored, dtype)

    def store(self, values: NDArray[Any]) -> None:
        """Make ``values`` the constant's numbers. The tensor takes their type.

        Raises:
            ExportError: they have not the tensor's shape.

        """
        if values.shape != self.shape:
            raise ExportError(f"numbers for a tensor of a TFLite file have another shape. Received: {values.shape} for {self.name}, {self.shape}")
        self.dtype = values.dtype
        self._buffers[self.buffer].data = as_bytes(values)

    def copied(self, name: str) -> Tensor:
        """Return a copy by another name, which shares the buffer until it gets one of its own."""
        made = Tensor(copy.copy(self.raw), self._buffers)
        made.name = name
        return made


def as_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return numbers as a flatbuffer stores them: their bytes one behind the other."""
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8)


def _extents(raw: Any) -> tuple[int, ...]:
    return () if raw is None else tuple(int(extent) for extent in raw)
