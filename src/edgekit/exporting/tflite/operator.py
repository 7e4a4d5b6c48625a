"""An operator of a TFLite model: what it computes, and which tensors it reads and gives."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.graph.ops import Padding

if TYPE_CHECKING:
    from collections.abc import Sequence

_Builtin = schema.BuiltinOperator
_NAMES: dict[int, str] = {number: name for name, number in vars(_Builtin).items() if isinstance(number, int)}
_PADDINGS = {schema.Padding.SAME: Padding.SAME, schema.Padding.VALID: Padding.VALID}
# Kinds from this number on have a field of their own; in that of old files this one stands for them.
_OLD_KINDS_END = 127


class Kind(IntEnum):
    """The built-in operators that something here looks for, by TFLite's numbers. A file may have others."""

    ADD = _Builtin.ADD
    AVERAGE_POOL_2D = _Builtin.AVERAGE_POOL_2D
    BATCH_MATMUL = _Builtin.BATCH_MATMUL
    CAST = _Builtin.CAST
    CONCATENATION = _Builtin.CONCATENATION
    CONV_2D = _Builtin.CONV_2D
    DEPTHWISE_CONV_2D = _Builtin.DEPTHWISE_CONV_2D
    DEQUANTIZE = _Builtin.DEQUANTIZE
    FULLY_CONNECTED = _Builtin.FULLY_CONNECTED
    HARD_SWISH = _Builtin.HARD_SWISH
    LEAKY_RELU = _Builtin.LEAKY_RELU
    LOGISTIC = _Builtin.LOGISTIC
    MAX_POOL_2D = _Builtin.MAX_POOL_2D
    MEAN = _Builtin.MEAN
    MUL = _Builtin.MUL
    PAD = _Builtin.PAD
    PRELU = _Builtin.PRELU
    QUANTIZE = _Builtin.QUANTIZE
    RELU = _Builtin.RELU
    RELU6 = _Builtin.RELU6
    RESHAPE = _Builtin.RESHAPE
    RESIZE_BILINEAR = _Builtin.RESIZE_BILINEAR
    SOFTMAX = _Builtin.SOFTMAX
    SPACE_TO_DEPTH = _Builtin.SPACE_TO_DEPTH
    SUB = _Builtin.SUB
    TRANSPOSE_CONV = _Builtin.TRANSPOSE_CONV


class Activation(IntEnum):
    """The activations that something here knows as a part of another operator, by TFLite's numbers."""

    NONE = schema.ActivationFunctionType.NONE
    RELU = schema.ActivationFunctionType.RELU
    RELU6 = schema.ActivationFunctionType.RELU6


class Operator:
    """An operator of a model. Tensors are numbers: their places among the model's tensors. ``codes`` are the kinds of the whole model."""

    __slots__ = ("_codes", "raw")

    def __init__(self, raw: Any, codes: list[Any]) -> None:
        self.raw = raw
        self._codes = codes

    @property
    def kind(self) -> int:
        """Which built-in operator it is: one of `Kind`, or another of TFLite's numbers."""
        code = self._codes[self.raw.opcodeIndex]
        # The first 127 kinds have a field of their own, which is all that old writers fill.
        return int(max(code.builtinCode, code.deprecatedBuiltinCode))

    @property
    def kind_name(self) -> str:
        """What TFLite calls its kind: ``CONV_2D``."""
        return _NAMES.get(self.kind, f"operator {self.kind}")

    @property
    def inputs(self) -> list[int]:
        """The tensors that it reads: data first, then kernel and bias. -1 stands for one that it does without."""
        return _numbers(self.raw.inputs)

    @inputs.setter
    def inputs(self, numbers: Sequence[int]) -> None:
        self.raw.inputs = np.array(numbers, np.int32)

    @property
    def outputs(self) -> list[int]:
        """The tensors that it gives."""
        return _numbers(self.raw.outputs)

    @outputs.setter
    def outputs(self, numbers: Sequence[int]) -> None:
        self.raw.outputs = np.array(numbers, np.int32)

    @property
    def output(self) -> int:
        """The first tensor that it gives; most operators give no other."""
        return self.outputs[0]

    @property
    def options(self) -> Any:
        """The options of its kind, with the names of TFLite's schema; ``None`` if the kind has none."""
        return self.raw.builtinOptions

    @property
    def activation(self) -> int:
        """The activation that is part of it: one of `Activation`, or another of TFLite's numbers."""
        return int(getattr(self.options, "fusedActivationFunction", Activation.NONE))

    @property
    def padding(self) -> Padding:
        """How a convolution or a pool goes over the edges."""
        return _PADDINGS[self.options.padding]

    def need_version(self, version: int) -> None:
        """Make all operators of this one's code require at least this version of their kind from a runtime."""
        code = self._codes[self.raw.opcodeIndex]
        code.version = max(code.version, version)


def code_of(kind: Kind, version: int) -> Any:
    """Return the entry by which a file names a kind of operator."""
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = int(kind), min(int(kind), _OLD_KINDS_END), version
    return code


def _numbers(raw: Any) -> list[int]:
    return [] if raw is None else np.asarray(raw).tolist()
