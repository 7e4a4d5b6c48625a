"""From a network to model files: which graph each gets, and by which way. What several files need is made once."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, assert_never

from edgekit.exporting.frozen import Frozen
from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.onnx.graph_writer import can_write
from edgekit.exporting.quantization.sensitivity import noisiest
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.large_kernels import take_out
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.models.reader import read
from edgekit.passes import rewrite_file, rewritten
from edgekit.spec.export import OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.passes import Stage
from edgekit.spec.rewrites import Rewrites, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.exporting.tflite.large_kernels import Kernels
    from edgekit.models.front import Front
    from edgekit.spec.export import ExportOptions, Head, InputSize

# Of deployable_1/network_1/outer_1/inner_2/MatMul: outer_1/inner_2/.
_LAYERS = re.compile(r"network_\d+/((?:[^/;]+_\d+/)+)")
# What ONNX files are made from as well; VGG-16's others are half a gigabyte.
_FOR_ONNX = (Precision.FLOAT32, Precision.INT8)


@dataclass(frozen=True, slots=True)
class Converted:
    """A model file's bytes, the rewrites that it got, and the layers that an int8 file keeps in float32.

    ``made_for`` is the runtime that rewrites of the file itself were for. ``biases_corrected``: those of an int8 file have taken
    back what rounding adds.
    """

    data: bytes
    rewrites: tuple[str, ...]
    in_float: tuple[str, ...] = ()
    made_for: str | None = None
    biases_corrected: bool = False

    @property
    def narrow(self) -> bool:
        """Whether no product has eight bits on both sides, so that no CPU's sums saturate."""
        return name_of(Rewrites.narrow_weights) in self.rewrites


@dataclass(frozen=True)
class _TFLite:
    """A TFLite file that is to be made: for itself, or to make an ONNX file of it."""

    precision: Precision
    head: Head
    input_size: InputSize
    rewrites: Rewrites
    layers_in_float: int


