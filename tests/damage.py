"""Ways in which a model file may be wrong, each done to a sound file of a small network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import helper, numpy_helper

from edgekit.store.contract import CONTRACT_KEY
from foreign_files import packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class OnnxFile:
    """An ONNX file being changed."""

    def __init__(self, data: bytes) -> None:
        self.model = onnx.load_from_string(data)
        self.graph = self.model.graph

    def node(self, name: str) -> onnx.NodeProto:
        return next(node for node in self.graph.node if node.name == name)

    def first(self, kind: str, nth: int = 0) -> onnx.NodeProto:
        return [node for node in self.graph.node if node.op_type == kind][nth]

    def set_attribute(self, node: onnx.NodeProto, **values: Any) -> None:
        kept = [attribute for attribute in node.attribute if attribute.name not in values]
        del node.attribute[:]
        node.attribute.extend([*kept, *(helper.make_attribute(name, value) for name, value in values.items())])

    def change(self, name: str, function: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        constant = next(constant for constant in self.graph.initializer if constant.name == name)
        values = numpy_helper.to_array(constant)
        constant.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(function(values.copy()).astype(values.dtype)), name))

    def past(self, node: onnx.NodeProto) -> None:
        """Let who reads a node read what it reads."""
        for reader in self.graph.node:
            reader.input[:] = [node.input[0] if name == node.output[0] else name for name in reader.input]
        self.graph.node.remove(node)

    def data(self) -> bytes:
        del self.graph.value_info[:]
        return self.model.SerializeToString(deterministic=True)


class TFLiteFile:
    """A TFLite file being changed."""

    def __init__(self, data: bytes) -> None:
        self.model = schema.ModelT.InitFromPackedBuf(data, 0)
        self.graph = self.model.subgraphs[0]

    def operators(self, kind: str) -> list[schema.OperatorT]:
        wanted = getattr(schema.BuiltinOperator, kind.upper())
        return [operator for operator in self.graph.operators if self.model.operatorCodes[operator.opcodeIndex].builtinCode == wanted]

    def tensor(self, operator: schema.OperatorT, position: int) -> schema.TensorT:
        return self.graph.tensors[operator.inputs[position]]

    def change(self, tensor: schema.TensorT, dtype: type, function: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        buffer = self.model.buffers[tensor.buffer]
        values = np.asarray(buffer.data).view(dtype).reshape(tensor.shape)
        buffer.data = np.frombuffer(function(values.copy()).astype(dtype).tobytes(), np.uint8)

    def data(self) -> bytes:
        return packed(self.model)


@dataclass(frozen=True)
class Damage:
    """``file`` is the sound file's precision and format."""

    file: str
    function: Callable[[Any], None]

    @property
    def name(self) -> str:
        return f"{self.file}-{self.function.__name__}"

    def done_to(self, data: bytes) -> bytes:
        opened = OnnxFile(data) if self.file.endswith("onnx") else TFLiteFile(data)
        self.function(opened)
        return opened.data()


DAMAGES: list[Damage] = []
DENSENET_DAMAGES: list[Damage] = []
SLIGHT_DAMAGES: list[Damage] = []
"""What converters get slightly wrong in int8, in one layer after the other: each moves all answers a little, and few a lot."""


def to(file: str, damages: list[Damage] = DAMAGES) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def register(function: Callable[[Any], None]) -> Callable[[Any], None]:
        damages.append(Damage(file, function))
        return function

    return register


# How the image is read.


@to("float32.onnx")
def channel_order(file):
    file.change("stem_kernel", lambda kernel: kernel[:, ::-1])
    file.change("input_norm_shift", lambda shift: shift[::-1])


@to("float32.onnx")
def rows_for_columns(file):
    file.set_attribute(file.node("image_turned"), perm=[0, 3, 2, 1])


@to("float32.onnx")
def mean_left_out(file):
    file.change("input_norm_shift", np.zeros_like)


@to("float32.tflite")
def mean_off_by_a_tenth(file):
    file.change(file.tensor(file.operators("add")[0], 1), np.float32, lambda shift: shift + 0.1)


