import numpy as np
import pytest

from edgekit.benchmarking import peaks
from edgekit.benchmarking.product import integer_product, product_model


def test_the_integer_product_is_one_that_onnx_runtime_computes():
    ort = pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 8, (16, 16), np.uint8), rng.integers(-8, 8, (16, 16), np.int8)
    session = ort.InferenceSession(product_model(right), providers=["CPUExecutionProvider"])
    (answer,) = session.run(["c"], {"a": left})
    assert np.array_equal(answer, left.astype(np.int32) @ right.astype(np.int32))
    assert integer_product(16)().__class__ is list


def test_peaks_are_of_the_order_of_a_cpu(monkeypatch):
    found = peaks.measure_peaks()
    assert 1e9 < found.float32 < 1e13
    assert 1e8 < found.bandwidth < 1e12
    assert found.int8 is None or 1e9 < found.int8 < 1e14


def test_the_product_is_a_sound_onnx_file():
    onnx = pytest.importorskip("onnx")
    weights = np.arange(-8, 8, dtype=np.int8).reshape(4, 4)
    model = onnx.load_from_string(product_model(weights))
    onnx.checker.check_model(model, full_check=True)
    ends = [
        (end.name, end.type.tensor_type.elem_type, [extent.dim_value for extent in end.type.tensor_type.shape.dim])
        for end in (*model.graph.input, *model.graph.output)
    ]
    assert ends == [("a", onnx.TensorProto.UINT8, [4, 4]), ("c", onnx.TensorProto.INT32, [4, 4])]
    assert np.array_equal(onnx.numpy_helper.to_array(model.graph.initializer[0]), weights)
    assert (model.ir_version, model.opset_import[0].version) == (8, 13)
