"""Where a rewrite stands: at which stage of an export it is done, and to which files. The fields of `Rewrites` carry these rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from edgekit.spec.format import PRECISIONS, Format, ModelFile, Precision


class Stage(Enum):
    """What a rewrite is done to, in the order in which an export comes by it, and the package that has a module of each rewrite's name.

    That module has a function of the same name. On the graph it is from `Graph` to `Graph`. On a file it changes what it is given
    in place, and returns whether it changed something. Where the rewrite has settings, they are its second argument.
    """

    GRAPH = (1, "edgekit.passes")
    """The network as a `Graph`, whatever file is made of it."""
    RANGES = (2, "edgekit.exporting.quantization.rewrites")
    """The TFLite model in float32 with the ranges of its activations, of which its scales are made."""
    INTEGERS = (3, "edgekit.exporting.quantization.rewrites")
    """The TFLite model in int8, before its biases are corrected."""
    TFLITE = (4, "edgekit.exporting.tflite.rewrites")
    """The TFLite model that is written."""
    ONNX = (5, "edgekit.exporting.onnx.rewrites")
    """The ONNX model that is written."""

    def __init__(self, place: int, package: str) -> None:
        self.place = place
        self.package = package


EVERY_FILE = frozenset((kind, precision) for kind, precisions in PRECISIONS.items() for precision in precisions)


def in_format(kind: Format) -> frozenset[ModelFile]:
    """Return the files of a format."""
    return frozenset(file for file in EVERY_FILE if file[0] is kind)


def in_precision(precision: Precision) -> frozenset[ModelFile]:
    """Return the files of a precision."""
    return frozenset(file for file in EVERY_FILE if file[1] is precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSpec:
    """A rewrite as data, beside its settings.

    ``applies_to`` are the files that it is done to; in the table of a tuning that holds for none of them it is refused.
    ``gives_way``: it rounds more than a layer that stays in float32 costs, so that an int8 file that loses too much does without
    it first. ``own_writer``: it is done by edgekit's own writer of ONNX alone, and left out where tf2onnx writes the file.
    ``made_for`` is the runtime that a file with it is made for, where that is not its format's own; ``only_there``: no other
    computes such a file as well.
    """

    stage: Stage
    applies_to: frozenset[ModelFile] = EVERY_FILE
    gives_way: bool = False
    own_writer: bool = False
    made_for: str | None = None
    only_there: bool = False