@to("float32.tflite")
def input_scale_off_by_two_percent(file):
    file.change(file.tensor(file.operators("conv_2d")[0], 1), np.float32, lambda kernel: kernel * 1.02)


@to("float32.tflite")
def pixels_not_halved(file):
    file.operators("resize_bilinear")[0].builtinOptions.halfPixelCenters = False


@to("float32.tflite")
def corners_aligned(file):
    options = file.operators("resize_bilinear")[0].builtinOptions
    options.halfPixelCenters, options.alignCorners = False, True


@to("float32.tflite")
def resized_one_pixel_short(file):
    """The network has none but the input's norm that knows its size; that is dropped with it."""
    file.change(file.tensor(file.operators("resize_bilinear")[0], 1), np.int32, lambda size: size - 1)
    for operator in file.operators("reshape")[:2]:
        file.change(file.tensor(operator, 1), np.int32, lambda shape: np.where(shape == 48, 47, np.where(shape == 144, 141, shape)))
    add = file.operators("add")[0]
    file.graph.tensors[add.inputs[1]].shape = np.array([141], np.int32)
    shift = file.model.buffers[file.graph.tensors[add.inputs[1]].buffer]
    shift.data = np.frombuffer(np.asarray(shift.data).view(np.float32)[-141:].tobytes(), np.uint8)


@to("float32.onnx")
def antialiased(file):
    file.set_attribute(file.node("image_resized"), antialias=1)


@to("float32.onnx")
def nearest_pixel(file):
    file.set_attribute(file.node("image_resized"), mode="nearest")


# How the network is written.


@to("float32.onnx")
def zeros_on_the_other_side(file):
    node = file.node("depthwise_2")
    pads = next(attribute for attribute in node.attribute if attribute.name == "pads").ints
    assert list(pads) == [0, 0, 1, 1]
    file.set_attribute(node, pads=[1, 1, 0, 0])


@to("float32.tflite")
def no_padding(file):
    file.operators("depthwise_conv_2d")[2].builtinOptions.padding = schema.Padding.VALID


@to("float32.tflite")
def wrong_stride(file):
    options = file.operators("depthwise_conv_2d")[1].builtinOptions
    assert (options.strideW, options.strideH) == (2, 2)
    options.strideH = 1


@to("float32.onnx")
def activation_dropped(file):
    file.past(file.node("pointwise_5_leaky"))


@to("float32.tflite")
def another_slope(file):
    file.operators("leaky_relu")[7].builtinOptions.alpha += 0.01


@to("float32.tflite")
def transposed_kernel(file):
    file.change(file.tensor(file.operators("conv_2d")[0], 1), np.float32, lambda kernel: kernel.transpose(0, 2, 1, 3))


@to("float32.onnx")
def mirrored_kernel(file):
    file.change("depthwise_4_kernel", lambda kernel: kernel[..., ::-1])


@to("float32.onnx")
def bias_dropped(file):
    file.change("pointwise_9_bias", np.zeros_like)


@to("float32.tflite")
def maximum_for_the_mean(file):
    code = next(code for code in file.model.operatorCodes if code.builtinCode == schema.BuiltinOperator.MEAN)
    code.builtinCode = schema.BuiltinOperator.REDUCE_MAX
    code.deprecatedBuiltinCode = schema.BuiltinOperator.REDUCE_MAX


# What is stored.


@to("float32.tflite")
def zeroed_channel(file):
    operator = file.operators("conv_2d")[6]
    zeroed = lambda values: np.concatenate([values[:3], 0 * values[3:4], values[4:]])  # noqa: E731
    file.change(file.tensor(operator, 1), np.float32, zeroed)
    file.change(file.tensor(operator, 2), np.float32, zeroed)


@to("float32.onnx")
def zeroed_input_channel(file):
    file.change("pointwise_13_kernel", lambda kernel: kernel * (np.arange(kernel.shape[1]) != 7)[:, np.newaxis, np.newaxis])


@to("float32.onnx")
def one_weight_off_by_one_percent(file):
    def off(kernel):
        kernel.flat[np.abs(kernel).argmax()] *= 1.01
        return kernel

    file.change("pointwise_6_kernel", off)


