"""Which layers lose most in int8: noise that each adds, by comparing the float graph and the int8 graph tensor by tensor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.export.layers import WEIGHTED, activations, name_of, opened, operators, output_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_Kind = schema.BuiltinOperator
_ACTIVATIONS = (_Kind.LEAKY_RELU, _Kind.RELU, _Kind.PRELU)
# A layer in float32 costs a multiple of its time in int8: those that stay so have this share of all multiply-adds at most.
MOST_WORK = 0.1


def noisiest(ranges: bytes, integers: bytes, images: Sequence[NDArray[np.uint8]], count: int) -> tuple[tuple[str, ...], ...]:
    """Return the tensors of up to ``count`` layers that add most noise, the worst layer first: its own, and its activation's.

    ``ranges`` and ``integers`` are a graph in float32 and in int8 (TFLite flatbuffers with the same tensor names); the
    noise is that of the sums of ``images``, uint8 (1, height, width, 3), all of one size. Layers that would bring the work in float32 above
    `MOST_WORK` are passed over.
    """
    model = schema.ModelT.InitFromPackedBuf(ranges, 0)
    noise = _noise(ranges, integers, images)
    work = {operator: _multiply_adds(model, operator) for operator in operators(model, WEIGHTED)}
    left = MOST_WORK * sum(work.values())
    chosen: list[tuple[str, ...]] = []
    for operator in sorted(work, key=lambda operator: -_added(model, operator, noise)):
        if len(chosen) < count and work[operator] <= left:
            left -= work[operator]
            chosen.append((output_of(model, operator), *(output_of(model, reader) for reader in _activations_of(model, operator))))
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


def _added(model: schema.ModelT, operator: int, noise: dict[str, float]) -> float:
    """Return the noise behind an operator and its activation beyond that before it."""
    last = [operator, *_activations_of(model, operator)][-1]
    return noise.get(output_of(model, last), 0.0) - noise.get(name_of(model, int(model.subgraphs[0].operators[operator].inputs[0])), 0.0)


def _activations_of(model: schema.ModelT, operator: int) -> list[int]:
    graph = model.subgraphs[0]
    output = graph.operators[operator].outputs[0]
    return [index for index in operators(model, _ACTIVATIONS) if graph.operators[index].inputs[0] == output]


def _multiply_adds(model: schema.ModelT, operator: int) -> int:
    """Return kernel size times places (the batch is 1)."""
    graph = model.subgraphs[0]
    _, *places, _ = graph.tensors[graph.operators[operator].outputs[0]].shape
    return math.prod(int(extent) for extent in (*places, *graph.tensors[graph.operators[operator].inputs[1]].shape))
