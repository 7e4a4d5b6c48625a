"""Model files whose structure does not hold together are refused before any runtime opens them."""

import random
from pathlib import Path

import pytest

import edgekit
from edgekit.errors import StoreError
from edgekit.store.containers.flatbuffer import root
from edgekit.store.containers.onnx import structure as onnx_structure
from edgekit.store.containers.tflite import structure as tflite_structure
from lite_damage import sealed

flatbuffers, onnx = pytest.importorskip("flatbuffers"), pytest.importorskip("onnx")

# Fields of TFLite's schema.fbs.
SUBGRAPHS, BUFFERS = 2, 4
TENSORS, INPUTS, OPERATORS = 0, 1, 3
CODE, READ = 0, 1
SHAPE, BUFFER = 0, 2


@pytest.fixture(scope="module")
def lite(exported):
    return (exported.folder / "mobilenet-int8.tflite").read_bytes()


def graph(data):
    return root(data).tables(SUBGRAPHS)[0]


def with_word(data, place, word):
    return data[:place] + word.to_bytes(4, "little", signed=True) + data[place + 4 :]


def word(data, place):
    return int.from_bytes(data[place : place + 4], "little")


def vector(table, field):
    """Where a vector's first number is."""
    place = table._place(field)
    return place + word(table.data, place) + 4


def a_kernel(data):
    """The largest constant's tensor."""
    buffers = root(data).tables(BUFFERS)
    return max(graph(data).tables(TENSORS), key=lambda tensor: buffers[tensor.number(BUFFER, "I")].extent(0))


def operator(data):
    return graph(data).tables(OPERATORS)[3]


DAMAGES = {
    "an operator reads what is no tensor": lambda data: with_word(data, vector(operator(data), READ), 5000),
    "an operator of a kind that there is not": lambda data: with_word(data, operator(data)._place(CODE), 1 << 20),
    "a tensor in a buffer that there is not": lambda data: with_word(data, a_kernel(data)._place(BUFFER), 5000),
    "a tensor whose shape does not fit its buffer": lambda data: with_word(data, vector(a_kernel(data), SHAPE), 1 << 20),
    "a graph's input or output is no tensor of it": lambda data: with_word(data, vector(graph(data), INPUTS), -2),
    "a vector beyond the end": lambda data: with_word(data, vector(a_kernel(data), 3) - 4, 1 << 29),
    "a place beyond the end": lambda data: with_word(data, 0, 1 << 30),
}


@pytest.mark.parametrize("words", DAMAGES)
def test_a_tflite_file_that_does_not_hold_together_is_refused_with_the_reason(lite, tmp_path, words):
    path = tmp_path / "mobilenet-int8.tflite"
    path.write_bytes(sealed(DAMAGES[words](lite)))
    with pytest.raises(StoreError, match=words):
        edgekit.load(path)


def test_every_exported_file_holds_together(exported):
    for entry in exported.manifest.artifacts:
        data = (exported.folder / entry.file).read_bytes()
        (tflite_structure if entry.file.endswith(".tflite") else onnx_structure).check(data)


def test_whatever_the_bytes_are_nothing_but_an_index_error_comes_of_them(lite):
    rng = random.Random(0)
    for _ in range(60):
        data = bytearray(lite[:60_000])
        for _ in range(rng.randint(1, 40)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        for check in (tflite_structure.check, onnx_structure.check):
            with pytest.raises(IndexError):
                check(bytes(data))


def constant(**changes):
    tensor = onnx.TensorProto(name="w", dims=[2, 3], data_type=onnx.TensorProto.FLOAT, raw_data=bytes(24))
    for name, value in changes.items():
        setattr(tensor, name, value)
    return tensor


def model_of(*tensors, nodes=()):
    return onnx.ModelProto(graph=onnx.GraphProto(initializer=tensors, node=nodes)).SerializeToString()


def nested(depth):
    inner = onnx.GraphProto()
    for _ in range(depth):
        attribute = onnx.AttributeProto(name="body", type=onnx.AttributeProto.GRAPH, g=inner)
        inner = onnx.GraphProto(node=[onnx.NodeProto(op_type="Loop", attribute=[attribute])])
    return onnx.ModelProto(graph=inner).SerializeToString()


def test_an_onnx_file_holds_together_or_is_refused_with_the_reason():
    onnx_structure.check(model_of(constant()))
    onnx_structure.check(nested(3))
    elsewhere = constant(data_location=onnx.TensorProto.EXTERNAL, raw_data=b"")
    wide = constant()
    wide.dims.extend([1] * 100)
    elsewhere.external_data.add(key="location", value="../../secret")
    short = onnx.NodeProto(op_type="Constant", attribute=[onnx.helper.make_attribute("value", constant(raw_data=bytes(20)))])
    for data, words in (
        (model_of(constant(raw_data=bytes(23))), "does not fit its bytes"),
        (model_of(elsewhere), "in another file"),
        (model_of(nodes=[short]), "does not fit its bytes"),
        (model_of(wide), "more dimensions"),
        (nested(25), "without end"),
        (model_of(constant())[:-3], "beyond the end"),
    ):
        with pytest.raises(IndexError, match=words):
            onnx_structure.check(data)


def test_vectors_that_lead_to_each_other_a_million_times_are_not_followed():
    # A model of 1,000 graphs, which are one and the same, with 100,000 tensors, which are one and the same.
    builder = flatbuffers.Builder(0)
    builder.StartObject(1)
    tensor = builder.EndObject()
    tensors = vector_of(builder, tensor, 100_000)
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(TENSORS, tensors, 0)
    graph = builder.EndObject()
    graphs = vector_of(builder, graph, 1000)
    builder.StartObject(SUBGRAPHS + 1)
    builder.PrependUOffsetTRelativeSlot(SUBGRAPHS, graphs, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    with pytest.raises(IndexError):
        tflite_structure.check(bytes(builder.Output()))


def vector_of(builder, entry, times):
    builder.StartVector(4, times, 4)
    for _ in range(times):
        builder.PrependUOffsetTRelative(entry)
    return builder.EndVector()


def test_a_model_of_somebody_else_holds_together():
    tflite_micro = pytest.importorskip("tflite_micro")
    (path,) = Path(tflite_micro.__path__[0]).rglob("sine_float.tflite")
    tflite_structure.check(path.read_bytes())