@to("float32.tflite")
def one_small_weight_off_by_one_percent(file):
    def off(kernel):
        kernel.flat[np.abs(np.abs(kernel) - np.median(np.abs(kernel))).argmin()] *= 1.01
        return kernel

    file.change(file.tensor(file.operators("conv_2d")[6], 1), np.float32, off)


@to("float32.onnx")
def swapped_channels(file):
    file.change("depthwise_7_kernel", lambda kernel: kernel[[1, 0, *range(2, len(kernel))]])


@to("float32.onnx")
def rounded_weights(file):
    """To 8 bits, a step for all."""
    file.change("pointwise_3_kernel", lambda kernel: np.rint(kernel / np.abs(kernel).max() * 127) / 127 * np.abs(kernel).max())


@to("float32.tflite")
def half_the_digits(file):
    """Float16's, in the file that says float32."""
    for operator in file.operators("conv_2d"):
        file.change(file.tensor(operator, 1), np.float32, lambda kernel: kernel.astype(np.float16))


@to("float32.onnx")
def swapped_classes(file):
    file.change("logits_weights", lambda kernel: kernel[:, [1, 0, 2, 3, 4]])
    file.change("logits_bias", lambda bias: bias[[1, 0, 2, 3, 4]])


@to("float32.onnx")
def not_a_number(file):
    file.change("logits_bias", lambda bias: np.where(np.arange(len(bias)) == 2, np.nan, bias))


@to("float16.onnx")
def another_layers_bias(file):
    file.change("pointwise_8_bias", lambda bias: bias[::-1])


@to("mixed.tflite")
def one_scale_of_the_weights_off_by_five_percent(file):
    quantisation = file.tensor(file.operators("fully_connected")[0], 1).quantization
    quantisation.scale = np.asarray(quantisation.scale, np.float32) * np.array([1.05, 1, 1, 1, 1], np.float32)


@to("mixed.onnx")
def zero_of_the_weights_off_by_one(file):
    file.change("logits_kernel_zero", lambda zero: zero + 1)


@to("dynamic.tflite")
def all_scales_of_a_layer_off_by_two_percent(file):
    quantisation = file.tensor(file.operators("conv_2d")[9], 1).quantization
    quantisation.scale = np.asarray(quantisation.scale, np.float32) * np.float32(1.02)


@to("int8.tflite")
def one_scale_off_by_two_percent(file):
    quantisation = file.tensor(file.operators("conv_2d")[7], 0).quantization
    quantisation.scale = np.asarray(quantisation.scale, np.float32) * np.float32(1.02)


@to("int8.tflite")
def zero_point_off_by_one(file):
    """Who writes the activation and who reads it go by the same number: only what is cut off at the end differs."""
    quantisation = file.tensor(file.operators("conv_2d")[4], 0).quantization
    quantisation.zeroPoint = np.asarray(quantisation.zeroPoint) + 1


@to("int8.onnx")
def zero_point_of_the_image_off_by_one(file):
    file.change(file.first("QuantizeLinear").input[2], lambda zero: zero + 1)


@to("int8.onnx")
def one_zero_point_off_by_one(file):
    """On one side of an activation, so that all of it moves by a step."""
    quantise = file.first("QuantizeLinear", 16)
    file.change(quantise.input[2], lambda zero: zero + 1)


@to("int8.onnx")
def a_narrow_range(file):
    """A third of what was calibrated: large values saturate."""
    quantise = file.first("QuantizeLinear", 20)
    dequantise = next(node for node in file.graph.node if node.input[0] == quantise.output[0])
    for node in (quantise, dequantise):
        file.change(node.input[1], lambda scale: scale / 3)


@to("int8.onnx")
def signed_for_unsigned(file):
    """A zero point that was not moved along by 128."""
    quantise = file.first("QuantizeLinear", 12)
    dequantise = next(node for node in file.graph.node if node.input[0] == quantise.output[0])
    file.change(dequantise.input[2], lambda zero: zero.astype(np.int16) - 128 & 255)


@to("int8.tflite")
def bias_of_a_quantised_layer_dropped(file):
    file.change(file.tensor(file.operators("conv_2d")[12], 2), np.int32, np.zeros_like)


