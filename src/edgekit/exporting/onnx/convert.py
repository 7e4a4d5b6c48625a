"""ONNX files: written from a graph, or made of a TFLite file by tf2onnx, which gives int8 one calibration in both formats."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

import onnx
import tf2onnx
from onnx import helper

from edgekit.errors import ExportError
from edgekit.exporting.onnx import (
    graph_writer,
    tf2onnx_patches,  # noqa: F401 (registers its handlers)
)
from edgekit.exporting.onnx.nodes import OPSET
from edgekit.exporting.onnx.placeholders import LARGE_BYTES, put_back, take_out
from edgekit.exporting.onnx.qdq import writer as qdq
from edgekit.exporting.onnx.weights import quantise_dense, store_as_float16
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.passes import rewrite_file
from edgekit.spec.format import Precision
from edgekit.spec.passes import Stage
from edgekit.verifying.lint.onnx import nodes_within

if TYPE_CHECKING:
    from collections.abc import Collection

    from edgekit.graph.graph import Graph
    from edgekit.spec.export import OnnxOptions
    from edgekit.spec.rewrites import Rewrites


def write(graph: Graph, options: OnnxOptions) -> tuple[bytes, tuple[str, ...]]:
    """Return an ONNX model of a graph whose every op is known, and the names of the rewrites of the file that changed something."""
    return _finished(graph_writer.write(graph, options.head.value, options.input_size), options, options.rewrites)


def convert(tflite: bytes, options: OnnxOptions) -> tuple[bytes, tuple[str, ...]]:
    """Return an ONNX model of a TFLite file, and the names of the rewrites of the file that changed something.

    It has symbolic height and width and names of our own, and is checked.

    Raises:
        ExportError: tf2onnx failed, or gave a model that is not valid.

    """
    model = TFLiteModel.read(tflite)
    if options.precision is Precision.INT8 and qdq.can_write(model):
        return _finished(qdq.write(model, options), options, options.rewrites)
    return _finished(_through_tf2onnx(model, options), options, options.rewrites.by_any_writer)


def is_written_here(tflite: bytes) -> bool:
    """Whether an int8 file is written here, and not by tf2onnx."""
    return qdq.can_write(TFLiteModel.read(tflite))


def _through_tf2onnx(tflite: TFLiteModel, options: OnnxOptions) -> onnx.ModelProto:
    constants = take_out(tflite)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "model.tflite"
        source.write_bytes(tflite.to_bytes())
        try:
            # tf2onnx warns of TensorFlow's own interpreter, with which it reads the file.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model, _ = tf2onnx.convert.from_tflite(str(source), opset=OPSET)
        except Exception as error:
            raise ExportError(
                f"tf2onnx failed for {options.precision.value}: {' '.join(str(error).split())[:300]}", hint="--format tflite does without it"
            ) from error
    put_back(model.graph, constants)
    _separate_constants(model.graph)
    _rename(model.graph, options)
    del model.graph.value_info[:]
    return model


def _finished(model: onnx.ModelProto, options: OnnxOptions, rewrites: Rewrites) -> tuple[bytes, tuple[str, ...]]:
    """Rewrite the model, make its weights as small as the precision wants them, infer shapes, and check the model."""
    names = rewrite_file(model.graph, rewrites.for_file(options.format, options.precision), Stage.ONNX)
    _store_weights(model.graph, options.precision)
    model.producer_name, model.producer_version, model.doc_string = "edgekit", "", ""
    _drop_unused_domains(model)
    _infer_shapes(model)
    return bytes(model.SerializeToString(deterministic=True)), names


def _store_weights(graph: onnx.GraphProto, precision: Precision) -> None:
    match precision:
        case Precision.FLOAT32 | Precision.INT8:  # whose weights are stored so already
            pass
        case Precision.FLOAT16:
            store_as_float16(graph)
        case Precision.MIXED:
            quantise_dense(graph)
        case Precision.DYNAMIC:
            raise ExportError("ONNX files are not written in dynamic", hint="take --format tflite, or --precision mixed")
        case _:
            assert_never(precision)


def _drop_unused_domains(model: onnx.ModelProto) -> None:
    """Import no operators but those that are there: tf2onnx names a domain of classic models as well."""
    used = {node.domain for node in model.graph.node}
    kept = [each for each in model.opset_import if each.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _infer_shapes(model: onnx.ModelProto) -> None:
    """Infer shapes and check the model. Large constants are inputs meanwhile: both steps copy a model several times."""
    graph = model.graph
    large = {constant.name: constant for constant in graph.initializer if len(constant.raw_data) >= LARGE_BYTES}
    placeholders = [helper.make_tensor_value_info(name, constant.data_type, constant.dims) for name, constant in large.items()]
    small = [constant for constant in graph.initializer if constant.name not in large]
    light = helper.make_model(
        helper.make_graph(graph.node, graph.name, [*graph.input, *placeholders], graph.output, small, value_info=graph.value_info),
        opset_imports=model.opset_import,
        ir_version=model.ir_version,
    )
    try:
        light = onnx.shape_inference.infer_shapes(light, check_type=True, strict_mode=True, data_prop=True)
        onnx.checker.check_model(light)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"the ONNX model is not valid: {' '.join(str(error).split())[:300]}") from error
    for inferred, known in ((light.graph.output, graph.output), (light.graph.value_info, graph.value_info)):
        del known[:]
        known.extend(inferred)


def operators(data: bytes) -> dict[str, int]:
    """Count the operators of an ONNX file by name, those within branches too."""
    return dict(sorted(Counter(node.op_type for node in nodes_within(onnx.load_from_string(data).graph)).items()))


def _separate_constants(graph: onnx.GraphProto) -> None:
    """Give every use of a constant its own copy, and drop unused ones.

    tf2onnx shares equal scales and zero points. ONNX Runtime's option ``session.x64quantprecision``, without which
    8-bit sums saturate on CPUs without VNNI, refuses such graphs (1.32: "AddInitializerWithOrtValue").
    """
    constants = {constant.name: constant for constant in graph.initializer}
    _separate_dequantised(graph, constants)
    separate: list[onnx.TensorProto] = []
    for node in graph.node:
        for position, name in enumerate(node.input):
            if name in constants:
                copy = onnx.TensorProto()
                copy.CopyFrom(constants[name])
                copy.name = node.input[position] = f"{name}_{len(separate)}"
                separate.append(copy)
    del graph.initializer[:]
    graph.initializer.extend(separate)


def _separate_dequantised(graph: onnx.GraphProto, constants: Collection[str]) -> None:
    """Give every reader of a dequantised constant a DequantizeLinear of its own: else ONNX Runtime makes one, of the same constant."""
    nodes = []
    for node in graph.node:
        nodes.append(node)
        if node.op_type != "DequantizeLinear" or node.input[0] not in constants:
            continue
        uses = [(reader, position) for reader in graph.node for position, name in enumerate(reader.input) if name == node.output[0]]
        for number, (reader, position) in enumerate(uses[1:]):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.output[0] = reader.input[position] = f"{node.output[0]}_{number}"
            nodes.append(copy)
    del graph.node[:]
    graph.node.extend(nodes)


def _rename(graph: onnx.GraphProto, options: OnnxOptions) -> None:
    """Name tensors by their place: tf2onnx counts on from earlier conversions, and the same run must give the same bytes."""
    names = {graph.input[0].name: "image", graph.output[0].name: options.head.value}
    for index, constant in enumerate(graph.initializer):
        names.setdefault(constant.name, f"constant_{index}")
    for index, node in enumerate(graph.node):
        node.name, node.doc_string = f"{node.op_type}_{index}", ""
        for place, output in enumerate(node.output):
            if output:
                names.setdefault(output, f"tensor_{index}_{place}" if place else f"tensor_{index}")
    for constant in graph.initializer:
        constant.name = names[constant.name]
    for node in graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    graph.name, graph.doc_string = "edgekit", ""
    graph.input[0].name, graph.output[0].name = "image", options.head.value
    if options.input_size.is_any:
        height, width = graph.input[0].type.tensor_type.shape.dim[1:3]
        height.dim_param, width.dim_param = "height", "width"
