"""A network with its weights as constants, and the TFLite files that are made of it on the way to the one that is published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgekit.exporting.quantization.bias_correction import BiasCorrection
from edgekit.exporting.quantization.calibrate import calibrate
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.large_kernels import put_back
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.passes import rewrite_file
from edgekit.spec.format import Precision
from edgekit.spec.passes import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from tensorflow.types.experimental import ConcreteFunction

    from edgekit.exporting.tflite.large_kernels import Kernels
    from edgekit.spec.export import InputSize
    from edgekit.spec.rewrites import Rewrites

_FEW_IMAGES = 32


@dataclass(frozen=True)
class Frozen:
    """A graph as TensorFlow's converter takes it, the rewrites and the size that it has, and the kernels that wait outside.

    ``names`` are those of the rewrites of the graph that changed something. What is made of it is made once.
    """

    rewrites: Rewrites
    size: InputSize
    graph: ConcreteFunction
    names: tuple[str, ...]
    kernels: Kernels
    calibration: Callable[[], Sequence[NDArray[np.uint8]]]
    has_front: bool

    @cached_property
    def float32(self) -> bytes:
        """The file in float32."""
        return self._converted(Precision.FLOAT32).to_bytes()

    @cached_property
    def images(self) -> Sequence[NDArray[np.uint8]]:
        """The calibration images: uint8 (1, height, width, 3)."""
        return self.calibration()

    @cached_property
    def _ranges(self) -> tuple[bytes, tuple[str, ...]]:
        model = TFLiteModel.read(self.float32)
        calibrate(model, self.images)
        names = rewrite_file(model, self.rewrites, Stage.RANGES)
        return model.to_bytes(), names

    @property
    def ranges(self) -> bytes:
        """The float32 file with the ranges that its scales are made of."""
        return self._ranges[0]

    @property
    def names_of_ranges(self) -> tuple[str, ...]:
        """The names of the rewrites of the ranges that changed something."""
        return self._ranges[1]

    @cached_property
    def int8(self) -> bytes:
        """The file in int8 with its biases corrected."""
        return self.biases.corrected(self.quantised)

    @cached_property
    def quantised(self) -> bytes:
        """The file in int8."""
        return self.quantised_but()

    def quantised_but(self, in_float: Sequence[str] = ()) -> bytes:
        """Return the graph in int8, but for tensors ``in_float``. Where an image is cropped is no matter of 256 steps: its front stays as it is."""
        return tflite.quantise(self.ranges, [*in_float, *(tflite.before_network(self.ranges) if self.has_front else ())])

    @property
    def few(self) -> Sequence[NDArray[np.uint8]]:
        """The first of the calibration images: noise and means differ little from image to image."""
        return self.images[:_FEW_IMAGES]

    @cached_property
    def biases(self) -> BiasCorrection:
        """What corrects the biases of files in int8."""
        return BiasCorrection(self.ranges, self.few, for_openvino=self.rewrites.openvino_steps)

    def model(self, precision: Precision) -> TFLiteModel:
        """Return what a file in any precision but int8 is made of. A mixed one is in float32 until it is finished."""
        return TFLiteModel.read(self.float32) if precision in (Precision.FLOAT32, Precision.MIXED) else self._converted(precision)

    def _converted(self, precision: Precision) -> TFLiteModel:
        model = TFLiteModel.read(tflite.convert(self.graph, precision))
        put_back(model, self.kernels)
        return model
