"""Keras layers for what a graph holds: with weights given, and under the names of its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import layers

from edgekit.graph.ops import Padding

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.graph.ops import Floats

Extents = tuple[int | None, ...]
"""A Keras shape, the batch included."""


class Step(layers.Layer):
    """A function of tensors as a layer.

    Keras names the operations of ``keras.ops`` by number (``add_1``), and a model from elsewhere may have layers of those
    names, which one model may hold only once. ``shape`` is what the function gives, a list of shapes for a list of values;
    ``None`` lets Keras find out. ``inside`` is an operation whose weights belong to it.
    """

    def __init__(self, function: Callable[[Any], Any], shape: Extents | list[Extents] | None, name: str, inside: Any = None) -> None:
        super().__init__(name=name)
        self._function = function
        self._shape = shape
        self._inside = inside

    def call(self, values: Any) -> Any:
        """Return what the function gives."""
        return self._function(values)

    def compute_output_spec(self, values: Any) -> Any:
        """Return the shapes that were said, without a trial."""
        if self._shape is None:
            return super().compute_output_spec(values)
        if isinstance(self._shape, list):
            return [keras.KerasTensor(shape) for shape in self._shape]
        return keras.KerasTensor(self._shape)


def with_weights(layer: layers.Layer, x: Any, *weights: Floats) -> Any:
    """Return what ``layer`` with ``weights`` gives for ``x``."""
    y = layer(x)
    layer.set_weights(list(weights))
    return y


def convolved(x: Any, kernel: Floats, bias: Floats | None, name: str, *, stride: int = 1, padding: Padding = Padding.SAME) -> Any:
    """Return ``x`` convolved: kernel (height, width, in, out). A bias of zeros is none."""
    biases = [bias] if bias is not None and bias.any() else []
    layer = layers.Conv2D(kernel.shape[-1], kernel.shape[:2], stride, padding.value, use_bias=bool(biases), kernel_initializer="zeros", name=name)
    return with_weights(layer, x, kernel, *biases)
