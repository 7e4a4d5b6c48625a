"""ONNX nodes and constants as they are collected: each node gives one value, and bears its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.graph.graph import Shape


OPSET = 18
# The lowest version of the format that has all its operators.
IR_VERSION = 9


class Nodes:
    """What a graph consists of so far."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node and return the name of its value."""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        tensor = onnx.TensorProto(name=name, data_type=helper.np_dtype_to_tensor_dtype(values.dtype), dims=values.shape)
        tensor.raw_data = np.ascontiguousarray(values).tobytes()
        self.constants.append(tensor)
        return name

    def integers(self, name: str, values: Sequence[int]) -> str:
        """Add a constant of int64 (shapes, axes, bounds)."""
        return self.constant(name, np.array(values, np.int64))

    def clip(self, source: str, most: float, name: str) -> str:
        """Add what is 0 at least and ``most`` at most."""
        bounds = [self.constant(f"{name}_{part}", np.array(bound, np.float32)) for part, bound in (("least", 0), ("most", most))]
        return self.add("Clip", [source, *bounds], name)

    def resize(self, source: str, image: Shape, name: str) -> str:
        """Add the resize of ``source`` to an image (height, width, channels): bilinear, half-pixel centres, no antialias."""
        height, width, channels = image
        size = self.integers(f"{name}_size", [1, channels, height, width])
        return self.add("Resize", [source, "", "", size], name, mode="linear", coordinate_transformation_mode="half_pixel")

    def conv(
        self,
        source: str,
        kernel: NDArray[np.float32],
        bias: NDArray[np.float32] | None,
        name: str,
        *,
        pads: Sequence[int],
        strides: tuple[int, int] = (1, 1),
        group: int = 1,
    ) -> str:
        """Add a convolution: kernel (out, in / group, height, width); ``pads`` above, left, below, right."""
        kernel, pads = without_zeros_behind(kernel, pads)
        inputs = [source, self.constant(f"{name}_kernel", kernel)]
        if bias is not None:
            inputs.append(self.constant(f"{name}_bias", bias))
        return self.add("Conv", inputs, name, kernel_shape=list(kernel.shape[2:]), strides=list(strides), pads=pads, group=group)


def without_zeros_behind(kernel: NDArray[Any], pads: Sequence[int], dilations: Sequence[int] = (1, 1)) -> tuple[NDArray[Any], list[int]]:
    """Return a kernel (out, in / group, height, width) without its last rows and columns of zeros, and so much less padding there.

    They were put there for a padding that ``SAME`` gives; ONNX has any.
    """
    left = list(pads)
    for axis, (side, dilation) in enumerate(zip((2, 3), dilations, strict=True), start=2):
        while left[side] >= dilation and kernel.shape[axis] > 1 and not kernel.take(-1, axis).any():
            kernel, left[side] = kernel.take(range(kernel.shape[axis] - 1), axis), left[side] - dilation
    return kernel, left
