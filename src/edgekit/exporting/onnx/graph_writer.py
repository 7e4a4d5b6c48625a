"""A graph written as ONNX, in ONNX's own layout: one Transpose of the uint8 image, and none after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import helper

from edgekit.exporting.onnx.nodes import IR_VERSION, OPSET, Nodes
from edgekit.exporting.onnx.winograd import write_winograd
from edgekit.graph import ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edgekit.graph.graph import Graph, Shape
    from edgekit.spec.export import InputSize

_IMAGE = "image"


def can_write(graph: Graph) -> bool:
    """Whether every op of the graph is known here."""
    return not any(isinstance(node.op, ops.Opaque) for node in graph.nodes.values())


def write(graph: Graph, output: str, size: InputSize) -> onnx.ModelProto:
    """Return a model: uint8 ``image`` (1, height, width, 3), raw RGB, resized to the graph's own size, to float32 ``output``."""
    return _Writer(graph, output).model(size)


class _Writer:
    """Collects nodes and constants. A value of the graph is an ONNX value of the same name, channels first."""

    def __init__(self, graph: Graph, output: str) -> None:
        self._graph = graph
        self._output = output
        self._shapes = graph.shapes()
        self._readers = graph.readers()
        self._nodes = Nodes()

    def model(self, size: InputSize) -> onnx.ModelProto:
        for name, node in self._graph.nodes.items():
            if isinstance(node.op, ops.Input):
                self._image(name, node.op.px, size)
            else:
                self._write(node.op, name, node.inputs)
        self._nodes.nodes[-1].output[0] = self._output
        scores = self._shapes[self._graph.output]
        inputs = [helper.make_tensor_value_info(_IMAGE, onnx.TensorProto.UINT8, [1, size.height_px or "height", size.width_px or "width", 3])]
        outputs = [helper.make_tensor_value_info(self._output, onnx.TensorProto.FLOAT, [1, *scores])]
        graph = helper.make_graph(self._nodes.nodes, "edgekit", inputs, outputs, self._nodes.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _image(self, name: str, px: int, size: InputSize) -> None:
        """Turn and convert the image, and resize it where it may have another size."""
        turned = self._nodes.add("Transpose", [_IMAGE], "image_turned", perm=[0, 3, 1, 2])
        if (size.height_px, size.width_px) == (px, px):
            self._nodes.add("Cast", [turned], self._of(name), to=onnx.TensorProto.FLOAT)
            return
        pixels = self._nodes.add("Cast", [turned], "image_float", to=onnx.TensorProto.FLOAT)
        self._nodes.resize(pixels, (px, px, 3), self._of(name))

    def _write(self, op: ops.Op, name: str, inputs: tuple[str, ...]) -> None:  # noqa: C901 (a case for each op)
        sources = [self._of(source) for source in inputs]
        shape, before = self._shapes[name], self._shapes[inputs[0]]
        match op:
            case ops.Conv(kernel, bias, stride, padding):
                self._nodes.conv(sources[0], kernel.transpose(3, 2, 0, 1), bias, self._of(name), strides=(stride, stride), pads=_pads(op, before))
            case ops.Depthwise(kernel, bias, stride, padding):
                turned = kernel.transpose(2, 0, 1)[:, np.newaxis]
                self._nodes.conv(sources[0], turned, bias, self._of(name), strides=(stride, stride), pads=_pads(op, before), group=len(turned))
            case ops.Winograd():
                write_winograd(self._nodes, op, before, sources[0], self._of(name))
            case ops.Dense(kernel, bias):
                weights = self._nodes.constant(f"{name}_weights", self._rows_as_read(kernel, inputs[0]))
                self._nodes.add("Gemm", [sources[0], weights, self._nodes.constant(f"{name}_bias", bias)], self._of(name))
            case ops.Affine(scale, shift):
                scaled = self._nodes.add("Mul", [sources[0], self._channels(f"{name}_scale", scale, shape)], f"{name}_scaled")
                self._nodes.add("Add", [scaled, self._channels(f"{name}_shift", shift, shape)], self._of(name))
            case ops.Shift(values):
                self._nodes.add("Add", [sources[0], self._channels(f"{name}_shift", values, shape)], self._of(name))
            case ops.Leaky(slope):
                self._nodes.add("LeakyRelu", sources, self._of(name), alpha=slope) if slope else self._nodes.add("Relu", sources, self._of(name))
            case ops.Clip(most):
                self._nodes.clip(sources[0], most, self._of(name))
            case ops.LeakyByChannel(slopes):
                self._nodes.add("PRelu", [sources[0], self._channels(f"{name}_slopes", slopes, shape)], self._of(name))
            case ops.Pool(kind, size, stride, padding):
                kind_name = "MaxPool" if kind is ops.PoolKind.MAX else "AveragePool"
                pads = _around(before, (size, size), stride, padding)
                self._nodes.add(kind_name, sources, self._of(name), kernel_shape=[size, size], strides=[stride, stride], pads=pads)
            case ops.GlobalAverage(as_image=True):
                self._nodes.add("GlobalAveragePool", sources, self._of(name))
            case ops.GlobalAverage():
                pooled = self._nodes.add("GlobalAveragePool", sources, f"{name}_pooled")
                self._nodes.add("Flatten", [pooled], self._of(name))
            case ops.Flatten():
                if not self._is_read_in_our_order(name):
                    sources = [self._nodes.add("Transpose", sources, f"{name}_turned", perm=[0, 2, 3, 1])]
                self._nodes.add("Flatten", sources, self._of(name))
            case ops.Concat():
                self._nodes.add("Concat", sources, self._of(name), axis=1)
            case ops.Pad((above, below), (left, right)):
                around = self._nodes.constant(f"{name}_around", np.array([0, 0, above, left, 0, 0, below, right], np.int64))
                self._nodes.add("Pad", [sources[0], around], self._of(name))
            case ops.SpaceToDepth(block):
                self._nodes.add("SpaceToDepth", sources, self._of(name), blocksize=block)
            case ops.DepthToSpace(block):
                self._nodes.add("DepthToSpace", sources, self._of(name), blocksize=block)
            case ops.Add():
                self._nodes.add("Add", sources, self._of(name))
            case ops.Softmax():
                self._nodes.add("Softmax", sources, self._of(name), axis=-1)
            case _:
                raise TypeError(f"an op that cannot be written as ONNX: {type(op).__name__}")

    def _of(self, name: str) -> str:
        """Return the ONNX name of a graph's value.

        The image itself is the model's input, before all that is done to it; and a foreign model may have a layer within
        that is called as the output is.
        """
        if name == self._output and name != self._graph.output:
            return f"{name}_within"
        return "image_resized" if name == _IMAGE else name

    def _channels(self, name: str, values: NDArray[np.float32], shape: Shape) -> str:
        return self._nodes.constant(name, values.reshape(-1, *[1] * (len(shape) - 1)))

    def _is_read_in_our_order(self, flatten: str) -> bool:
        """Whether only fully connected layers read a flattened image: their rows can be sorted instead of the pixels."""
        return all(reader and isinstance(self._graph.op(reader), ops.Dense) for reader in self._readers[flatten])

    def _rows_as_read(self, kernel: NDArray[np.float32], source: str) -> NDArray[np.float32]:
        """Return the rows in the order (channel, row, column) where the layer reads a flattened image."""
        if not isinstance(self._graph.op(source), ops.Flatten) or not self._is_read_in_our_order(source):
            return kernel
        height, width, channels = self._shapes[self._graph.nodes[source].inputs[0]]
        return kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def _pads(op: ops.Conv | ops.Depthwise, image: Shape) -> list[int]:
    return _around(image, op.kernel.shape[:2], op.stride, op.padding)


def _around(image: Shape, kernel: tuple[int, ...], stride: int, padding: ops.Padding | ops.Around) -> list[int]:
    """Return ONNX pads: above, left, below, right."""
    (above, below), (left, right) = (padding.before_after(extent, size, stride) for extent, size in zip(image[:2], kernel, strict=True))
    return [above, left, below, right]