class Conversion:
    """Makes model files of ``network``, float32 (batch, px, px, 3) to scores.

    ``front`` stands before it, if the model brings images to its size itself. ``calibration`` gives uint8 (1, height, width, 3)
    images; it is asked for int8 alone.
    """

    def __init__(self, network: keras.Model, calibration: Callable[[], Sequence[NDArray[np.uint8]]], front: Front | None = None) -> None:
        self._network = network
        self._front = front
        self._calibration = cache(calibration)
        self._tflite: dict[_TFLite, Converted] = {}
        self._last: Frozen | None = None

    def convert(self, options: ExportOptions, *, layers_in_float: int = 0) -> Converted:
        """Return one model file. Of an int8 one, the ``layers_in_float`` that lose most may stay in float32."""
        rewrites = options.rewrites.for_file(options.format, options.precision)
        match options:
            case TFLiteOptions():
                return self._to_tflite(_TFLite(options.precision, options.head, options.input_size, rewrites, layers_in_float))
            case OnnxOptions():
                return self._to_onnx(options, rewrites, layers_in_float)
            case _:
                assert_never(options)

    def _to_onnx(self, options: OnnxOptions, rewrites: Rewrites, layers_in_float: int) -> Converted:
        if options.precision is not Precision.INT8 and rewrites != Rewrites():
            graph, names = rewritten(read(self._network), rewrites)
            if self._front is None and can_write(graph):
                data, of_the_file = onnx.write(graph, options)
                return Converted(data, (*names, *of_the_file), made_for=rewrites.made_for)
        return self._through_tflite(options, rewrites, layers_in_float)

    def _through_tflite(self, options: OnnxOptions, rewrites: Rewrites, layers_in_float: int) -> Converted:
        """Int8 has one calibration in both formats; and TensorFlow's converter knows every Keras layer."""
        precision = Precision.INT8 if options.precision is Precision.INT8 else Precision.FLOAT32
        made = self._to_tflite(_TFLite(precision, options.head, options.input_size, rewrites.up_to(Stage.TFLITE), layers_in_float))
        by_any_writer = rewrites.by_any_writer
        if rewrites != by_any_writer and not (precision is Precision.INT8 and onnx.is_written_here(made.data)):
            return self._through_tflite(options, by_any_writer, layers_in_float)
        data, of_the_file = onnx.convert(made.data, options.with_rewrites(rewrites))
        return dataclasses.replace(made, data=data, rewrites=(*made.rewrites, *of_the_file), made_for=rewrites.made_for)

    def _to_tflite(self, wanted: _TFLite) -> Converted:
        made = self._tflite.get(wanted)
        if made is None:
            frozen = self._frozen(wanted)
            made = self._in_integers(frozen, wanted) if wanted.precision is Precision.INT8 else self._in_float(frozen, wanted)
            if wanted.precision in _FOR_ONNX:
                self._tflite[wanted] = made
        return made

    def _in_float(self, frozen: Frozen, wanted: _TFLite) -> Converted:
        data, of_the_file = self._finished(frozen.model(wanted.precision), wanted)
        return Converted(data, (*frozen.names, *of_the_file))

    def _in_integers(self, frozen: Frozen, wanted: _TFLite) -> Converted:
        count = wanted.layers_in_float
        layers = noisiest(frozen.ranges, frozen.int8, frozen.few[::2], count) if count else ()
        data = frozen.quantised_but([tensor for layer in layers for tensor in layer]) if layers else frozen.quantised
        model = TFLiteModel.read(data)
        names = rewrite_file(model, wanted.rewrites, Stage.INTEGERS)
        rounded = model.to_bytes() if names else data
        corrected = frozen.int8 if rounded is frozen.quantised else frozen.biases.corrected(rounded)
        finished, of_the_file = self._finished(TFLiteModel.read(corrected), wanted)
        return Converted(
            finished,
            (*frozen.names, *frozen.names_of_ranges, *names, *of_the_file),
            tuple(_layer_name(layer[0], wanted.head) for layer in layers),
            biases_corrected=corrected != rounded,
        )

    def _finished(self, model: TFLiteModel, wanted: _TFLite) -> tuple[bytes, tuple[str, ...]]:
        return tflite.finished(model, wanted.head, wanted.precision, wanted.rewrites, image_px=self._network.input.shape[1])

    def forget(self) -> None:
        """Let go of the files that were made."""
        self._tflite.clear()

    def _frozen(self, wanted: _TFLite) -> Frozen:
        """Return the graph for the converter; the last one is kept, since several precisions have the same."""
        rewrites = wanted.rewrites.up_to(Stage.RANGES)
        if self._last is None or (self._last.rewrites, self._last.size) != (rewrites, wanted.input_size):
            self._last = None  # before another is made: VGG-16 is half a gigabyte
            network, names, kernels = self._rewritten(rewrites)
            graph = tflite.frozen(deployable(network, wanted.input_size, self._front))
            self._last = Frozen(rewrites, wanted.input_size, graph, names, kernels, self._calibration, self._front is not None)
        return self._last

    def _rewritten(self, rewrites: Rewrites) -> tuple[keras.Model, tuple[str, ...], Kernels]:
        """Return the network itself where nothing is to be rewritten: then the stock converter has its way."""
        if rewrites == Rewrites():
            return self._network, (), {}
        graph, names = rewritten(read(self._network), rewrites)
        light, kernels = take_out(graph)
        return rebuild(light), names, kernels


def _layer_name(tensor: str, head: Head) -> str:
    """Return the layer that gives a tensor: the converter names it deployable/network/LAYER_NUMBER/operation, but for the last.

    A layer may have layers inside. Of several that were fused, whose names the converter joins by semicolons, it is the last.
    """
    found = _LAYERS.findall(tensor)
    if found:
        return "/".join(dict.fromkeys(re.findall(r"([^/]+)_\d+/", found[-1])))
    return tensor if "/" in tensor else head.value
