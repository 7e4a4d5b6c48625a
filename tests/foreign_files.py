"""Model files as others make them, which say nothing of edgekit: a few numbers each, written by hand."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

from edgekit.exporting.tflite import metadata

if TYPE_CHECKING:
    from pathlib import Path

TYPES = {"float32": np.float32, "uint8": np.uint8, "int8": np.int8, "float16": np.float16, "int32": np.int32}
OPTIONS = schema.BuiltinOptions


def packed(model) -> bytes:
    """The file of a model that is made, or damaged, by TFLite's schema alone."""
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class Lite:
    """A TFLite model being made."""

    def __init__(self) -> None:
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.operatorCodes, self.model.buffers = 3, [], [schema.BufferT()]
        self.graph.tensors, self.graph.operators, self.model.subgraphs = [], [], [self.graph]

    def tensor(self, shape, dtype, *, values=None, steps=None, signature=None, name=None):
        tensor = schema.TensorT()
        tensor.shape, tensor.type = np.array(shape, np.int32), getattr(schema.TensorType, dtype.upper())
        tensor.name, tensor.buffer = (name or f"tensor_{len(self.graph.tensors)}").encode(), 0
        if signature:
            tensor.shapeSignature = np.array(signature, np.int32)
        if steps:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = np.array([steps[0]], np.float32), np.array([steps[1]], np.int64)
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(values, TYPES[dtype]).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def operator(self, kind, inputs, outputs, options=None, *, custom=None):
        code = schema.OperatorCodeT()
        code.builtinCode = schema.BuiltinOperator.CUSTOM if custom else getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version, code.customCode = min(code.builtinCode, 127), 1, custom
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs, operator.outputs = (
            len(self.model.operatorCodes) - 1,
            np.array(inputs, np.int32),
            np.array(outputs, np.int32),
        )
        if options:
            operator.builtinOptionsType, operator.builtinOptions = getattr(OPTIONS, type(options).__name__.removesuffix("T")), options
        self.graph.operators.append(operator)

    def sign(self, name="serving_default"):
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = name.encode(), 0
        for ends, field in ((self.graph.inputs, "inputs"), (self.graph.outputs, "outputs")):
            maps = []
            for number in ends:
                entry = schema.TensorMapT()
                entry.name, entry.tensorIndex = self.graph.tensors[number].name, int(number)
                maps.append(entry)
            setattr(signature, field, maps)
        self.model.signatureDefs = [signature]

    def attach(self, payload):
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = np.frombuffer(payload, np.uint8)
        self.model.buffers.append(buffer)
        entry.name, entry.buffer = b"TFLITE_METADATA", len(self.model.buffers) - 1
        self.model.metadata = [entry]


def lite(
    path: Path,
    *,
    taken="uint8",
    given="float32",
    shape=(1, 8, 8, 3),
    signature=None,
    classes=5,
    outputs=1,
    maps=False,
    signed=True,
    custom=None,
    told=None,
    labels=None,
    weights=None,
    rewritten=None,
    as_image=False,
) -> Path:
    """A mean of all pixels and a layer behind it. ``taken`` and ``given`` are the types outside; in 8 bits on both sides, all is.

    ``maps``: an output is an image, as a pose network's. ``told``: metadata, with these normalisation options or without. ``rewritten``: scores in float32
    become this type at last. ``as_image``: they are (1, 1, 1, classes).
    """
    made, batch = Lite(), shape[0]
    steps = {"uint8": (1 / 128, 128), "int8": (1 / 128, 0)}
    whole = given if given != "float32" else None
    image = made.tensor(shape, taken, signature=signature, steps=steps.get(taken) if whole else None, name="image")
    pixels = image
    if taken in ("uint8", "float16") and not whole:
        pixels = made.tensor(shape, "float32", signature=signature)
        options = schema.CastOptionsT()
        options.inDataType, options.outDataType = getattr(schema.TensorType, taken.upper()), schema.TensorType.FLOAT32
        made.operator("CAST", [image], [pixels], options)
    axes = made.tensor([2], "int32", values=[2, 3] if shape[1] == 3 else [1, 2])
    channels = 3 if shape[1] == 3 else shape[3]
    mean = made.tensor((batch, channels), whole or "float32", steps=steps.get(whole))
    made.operator("MEAN", [pixels, axes], [mean], schema.ReducerOptionsT())
    ends = []
    rng = np.random.default_rng(0)
    for number in range(outputs):
        if maps:
            end = made.tensor(shape, "float32", name=f"map_{number}", signature=signature)
            made.operator("RELU", [pixels], [end])
        else:
            end = made.tensor((batch, classes), whole or "float32", steps=steps.get(whole), name=f"scores_{number}")
            kind = weights or whole or "float32"
            kernel = rng.integers(100, 156, (classes, channels)) if kind == "uint8" else rng.integers(-30, 30, (classes, channels))
            kernel = made.tensor((classes, channels), kind, values=kernel, steps=steps.get(kind))
            bias = made.tensor([classes], "int32" if whole else "float32", values=np.zeros(classes), steps=(1 / 128**2, 0) if whole else None)
            made.operator("FULLY_CONNECTED", [mean, kernel, bias], [end], schema.FullyConnectedOptionsT())
        if as_image:
            end = made.tensor((batch, 1, 1, classes), "float32", name=f"image_of_scores_{number}")
            wanted = made.tensor([4], "int32", values=[batch, 1, 1, classes])
            made.operator("RESHAPE", [ends_at(made), wanted], [end])
        if rewritten:
            scores, end = ends_at(made), made.tensor((batch, classes), rewritten, steps=(0.1, 0), name=f"rewritten_{number}")
            made.operator("QUANTIZE", [scores], [end])
        ends.append(end)
    if custom:
        last = made.tensor((batch, classes), whole or "float32", name="custom")
        made.operator("CUSTOM", [ends[-1]], [last], custom=custom)
        ends[-1] = last
    made.graph.inputs, made.graph.outputs = np.array([image], np.int32), np.array(ends, np.int32)
    if signed:
        made.sign()
    if told is not None:
        made.attach(described(outputs, labels=bool(labels), **told))
    path.write_bytes(packed(made.model))
    if labels:
        with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
            archive.writestr("labels.txt", "".join(f"label {index}\n" for index in range(labels)))
    return path


