"""From a network to model files: which graph each gets, and by which way. What several files need is made once."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.onnx.graph_writer import can_write
from edgekit.exporting.quantization.bias_correction import BiasCorrection
from edgekit.exporting.quantization.calibrate import around_zero, calibrate
from edgekit.exporting.quantization.sensitivity import noisiest
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.large_kernels import put_back, take_out
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.weights import narrow_weights
from edgekit.models.reader import read
from edgekit.passes import rewritten
from edgekit.spec.export import TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import Rewrites, on_graph, on_tflite
from edgekit.spec.tuning import built_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras
    import numpy as np
    from numpy.typing import NDArray
    from tensorflow.types.experimental import ConcreteFunction

    from edgekit.exporting.tflite.large_kernels import Kernels
    from edgekit.models.front import Front
    from edgekit.spec.export import ExportOptions, Head, InputSize, OnnxOptions

# Of deployable_1/network_1/outer_1/inner_2/MatMul: outer_1/inner_2/.
_LAYERS = re.compile(r"network_\d+/((?:[^/;]+_\d+/)+)")
# Of the calibration images: noise and means differ little from image to image.
_FEW_IMAGES = 32
# What ONNX files are made from as well; VGG-16's others are half a gigabyte.
_FOR_ONNX = (Precision.FLOAT32, Precision.INT8)


@dataclass(frozen=True, slots=True)
class Converted:
    """A model file's bytes, the rewrites that it got, and the layers that an int8 file keeps in float32.

    ``narrow``: no product has eight bits on both sides, so no CPU's sums saturate. ``made_for`` is the runtime that rewrites of
    the file itself were for. ``biases_corrected``: those of an int8 file have taken back what rounding adds.
    """

    data: bytes
    rewrites: tuple[str, ...]
    in_float: tuple[str, ...] = ()
    narrow: bool = False
    made_for: str | None = None
    biases_corrected: bool = False


@dataclass(frozen=True)
class _Frozen:
    """A graph as TensorFlow's converter takes it, the rewrites and the size that it has, and the kernels that wait outside."""

    rewrites: Rewrites
    size: InputSize
    graph: ConcreteFunction
    names: tuple[str, ...]
    kernels: Kernels
    calibration: Callable[[], Sequence[NDArray[np.uint8]]]
    has_front: bool

    @cached_property
    def float32(self) -> bytes:
        return self._converted(Precision.FLOAT32).to_bytes()

    @cached_property
    def images(self) -> Sequence[NDArray[np.uint8]]:
        return self.calibration()

    @cached_property
    def ranges(self) -> bytes:
        model = TFLiteModel.read(self.float32)
        calibrate(model, self.images)
        if self.rewrites.openvino_steps:
            around_zero(model)
        return model.to_bytes()

    @cached_property
    def int8(self) -> bytes:
        return self.biases.corrected(self.quantised)

    @cached_property
    def quantised(self) -> bytes:
        return self.quantised_but()

    def quantised_but(self, in_float: Sequence[str] = ()) -> bytes:
        """Return the graph in int8, but for tensors ``in_float``. Where an image is cropped is no matter of 256 steps: its front stays as it is."""
        return tflite.quantise(self.ranges, [*in_float, *(tflite.before_network(self.ranges) if self.has_front else ())])

    @property
    def few(self) -> Sequence[NDArray[np.uint8]]:
        return self.images[:_FEW_IMAGES]

    @cached_property
    def biases(self) -> BiasCorrection:
        return BiasCorrection(self.ranges, self.few, for_openvino=self.rewrites.openvino_steps)

    def model(self, precision: Precision) -> TFLiteModel:
        """Return what a file in any precision but int8 is made of. A mixed one is in float32 until it is finished."""
        return TFLiteModel.read(self.float32) if precision in (Precision.FLOAT32, Precision.MIXED) else self._converted(precision)

    def _converted(self, precision: Precision) -> TFLiteModel:
        model = TFLiteModel.read(tflite.convert(self.graph, precision))
        put_back(model, self.kernels)
        return model


