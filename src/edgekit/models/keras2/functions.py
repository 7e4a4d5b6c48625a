"""TensorFlow's functions that a Keras 2 model may call between its layers (``TFOpLambda``), by operations of Keras 3.

Each has TensorFlow's own names of arguments, since the file has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from edgekit.models.keras2.refusal import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

# Arguments that some functions have, at values that change nothing.
_WITHOUT_EFFECT = (("conjugate", False), ("transpose_a", False), ("transpose_b", False), ("validate_shape", True))
_RESIZES = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


def called(layer: str, function: str, first: Any, arguments: dict[str, Any]) -> Any:
    """Return what TensorFlow's ``function`` makes of ``first`` and ``arguments``.

    Raises:
        UnreadableError: the function, or an argument of it, is not known here.

    """
    known = FUNCTIONS.get(function) or FUNCTIONS.get(_short(function))
    if known is None:
        raise UnreadableError(f"the model calls TensorFlow's function tf.{function} as {layer}, which is not known here")
    given = {name: value for name, value in arguments.items() if value is not None and (name, value) not in _WITHOUT_EFFECT and name != "name"}
    try:
        return known(first, **given)
    except TypeError as error:
        told = ", ".join(f"{name}={str(value)[:40]}" for name, value in given.items())
        raise UnreadableError(f"the model calls TensorFlow's function tf.{function} as {layer} in a way that is not known here: {told}") from error


def _short(function: str) -> str:
    """Return a function's name without the module of TensorFlow that it is called through: ``math.add``, ``compat.v1.add``."""
    return function.rpartition(".")[2]


def _turned(operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: operation(_numbers(y), _numbers(x))


def _two(operation: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: operation(_numbers(x), _numbers(y))


def _numbers(value: Any) -> Any:
    """Return a constant, which the file has as lists, as an array; a tensor as it is."""
    return np.asarray(value, np.float32) if isinstance(value, list) else value


def _called(operation: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """Return a function of a tensor, whatever TensorFlow calls the first, and of what it calls ``names``, in Keras' order."""

    def function(first: Any, **given: Any) -> Any:
        if set(given) != set(names):
            raise TypeError("other arguments")
        return operation(first, *(given[name] for name in names))

    return function


def _reduction(operation: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(input_tensor: Any, axis: Any = None, keepdims: bool = False, keep_dims: bool = False) -> Any:
        axes = tuple(axis) if isinstance(axis, list) else axis
        return operation(input_tensor, axis=axes, keepdims=bool(keepdims or keep_dims))

    return reduced


def _getitem(tensor: Any, slice_spec: list[Any]) -> Any:
    """Slice as the file says; ``...`` is what JSON has no word for, and comes as a table of Keras'."""
    return tensor[tuple(_slice(each) for each in slice_spec)]


def _slice(spec: Any) -> Any:
    if isinstance(spec, dict) and {"start", "stop", "step"} <= set(spec):
        return slice(spec["start"], spec["stop"], spec["step"])
    if spec is None or isinstance(spec, int):
        return spec
    if spec == "..." or (isinstance(spec, dict) and "ellipsis" in str(spec).lower()):
        return Ellipsis
    raise TypeError("a slice by values")


def _split(value: Any, num_or_size_splits: Any, axis: int = 0) -> Any:
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    ends = [sum(num_or_size_splits[: place + 1]) for place in range(len(num_or_size_splits) - 1)]
    return ops.split(value, ends, axis)


def _pad(tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: float = 0) -> Any:
    kind = mode.lower()
    return ops.pad(tensor, paddings, kind, constant_values) if kind == "constant" else ops.pad(tensor, paddings, kind)


def _resize(images: Any, size: Any, method: str = "bilinear", antialias: bool = False, preserve_aspect_ratio: bool = False) -> Any:
    if preserve_aspect_ratio or method not in _RESIZES:
        raise TypeError("a resize that Keras has not")
    return keras.layers.Resizing(*size, interpolation=method, antialias=antialias, data_format="channels_last")(images)


def _normalised(x: Any, axis: Any = -1, epsilon: float = 1e-12) -> Any:
    squares = ops.sum(ops.square(x), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, epsilon)))


def _concat(values: Any, axis: int) -> Any:
    return ops.concatenate(values, axis)


def _cast(x: Any, dtype: Any) -> Any:
    name = dtype["config"] if isinstance(dtype, dict) else str(dtype)
    return ops.cast(x, name.rpartition(".")[2])


def _softmax(logits: Any, axis: int = -1) -> Any:
    return keras.layers.Softmax(axis)(logits)


def _add_n(inputs: Any) -> Any:
    return keras.layers.Add()(inputs)


def _bias_add(value: Any, bias: Any) -> Any:
    return ops.add(value, _numbers(bias))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("add", "add_v2", "AddV2", "radd"), _two(ops.add)),
    **dict.fromkeys(("subtract", "sub"), _two(ops.subtract)),
    **dict.fromkeys(("multiply", "mul", "rmul"), _two(ops.multiply)),
    **dict.fromkeys(("truediv", "divide", "realdiv", "div"), _two(ops.true_divide)),
    "rsub": _turned(ops.subtract),
    "rtruediv": _turned(ops.true_divide),
    "maximum": _two(ops.maximum),
    "minimum": _two(ops.minimum),
    "pow": _two(ops.power),
    "squared_difference": lambda x, y: ops.square(ops.subtract(x, y)),
    "add_n": _add_n,
    **dict.fromkeys(("negative", "neg"), _called(ops.negative)),
    **{name: _called(getattr(ops, name)) for name in ("abs", "exp", "log", "sqrt", "rsqrt", "square", "floor", "sigmoid", "tanh", "relu", "relu6")},
    **{name: _called(getattr(ops, name)) for name in ("softplus", "softsign", "selu", "identity") if hasattr(ops, name)},
    "elu": _called(ops.elu),
    "leaky_relu": lambda features, alpha=0.2: ops.leaky_relu(features, negative_slope=alpha),
    "gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
    # TensorFlow's has a factor, which Keras never sets.
    **dict.fromkeys(("swish", "silu"), _called(ops.silu)),
    **dict.fromkeys(("softmax", "softmax_v2"), _softmax),
    **dict.fromkeys(("identity", "stop_gradient", "ensure_shape"), lambda x: x),
    **{f"reduce_{name}": _reduction(getattr(ops, name)) for name in ("mean", "max", "min", "sum", "prod")},
    "l2_normalize": _normalised,
    "reshape": _called(ops.reshape, "shape"),
    "squeeze": lambda x, axis=None: ops.squeeze(x, tuple(axis) if isinstance(axis, list) else axis),
    "expand_dims": _called(ops.expand_dims, "axis"),
    "transpose": lambda a, perm=None: ops.transpose(a, perm),
    "concat": _concat,
    "stack": lambda values, axis=0: ops.stack(values, axis),
    "unstack": lambda value, num=None, axis=0: ops.unstack(value, num, axis),
    "split": _split,
    "tile": _called(ops.tile, "multiples"),
    "reverse": _called(ops.flip, "axis"),
    "pad": _pad,
    "cast": _cast,
    "clip_by_value": _called(ops.clip, "clip_value_min", "clip_value_max"),
    "bias_add": _bias_add,
    "matmul": _called(ops.matmul, "b"),
    "image.resize": _resize,
    "getitem": _getitem,
}
"""By their names in TensorFlow, without the module where it does not matter."""
