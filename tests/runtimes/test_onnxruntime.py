import numpy as np
import pytest

from edgekit.runtimes.base import profile
from edgekit.spec.export import ANY_SIZE
from edgekit.spec.format import Format
from edgekit.spec.runtime import runtime_named
from edgekit.store.bundle import Artifact


def test_what_a_branch_computes_is_told_once(exported, tmp_path):
    pytest.importorskip("keras")
    from edgekit.exporting.onnx.graph_writer import write
    from edgekit.exporting.onnx.rewrites.openvino_image import openvino_image
    from edgekit.graph import ops
    from sketch import Sketch

    sketch = Sketch(16)
    model = write(sketch.graph(sketch.add(ops.GlobalAverage(), sketch.conv("image", 4))), "features", ANY_SIZE)
    openvino_image(model.graph)
    path = tmp_path / "branches.onnx"
    path.write_bytes(model.SerializeToString())
    entry = next(entry for entry in exported.manifest.artifacts if entry.format is Format.ONNX)
    branching = Artifact(path, exported.artifact(entry).contract, "")
    for px, kind in ((16, "Reshape"), (20, "Resize")):
        kinds = {operator.type for operator in profile(branching, runtime_named("onnxruntime"), [np.zeros((1, px, px, 3), np.uint8)])}
        assert kind in kinds
        assert "If" not in kinds
