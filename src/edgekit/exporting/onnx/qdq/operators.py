"""TFLite's operators in ONNX, one function each: the value that an operator gives, before it is rounded to its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

from edgekit.exporting.onnx.nodes import without_zeros_behind
from edgekit.exporting.tflite.operator import Activation, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from edgekit.exporting.onnx.qdq.tensors import Tensors
    from edgekit.exporting.tflite.operator import Operator

    Writer = Callable[[Tensors, Operator, str], str]

_NO_BIAS = -1
_SIX = 6.0


def _source(tensors: Tensors, operator: Operator) -> str:
    return tensors.value(operator.inputs[0])


def _around(tensors: Tensors, operator: Operator, kernel: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Return ONNX pads (above, left, below, right) and strides of a convolution or pool."""
    options = operator.options
    _, height, width, _ = tensors.shape(operator.inputs[0])
    above, below = operator.padding.before_after(height, kernel[0], options.strideH)
    left, right = operator.padding.before_after(width, kernel[1], options.strideW)
    return [above, left, below, right], [options.strideH, options.strideW]


def _conv(tensors: Tensors, operator: Operator, name: str) -> str:
    number = operator.inputs[1]
    kernel = tensors.stored(number).transpose(0, 3, 1, 2)
    return _convolved(tensors, operator, name, kernel, group=tensors.shape(operator.inputs[0])[-1] // kernel.shape[1])


def _depthwise(tensors: Tensors, operator: Operator, name: str) -> str:
    kernel = tensors.stored(operator.inputs[1]).transpose(3, 0, 1, 2)
    return _convolved(tensors, operator, name, kernel, group=tensors.shape(operator.inputs[0])[-1])


def _convolved(tensors: Tensors, operator: Operator, name: str, kernel: np.ndarray, group: int) -> str:
    options = operator.options
    dilations = [options.dilationHFactor, options.dilationWFactor]
    height, width = ((extent - 1) * dilation + 1 for extent, dilation in zip(kernel.shape[2:], dilations, strict=True))
    pads, strides = _around(tensors, operator, (height, width))
    kernel, pads = without_zeros_behind(kernel, pads, dilations)
    inputs = [_source(tensors, operator), tensors.weights(operator.inputs[1], f"{name}_kernel", kernel, axis=0), *_bias(tensors, operator, name)]
    shape = list(kernel.shape[2:])
    made = tensors.nodes.add("Conv", inputs, name, kernel_shape=shape, pads=pads, strides=strides, group=group, dilations=dilations)
    return _activated(tensors, operator, made)


def _bias(tensors: Tensors, operator: Operator, name: str) -> list[str]:
    if len(operator.inputs) < 3 or operator.inputs[2] == _NO_BIAS:
        return []
    number = operator.inputs[2]
    return [tensors.weights(number, f"{name}_bias", tensors.stored(number), axis=0)]


def _dense(tensors: Tensors, operator: Operator, name: str) -> str:
    """Read a vector, or an image as it is flattened here: then the kernel's columns are sorted accordingly."""
    number, source = operator.inputs[1], operator.inputs[0]
    kernel, value = tensors.stored(number), tensors.value(source)
    image = tensors.images.get(source)
    if len(tensors.shape(source)) == 4:
        image = tensors.shape(source)[1:]
        value = tensors.in_steps(source, tensors.nodes.add("Flatten", [value], f"{name}_flat"), f"{name}_flat")
    if image is not None:
        kernel = kernel.reshape(-1, *image).transpose(0, 3, 1, 2).reshape(kernel.shape)
    inputs = [value, tensors.weights(number, f"{name}_kernel", kernel, axis=0), *_bias(tensors, operator, name)]
    return _activated(tensors, operator, tensors.nodes.add("Gemm", inputs, name, transB=1))


def _activated(tensors: Tensors, operator: Operator, value: str) -> str:
    if operator.activation == Activation.NONE:
        return value
    if operator.activation == Activation.RELU:
        return tensors.nodes.add("Relu", [value], f"{value}_relu")
    return tensors.nodes.clip(value, _SIX, f"{value}_relu6")


def _pool(kind: str) -> Writer:
    def writer(tensors: Tensors, operator: Operator, name: str) -> str:
        options = operator.options
        kernel = (options.filterHeight, options.filterWidth)
        pads, strides = _around(tensors, operator, kernel)
        made = tensors.nodes.add(kind, [_source(tensors, operator)], name, kernel_shape=list(kernel), pads=pads, strides=strides)
        return _activated(tensors, operator, made)

    return writer


def _mean(tensors: Tensors, operator: Operator, name: str) -> str:
    """Return the mean over an image, flattened where TFLite drops its two axes."""
    pooled = tensors.nodes.add("GlobalAveragePool", [_source(tensors, operator)], f"{name}_pooled")
    if operator.options.keepDims:
        return pooled
    return tensors.nodes.add("Flatten", [tensors.in_steps(operator.output, pooled, f"{name}_pooled")], name)


def _reshape(tensors: Tensors, operator: Operator, name: str) -> str:
    """Return an image flattened; or itself, where it is only taken for its rows, and back."""
    source, output = operator.inputs[0], operator.output
    value, shape = tensors.value(source), tensors.shape(source)
    ranks = len(shape), len(tensors.shape(output))
    image = tensors.images.get(source, shape[1:])
    if ranks == (4, 3):
        tensors.images[output] = image
    if ranks not in ((4, 2), (3, 2)):
        return value
    if set(tensors.readers(output)) == {Kind.FULLY_CONNECTED}:
        tensors.images[output] = image
    else:
        value = tensors.nodes.add("Transpose", [value], f"{name}_turned", perm=[0, 2, 3, 1])
    return tensors.nodes.add("Flatten", [value], name)


def _pad(tensors: Tensors, operator: Operator, name: str) -> str:
    """Put zeros around an image, or around its rows."""
    source, output = operator.inputs[0], operator.output
    around = tensors.stored(operator.inputs[1])
    channels = 1
    if source in tensors.images:
        *_, channels = tensors.images[source]
        _, height, row = tensors.shape(output)
        tensors.images[output] = (height, row // channels, channels)
    (above, below), (left, right) = around[1], around[2] // channels
    pads = tensors.nodes.integers(f"{name}_around", [0, 0, above, left, 0, 0, below, right])
    return tensors.nodes.add("Pad", [tensors.value(source), pads], name)


def _elementwise(kind: str) -> Writer:
    def writer(tensors: Tensors, operator: Operator, name: str) -> str:
        beside = next(number for number in operator.inputs if not tensors.is_constant(number))
        if beside in tensors.images:
            tensors.images[operator.output] = tensors.images[beside]
        values = [
            tensors.operand(number, f"{name}_{index}", beside) if tensors.is_constant(number) else tensors.value(number)
            for index, number in enumerate(operator.inputs)
        ]
        return _activated(tensors, operator, tensors.nodes.add(kind, values, name))

    return writer


def _concat(tensors: Tensors, operator: Operator, name: str) -> str:
    values = [tensors.value(number) for number in operator.inputs]
    return _activated(tensors, operator, tensors.side_by_side(operator.output, values, name))


def _plain(kind: str) -> Writer:
    return lambda tensors, operator, name: tensors.nodes.add(kind, [_source(tensors, operator)], name)


def _resize(tensors: Tensors, operator: Operator, name: str) -> str:
    return tensors.nodes.resize(_source(tensors, operator), tensors.shape(operator.output)[1:], name)


def _quantise(tensors: Tensors, operator: Operator, name: str) -> str:
    """Return what is quantised; the image, which is uint8, becomes float32 first."""
    return _cast(tensors, operator, name) if tensors.is_image(operator.inputs[0]) else _source(tensors, operator)


def _cast(tensors: Tensors, operator: Operator, name: str) -> str:
    return tensors.nodes.add("Cast", [_source(tensors, operator)], name, to=onnx.TensorProto.FLOAT)


WRITERS: dict[int, Writer] = {
    Kind.CAST: _cast,
    Kind.QUANTIZE: _quantise,
    Kind.DEQUANTIZE: lambda tensors, operator, name: _source(tensors, operator),
    Kind.RESIZE_BILINEAR: _resize,
    Kind.CONV_2D: _conv,
    Kind.DEPTHWISE_CONV_2D: _depthwise,
    Kind.FULLY_CONNECTED: _dense,
    Kind.LEAKY_RELU: lambda tensors, operator, name: tensors.nodes.add("LeakyRelu", [_source(tensors, operator)], name, alpha=operator.options.alpha),
    Kind.RELU: _plain("Relu"),
    Kind.RELU6: lambda tensors, operator, name: tensors.nodes.clip(_source(tensors, operator), _SIX, name),
    Kind.PAD: _pad,
    Kind.LOGISTIC: _plain("Sigmoid"),
    Kind.HARD_SWISH: _plain("HardSwish"),
    Kind.MAX_POOL_2D: _pool("MaxPool"),
    Kind.AVERAGE_POOL_2D: _pool("AveragePool"),
    Kind.MEAN: _mean,
    Kind.RESHAPE: _reshape,
    Kind.ADD: _elementwise("Add"),
    Kind.SUB: _elementwise("Sub"),
    Kind.MUL: _elementwise("Mul"),
    Kind.PRELU: _elementwise("PRelu"),
    Kind.CONCATENATION: _concat,
    Kind.SPACE_TO_DEPTH: lambda tensors, operator, name: tensors.nodes.add(
        "SpaceToDepth", [_source(tensors, operator)], name, blocksize=operator.options.blockSize
    ),
    Kind.SOFTMAX: _plain("Softmax"),
}
