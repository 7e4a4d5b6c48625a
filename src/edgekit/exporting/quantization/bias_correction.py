"""Biases of an int8 graph that take back what rounding adds on average.

Rounding errors are alike where pixels are alike, as those of a background are: they do not average out, and add up from layer to
layer. A bias takes the mean of a channel's error back, for nothing. (Nagel et al., 2019, *Data-Free Quantization Through Weight
Equalization and Bias Correction*, section 4.2; here the means are those of images, of all errors so far, layer after layer.)
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from edgekit.exporting.quantization.interpreter import activations, opened
from edgekit.exporting.quantization.openvino_rounding import rounded
from edgekit.exporting.quantization.segments import Pieces
from edgekit.exporting.tflite.biases import bias_of, has_bias, set_bias, take_biases
from edgekit.exporting.tflite.layers import layers_of, names_of, output_of
from edgekit.exporting.tflite.model import TFLiteModel

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray


class BiasCorrection:
    """Corrects int8 graphs of one float graph, ``ranges``: what that answers to the images is asked once for all of them.

    Graphs are TFLite flatbuffers; images are uint8 (1, height, width, 3), all of one size. Every other one is for the means, the
    rest judge; one alone is for both. What counts is what LiteRT answers, or ``for_openvino`` what OpenVINO does, which rounds in
    other places.
    """

    def __init__(self, ranges: bytes, images: Sequence[NDArray[np.uint8]], *, for_openvino: bool = False) -> None:
        self._ranges = ranges
        self._for_means, self._for_judging = images[::2], images[1::2] or images
        self._for_openvino = for_openvino

    def corrected(self, integers: bytes) -> bytes:
        """Return ``integers``, the float graph in int8 with its tensors' names, with each layer's mean brought to the float graph's.

        A mean is a channel's. Where the graph answers the images that judge worse with them, it is returned as it was: a mean of
        few steps may not be reached, and little noise is best left alone.
        """
        begun = self._computed(integers)
        model = self._with_means(begun)
        if self._for_openvino:
            computed, model = model, TFLiteModel.read(integers)
            take_biases(model, computed)
        made = model.to_bytes()
        return made if self._error(self._computed(made)) < self._error(begun) else integers

    def _computed(self, integers: bytes) -> bytes:
        return rounded(self._ranges, integers) if self._for_openvino else integers

    def _error(self, computed: bytes) -> float:
        return float(np.square(_answers(computed, self._for_judging) - self._wanted).sum())

    @cached_property
    def _wanted(self) -> NDArray[np.float32]:
        return _answers(self._ranges, self._for_judging)

    @cached_property
    def _wanted_means(self) -> dict[str, NDArray[np.float64]]:
        model = TFLiteModel.read(self._ranges)
        return _means(self._ranges, self._for_means, {output_of(model, layer) for layer in layers_of(model)})

    def _with_means(self, computed: bytes) -> TFLiteModel:
        """Correct layer after layer: what those before one have lost is taken back with its own."""
        model = TFLiteModel.read(computed)
        # A bias in float32 has a step of its own: what is lost before a layer that stays so is taken back there.
        layers = {layer: names_of(model, layer) for layer in layers_of(model) if has_bias(layer)}
        wanted, pieces = self._wanted_means, Pieces(model, self._for_means)
        for layer, names in layers.items():
            there = [wanted[name] for name in names if name in wanted]
            if not there:  # the converter took the graph apart in another way
                continue
            error = np.mean([_mean(answer) for answer in pieces.until(layer)], axis=0) - there[0]
            set_bias(model, layer, bias_of(model, layer) - error)
        return model


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
