"""A small TFLite model that LiteRT's own library writes, damaged in one place at a time: what does not hold together is named."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.store.containers.flatbuffer import root
from edgekit.store.containers.tflite.structure import check
from tiny_tflite import FLOAT, INT4, STRING, numbers, small, written


def of(change):
    """A change of the model's first subgraph, or of all of the model, before it is written."""
    model = small()
    change(model.subgraphs[0], model)
    return written(model)


HOLDS = {
    "as it is": lambda graph, model: None,
    "an operator that reads nothing": lambda graph, model: setattr(graph.operators[0], "inputs", numbers(-1)),
    "the last tensor": lambda graph, model: setattr(graph, "inputs", numbers(2)),
    "the last kind of operators": lambda graph, model: setattr(graph.operators[0], "opcodeIndex", 1),
    "eight dimensions": lambda graph, model: setattr(graph.tensors[0], "shape", numbers(*[1] * 8)),
    "an open extent": lambda graph, model: setattr(graph.tensors[0], "shape", numbers(1, -1, -1, 2)),
    "one zero point for all channels": lambda graph, model: setattr(graph.tensors[1].quantization, "zeroPoint", numbers(0, kind=np.int64)),
    "no zero point": lambda graph, model: setattr(graph.tensors[1].quantization, "zeroPoint", None),
    "half bytes, rounded up": lambda graph, model: (setattr(graph.tensors[1], "type", INT4), setattr(graph.tensors[1], "shape", numbers(3, 1, 1, 4))),
    "an odd number of half bytes": lambda graph, model: (setattr(graph.tensors[1], "type", INT4), setattr(graph.tensors[1], "shape", numbers(11)),
                                                         setattr(graph.tensors[1], "quantization", None)),
    "texts, whose size no shape tells": lambda graph, model: setattr(graph.tensors[1], "type", STRING),
    "a shape without numbers": lambda graph, model: setattr(graph.tensors[2], "shape", numbers(1, 999, 999, 3)),
    "no signature": lambda graph, model: setattr(model, "signatureDefs", None),
    "scales along the last dimension": lambda graph, model: (setattr(graph.tensors[1], "shape", numbers(2, 1, 1, 3)),
                                                             setattr(graph.tensors[1].quantization, "quantizedDimension", 3)),
}  # fmt: skip


@pytest.mark.parametrize("change", HOLDS)
def test_what_holds_together(change):
    check(of(HOLDS[change]))


def kernel_of(**quantised):
    def change(graph, model):
        for field, value in quantised.items():
            setattr(graph.tensors[1].quantization, field, value)

    return change


BROKEN = [
    ("there is no graph", lambda graph, model: setattr(model, "subgraphs", [])),
    ("metadata in a buffer that there is not", lambda graph, model: setattr(model.metadata[0], "buffer", 3)),
    ("metadata in a buffer that there is not", lambda graph, model: setattr(model, "metadataBuffer", numbers(3))),
    ("metadata in a buffer that there is not", lambda graph, model: setattr(model, "metadataBuffer", numbers(-1))),
    ("input or output is no tensor", lambda graph, model: setattr(graph, "inputs", numbers(3))),
    ("input or output is no tensor", lambda graph, model: setattr(graph, "inputs", numbers(-1))),
    ("input or output is no tensor", lambda graph, model: setattr(graph, "outputs", numbers(0, 3))),
    ("an operator of a kind that there is not", lambda graph, model: setattr(graph.operators[1], "opcodeIndex", 2)),
    ("an operator reads what is no tensor", lambda graph, model: setattr(graph.operators[0], "inputs", numbers(0, 3))),
    ("an operator reads what is no tensor", lambda graph, model: setattr(graph.operators[0], "inputs", numbers(-2))),
    ("an operator gives what is no tensor", lambda graph, model: setattr(graph.operators[0], "outputs", numbers(3))),
    ("an operator gives what is no tensor", lambda graph, model: setattr(graph.operators[0], "outputs", numbers(-1))),
    ("an operator keeps what is no tensor", lambda graph, model: setattr(graph.operators[1], "intermediates", numbers(3))),
    ("an operator keeps what is no tensor", lambda graph, model: setattr(graph.operators[1], "intermediates", numbers(-2))),
    ("a tensor of an impossible shape", lambda graph, model: setattr(graph.tensors[0], "shape", numbers(*[1] * 9))),
    ("a tensor of an impossible shape", lambda graph, model: setattr(graph.tensors[0], "shape", numbers(1, -2))),
    ("a tensor in a buffer that there is not", lambda graph, model: setattr(graph.tensors[1], "buffer", 3)),
    ("a tensor whose shape does not fit its buffer", lambda graph, model: setattr(graph.tensors[1], "shape", numbers(3, 1, 2, 2))),
    ("a tensor whose shape does not fit its buffer", lambda graph, model: setattr(graph.tensors[1], "type", FLOAT)),
    ("scales that do not fit a tensor's channels", kernel_of(scale=numbers(1, 2, kind=np.float32))),
    ("scales that do not fit a tensor's channels", kernel_of(quantizedDimension=3)),
    ("scales that do not fit a tensor's channels", kernel_of(quantizedDimension=4)),
    ("scales that do not fit a tensor's channels", kernel_of(quantizedDimension=-4)),
    ("zero points that do not fit a tensor's scales", kernel_of(zeroPoint=numbers(0, 0, kind=np.int64))),
    ("a signature of a graph that there is not", lambda graph, model: setattr(model.signatureDefs[0], "subgraphIndex", 1)),
    ("a signature names what is no tensor", lambda graph, model: setattr(model.signatureDefs[0].inputs[0], "tensorIndex", 3)),
    ("a signature names what is no tensor", lambda graph, model: setattr(model.signatureDefs[0].outputs[0], "tensorIndex", 3)),
]  # fmt: skip


