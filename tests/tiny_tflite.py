"""A TFLite model of a few hundred bytes, with something in nearly every field, as LiteRT's own library writes it."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

FLOAT, INT8, INT4, STRING = schema.TensorType.FLOAT32, schema.TensorType.INT8, schema.TensorType.INT4, schema.TensorType.STRING


def numbers(*values, kind=np.int32):
    return np.array(values, kind)


def tensor(name, shape, kind, buffer=0, **quantised):
    found = schema.TensorT()
    found.name, found.shape, found.type, found.buffer = name, numbers(*shape), kind, buffer
    if quantised:
        found.quantization = schema.QuantizationParametersT()
        for field, value in quantised.items():
            setattr(found.quantization, field, value)
    return found


def mapped(name, number):
    found = schema.TensorMapT()
    found.name, found.tensorIndex = name, number
    return found


def small():
    """An image through a convolution of three channels, and a custom operator; with names, a signature, and metadata."""
    codes = [schema.OperatorCodeT(), schema.OperatorCodeT()]
    codes[0].builtinCode = schema.BuiltinOperator.CONV_2D
    codes[1].builtinCode, codes[1].customCode = schema.BuiltinOperator.CUSTOM, "customcode"
    graph = schema.SubGraphT()
    graph.name = "graphname"
    graph.tensors = [
        tensor("imagename", (1, 4, 4, 2), INT8, scale=numbers(0.5, kind=np.float32), zeroPoint=numbers(3, kind=np.int64)),
        tensor("kernelname", (3, 1, 1, 2), INT8, 1, scale=numbers(1, 2, 3, kind=np.float32), zeroPoint=numbers(0, 0, 0, kind=np.int64)),
        tensor("scoresname", (1, 4, 4, 3), INT8),
    ]
    graph.inputs, graph.outputs = numbers(0), numbers(2)
    conv, custom = schema.OperatorT(), schema.OperatorT()
    conv.opcodeIndex, conv.inputs, conv.outputs = 0, numbers(0, 1, -1), numbers(2)
    conv.builtinOptionsType, conv.builtinOptions = schema.BuiltinOptions.Conv2DOptions, schema.Conv2DOptionsT()
    custom.opcodeIndex, custom.inputs, custom.outputs, custom.intermediates = 1, numbers(2), numbers(2), numbers(-1, 2)
    custom.customOptions = np.frombuffer(b"customoptions", np.uint8)
    graph.operators = [conv, custom]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "signaturekey", 0
    signature.inputs, signature.outputs = [mapped("inputname", 0)], [mapped("outputname", 2)]
    model, entry = schema.ModelT(), schema.MetadataT()
    entry.name, entry.buffer = "metadataname", 2
    model.version, model.operatorCodes, model.subgraphs, model.signatureDefs, model.metadata = 3, codes, [graph], [signature], [entry]
    model.buffers = [schema.BufferT() for _ in range(3)]
    model.buffers[1].data = np.arange(6, dtype=np.uint8)
    model.metadataBuffer = numbers(2)
    return model


def written(model):
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