def ends_at(made):
    return int(made.graph.operators[-1].outputs[0])


def described(outputs, *, mean=None, std=None, labels=False):
    """TFLite metadata as MediaPipe reads it, with normalisation options if ``mean`` is given."""
    builder, table, vector = flatbuffers.Builder(256), metadata._table, metadata._vector
    units = []
    # Of metadata_schema.fbs: content is an RGB image; a process unit of normalisation options.
    if mean is not None:
        numbers = []
        for values in (mean, std):
            builder.StartVector(4, len(values), 4)
            for value in reversed(values):
                builder.PrependFloat32(value)
            numbers.append(builder.EndVector())
        options = table(builder, (0, "offset", numbers[0]), (1, "offset", numbers[1]))
        units = [(4, "offset", vector(builder, table(builder, (0, "byte", 1), (1, "offset", options))))]
    content = table(builder, (0, "byte", 2), (1, "offset", table(builder, (0, "byte", 1))))
    image = table(builder, (0, "offset", builder.CreateString("image")), (3, "offset", content), *units)
    files = [(6, "offset", vector(builder, table(builder, (0, "offset", builder.CreateString("labels.txt")), (2, "byte", 2))))] if labels else []
    ends = [table(builder, (0, "offset", builder.CreateString(f"scores_{number}")), *files) for number in range(outputs)]
    builder.StartVector(4, outputs, 4)
    for end in reversed(ends):
        builder.PrependUOffsetTRelative(end)
    listed = builder.EndVector()
    graph = table(builder, (2, "offset", vector(builder, image)), (3, "offset", listed))
    builder.Finish(table(builder, (3, "offset", vector(builder, graph))), b"M001")
    return bytes(builder.Output())


def onnx_file(path: Path, *, taken="float32", shape=(1, 3, 8, 8), opset=17, ir=8, domain="", kind="Relu", outputs=1) -> Path:
    """A mean of all pixels and a layer behind it; height and width may be names."""
    kinds = {"float32": TensorProto.FLOAT, "uint8": TensorProto.UINT8, "float16": TensorProto.FLOAT16}
    last = shape[3] == 3
    nodes, pixels = [], "image"
    if taken != "float32":
        nodes.append(helper.make_node("Cast", ["image"], ["wide"], to=TensorProto.FLOAT))
        pixels = "wide"
    if last:
        nodes.append(helper.make_node("Transpose", [pixels], ["turned"], perm=[0, 3, 1, 2]))
        pixels = "turned"
    nodes += [helper.make_node(kind, [pixels], ["active"], domain=domain), helper.make_node("GlobalAveragePool", ["active"], ["mean"])]
    nodes.append(helper.make_node("Flatten", ["mean"], ["flat"]))
    ends = []
    for number in range(outputs):
        nodes.append(helper.make_node("Gemm", ["flat", "kernel"], [f"scores_{number}"]))
        ends.append(helper.make_tensor_value_info(f"scores_{number}", TensorProto.FLOAT, [shape[0], 5]))
    kernel = numpy_helper.from_array(np.random.default_rng(0).random((3, 5), np.float32), "kernel")
    graph = helper.make_graph(nodes, "net", [helper.make_tensor_value_info("image", kinds[taken], shape)], ends, [kernel])
    imports = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    path.write_bytes(helper.make_model(graph, opset_imports=imports, ir_version=ir).SerializeToString())
    return path
