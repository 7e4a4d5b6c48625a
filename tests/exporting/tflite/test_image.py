"""Pixels are steps already: an int8 file reads them as they are, and answers what it did."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.image import quantise_image
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.exporting.tflite.tensor import Quantization
from edgekit.graph import ops
from edgekit.spec.export import InputSize
from edgekit.spec.format import Precision
from lite import calibrated, scores
from sketch import Sketch

PX = 13


def small_network():
    sketch = Sketch(PX)
    x = sketch.conv(sketch.add(ops.Shift(np.array([-120.0, -110, -100], np.float32)), "image"), 4, (3, 3), 2)
    return rebuild(sketch.graph(sketch.dense(sketch.add(ops.Flatten(), sketch.add(ops.Leaky(0.1), x)), 4)))


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(1)
    return [np.full((1, PX, PX, 3), 0, np.uint8), *(rng.integers(0, 256, (1, PX, PX, 3), np.uint8) for _ in range(8))]


@pytest.fixture(scope="module")
def files(images):
    """The same small network in float32 and, as the converter gives it, in int8: for its own size, and for any."""
    network, made = small_network(), {}
    for name, size in {"fixed": InputSize(PX, PX), "any": InputSize()}.items():
        plain = tflite.convert(tflite.frozen(deployable(network, size)), Precision.FLOAT32)
        made |= {f"{name} float32": plain, f"{name} int8": tflite.quantise(calibrated(plain, images))}
    return made


def rewritten(data):
    model = TFLiteModel.read(data)
    quantise_image(model)
    return model.to_bytes()


@pytest.mark.parametrize("size", ["fixed", "any"])
def test_a_quantised_image_gives_the_same_answers_without_a_cast(files, images, size):
    before = files[f"{size} int8"]
    after = rewritten(before)
    assert {"CAST": 1, "QUANTIZE": 1}.items() <= tflite.operators(before).items()
    assert tflite.operators(after) == {kind: count for kind, count in tflite.operators(before).items() if kind != "CAST"}
    kinds = [code.builtinCode for code in schema.ModelT.InitFromPackedBuf(after, 0).operatorCodes]
    assert Kind.CAST not in kinds  # no kernel is linked that no operator needs
    assert np.array_equal(scores(before, images), scores(after, images))


@pytest.mark.parametrize("size", ["fixed", "any"])
def test_a_float_model_keeps_its_cast(files, size):
    assert rewritten(files[f"{size} float32"]) == TFLiteModel.read(files[f"{size} float32"]).to_bytes()


def test_another_scale_is_left_alone(files):
    model = TFLiteModel.read(files["fixed int8"])
    quantise = model.operators_of(Kind.QUANTIZE)[0]
    model.tensors[quantise.output].quantization = Quantization(np.array([0.9], np.float32), np.array([-128]))
    before = model.to_bytes()
    quantise_image(model)
    assert model.to_bytes() == before
