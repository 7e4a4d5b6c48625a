"""From a network to model files: which graph each gets, and by which way. What several files need is made once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.export import onnx, tflite
from edgekit.export.graph.onnx import can_write
from edgekit.export.graph.read import read
from edgekit.export.graph.rebuild import rebuild
from edgekit.export.model import deployable
from edgekit.export.passes import rewritten
from edgekit.spec.export import Precision, TFLiteOptions
from edgekit.spec.tuning import Rewrites

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    import numpy as np
    from numpy.typing import NDArray
    from tensorflow.types.experimental import ConcreteFunction

    from edgekit.spec.export import ExportOptions, OnnxOptions


@dataclass(frozen=True, slots=True)
class Converted:
    """A model file's bytes, and the rewrites that its network got."""

    data: bytes
    rewrites: tuple[str, ...]


class Conversion:
    """Makes model files of ``network``, float32 (batch, px, px, 3) to scores.

    ``calibration`` gives uint8 (1, height, width, 3) images; it is asked for int8 alone.
    """

    def __init__(self, network: keras.Model, calibration: Callable[[], Sequence[NDArray[np.uint8]]]) -> None:
        self._network = network
        self._calibration = calibration
        self._tflite: dict[tuple[Precision, Rewrites], Converted] = {}
        self._last: tuple[Rewrites, ConcreteFunction, tuple[str, ...]] | None = None

    def convert(self, options: ExportOptions) -> Converted:
        """Return one model file."""
        if isinstance(options, TFLiteOptions):
            return self._to_tflite(options, options.rewrites)
        if options.precision is not Precision.INT8 and options.rewrites != Rewrites():
            graph, names = rewritten(read(self._network), options.rewrites)
            if can_write(graph):
                return Converted(onnx.write(graph, options), names)
        return self._through_tflite(options)

    def _through_tflite(self, options: OnnxOptions) -> Converted:
        """Int8 has one calibration in both formats; and TensorFlow's converter knows every Keras layer."""
        precision = Precision.INT8 if options.precision is Precision.INT8 else Precision.FLOAT32
        plan = TFLiteOptions(precision=precision, head=options.head, input_size=options.input_size)
        made = self._to_tflite(plan, options.rewrites)
        return Converted(onnx.convert(made.data, options), made.rewrites)

    def _to_tflite(self, options: TFLiteOptions, rewrites: Rewrites) -> Converted:
        key = (options.precision, rewrites)
        if key not in self._tflite:
            graph, names = self._frozen(options, rewrites)
            calibration = self._calibration() if options.precision is Precision.INT8 else []
            self._tflite[key] = Converted(tflite.convert(graph, options, calibration, image_px=self._network.input.shape[1]), names)
        return self._tflite[key]

    def _frozen(self, options: TFLiteOptions, rewrites: Rewrites) -> tuple[ConcreteFunction, tuple[str, ...]]:
        """Return the graph for the converter; the last one is kept, since several precisions have the same."""
        if self._last is None or self._last[0] != rewrites:
            self._last = None  # before another is made: VGG-16 is half a gigabyte
            network, names = self._rewritten(rewrites)
            self._last = (rewrites, tflite.frozen(deployable(network, options.input_size)), names)
        return self._last[1:]

    def _rewritten(self, rewrites: Rewrites) -> tuple[keras.Model, tuple[str, ...]]:
        """Return the network itself where nothing is to be rewritten: then the stock converter has its way."""
        if rewrites == Rewrites():
            return self._network, ()
        graph, names = rewritten(read(self._network), rewrites)
        return rebuild(graph), names
