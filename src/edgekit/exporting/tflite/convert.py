"""Keras to TFLite through TensorFlow's converter: built-in operators only, honest about the image size."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, assert_never

import tensorflow as tf
from tensorflow.lite.python.convert import mlir_quantize
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edgekit.errors import ExportError
from edgekit.exporting.tflite.image import quantise_image
from edgekit.exporting.tflite.metadata import METADATA_NAME, model_metadata
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.weights import quantise_dense
from edgekit.models.fitness import KEEPS_STATE
from edgekit.passes import rewrite_file
from edgekit.spec.format import Precision
from edgekit.spec.passes import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras
    from tensorflow.types.experimental import ConcreteFunction

    from edgekit.spec.export import Head
    from edgekit.spec.rewrites import Rewrites

_UNKNOWN = re.compile(r"'?tf\.(\w+)'? op is neither|(?<=tf\.)(?:TensorList\w+)")
_LAYER = re.compile(r"network(?:_\d+)?/(?:[^/;\"\]]+/)*?([^/;\"\]]+?)(?:_\d+)?/")
_PLACES = re.compile(r"(?:/[\w.+-]+)+/?[\w.+-]*:\d+(?::\d+)?:?|<unknown>:0:|loc\([^)]*\)+|(?:error|note): ")
_SHOWN = 4
_OTHER_LAYERS = "build that part of other layers, which take its weights; recurrent layers with unroll=True; --debug shows what the converter logged"
_BEFORE = re.compile(r"deployable(_\d+)?/(?!network)")


def frozen(graph: keras.Model) -> ConcreteFunction:
    """Return the deployable graph with its weights as constants: what the converter takes, once for all precisions.

    Its own way from a Keras model, through a SavedModel on disk, takes four times as long.

    Raises:
        ExportError: a layer writes to what it keeps, which no constant can be.

    """
    image = graph.inputs[0]
    traced = tf.function(lambda image: graph(image, training=False), input_signature=[tf.TensorSpec(image.shape, image.dtype, name=image.name)])
    try:
        return convert_variables_to_constants_v2(traced.get_concrete_function())
    except ValueError as error:
        raise ExportError(f"the model's weights cannot be made constants: {' '.join(str(error).split())[:200]}", hint=KEEPS_STATE) from error


def convert(graph: ConcreteFunction, precision: Precision) -> bytes:
    """Return what TensorFlow's converter makes of the frozen graph, in any precision but int8.

    Raises:
        ExportError: the converter failed.

    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    match precision:
        case Precision.FLOAT32 | Precision.MIXED | Precision.INT8:  # the last two are made of the first
            pass
        case Precision.FLOAT16:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        case Precision.DYNAMIC:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        case _:
            assert_never(precision)
    return _run(converter.convert, graph)


def quantise(ranges: bytes, in_float: Sequence[str] = ()) -> bytes:
    """Return in int8 the model whose ranges `calibrate` measured; the operators that give the tensors ``in_float`` stay in float32."""
    return _run(partial(mlir_quantize, ranges, input_data_type=tf.uint8, output_data_type=tf.float32, denylisted_nodes=list(in_float)))


def before_network(data: bytes) -> list[str]:
    """Return the names of all tensors that come before the network, by the converter's names for them: deployable/LAYER/operation."""
    return [tensor.name for tensor in TFLiteModel.read(data).tensors if _BEFORE.match(tensor.name)]


def _run(conversion: Callable[[], bytes], graph: ConcreteFunction | None = None) -> bytes:
    """Run TensorFlow's converter, and say in its place what it could not do."""
    try:
        # It warns of statistics that a uint8 input has no need of.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return conversion()
    except Exception as error:
        raise _translated(error, graph) from error


def _translated(error: Exception, graph: ConcreteFunction | None) -> ExportError:
    """Return what the converter could not do, and in which layer: by the graph's names, since its own text is the compiler's."""
    text = str(error)
    if isinstance(error, OSError) or "No space left" in text:
        return ExportError(f"TensorFlow's converter failed: {' '.join(text.split())[:200]}", hint="it needs free disk space for temporary files")
    unknown = dict.fromkeys(_UNKNOWN.findall(text))
    nodes = graph.graph.as_graph_def().node if graph is not None else ()
    layers = dict.fromkeys(found[1] for node in nodes if node.op in unknown and (found := _LAYER.search(node.name)))
    of = f" of the layer {', '.join(list(layers)[:_SHOWN])}" if layers else ""
    if unknown:
        return ExportError(
            f"TFLite has no operator for a part{of or ' of the model'}. Received: {', '.join(list(unknown)[:_SHOWN])}", hint=_OTHER_LAYERS
        )
    # The compiler's own places in its source say nothing to anybody else.
    told = " ".join(_PLACES.sub("", text).split())[:200] or type(error).__name__
    return ExportError(f"TensorFlow's converter failed{of}: {told}", hint=_OTHER_LAYERS)


def operators(data: bytes) -> dict[str, int]:
    """Count the operators of a TFLite file by name."""
    return dict(sorted(Counter(operator.kind_name for operator in TFLiteModel.read(data).operators).items()))


def finished(model: TFLiteModel, head: Head, precision: Precision, rewrites: Rewrites, *, image_px: int) -> tuple[bytes, tuple[str, ...]]:
    """Return a file of what the converter gave, and the names of the rewrites of the file that changed something.

    Its tensors are named, and it has the metadata that MediaPipe reads. One for any image size names ``image_px`` in its static
    shape, for clients that read that one: the converter wrote 1.

    Raises:
        ExportError: an operator is not built in.

    """
    if model.custom_codes:
        raise ExportError(f"the converter used operators that no device runtime has. Received: {', '.join(model.custom_codes)}")
    for tensor in model.tensors:
        if len(tensor.signature) == 4 and -1 in tensor.signature[1:3]:
            tensor.shape = tuple(image_px if extent == -1 else extent for extent in tensor.signature)
    image, output = model.inputs[0], model.outputs[0]
    model.tensors[image].name, model.tensors[output].name = "image", head.value
    model.sign({"image": image}, {head.value: output})
    if precision is Precision.MIXED:
        quantise_dense(model)
    names = rewrite_file(model, rewrites, Stage.TFLITE)
    if precision is Precision.INT8 and not rewrites.cast_image:
        quantise_image(model)
    model.add_metadata(METADATA_NAME, model_metadata(head, model.tensors[output].shape[-1]))
    return model.to_bytes(), names
