"""What every file of every format and precision stores: read by the formats' own libraries, and held to what its precision says."""

import math
from dataclasses import dataclass

import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.spec.format import PRECISIONS, Format, Precision

FILES = [(kind, precision) for kind in Format for precision in PRECISIONS[kind]]
# A stem, thirteen depthwise and thirteen pointwise convolutions, and a fully connected layer.
CONVOLUTIONS, DENSE = 27, 1
# The converter of TensorFlow leaves smaller kernels of `dynamic` files in float32.
MIN_NUMBERS = 1024
EIGHT_BITS = {"INT8", "UINT8"}
_KINDS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_TYPES = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}


@dataclass(frozen=True)
class Layer:
    """Types as the file stores them; ``takes`` is that of the values which the layer multiplies."""

    dense: bool
    numbers: int
    kernel: str
    bias: str | None
    takes: str


def of_tflite(data):
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    graph = model.subgraphs[0]
    stored = {}
    for operator in graph.operators:
        kind = _KINDS[model.operatorCodes[operator.opcodeIndex].builtinCode]
        if kind == "DEQUANTIZE":
            stored[operator.outputs[0]] = operator.inputs[0]
        elif kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            values, kernel, bias = (graph.tensors[stored.get(tensor, tensor)] for tensor in operator.inputs)
            assert model.buffers[kernel.buffer].data is not None
            yield Layer(kind == "FULLY_CONNECTED", math.prod(kernel.shape), *(_TYPES[tensor.type] for tensor in (kernel, bias, values)))


def of_onnx(data):
    graph = onnx.load_from_string(data).graph
    constants = {constant.name: constant for constant in graph.initializer}
    given_by = {output: node for node in graph.node for output in node.output}

    def constant(name):
        while name in given_by:
            assert given_by[name].op_type in ("Cast", "DequantizeLinear")
            name = given_by[name].input[0]
        return constants[name]

    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul", "MatMulInteger"):
            continue
        kernel = constant(node.input[1])
        bias = constant(node.input[2]) if node.op_type in ("Conv", "Gemm") and len(node.input) > 2 else None
        giver = given_by[node.input[0]].op_type
        takes = {"DequantizeLinear": "INT8", "DynamicQuantizeLinear": "as it comes"}.get(giver, "FLOAT32")
        yield Layer(node.op_type != "Conv", math.prod(kernel.dims), name_of(kernel), name_of(bias) if bias else None, takes)


def name_of(constant):
    return {"FLOAT": "FLOAT32"}.get(name := onnx.TensorProto.DataType.Name(constant.data_type), name)


READERS = {Format.TFLITE: of_tflite, Format.ONNX: of_onnx}


@pytest.fixture(scope="module", params=FILES, ids=lambda file: f"{file[0]}-{file[1]}")
def layers(request, exported):
    """The precision of a file, and its layers."""
    kind, precision = request.param
    return precision, list(READERS[kind]((exported.folder / f"mobilenet-{precision}{kind.suffix}").read_bytes()))


def test_every_layer_is_looked_at(layers):
    _, found = layers
    assert [sum(layer.dense is dense for layer in found) for dense in (False, True)] == [CONVOLUTIONS, DENSE]
    assert sum(layer.numbers >= MIN_NUMBERS for layer in found if not layer.dense) > CONVOLUTIONS / 2


def test_stored_types_are_those_that_the_precision_says(layers):
    precision, found = layers
    for layer in found:
        match precision:
            case Precision.FLOAT32:
                assert (layer.kernel, layer.bias, layer.takes) == ("FLOAT32", "FLOAT32", "FLOAT32")
            case Precision.FLOAT16:
                assert (layer.kernel, layer.takes) == ("FLOAT16", "FLOAT32")
            case Precision.MIXED if layer.dense:
                assert layer.kernel in EIGHT_BITS
                assert layer.takes in ("FLOAT32", "as it comes")
            case Precision.MIXED:
                assert (layer.kernel, layer.takes) == ("FLOAT32", "FLOAT32")
            case Precision.DYNAMIC:
                assert layer.kernel == ("INT8" if layer.numbers >= MIN_NUMBERS else "FLOAT32")
                assert (layer.bias, layer.takes) == ("FLOAT32", "FLOAT32")
            case Precision.INT8:
                assert (layer.kernel, layer.bias, layer.takes) == ("INT8", "INT32", "INT8")
            case _:
                pytest.fail(f"nothing is said here of what {precision} files store")
