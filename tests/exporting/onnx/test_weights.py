"""What is stored in fewer bits, and what is not."""

import numpy as np
import onnx as onnx_package
from onnx import TensorProto

from edgekit.exporting.onnx import convert as onnx
from edgekit.graph import ops
from edgekit.spec.export import Head, OnnxOptions
from edgekit.spec.format import Precision
from sketch import VALID, Sketch


def test_float16_is_for_kernels_but_not_for_one_number_a_channel():
    sketch = Sketch(8)
    scaled = sketch.add(ops.Depthwise(np.full((1, 1, 4), 0.8, np.float32), np.zeros(4, np.float32), 1, VALID), sketch.conv("image", 4), name="scaled")
    graph = sketch.graph(sketch.dense(sketch.add(ops.GlobalAverage(), sketch.depthwise(scaled)), 3, name="dense"))
    written = onnx_package.load_from_string(onnx.write(graph, OnnxOptions(precision=Precision.FLOAT16, head=Head.LOGITS))[0])
    wide = {constant.name for constant in written.graph.initializer if constant.data_type == TensorProto.FLOAT and "bias" not in constant.name}
    assert wide == {"scaled_kernel"}
    assert sum(constant.data_type == TensorProto.FLOAT16 for constant in written.graph.initializer) == 3
