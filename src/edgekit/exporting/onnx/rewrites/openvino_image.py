"""What is done to the image in ONNX files for OpenVINO: with its channels last, as it comes; turned before the first layer; resized where needed.

OpenVINO's convolutions read channels last. A Transpose before the first of them costs nothing; one of the raw image is computed,
and OpenVINO transposes back before the convolution. It stands before the steps of 8 bits, and OpenVINO itself brings it behind them: where
the file does, a CPU without AMX reads signed steps as whole numbers, if the network branches (OpenVINO 2026.4).

And OpenVINO computes a resize that changes nothing all the same, which takes it 0.4 ms for 224 pixels a side: where the size decides in an
If, it leaves out what it does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from edgekit.exporting.onnx.nodes import Nodes

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    from edgekit.graph.graph import Shape

_TO_CHANNELS_FIRST, _TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
_STEPS = ("QuantizeLinear", "DequantizeLinear")
_BY_PIXEL = ("Cast", "Resize", *_STEPS)
_BESIDE_CONSTANTS = ("Add", "Sub", "Mul")


def openvino_image(graph: onnx.GraphProto) -> bool:
    """Do what is done to the image before its first layer with its channels last."""
    image = graph.input[0]
    constants = _Constants(graph)
    turn, *by_pixel = _done_to(image.name, graph, constants)
    if not by_pixel:
        return False
    by_pixel[0].input[0] = image.name
    names = {node.name for node in by_pixel}
    # 0: any. Only the first resize of such an image may change nothing.
    width = image.type.tensor_type.shape.dim[2].dim_value
    written = Nodes()
    for node in graph.node:
        if node.name in names and node.op_type == "Resize":
            _, channels, height, resized_width = (int(extent) for extent in numpy_helper.to_array(constants.stored[node.input[3]]))
            if width:
                written.nodes += _resized(node)
            else:
                _resize_where_needed(written, node, (height, resized_width, channels))
            width = resized_width
        elif node.name != turn.name:
            written.nodes.append(node)
        if node.name in names and node.op_type in _BESIDE_CONSTANTS:
            _turn_constants(node, constants, width)
        if node.name == by_pixel[-1].name:
            last = written.nodes[-1]
            turned, last.name = last.output[0], f"{last.name}_channels_last"
            last.output[0] = last.name
            written.add("Transpose", [last.name], turned, perm=_TO_CHANNELS_FIRST)
    del graph.node[:]
    graph.node.extend(written.nodes)
    graph.initializer.extend(written.constants)
    return True


def _done_to(image: str, graph: onnx.GraphProto, constants: _Constants) -> list[onnx.NodeProto]:
    """Return the image's turn and what follows as long as it is done to each pixel alone, and nothing else reads what comes of it."""
    (turn,) = (node for node in graph.node if image in node.input)
    done, value = [turn], turn.output[0]
    while len(readers := [node for node in graph.node if value in node.input]) == 1:
        (node,) = readers
        others = [name for name in node.input if name and name != value]
        beside_constants = node.op_type in _BESIDE_CONSTANTS and all(constants.behind(name) for name in others)
        if node.op_type not in _BY_PIXEL and not beside_constants:
            break
        done.append(node)
        value = node.output[0]
    while done[-1].op_type in _STEPS:  # they stand behind the turn
        done.pop()
    return done


class _Constants:
    """A graph's constants by name: what is ``stored``."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.stored = {constant.name: constant for constant in graph.initializer}
        self._in_steps = {node.output[0]: node.input[0] for node in graph.node if node.op_type == "DequantizeLinear"}

    def behind(self, name: str) -> onnx.TensorProto | None:
        """Return what is stored of a constant, be it in steps; ``None`` of what is computed."""
        return self.stored.get(self._in_steps.get(name, name))


def _turn_constants(node: onnx.NodeProto, constants: _Constants, width: int) -> None:
    """Bring what a node has beside the image to channels last."""
    for constant in filter(None, map(constants.behind, node.input)):
        _store(constant, _channels_last(numpy_helper.to_array(constant), width))


def _channels_last(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Return a constant channels last, a row of pixels of it where the ``width`` is known: of three numbers OpenVINO computes slowly."""
    if values.size == 1:
        return values
    turned = values.reshape([1] * (4 - values.ndim) + list(values.shape)).transpose(_TO_CHANNELS_LAST)
    return np.broadcast_to(turned, (*turned.shape[:2], width or turned.shape[2], turned.shape[3]))


def _store(constant: onnx.TensorProto, values: NDArray[Any]) -> None:
    constant.CopyFrom(numpy_helper.from_array(values, constant.name))


def _resize_where_needed(written: Nodes, resize: onnx.NodeProto, image: Shape) -> None:
    """Write an If in place of a resize to ``image`` (height, width, channels)."""
    name, source = resize.name, resize.input[0]
    branches = {}
    for branch, nodes in (("then_branch", _same(written, source, image, name)), ("else_branch", _resized(resize))):
        nodes[-1].name = nodes[-1].output[0] = f"{name}_{branch}"
        value = helper.make_tensor_value_info(nodes[-1].name, TensorProto.FLOAT, [1, *image])
        branches[branch] = helper.make_graph(nodes, value.name, [], [value])
    written.add("If", [_has_extents(written, source, image, name)], name, **branches)


def _same(written: Nodes, source: str, image: Shape, name: str) -> list[onnx.NodeProto]:
    """Return nodes that change nothing of an image of the size, by which every runtime knows what follows to have it.

    Behind the Slice alone, or an Identity, OpenVINO would not: its answers came from memory that nothing had written.
    The Reshape alone is what tract refuses.
    """
    bounds = [written.integers(f"{name}_{of}", values) for of, values in (("first", [0, 0]), ("last", image[:2]), ("sides", [1, 2]))]
    whole = helper.make_node("Slice", [source, *bounds], [f"{name}_whole"], name=f"{name}_whole")
    return [whole, helper.make_node("Reshape", [whole.name, written.integers(f"{name}_shape", [1, *image])], [name])]


def _resized(resize: onnx.NodeProto) -> list[onnx.NodeProto]:
    """Return a resize, which knows its image channels first alone, of one with its channels last."""
    turned, resized = (f"{resize.name}_{what}" for what in ("turned", "channels_first"))
    return [
        helper.make_node("Transpose", [resize.input[0]], [turned], name=turned, perm=_TO_CHANNELS_FIRST),
        helper.make_node(
            "Resize", [turned, *resize.input[1:]], [resized], name=resized, **{a.name: helper.get_attribute_value(a) for a in resize.attribute}
        ),
        helper.make_node("Transpose", [resized], [resize.name], name=resize.name, perm=_TO_CHANNELS_LAST),
    ]


def _has_extents(written: Nodes, source: str, image: Shape, name: str) -> str:
    """Write whether an image, channels last, has this height and width."""
    equal = []
    for axis, (side, extent) in enumerate((("height", image[0]), ("width", image[1])), start=1):
        found = written.add("Shape", [source], f"{name}_{side}", start=axis, end=axis + 1)
        equal.append(written.add("Equal", [found, written.integers(f"{name}_{side}_wanted", [extent])], f"{name}_{side}_equal"))
    return written.add("And", equal, f"{name}_unneeded")
