"""Keras 2's layers by their configuration, as layers of Keras 3."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import keras
from keras import layers, ops
from keras.src.applications.convnext import LayerScale
from keras.src.utils.python_utils import func_load

from edgekit.models.keras2.refusal import CodeError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

# What Keras 2 wrote of a layer and Keras 3 does not ask for, by the values that change nothing in what it answers.
_WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {
    "groups": (1,),
    "time_major": (False,),
    "ragged": (False, None),
    "sparse": (False, None),
    "dynamic": (False, None),
    "depth_multiplier": (1,),
    "experimental_autocast": (True, False, None),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "softmax_robust_masking": (False,),
}
# What only training asks for: weights come from the file.
_TRAINING = re.compile(r".*_(initializer|regularizer|constraint)|activity_regularizer|momentum|seed|noise_shape|force_generator|rng_type")
_ALWAYS_DROPPED = (
    *("query_shape", "key_shape", "value_shape"),  # an attention learns them when it is called
    "renorm",  # at inference the moving statistics count either way
    *("batch_input_shape", "batch_shape", "input_dtype", "implementation", "fused", "renorm_clipping", "renorm_momentum", "input_spec"),
    *("shared_object_id", "optional", "type_spec", "autocast", "unroll", "zero_output_for_mask", "synchronized", "build_config"),
)
# Layers that only networks of keras.applications have, which are Keras' own all the same.
_OF_APPLICATIONS = {"LayerScale": LayerScale}
_AT_TRAINING_ALONE = re.compile(
    r"StochasticDepth|Random(?!Crop|Fourier).*|Dropout|SpatialDropout[123]D|Gaussian(Noise|Dropout)|AlphaDropout|ActivityRegularization|ActivityRegularizer"
)
_RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "Resizing": {},
}
_OWN_MODULE = re.compile(r"(keras|tf_keras|tensorflow)(\.|$)")
UNSAFE_HINT = "if you trust whoever wrote it: --unsafe"
_CODE_HINT = "a layer or function of your own is code, which no file holds; models of Keras' own layers can be exported"
_MERGING = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")


def hard_sigmoid(x: Any) -> Any:
    """Return Keras 2's hard sigmoid, clip(0.2 · x + 0.5, 0, 1); Keras 3's of that name has another slope."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def thresholded(theta: float) -> Callable[[Any], Any]:
    """Return Keras 2's ThresholdedReLU: x where it is above ``theta``, else 0."""
    return lambda x: ops.multiply(x, ops.cast(ops.greater(x, theta), "float32"))


def is_merging(kind: str) -> bool:
    """Whether a layer reads a list of tensors, even of one alone."""
    return kind in _MERGING


def layer_of(entry: dict[str, Any], name: str, *, unsafe: bool) -> Any:
    """Return the Keras 3 layer, called ``name``, of an entry of a Keras 2 configuration, or a function for what Keras 3 has as none.

    Raises:
        CodeError: it is code of somebody's own.
        UnreadableError: Keras 3 has no such layer, or an argument of it is not known here.

    """
    kind, config = str(entry.get("class_name")), dict(entry.get("config") or {})
    _refuse_code(entry, kind)
    if _AT_TRAINING_ALONE.fullmatch(kind):
        return layers.Identity(name=name)
    if kind == "Lambda":
        return _lambda(config, name, unsafe=unsafe)
    if kind == "ThresholdedReLU":
        return thresholded(float(config["theta"]))
    made = _OF_APPLICATIONS.get(kind) or getattr(layers, _KERAS_3_NAMES.get(kind, kind), None)
    if made is None or not (isinstance(made, type) and issubclass(made, layers.Layer)):
        raise UnreadableError(f"Keras 3 has no layer of the kind {kind}, which the model has as {config.get('name', name)}")
    return made(**_arguments(made, kind, config, name, unsafe=unsafe))