class Conversion:
    """Makes model files of ``network``, float32 (batch, px, px, 3) to scores.

    ``front`` stands before it, if the model brings images to its size itself. ``calibration`` gives uint8 (1, height, width, 3)
    images; it is asked for int8 alone.
    """

    def __init__(self, network: keras.Model, calibration: Callable[[], Sequence[NDArray[np.uint8]]], front: Front | None = None) -> None:
        self._network = network
        self._front = front
        self._calibration = cache(calibration)
        self._tflite: dict[tuple[Precision, InputSize, Rewrites, int], Converted] = {}
        self._last: _Frozen | None = None

    def convert(self, options: ExportOptions, *, layers_in_float: int = 0) -> Converted:
        """Return one model file. Of an int8 one, the ``layers_in_float`` that lose most may stay in float32."""
        if isinstance(options, TFLiteOptions):
            return self._to_tflite(options, options.rewrites, layers_in_float)
        if options.precision is not Precision.INT8 and options.rewrites != Rewrites():
            graph, names = rewritten(read(self._network), options.rewrites)
            if self._front is None and can_write(graph):
                return Converted(onnx.write(graph, options), (*names, *_of_the_file(options)), made_for=options.rewrites.made_for)
        return self._through_tflite(options, layers_in_float)

    def _through_tflite(self, options: OnnxOptions, layers_in_float: int) -> Converted:
        """Int8 has one calibration in both formats; and TensorFlow's converter knows every Keras layer."""
        precision, rewrites = Precision.INT8 if options.precision is Precision.INT8 else Precision.FLOAT32, options.rewrites
        plan = TFLiteOptions(precision=precision, head=options.head, input_size=options.input_size, tuning=built_in("none"))
        made = self._to_tflite(plan, on_tflite(rewrites), layers_in_float)
        of_the_file = _of_the_file(options)
        if of_the_file and not (precision is Precision.INT8 and onnx.is_written_here(made.data)):
            plain = msgspec.structs.replace(rewrites, openvino_steps=False, openvino_image=False)
            return self._through_tflite(options.with_rewrites(plain), layers_in_float)
        data = onnx.convert(made.data, options)
        sums = ("leaky-as-sum",) if rewrites.leaky_as_sum and _leaky(onnx.operators(data)) < _leaky(tflite.operators(made.data)) else ()
        return dataclasses.replace(made, data=data, rewrites=(*made.rewrites, *sums, *of_the_file), made_for=rewrites.made_for)

    def _to_tflite(self, options: TFLiteOptions, rewrites: Rewrites, layers_in_float: int) -> Converted:
        key = (options.precision, options.input_size, rewrites, layers_in_float)
        made = self._tflite.get(key)
        if made is None:
            frozen = self._frozen(options, on_graph(rewrites, weights_alone=options.precision is Precision.DYNAMIC))
            if options.precision is Precision.INT8:
                made = self._to_integers(frozen, options, layers_in_float, narrow=rewrites.narrow_weights)
            else:
                made = Converted(self._finished(frozen.model(options.precision), options), frozen.names)
            if options.precision in _FOR_ONNX:
                self._tflite[key] = made
        return made

    def _to_integers(self, frozen: _Frozen, options: TFLiteOptions, layers_in_float: int, *, narrow: bool) -> Converted:
        layers = noisiest(frozen.ranges, frozen.int8, frozen.few[::2], layers_in_float) if layers_in_float else ()
        in_float = tuple(_layer_name(layer[0], options.head) for layer in layers)
        data = frozen.quantised_but([tensor for layer in layers for tensor in layer]) if layers else frozen.quantised
        model = TFLiteModel.read(data)
        narrowed = narrow and narrow_weights(model)
        rounded = model.to_bytes() if narrowed else data
        corrected = frozen.int8 if rounded is frozen.quantised else frozen.biases.corrected(rounded)
        finished = self._finished(TFLiteModel.read(corrected), options)
        names = (*frozen.names, *(("narrow-weights",) if narrowed else ()), *_cast(options, finished))
        return Converted(finished, names, in_float, narrow=narrowed, biases_corrected=corrected != rounded)

    def _finished(self, model: TFLiteModel, options: TFLiteOptions) -> bytes:
        return tflite.finished(model, options, image_px=self._network.input.shape[1])

    def forget(self) -> None:
        """Let go of the files that were made."""
        self._tflite.clear()

    def _frozen(self, options: TFLiteOptions, rewrites: Rewrites) -> _Frozen:
        """Return the graph for the converter; the last one is kept, since several precisions have the same."""
        if self._last is None or (self._last.rewrites, self._last.size) != (rewrites, options.input_size):
            self._last = None  # before another is made: VGG-16 is half a gigabyte
            network, names, kernels = self._rewritten(rewrites)
            graph = tflite.frozen(deployable(network, options.input_size, self._front))
            self._last = _Frozen(rewrites, options.input_size, graph, names, kernels, self._calibration, self._front is not None)
        return self._last

    def _rewritten(self, rewrites: Rewrites) -> tuple[keras.Model, tuple[str, ...], Kernels]:
        """Return the network itself where nothing is to be rewritten: then the stock converter has its way."""
        if rewrites == Rewrites():
            return self._network, (), {}
        graph, names = rewritten(read(self._network), rewrites)
        light, kernels = take_out(graph)
        return rebuild(light), names, kernels


def _of_the_file(options: OnnxOptions) -> tuple[str, ...]:
    """Return the names of the rewrites that only a writer of our own does."""
    steps = ("openvino-steps",) if options.rewrites.openvino_steps else ()
    return (*steps, "openvino-image") if options.rewrites.openvino_image else steps


def _cast(options: TFLiteOptions, data: bytes) -> tuple[str, ...]:
    wanted = options.precision is Precision.INT8 and options.rewrites.cast_image
    return ("cast-image",) if wanted and "CAST" in tflite.operators(data) else ()


def _leaky(operators: Mapping[str, int]) -> int:
    return operators.get("LEAKY_RELU", 0) + operators.get("LeakyRelu", 0)


def _layer_name(tensor: str, head: Head) -> str:
    """Return the layer that gives a tensor: the converter names it deployable/network/LAYER_NUMBER/operation, but for the last.

    A layer may have layers inside. Of several that were fused, whose names the converter joins by semicolons, it is the last.
    """
    found = _LAYERS.findall(tensor)
    if found:
        return "/".join(dict.fromkeys(re.findall(r"([^/]+)_\d+/", found[-1])))
    return tensor if "/" in tensor else head.value
