"""Constants that go round tf2onnx end up where, and as, it would have put them."""

import numpy as np
import onnx
import onnxruntime
import pytest

from edgekit.exporting.onnx import convert as convert_onnx
from edgekit.exporting.onnx import placeholders
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import OnnxOptions
from edgekit.spec.format import Precision


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
@pytest.mark.parametrize("least_bytes", [500, 20_000])
def test_the_same_graph_as_without(exported, monkeypatch, precision, least_bytes):
    tflite = (exported.folder / f"mobilenet-{precision}.tflite").read_bytes()
    options = OnnxOptions(precision=precision)

    monkeypatch.setattr(convert_onnx.qdq, "can_write", lambda model: False)

    def converted(least):
        monkeypatch.setattr(convert_onnx, "take_out", lambda model: placeholders.take_out(model, least_bytes=least))
        return convert_onnx.convert(tflite, options)[0]

    light = TFLiteModel.read(tflite)
    constants = placeholders.take_out(light, least_bytes=least_bytes)
    assert len(constants) >= 5
    assert len(light.to_bytes()) < len(tflite) - sum(values.nbytes for values in constants.values()) + 50_000
    around, through = converted(least_bytes), converted(1 << 40)
    assert convert_onnx.operators(around) == convert_onnx.operators(through)
    assert len(onnx.load_from_string(around).graph.input) == 1
    image = np.random.default_rng(0).integers(0, 256, (1, 77, 50, 3), np.uint8)
    answers = [onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"image": image})[0] for model in (around, through)]
    assert np.array_equal(*answers)