def _lambda(config: dict[str, Any], name: str, *, unsafe: bool) -> Any:
    """Return a Lambda layer of the code in the file, where it may be run: it was compiled by the Python that wrote the file."""
    function = config["function"]
    if isinstance(function, str):
        raise CodeError(f"the Lambda layer {config.get('name', name)} calls {function[:60]}, a function that is not in the file", hint=_CODE_HINT)
    if not unsafe:
        raise CodeError(f"the file holds code, which loading it would run: the Lambda layer {config.get('name', name)}", hint=UNSAFE_HINT)
    if isinstance(function, dict):
        function = function["config"].get("value") or [function["config"][key] for key in ("code", "defaults", "closure")]
    try:
        code, defaults, closure = function
        return layers.Lambda(func_load(code, defaults, closure), arguments=config.get("arguments") or {}, name=name)
    except (ValueError, TypeError, EOFError) as error:
        raise CodeError(f"the code of the Lambda layer {name} is of another Python, or not in the file") from error


_KERAS_3_NAMES = {"SyncBatchNormalization": "BatchNormalization", "BatchNormalizationV1": "BatchNormalization", "CuDNNLSTM": "", "CuDNNGRU": ""}


def _refuse_code(entry: dict[str, Any], kind: str) -> None:
    registered, module = str(entry.get("registered_name") or ""), str(entry.get("module") or "keras")
    if ">" in kind or ">" in registered or not _OWN_MODULE.match(module):
        raise CodeError(f"the model has a layer of somebody's own: {registered or kind}", hint=_CODE_HINT)
    if kind == "KerasLayer":
        raise CodeError(
            "the model has a layer of TensorFlow Hub (KerasLayer), whose graph is not in the file",
            hint="take the Keras model of the same network instead",
        )


def _arguments(made: type, kind: str, config: dict[str, Any], name: str, *, unsafe: bool) -> dict[str, Any]:
    """Return what Keras 3's class is to be made with: what it knows of the configuration, without what only training asks for."""
    renamed = _RENAMED.get(kind, {})
    given = {renamed.get(key, key): value for key, value in config.items() if key not in _ALWAYS_DROPPED and not _TRAINING.fullmatch(key)}
    known = set(inspect.signature(made).parameters) | {"name", "trainable", "dtype"}
    arguments: dict[str, Any] = {}
    for key, value in given.items():
        if key in known:
            arguments[key] = _value(kind, key, value, name, unsafe=unsafe)
        elif value is not None and value not in _WITHOUT_EFFECT.get(key, ()):
            raise UnreadableError(f"an argument of the layer {config.get('name', name)} ({kind}) is not known here: {key}={str(value)[:60]}")
    return {**arguments, "name": name}


def _value(kind: str, key: str, value: Any, name: str, *, unsafe: bool) -> Any:
    if key == "dtype":
        return _dtype(value)
    if key.endswith("activation"):
        return _activation(value, name, unsafe=unsafe)
    if key in ("layer", "backward_layer", "cell") and isinstance(value, dict):
        return layer_of(value, re.sub(r"[^A-Za-z0-9_.]", "_", str(value.get("config", {}).get("name", key))), unsafe=unsafe)
    if key == "cells":
        return [_value(kind, "cell", each, name, unsafe=unsafe) for each in value]
    if key == "axis" and isinstance(value, list) and kind.endswith("BatchNormalization") and len(value) == 1:
        return value[0]
    return value


def _dtype(value: Any) -> str:
    """Return the name of a policy, which Keras 2 wrote as a text, or as a table."""
    if isinstance(value, dict):
        config = value.get("config")
        return _dtype(config.get("name") if isinstance(config, dict) else config)
    name = str(value or "float32")
    return "float32" if name in ("_infer", "policy", "None") or name.startswith(("uint", "int")) else name


def _activation(value: Any, layer: str, *, unsafe: bool) -> Any:
    """Return an activation of Keras 3; Keras 2 wrote its name, a table with it, or a layer."""
    if value is None:
        return None
    if isinstance(value, dict):
        kind = str(value.get("class_name"))
        if kind in ("function", "str"):
            return _activation(value.get("config"), layer, unsafe=unsafe)
        return layer_of(value, f"{layer}_activation", unsafe=unsafe)
    if value == "hard_sigmoid":
        return hard_sigmoid
    try:
        return keras.activations.get({"softmax_v2": "softmax", "relu_v2": "relu"}.get(str(value), value))
    except ValueError as error:
        raise CodeError(f"the layer {layer} has an activation of somebody's own: {str(value)[:60]}", hint=_CODE_HINT) from error
