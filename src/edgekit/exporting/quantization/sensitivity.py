"""Which layers lose most in int8: noise that each adds, by comparing the float graph and the int8 graph tensor by tensor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.quantization.interpreter import activations, opened
from edgekit.exporting.tflite.layers import kernel_of, layers_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edgekit.exporting.tflite.operator import Operator

_ACTIVATIONS = (Kind.LEAKY_RELU, Kind.RELU, Kind.PRELU)
# Layers in float32 make a file take so much longer than with all in int8, at most. It is estimated and not timed: a run gives the same bytes again.
MOST_LONGER = 0.25
# A layer waits for its products or for its weights. Multiply-adds and bytes from memory a second, of an Intel Xeon's core with AMX, where
# int8 gains most: elsewhere less is lost.
_INT8_A_SECOND, _FLOAT32_A_SECOND, _BYTES_A_SECOND = 900e9, 60e9, 20e9


def noisiest(ranges: bytes, integers: bytes, images: Sequence[NDArray[np.uint8]], count: int) -> tuple[tuple[str, ...], ...]:
    """Return the tensors of up to ``count`` layers that add most noise, the worst layer first: its own, and its activation's.

    ``ranges`` and ``integers`` are a graph in float32 and in int8 (TFLite flatbuffers with the same tensor names); the
    noise is that of the sums of ``images``, uint8 (1, height, width, 3), all of one size. Layers that would make the file take longer
    by more than `MOST_LONGER` are passed over.
    """
    model = TFLiteModel.read(ranges)
    noise = _noise(ranges, integers, images)
    seconds = {layer: _seconds(model, layer) for layer in layers_of(model)}
    left = MOST_LONGER * sum(in_int8 for in_int8, _ in seconds.values())
    chosen: list[tuple[str, ...]] = []
    for layer in sorted(seconds, key=lambda layer: -_added(model, layer, noise)):
        in_int8, in_float32 = seconds[layer]
        if len(chosen) < count and in_float32 - in_int8 <= left:
            left -= in_float32 - in_int8
            chosen.append((output_of(model, layer), *(output_of(model, reader) for reader in _activations_of(model, layer))))
    return tuple(chosen)


def _noise(ranges: bytes, integers: bytes, images: Sequence[NDArray[np.uint8]]) -> dict[str, float]:
    """Return the noise of each tensor that both graphs have: mean square error over mean square, in float32 as in int8."""
    error: dict[str, float] = {}
    power: dict[str, float] = {}
    sides = [opened(data, images[0].shape) for data in (ranges, integers)]
    for image in images:
        wanted, got = (dict(activations(side, image)) for side in sides)
        for name in wanted.keys() & got.keys():
            if wanted[name].shape == got[name].shape:
                error[name] = error.get(name, 0.0) + float(np.square(wanted[name] - got[name]).sum())
                power[name] = power.get(name, 0.0) + float(np.square(wanted[name]).sum())
    return {name: error[name] / power[name] if power[name] else 0.0 for name in error}


def _added(model: TFLiteModel, layer: Operator, noise: dict[str, float]) -> float:
    """Return the noise behind a layer and its activation beyond that before it."""
    last = [layer, *_activations_of(model, layer)][-1]
    return noise.get(output_of(model, last), 0.0) - noise.get(model.tensors[layer.inputs[0]].name, 0.0)


def _activations_of(model: TFLiteModel, layer: Operator) -> list[Operator]:
    return [operator for operator in model.operators_of(*_ACTIVATIONS) if operator.inputs[0] == layer.output]


def _seconds(model: TFLiteModel, layer: Operator) -> tuple[float, float]:
    """Estimate what a layer takes in int8, and in float32."""
    _, *places, _ = model.tensors[layer.output].shape
    weights = math.prod(kernel_of(model, layer).shape)
    multiply_adds = math.prod(places) * weights
    in_int8 = max(multiply_adds / _INT8_A_SECOND, weights / _BYTES_A_SECOND)
    return in_int8, max(multiply_adds / _FLOAT32_A_SECOND, 4 * weights / _BYTES_A_SECOND)
