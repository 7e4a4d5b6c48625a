"""Mistakes and gaps of tf2onnx 1.17, mended by handlers of our own and by sets in order. Importing this module is enough."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, MutableSet
from typing import Any

import numpy as np
from tf2onnx import graph, utils
from tf2onnx.handler import tfl_op
from tf2onnx.optimizer import back_to_back_optimizer
from tf2onnx.tflite_handlers.tfl_math import TflFullyConnectedOp


@tfl_op(["TFL_FULLY_CONNECTED"])
class FullyConnectedKeepsItsBias:
    """A fully connected layer that reads more than two dimensions keeps its bias.

    TensorFlow's converter drops the reshape before such a layer where the image is 1 × 1 by then. tf2onnx puts it
    back, and loses the bias. Remove once its handler replaces the first input alone.
    """

    @classmethod
    def to_tf(cls, ctx: Any, node: Any, **kwargs: Any) -> None:
        """Flatten the input first, so that the original handler finds nothing to do."""
        if node.attr["keep_num_dims"].i == 0 and ctx.get_rank(node.input[0]) != 2:
            extent = ctx.get_shape(node.input[1])[1]
            shape = ctx.make_const(utils.make_name("flat"), np.array([-1, extent], np.int64))
            inputs = [node.input[0], shape.output[0]]
            flat = ctx.make_node("Reshape", inputs, shapes=[[-1, extent]], dtypes=[ctx.get_dtype(node.input[0])])
            flat.skip_conversion = True
            ctx.replace_inputs(node, [flat.output[0], *node.input[1:]])
        TflFullyConnectedOp.to_tf(ctx, node, **kwargs)


@tfl_op(["TFL_GELU"])
class Gelu:
    """GELU, which tf2onnx does not know, by operators of opset 18: x · Φ(x), exact or by the tanh that TFLite's option asks for."""

    @classmethod
    def to_tf(cls, ctx: Any, node: Any, **kwargs: Any) -> None:
        """Put the operators in the node's place."""
        approximate = "approximate" in node.attr and node.attr["approximate"].i
        source, dtype, shape = node.input[0], ctx.get_dtype(node.output[0]), ctx.get_shape(node.output[0])

        def number(value: float) -> str:
            return str(ctx.make_const(utils.make_name("gelu"), np.array(value, np.float32)).output[0])

        def op(kind: str, *inputs: str, **options: Any) -> str:
            made = ctx.make_node(kind, list(inputs), shapes=[shape], dtypes=[dtype], **options)
            made.skip_conversion = True
            return str(made.output[0])

        if approximate:
            cubed = op("Mul", op("Mul", source, source), source)
            inner = op("Add", source, op("Mul", cubed, number(0.044715)))
            bent = op("Tanh", op("Mul", inner, number(float(np.sqrt(2 / np.pi)))))
        else:
            bent = op("Erf", op("Div", source, number(float(np.sqrt(2)))))
        half = op("Mul", op("Mul", source, op("Add", bent, number(1.0))), number(0.5))
        ctx.replace_all_inputs(node.output[0], half)
        ctx.remove_node(node.name)


class InOrder(MutableSet[Hashable]):
    """A set in the order in which it was filled.

    tf2onnx keeps nodes, and the names of each tensor's readers, in sets, and changes them in the sets' order. Which
    Transposes meet depends on it, and the order on the process: the same TFLite file gave other bytes each time.
    Remove once it keeps them in lists. Of a ``set``'s methods by name, it has those that tf2onnx's graphs ask for.
    """

    def __init__(self, items: Iterable[Hashable] = ()) -> None:
        self._items = dict.fromkeys(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Hashable) -> None:
        """Put ``item`` last, or leave it where it is."""
        self._items[item] = None

    def discard(self, item: Hashable) -> None:
        """Take ``item`` out if it is there."""
        self._items.pop(item, None)

    def issubset(self, other: Iterable[Hashable]) -> bool:
        """Whether ``other`` has all of these."""
        return self <= InOrder(other)

    def union(self, other: Iterable[Hashable]) -> InOrder:
        """Return these, and those of ``other`` behind them."""
        return InOrder((*self, *other))


graph.set = back_to_back_optimizer.set = InOrder