@to("int8.tflite")
def a_quantised_channel_turned_round(file):
    file.change(file.tensor(file.operators("conv_2d")[13], 1), np.int8, lambda kernel: np.concatenate([-kernel[:8].astype(np.int16), kernel[8:]]))


@to("float32.onnx", DENSENET_DAMAGES)
def branches_swapped(file):
    node = file.first("Concat", 9)
    node.input[:] = [node.input[1], node.input[0]]


@to("float32.onnx", DENSENET_DAMAGES)
def shift_left_out(file):
    node = next(node for node in file.graph.node if node.op_type == "Add" and node.name.startswith("block_3"))
    file.change(node.input[1], np.zeros_like)


@to("float32.onnx", DENSENET_DAMAGES)
def scale_of_the_last_norm_reversed(file):
    file.change(next(node for node in file.graph.node if node.op_type == "Mul").input[1], lambda scale: scale[::-1] * 0.99)


@to("float32.onnx", DENSENET_DAMAGES)
def padding_counted(file):
    """The stem's pool as an average."""
    file.first("MaxPool").op_type = "AveragePool"


def slightly(file: str, *places: int) -> Callable[[Callable[[Any, int], None]], Callable[[Any, int], None]]:
    """Register a damage of int8 files once for each of these places: the layer that is damaged, or how."""

    def register(function: Callable[[Any, int], None]) -> Callable[[Any, int], None]:
        for place in places:

            def done(opened: Any, place: int = place) -> None:
                function(opened, place)

            done.__name__ = f"{function.__name__}_{place}"
            SLIGHT_DAMAGES.append(Damage(file, done))
        return function

    return register


def scaled(tensor, factor, channel=None):
    scale = np.array(tensor.quantization.scale, np.float32)
    scale[slice(None) if channel is None else channel] *= np.float32(factor)
    tensor.quantization.scale = scale


@slightly("int8.tflite", 0, 2, 5, 8, 11, 13)
def lost_bias(file, layer):
    file.change(file.tensor(file.operators("conv_2d")[layer], 2), np.int32, np.zeros_like)


@slightly("int8.tflite", 0, 3, 6, 9, 12)
def lost_bias_of_a_depthwise_layer(file, layer):
    file.change(file.tensor(file.operators("depthwise_conv_2d")[layer], 2), np.int32, np.zeros_like)


@slightly("int8.tflite", 0)
def lost_bias_of_the_last_layer(file, layer):
    file.change(file.tensor(file.operators("fully_connected")[layer], 2), np.int32, np.zeros_like)


