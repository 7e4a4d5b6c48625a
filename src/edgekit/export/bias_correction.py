"""Biases of an int8 graph that take back what rounding adds on average.

Rounding errors are alike where pixels are alike, as those of a background are: they do not average out, and add up from layer to
layer. A bias takes the mean of a channel's error back, for nothing. (Nagel et al., 2019, *Data-Free Quantization Through Weight
Equalization and Bias Correction*, section 4.2; here the means are those of images, of all errors so far, layer after layer.)
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.export.flatbuffer import packed
from edgekit.export.layers import WEIGHTED, activations, name_of, opened, operators
from edgekit.export.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

# A layer's inputs: data, kernel, bias.
_BIAS = 2
_INT32 = np.iinfo(np.int32)


def corrected(ranges: bytes, integers: bytes, images: Sequence[NDArray[np.uint8]]) -> bytes:
    """Return ``integers`` with each layer's mean over ``images``, channel by channel, brought to that in ``ranges``.

    Both are one graph, in float32 and in int8 (TFLite flatbuffers with the same tensor names); images are uint8
    (1, height, width, 3), all of one size. Every other image is for the means; where the graph answers the rest worse with
    them, it is returned as it was: a mean of few steps may not be reached, and little noise is best left alone.
    """
    for_means, for_judging = images[::2], images[1::2]
    made = _with_means(ranges, integers, for_means)
    wanted = _answers(ranges, for_judging)
    before, after = (float(np.square(_answers(data, for_judging) - wanted).sum()) for data in (integers, made))
    return made if after < before else integers


def _with_means(ranges: bytes, integers: bytes, images: Sequence[NDArray[np.uint8]]) -> bytes:
    """Correct layer after layer: what those before one have lost is taken back with its own."""
    model = schema.ModelT.InitFromPackedBuf(integers, 0)
    layers = {operator: _names(model, operator) for operator in operators(model, WEIGHTED) if _has_bias(model, operator)}
    wanted = _means(ranges, images, {name for names in layers.values() for name in names})
    pieces = Pieces(model, images)
    for operator, names in layers.items():
        there = [wanted[name] for name in names if name in wanted]
        if not there:  # the converter took the graph apart in another way
            continue
        bias = _own_bias(model, operator)
        error = np.mean([_mean(answer) for answer in pieces.until(operator)], axis=0) - there[0]
        stored = model.buffers[bias.buffer].data.view(np.int32)
        steps = np.rint(error / np.asarray(bias.quantization.scale, np.float64))
        stored[:] = np.clip(stored - steps, _INT32.min, _INT32.max).astype(np.int32)
    return packed(model, len(integers))


def _answers(data: bytes, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    interpreter = opened(data, images[0].shape, keep=False)
    output = interpreter.get_output_details()[0]["name"]
    return np.concatenate([values for image in images for _, values in activations(interpreter, image, {output})])


def _means(data: bytes, images: Sequence[NDArray[np.uint8]], tensors: Collection[str]) -> dict[str, NDArray[np.float64]]:
    """Return the means of these tensors by channel, over all images and places."""
    interpreter = opened(data, images[0].shape)
    means: dict[str, NDArray[np.float64]] = {}
    for image in images:
        for name, values in activations(interpreter, image, tensors):
            means[name] = means.get(name, np.float64(0)) + _mean(values) / len(images)
    return means


def _mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return values.reshape(-1, values.shape[-1]).mean(axis=0, dtype=np.float64)


def _has_bias(model: schema.ModelT, operator: int) -> bool:
    """Return whether a layer has a bias in int32: one in float32 has lost nothing."""
    graph = model.subgraphs[0]
    inputs = graph.operators[operator].inputs
    return len(inputs) > _BIAS and inputs[_BIAS] >= 0 and graph.tensors[inputs[_BIAS]].type == schema.TensorType.INT32


def _own_bias(model: schema.ModelT, operator: int) -> schema.TensorT:
    """Return a layer's bias, in a tensor and a buffer that no other layer reads: equal ones are stored once."""
    graph = model.subgraphs[0]
    inputs = [int(tensor) for tensor in graph.operators[operator].inputs]
    bias = graph.tensors[inputs[_BIAS]]
    if sum(inputs[_BIAS] in other.inputs for other in graph.operators) > 1:
        bias = copy.copy(bias)
        bias.name = f"{bias.name.decode()}/{operator}".encode()
        inputs[_BIAS] = len(graph.tensors)
        graph.tensors.append(bias)
        graph.operators[operator].inputs = np.array(inputs, np.int32)
    values = np.array(model.buffers[bias.buffer].data, np.uint8)  # a copy: what was read is not to be written
    if sum(bias.buffer == other.buffer for other in graph.tensors) > 1:
        bias.buffer = len(model.buffers)
        model.buffers.append(schema.BufferT())
    model.buffers[bias.buffer].data = values
    return bias


def _names(model: schema.ModelT, operator: int) -> list[str]:
    """Return the names of what a layer gives: its own, and that behind the turning back to float32, which has the float graph's."""
    graph = model.subgraphs[0]
    output = int(graph.operators[operator].outputs[0])
    back = operators(model, [schema.BuiltinOperator.DEQUANTIZE])
    behind = [int(graph.operators[index].outputs[0]) for index in back if int(graph.operators[index].inputs[0]) == output]
    return [name_of(model, tensor) for tensor in (output, *behind)]
