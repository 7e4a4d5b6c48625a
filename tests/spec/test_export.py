import pytest

from edgekit.errors import UsageError
from edgekit.spec.export import Head, InputSize, OnnxOptions, TFLiteOptions, file_name, parse_input_size
from edgekit.spec.format import Precision


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (TFLiteOptions(), "mobilenet-float32.tflite"),
        (OnnxOptions(precision=Precision.INT8), "mobilenet-int8.onnx"),
        (TFLiteOptions(head=Head.FEATURES), "mobilenet-features-float32.tflite"),
        (OnnxOptions(input_size=InputSize(224, 320)), "mobilenet-224x320-float32.onnx"),
    ],
)
def test_what_is_not_the_default_stands_in_the_name(options, name):
    assert file_name("mobilenet", options) == name


def test_input_sizes():
    assert parse_input_size("any").is_any
    assert parse_input_size("224x320") == InputSize(224, 320)


@pytest.mark.parametrize("text", ["", "224", "0x10", "-1x5", "10x10x3", "99999x1", "ten"])
def test_a_wrong_input_size_is_a_usage_error(text):
    with pytest.raises(UsageError, match="HxW"):
        parse_input_size(text)


@pytest.mark.parametrize("sides", [(None, 5), (5, None), (0, 5), (5, -1)])
def test_a_size_has_two_sides_or_none(sides):
    with pytest.raises(UsageError, match=f"Received: {sides[0]} and {sides[1]}"):
        InputSize(*sides)
