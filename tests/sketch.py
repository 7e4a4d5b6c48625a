"""Small graphs for tests, node by node, and what they answer."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import keras
import numpy as np
import onnxruntime

from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.onnx import graph_writer as onnx
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node
from edgekit.graph.ops import Around, Padding, PoolKind
from edgekit.spec.export import ANY_SIZE, InputSize
from edgekit.spec.format import Precision

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Two orders of a float32 sum of some hundred terms differ by less than this share of the largest answer.
ROUNDING = 2e-5


class Sketch:
    """A graph as it grows: each method adds a node and returns its name. Weights are random, by ``seed``."""

    def __init__(self, px: int, seed: int = 0) -> None:
        self.nodes = {"image": Node(ops.Input(px))}
        self.rng = np.random.default_rng(seed)

    def add(self, op: ops.Op, *sources: str, name: str = "") -> str:
        name = name or f"{type(op).__name__.lower()}_{len(self.nodes)}"
        self.nodes[name] = Node(op, sources)
        return name

    def shape(self, name: str) -> tuple[int, ...]:
        return Graph(self.nodes, name).shapes()[name]

    def graph(self, output: str) -> Graph:
        return Graph(self.nodes, output).replaced({})

    def values(self, count: int) -> NDArray[np.float32]:
        return self.rng.normal(size=count).astype(np.float32)

    def conv(
        self, source: str, channels: int, kernel: tuple[int, int] = (3, 3), stride: int = 1, padding: Padding | Around = Padding.SAME, name: str = ""
    ) -> str:
        before = self.shape(source)[-1]
        weights = self.rng.normal(0, (kernel[0] * kernel[1] * before) ** -0.5, (*kernel, before, channels)).astype(np.float32)
        return self.add(ops.Conv(weights, self.values(channels) / 4, stride, padding), source, name=name)

    def depthwise(self, source: str, kernel: int = 3, stride: int = 1, padding: Padding | Around = Padding.SAME) -> str:
        channels = self.shape(source)[-1]
        weights = self.rng.normal(0, 1 / kernel, (kernel, kernel, channels)).astype(np.float32)
        return self.add(ops.Depthwise(weights, self.values(channels) / 4, stride, padding), source)

    def dense(self, source: str, units: int, name: str = "") -> str:
        before = self.shape(source)[-1]
        weights = self.rng.normal(0, before**-0.5, (before, units)).astype(np.float32)
        return self.add(ops.Dense(weights, self.values(units) / 4), source, name=name)

    def affine(self, source: str, signs: str = "+-", name: str = "") -> str:
        """A batch norm whose scales have the signs of ``signs``, in turn (``0``: a scale of zero)."""
        channels = self.shape(source)[-1]
        sign = np.array([{"+": 1.0, "-": -1.0, "0": 0.0}[signs[index % len(signs)]] for index in range(channels)])
        scale = sign * self.rng.uniform(0.3, 1.7, channels)
        return self.add(ops.Affine(scale.astype(np.float32), self.values(channels)), source, name=name)

    def opaque(self, source: str) -> str:
        """A Keras operation that no pass knows: a sigmoid."""
        value = keras.Input(self.shape(source))
        output = keras.layers.Activation("sigmoid")(value)
        call = output._keras_history.operation._inbound_nodes[0]
        return self.add(ops.Opaque(call.operation, call.arguments, (self.shape(source),)), source)

    def image_of(self, height: int, width: int, channels: int) -> str:
        """An image that is not square, cut from the input by a kernel that is not."""
        px = self.shape("image")[0]
        return self.conv("image", channels, (px - height + 1, px - width + 1), padding=Padding.VALID)


def pictures(graph: Graph, count: int = 2, seed: int = 5) -> NDArray[np.uint8]:
    px = next(node.op.px for node in graph.nodes.values() if isinstance(node.op, ops.Input))
    return np.random.default_rng(seed).integers(0, 256, (count, px, px, 3), np.uint8)


def answers(graph: Graph) -> NDArray[np.float32]:
    """What the graph answers to two pictures, through Keras."""
    return np.asarray(rebuild(graph)(pictures(graph).astype(np.float32)))


def onnx_model(graph: Graph, *, resized: bool = False):
    px = pictures(graph).shape[1]
    return onnx.write(graph, "answer", ANY_SIZE if resized else InputSize(px, px))


def onnx_answers(graph: Graph) -> NDArray[np.float32]:
    """The same through ONNX and ONNX Runtime. An image's channels come last here too."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(onnx_model(graph).SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": picture[np.newaxis]})[0] for picture in pictures(graph)])


def tflite_model(graph: Graph) -> bytes:
    """What TensorFlow's converter makes of the graph."""
    px = pictures(graph).shape[1]
    return tflite.convert(tflite.frozen(deployable(rebuild(graph), InputSize(px, px))), Precision.FLOAT32)


def tflite_kinds(graph: Graph) -> Counter[str]:
    """How many operators of each kind are in that."""
    return Counter(operator.kind_name.lower() for operator in TFLiteModel.read(tflite_model(graph)).operators)


def assert_same(got: NDArray[np.float32], wanted: NDArray[np.float32], tolerance: float = ROUNDING) -> None:
    assert got.shape == wanted.shape
    assert np.isfinite(wanted).all()
    assert np.abs(got - wanted).max() <= tolerance * max(1.0, np.abs(wanted).max())


def kinds(graph: Graph) -> Counter[str]:
    return Counter(type(node.op).__name__ for node in graph.nodes.values())


def same_graph(first: Graph, second: Graph) -> bool:
    """Whether nothing was changed: the same ops under the same names, read by the same."""
    return first.output == second.output and {name: (id(node.op), node.inputs) for name, node in first.nodes.items()} == {
        name: (id(node.op), node.inputs) for name, node in second.nodes.items()
    }


MAX, AVERAGE = PoolKind.MAX, PoolKind.AVERAGE
SAME, VALID = Padding.SAME, Padding.VALID
