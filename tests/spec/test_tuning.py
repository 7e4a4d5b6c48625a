import msgspec
import pytest

from edgekit.errors import UsageError
from edgekit.spec.export import OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.tuning import FormatRewrites, built_in, default_tuning


def test_none_rewrites_nothing_and_portable_is_the_default():
    assert built_in("none").tflite == built_in("none").onnx == FormatRewrites()
    assert default_tuning().tflite.float.fold_batch_norm
    assert default_tuning().tflite.float.use_winograd is None
    assert built_in("x86-vnni").tflite.float.use_winograd.tile == 4


def test_arithmetic_on_integers_takes_the_table_for_it():
    tuning = built_in("x86-vnni")
    assert TFLiteOptions(precision=Precision.DYNAMIC, tuning=tuning).rewrites == tuning.tflite.int8
    assert TFLiteOptions(precision=Precision.MIXED, tuning=tuning).rewrites == tuning.tflite.float
    assert OnnxOptions(precision=Precision.INT8, tuning=tuning).rewrites == tuning.onnx.int8
    with pytest.raises(UsageError, match="dynamic") as caught:
        OnnxOptions(precision=Precision.DYNAMIC)
    assert "mixed" in caught.value.hint


def test_the_tuning_for_openvino_differs_in_its_int8_onnx_and_in_what_another_runtime_gains_by():
    openvino, vnni = built_in("openvino"), built_in("x86-vnni")
    assert openvino.instructions == vnni.instructions
    assert msgspec.structs.replace(vnni.tflite.float, split_convolutions=None) == openvino.tflite.float != vnni.tflite.float
    assert msgspec.structs.replace(vnni.tflite.int8, use_winograd=None) == openvino.tflite.int8 != vnni.tflite.int8
    in_one = msgspec.structs.replace(vnni.onnx.float.norm_as_convolution, leaky_in_two=False)
    assert msgspec.structs.replace(vnni.onnx.float, norm_as_convolution=in_one, openvino_image=True) == openvino.onnx.float
    assert (openvino.onnx.int8.openvino_steps, vnni.onnx.int8.openvino_steps) == (True, False)


def test_on_amx_int8_in_tflite_alone_is_another():
    amx, vnni = built_in("x86-amx"), built_in("x86-vnni")
    assert amx.instructions == ("amx_int8",)
    assert msgspec.structs.replace(vnni.tflite.int8, use_winograd=None, four_pixels_at_once=True) == amx.tflite.int8
    assert (amx.tflite.float, amx.onnx) == (vnni.tflite.float, vnni.onnx)