@slightly("int8.tflite", 1, 7, 12)
def half_the_bias(file, layer):
    file.change(file.tensor(file.operators("conv_2d")[layer], 2), np.int32, lambda bias: bias // 2)


@slightly("int8.tflite", 0, 1)
def centres_of_pixels(file, aligned):
    options = file.operators("resize_bilinear")[0].builtinOptions
    options.halfPixelCenters, options.alignCorners = False, bool(aligned)


@slightly("int8.tflite", 0, 4, 9, 13)
def all_weights_off_by_one(file, layer):
    """As a zero point of theirs would make them."""
    file.change(file.tensor(file.operators("conv_2d")[layer], 1), np.int8, lambda kernel: np.clip(kernel.astype(int) + 1, -127, 127))


@slightly("int8.tflite", 0, 3, 7, 11, 13)
def scale_of_one_channel_off_by_five_percent(file, layer):
    scaled(file.tensor(file.operators("conv_2d")[layer], 1), 1.05, channel=0)


@slightly("int8.tflite", 1, 5, 10)
def all_scales_of_a_kernel_off_by_two_percent(file, layer):
    scaled(file.tensor(file.operators("conv_2d")[layer], 1), 1.02)


@slightly("int8.tflite", 2, 6, 10, 13)
def swapped_output_channels(file, layer):
    file.change(file.tensor(file.operators("conv_2d")[layer], 1), np.int8, lambda kernel: kernel[[1, 0, *range(2, len(kernel))]])


@slightly("int8.tflite", 0, 8, 20, 26)
def no_activation(file, layer):
    file.operators("leaky_relu")[layer].builtinOptions.alpha = 1.0


@slightly("int8.tflite", 1, 13, 25)
def slope_off_by_a_tenth(file, layer):
    file.operators("leaky_relu")[layer].builtinOptions.alpha *= 1.1


@slightly("int8.tflite", 0, 4, 8, 12)
def no_padding_in_8_bits(file, layer):
    file.operators("depthwise_conv_2d")[layer].builtinOptions.padding = schema.Padding.VALID


@slightly("int8.tflite", 2, 6, 11)
def mirrored_kernel_in_8_bits(file, layer):
    file.change(file.tensor(file.operators("depthwise_conv_2d")[layer], 1), np.int8, lambda kernel: kernel[:, :, ::-1])


@slightly("int8.tflite", 0)
def shift_of_the_image_off_by_one(file, _):
    file.change(file.tensor(file.operators("add")[0], 1), np.int8, lambda shift: np.clip(shift.astype(int) + 1, -128, 127))


def convolution(file, layer):
    return [node for node in file.graph.node if node.op_type == "Conv"][layer].name


@slightly("int8.onnx", 0, 4, 10, 16, 22, 26)
def lost_bias_in_onnx(file, layer):
    file.change(f"{convolution(file, layer)}_bias_stored", np.zeros_like)


@slightly("int8.onnx", 0, 5, 13, 20, 26)
def scale_of_one_channel_off_by_five_percent_in_onnx(file, layer):
    def off(scale):
        scale.flat[0] *= 1.05
        return scale

    file.change(f"{convolution(file, layer)}_kernel_scale", off)


@slightly("int8.onnx", 2, 8, 14, 22, 26)
def swapped_output_channels_in_onnx(file, layer):
    file.change(f"{convolution(file, layer)}_kernel_stored", lambda kernel: kernel[[1, 0, *range(2, len(kernel))]])


@slightly("int8.onnx", 0, 7, 19, 26)
def no_activation_in_onnx(file, layer):
    file.past(file.first("LeakyRelu", layer))


@slightly("int8.onnx", 3, 9, 17, 25, 41, 57)
def zero_point_of_one_reader_off_by_one(file, place):
    """On the side of the reader alone: all of an activation moves by a step."""
    quantise = file.first("QuantizeLinear", place)
    dequantise = next(node for node in file.graph.node if node.input[0] == quantise.output[0])
    copy = onnx.TensorProto()
    copy.CopyFrom(next(constant for constant in file.graph.initializer if constant.name == dequantise.input[2]))
    copy.name = "zero_of_the_reader"
    file.graph.initializer.append(copy)
    dequantise.input[2] = copy.name
    file.change(copy.name, lambda zero: zero + 1)


@slightly("int8.onnx", 0, 1, 2)
def pixels_elsewhere_in_onnx(file, way):
    mode = ("asymmetric", "align_corners", "pytorch_half_pixel")[way]
    file.set_attribute(next(node for node in file.graph.node if node.op_type == "Resize"), coordinate_transformation_mode=mode)


@slightly("int8.onnx", 3, 11, 23)
def zeros_on_the_other_side_in_onnx(file, layer):
    """Where as many are on each side, there are none behind, and twice as many before."""
    node = [node for node in file.graph.node if node.op_type == "Conv"][layer]
    top, left, bottom, right = next(attribute for attribute in node.attribute if attribute.name == "pads").ints
    turned = [bottom, right, top, left] if (top, left) != (bottom, right) else [top + bottom, left + right, 0, 0]
    file.set_attribute(node, pads=turned)


@slightly("int8.onnx", 5, 15, 25)
def mirrored_kernel_in_onnx(file, layer):
    file.change(f"{convolution(file, layer)}_kernel_stored", lambda kernel: kernel[..., ::-1])


def with_labels_swapped(entries: dict[str, bytes]) -> dict[str, bytes]:
    """What is embedded, with two labels in each other's place."""
    return {
        key: value.replace(b"alef", b"?").replace(b"heh", b"alef").replace(b"?", b"heh") if key in ("labels.txt", CONTRACT_KEY) else value
        for key, value in entries.items()
    }
