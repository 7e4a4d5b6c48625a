"""The ranges that int8 is quantised by."""

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from keras import layers

from edgekit.errors import ExportError
from edgekit.exporting.conversion import Conversion
from edgekit.exporting.quantization import calibrate
from edgekit.exporting.quantization.interpreter import activations, opened
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.spec.export import TFLiteOptions
from foreign_files import packed
from lite import calibrated, scores


@pytest.fixture(scope="module")
def floats(conversion):
    return conversion.convert(TFLiteOptions()).data


def noted(data):
    return {tensor.name: tensor.range for tensor in TFLiteModel.read(data).tensors if tensor.range is not None}


def given_in_float(data):
    model = TFLiteModel.read(data)
    given = {number for operator in model.operators for number in operator.outputs}
    return {model.tensors[number].name for number in given if model.tensors[number].dtype == np.float32}


@pytest.fixture(scope="module")
def steep(images):
    """A Leaky ReLU behind a Leaky ReLU, and a steep one."""
    image = keras.Input((48, 48, 3))
    x = layers.LeakyReLU(0.3)(layers.LeakyReLU(0.2)(layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.01, -1)(image))))
    network = keras.Model(image, layers.Dense(5)(layers.Flatten()(layers.LeakyReLU(1.5)(layers.Conv2D(4, 3)(x)))))
    return Conversion(network, lambda: images).convert(TFLiteOptions()).data


@pytest.mark.parametrize(("file", "leaky"), [("floats", 27), ("steep", 3)])
def test_every_tensor_has_its_least_and_greatest_value(file, leaky, images, request):
    floats = request.getfixturevalue(file)
    found = noted(calibrated(floats, images))
    interpreter = opened(floats, images[0].shape)
    seen = [{name: (values.min(), values.max()) for name, values in activations(interpreter, image) if name in found} for image in images]
    assert found.keys() == given_in_float(floats)
    assert tflite.operators(floats)["LEAKY_RELU"] == leaky  # what those give is not looked for
    for name, (low, high) in found.items():
        wanted = min(each[name][0] for each in seen), max(each[name][1] for each in seen)
        assert np.allclose((low, high), wanted, rtol=0, atol=1e-5 * (wanted[1] - wanted[0])), name


def test_the_image_keeps_its_own_range(floats, images):
    """TensorFlow's calibrator gives some that of what is computed in their place: the step is then almost twice as large."""
    model = TFLiteModel.read(calibrated(floats, images))
    tensors, same = {*model.inputs}, []
    for operator in model.operators_of(Kind.CAST, Kind.RESIZE_BILINEAR, Kind.RESHAPE):
        if operator.inputs[0] in tensors:
            tensors.add(operator.output)
            same.append(model.tensors[operator.output].range)
    assert same
    assert all(low >= 0 and high <= 255 for low, high in same)


def test_the_number_of_threads_changes_nothing(floats, images, monkeypatch):
    made = []
    for threads in (1, 3, 64):
        monkeypatch.setattr(calibrate, "sessions_of", lambda _, threads=threads: threads)
        made.append(calibrated(floats, images[:10]))
    assert made[0] == made[1] == made[2]


def test_the_graph_answers_as_before(floats, images):
    assert np.array_equal(scores(calibrated(floats, images[:2]), images), scores(floats, images))


def test_an_operator_that_litert_does_not_have_is_an_export_error(floats, images):
    model = schema.ModelT.InitFromPackedBuf(floats, 0)
    for code in model.operatorCodes:
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = b"FlexErf"
    with pytest.raises(ExportError, match="cannot run what is to be quantised"):
        calibrated(packed(model), images)