@pytest.mark.parametrize(("words", "change"), BROKEN, ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "")
def test_what_does_not_hold_together_is_named(words, change):
    with pytest.raises(IndexError, match=words):
        check(of(change))


NAMES = (
    "customcode",
    "graphname",
    "imagename",
    "kernelname",
    "scoresname",
    "customoptions",
    "signaturekey",
    "inputname",
    "outputname",
    "metadataname",
)


@pytest.mark.parametrize("name", NAMES)
def test_every_text_ends_within_the_file(name):
    data = written(small())
    place = data.index(name.encode()) - 4
    assert int.from_bytes(data[place : place + 4], "little") == len(name)
    with pytest.raises(IndexError, match="beyond the end"):
        check(data[:place] + len(data).to_bytes(4, "little") + data[place + 4 :])


def vector_at(data, values):
    """Where a vector of these numbers is: its length stands before it."""
    return data.index(len(values).to_bytes(4, "little") + values.tobytes())


@pytest.mark.parametrize("field", ["min", "max", "scale", "zeroPoint"])
def test_every_vector_of_a_quantisation_ends_within_the_file(field):
    model = small()
    values = numbers(7.25, 8.5, 9.75, kind=np.float32) if field != "zeroPoint" else numbers(71, 72, 73, kind=np.int64)
    setattr(model.subgraphs[0].tensors[1].quantization, field, values)
    data = written(model)
    check(data)
    place = vector_at(data, values)
    with pytest.raises(IndexError, match="beyond the end"):
        check(data[:place] + (len(data) // values.itemsize).to_bytes(4, "little") + data[place + 4 :])


def test_a_shape_for_a_vector_of_options_ends_within_the_file():
    model = small()
    reshape, codes = model.subgraphs[0].operators[0], model.operatorCodes
    codes[0].builtinCode = schema.BuiltinOperator.RESHAPE
    reshape.builtinOptionsType, reshape.builtinOptions = schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()
    reshape.builtinOptions.newShape = numbers(1, 77, 78)
    data = written(model)
    check(data)
    place = vector_at(data, reshape.builtinOptions.newShape)
    with pytest.raises(IndexError):
        check(data[:place] + len(data).to_bytes(4, "little") + data[place + 4 :])


@pytest.mark.parametrize(("beyond", "holds"), [(0, True), (1, False)])
def test_a_buffer_behind_the_flatbuffer_ends_within_the_file(beyond, holds):
    """Large models have their weights there: from a place on, so many bytes."""
    model = small()
    model.subgraphs[0].tensors[1].shape, model.subgraphs[0].tensors[1].quantization = numbers(6 + beyond), None
    model.buffers[1].data, model.buffers[1].offset, model.buffers[1].size = None, 2, 6 + beyond
    length = len(written(model))
    model.buffers[1].offset = length
    data = written(model) + bytes(6)
    assert len(data) == length + 6
    if holds:
        check(data)
    else:
        with pytest.raises(IndexError, match="a buffer beyond the end"):
            check(data)


def with_extent(data, table, extent):
    """A table whose own description says that it takes so many bytes."""
    fields = table.position - int.from_bytes(data[table.position : table.position + 4], "little", signed=True)
    return data[: fields + 2] + extent.to_bytes(2, "little") + data[fields + 4 :]


def of_the_model(data):
    return root(data).tables(1)[1]  # the operator codes


def of_the_options(data):
    return root(data).tables(2)[0].tables(3)[0].table(4)


def of_the_sparsity(data):
    return root(data).tables(2)[0].tables(0)[1].table(6)


@pytest.mark.parametrize("place", [of_the_model, of_the_options, of_the_sparsity])
def test_tables_of_which_no_field_is_read_lie_within_the_file_too(place):
    model = small()
    sparse = model.subgraphs[0].tensors[1].sparsity = schema.SparsityParametersT()
    sparse.traversalOrder = numbers(0, 1)
    data = written(model)
    check(data)
    with pytest.raises(IndexError, match=r"a (table beyond the end|field beyond its table)"):
        check(with_extent(data, place(data), 60_000))
