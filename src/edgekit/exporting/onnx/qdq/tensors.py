"""The tensors of an int8 TFLite model as ONNX values: what is stored, in which steps, and in which layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.exporting.onnx.nodes import Nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.exporting.tflite.model import TFLiteModel

# From signed to unsigned 8-bit numbers.
_UNSIGNED = 128


def unsigned(stored: NDArray[Any]) -> NDArray[Any]:
    """Return signed 8-bit numbers moved to unsigned ones."""
    return (np.asarray(stored, np.int16) + _UNSIGNED).astype(np.uint8)


class Tensors:
    """Values of TFLite's tensors by number. A value is float32; that of a quantised tensor has gone through its steps.

    Steps count in unsigned numbers; ``for_openvino`` in signed ones, where they lie evenly around zero.
    """

    def __init__(self, model: TFLiteModel, *, for_openvino: bool) -> None:
        self.nodes = Nodes()
        self._for_openvino = for_openvino
        self._model = model
        self._tensors = model.tensors
        self._values: dict[int, str] = {}
        # The integers that a value is, by it and the steps that they count: a scale and a zero point.
        self._integers: dict[tuple[str, float, int], str] = {}
        # The (height, width, channels) of what stands in a tensor of lower rank with its channels still first.
        self.images: dict[int, tuple[int, ...]] = {}

    def readers(self, number: int) -> list[int]:
        """Return the kinds of the operators that read a tensor."""
        return [operator.kind for operator in self._model.readers(number)]

    def shape(self, number: int) -> tuple[int, ...]:
        """Return a tensor's extents, channels last as TFLite has them."""
        return self._tensors[number].shape

    def give(self, number: int, value: str) -> None:
        """Let tensor ``number`` have this value."""
        self._values[number] = value

    def value(self, number: int) -> str:
        """Return the value of a tensor that an operator gave."""
        return self._values[number]

    def is_constant(self, number: int) -> bool:
        """Whether a tensor is stored in the file."""
        return number not in self._values and self._tensors[number].is_constant

    def is_image(self, number: int) -> bool:
        """Whether a tensor holds the image's own bytes."""
        return self._tensors[number].dtype == np.uint8

    def stored(self, number: int) -> NDArray[Any]:
        """Return the numbers of a constant, channels last."""
        return self._tensors[number].stored

    def in_steps(self, number: int, value: str, name: str) -> str:
        """Return ``value`` rounded to the steps of tensor ``number``, or itself where that is float."""
        if not self._is_int8(number) or self._in_steps_of(number, value) in self._integers:
            return value
        quantised = self.nodes.add("QuantizeLinear", [value, *self._steps(number, f"{name}_in")], f"{name}_quantised")
        return self._from_integers(number, quantised, name)

    def side_by_side(self, number: int, values: Sequence[str], name: str) -> str:
        """Return ``values`` one behind the other along their channels, for tensor ``number``.

        For OpenVINO, in integers: without AMX it takes signed activations by way of unsigned ones, and convolutions behind
        dequantised values that were put together then read them rounded to whole numbers. To go once OpenVINO, 2026.4 here, does not.
        """
        if not self._for_openvino or not self._is_int8(number):
            return self.nodes.add("Concat", values, name, axis=1)
        rounded = [self.in_steps(number, value, f"{name}_{index}") for index, value in enumerate(values)]
        integers = [self._integers[self._in_steps_of(number, value)] for value in rounded]
        return self._from_integers(number, self.nodes.add("Concat", integers, f"{name}_integers", axis=1), f"{name}_joined")

    def _is_int8(self, number: int) -> bool:
        return self._tensors[number].dtype == np.int8

    def _in_steps_of(self, number: int, value: str) -> tuple[str, float, int]:
        """Return the key of ``value`` among what is known in integers, if they count in the steps of tensor ``number``."""
        quantisation = self._tensors[number].quantization
        return value, float(quantisation.scales[0]), int(quantisation.zero_points[0])

    def _from_integers(self, number: int, integers: str, name: str) -> str:
        """Return what ``integers`` count in the steps of tensor ``number``."""
        value = self.nodes.add("DequantizeLinear", [integers, *self._steps(number, f"{name}_out")], f"{name}_steps")
        self._integers[self._in_steps_of(number, value)] = integers
        return value

    def _steps(self, number: int, name: str) -> list[str]:
        """Write an activation's scale and zero point. Each use has its own: ONNX Runtime's exact kernels want it so.

        (1.32 with ``session.x64quantprecision`` ends with "AddInitializerWithOrtValue" where they are shared.)
        """
        quantisation = self._tensors[number].quantization
        zero = self._as_written(number, quantisation.zero_points[0])
        return [self.nodes.constant(f"{name}_scale", np.array(quantisation.scales[0], np.float32)), self.nodes.constant(f"{name}_zero", zero)]

    def _as_written(self, number: int, stored: NDArray[Any]) -> NDArray[Any]:
        """Return what TFLite counts in steps of tensor ``number`` as ONNX has it."""
        if self._for_openvino and self._tensors[number].quantization.zero_points[0] == 0:
            return np.asarray(stored, np.int8)
        return unsigned(stored)

    def operand(self, number: int, name: str, beside: int) -> str:
        """Return a constant that an element-wise operator takes beside tensor ``beside``: it is stored as activations are."""
        stored = self.stored(number)
        if beside in self.images and len(self.shape(beside)) == 3:  # added to whole rows of an image
            # A number for each place of a row, though they may be alike: with one for each channel ONNX Runtime adds pixel by pixel.
            stored = stored.reshape(1, 1, -1, self.images[beside][-1])
            if self._for_openvino and (stored == stored[:, :, :1]).all():
                stored = stored[:, :, :1]
        stored = stored.reshape((1,) * (len(self.shape(beside)) - stored.ndim) + stored.shape)
        if stored.ndim == 4:
            stored = stored.transpose(0, 3, 1, 2)
        if stored.dtype == np.float32:
            return self.nodes.constant(name, stored)
        written = self.nodes.constant(f"{name}_stored", self._as_written(number, stored))
        return self.nodes.add("DequantizeLinear", [written, *self._steps(number, name)], f"{name}_steps")

    def weights(self, number: int, name: str, arranged: NDArray[Any], axis: int) -> str:
        """Return the value of a kernel or bias, ``arranged`` for ONNX; ``axis`` is the one that has a scale each.

        What a layer in float32 takes is stored as it is.
        """
        if arranged.dtype == np.float32:
            return self.nodes.constant(name, arranged)
        scale = self._tensors[number].quantization.scales
        per_channel = {"axis": axis} if len(scale) > 1 else {}
        scale = scale if per_channel else scale.reshape(())
        parts = {"stored": arranged, "scale": scale, "zero": np.zeros(scale.shape, arranged.dtype)}
        inputs = [self.nodes.constant(f"{name}_{part}", values) for part, values in parts.items()]
        return self.nodes.add("DequantizeLinear", inputs, name, **per_channel)
