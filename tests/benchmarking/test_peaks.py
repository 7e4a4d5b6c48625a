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
