"""The shape that each op gives, by hand; TensorFlow's own where it depends on padding."""

import numpy as np
import pytest
import tensorflow as tf

from edgekit.graph import ops
from edgekit.graph.graph import Graph, Node

IMAGE = (12, 9, 4)
KERNEL, BIAS = np.zeros((3, 3, 4, 5), np.float32), np.zeros(5, np.float32)
EACH = np.zeros(4, np.float32)
SHAPES = [
    (ops.Input(7), [], (7, 7, 3)),
    (ops.Conv(KERNEL, BIAS), [IMAGE], (12, 9, 5)),
    (ops.Conv(KERNEL, BIAS, 2, ops.Around(1, 1)), [IMAGE], (6, 5, 5)),
    (ops.Conv(KERNEL, BIAS, 1, ops.Around(0, 3)), [IMAGE], (13, 10, 5)),
    (ops.Depthwise(np.zeros((5, 3, 4), np.float32), EACH, 1, ops.Padding.VALID), [IMAGE], (8, 7, 4)),
    (ops.Winograd(KERNEL, BIAS, 4), [IMAGE], (12, 9, 5)),
    (ops.Dense(np.zeros((6, 2), np.float32), BIAS[:2]), [(6,)], (2,)),
    (ops.Dense(np.zeros((4, 2), np.float32), BIAS[:2]), [IMAGE], (12, 9, 2)),
    (ops.DenseStandIn(0.5, 6, 2, BIAS[:2]), [(6,)], (2,)),
    *(
        (op, [IMAGE], IMAGE)
        for op in (ops.Affine(EACH, EACH), ops.Shift(EACH), ops.Leaky(0.1), ops.Clip(6.0), ops.LeakyByChannel(EACH), ops.Softmax())
    ),
    (ops.Add(), [IMAGE, IMAGE], IMAGE),
    (ops.Pool(ops.PoolKind.MAX, 3, 2, ops.Padding.SAME), [IMAGE], (6, 5, 4)),
    (ops.Pool(ops.PoolKind.AVERAGE, 2, 2, ops.Padding.VALID), [IMAGE], (6, 4, 4)),
    (ops.GlobalAverage(), [IMAGE], (4,)),
    (ops.GlobalAverage(as_image=True), [IMAGE], (1, 1, 4)),
    (ops.Flatten(), [IMAGE], (432,)),
    (ops.Concat(), [IMAGE, (12, 9, 3), (12, 9, 1)], (12, 9, 8)),
    (ops.Pad((1, 2), (0, 3)), [IMAGE], (15, 12, 4)),
    (ops.SpaceToDepth(3), [IMAGE], (4, 3, 36)),
    (ops.DepthToSpace(2), [IMAGE], (24, 18, 1)),
    (ops.Opaque(None, None, ((5,), (2, 2, 1))), [IMAGE], (5,)),
    (ops.Output(1, (2, 2, 1)), [(5,)], (2, 2, 1)),
]


@pytest.mark.parametrize(("op", "sources", "shape"), SHAPES, ids=[type(op).__name__ for op, _, _ in SHAPES])
def test_shape(op, sources, shape):
    assert op.output_shape(sources) == shape


def test_no_op_is_missing():
    assert {type(op) for op, _, _ in SHAPES} == {*ops.Op.__args__}


@pytest.mark.parametrize("padding", ops.Padding)
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_places_of_a_kernel_are_tensorflows(padding, stride, size):
    for extent in range(size, 14):
        image = np.zeros((1, extent, extent + 1, 1), np.float32)
        kernel = np.zeros((size, size, 1, 1), np.float32)
        wanted = tf.nn.conv2d(image, kernel, stride, padding.value.upper()).shape
        assert ops.Conv(kernel, BIAS[:1], stride, padding).output_shape([(extent, extent + 1, 1)]) == tuple(wanted[1:])


def test_shapes_of_a_graph_are_its_ops():
    graph = Graph({"image": Node(ops.Input(12)), "half": Node(ops.SpaceToDepth(2), ("image",)), "flat": Node(ops.Flatten(), ("half",))}, "flat")
    assert graph.shapes() == {"image": (12, 12, 3), "half": (6, 6, 12), "flat": (432,)}
