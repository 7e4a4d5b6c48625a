"""What a graph is made of.

Images are NHWC; every array is NumPy, and belongs to the op that holds it. An op is data, and tells
its output's shape. How it is computed is the business of Keras' writer and of ONNX', each in one
place.
"""

from edgekit.graph.ops.opaque import Opaque, Output
from edgekit.graph.ops.plain import Add, Clip, Concat, DepthToSpace, Flatten, GlobalAverage, Input, Leaky, Pad, Pool, PoolKind, Softmax, SpaceToDepth
from edgekit.graph.ops.weighted import Affine, Conv, Dense, DenseStandIn, Depthwise, Floats, LeakyByChannel, Shift, Winograd
from edgekit.graph.ops.zeros import Around, Padding

__all__ = [
    "Add",
    "Affine",
    "Around",
    "Clip",
    "Concat",
    "Conv",
    "Dense",
    "DenseStandIn",
    "DepthToSpace",
    "Depthwise",
    "Flatten",
    "Floats",
    "GlobalAverage",
    "Input",
    "Leaky",
    "LeakyByChannel",
    "Op",
    "Opaque",
    "Output",
    "Pad",
    "Padding",
    "Pool",
    "PoolKind",
    "Shift",
    "Softmax",
    "SpaceToDepth",
    "Winograd",
]

Op = (
    Input
    | Conv
    | Depthwise
    | Winograd
    | Dense
    | DenseStandIn
    | Affine
    | Shift
    | Leaky
    | Clip
    | LeakyByChannel
    | Pool
    | GlobalAverage
    | Flatten
    | Concat
    | Add
    | Pad
    | SpaceToDepth
    | DepthToSpace
    | Softmax
    | Opaque
    | Output
)
