"""A contract is held to the tensors of its file, read without the formats' libraries."""

from contextlib import suppress

import msgspec
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given
from hypothesis import strategies as st

from edgekit.errors import StoreError
from edgekit.exporting.formats import embed
from edgekit.spec.format import PRECISIONS, Format, Precision
from edgekit.spec.tensor import DType
from edgekit.store.containers.table import container_of
from edgekit.store.contract import read_embedded

FILES = [(kind, precision) for kind in Format for precision in PRECISIONS[kind]]
CLAIMS = [(*file, claim) for file in FILES for claim in PRECISIONS[file[0]] if claim is not file[1]]


def graph_of(exported, kind, precision):
    return exported.folder / f"mobilenet-{precision.value}.{kind.value}"


def embedded_anew(path, out, **changes):
    """The file with another contract, and a digest that is right."""
    inside = read_embedded(path)
    data = path.read_bytes()
    bare = data[: data.index(b"PK\x03\x04")] if path.suffix == ".tflite" else data
    out.write_bytes(embed(bare, msgspec.structs.replace(inside.contract, **changes), inside.pictures))
    return out


@pytest.mark.parametrize(("kind", "precision", "claim"), CLAIMS, ids=str)
def test_a_precision_that_is_not_the_files_own_is_refused(exported, tmp_path, kind, precision, claim):
    path = graph_of(exported, kind, precision)
    with pytest.raises(StoreError, match=f"not true of the file: it says {claim.value}"):
        read_embedded(embedded_anew(path, tmp_path / path.name, precision=claim))


@pytest.mark.parametrize(
    ("field", "change", "words"),
    [
        ("input", {"dtype": DType.FLOAT32}, r"the input image, float32 .* has image, uint8"),
        ("input", {"shape": (2, -1, -1, 3)}, r"the input image, uint8 \(2, -1, -1, 3\)"),
        ("input", {"name": "picture"}, "the input picture"),
        ("output", {"name": "scores"}, "the output scores"),
        ("output", {"dtype": DType.UINT8}, "the output logits, uint8"),
    ],
)
@pytest.mark.parametrize("kind", Format)
def test_tensors_that_are_not_the_files_own_are_refused(exported, tmp_path, kind, field, change, words):
    path = graph_of(exported, kind, Precision.FLOAT32)
    wrong = msgspec.structs.replace(getattr(read_embedded(path).contract, field), **change)
    with pytest.raises(StoreError, match=words):
        read_embedded(embedded_anew(path, tmp_path / path.name, **{field: wrong}))


@pytest.mark.parametrize(("kind", "precision"), FILES, ids=str)
def test_tensors_are_those_that_the_formats_libraries_read(exported, kind, precision):
    data = graph_of(exported, kind, precision).read_bytes()
    found = container_of(kind).tensors(data)
    if kind is Format.TFLITE:
        graph = schema.ModelT.InitFromPackedBuf(data, 0).subgraphs[0]
        names = [[graph.tensors[number].name.decode() for number in ends] for ends in (graph.inputs, graph.outputs)]
    else:
        graph = onnx.load_from_string(data).graph
        names = [[value.name for value in values] for values in (graph.input, graph.output)]
    assert [[end.name for end in ends] for ends in (found.inputs, found.outputs)] == names
    assert (found.inputs[0].dtype, found.inputs[0].shape) == ("uint8", (1, -1, -1, 3))
    assert (found.outputs[0].dtype, found.outputs[0].shape) == ("float32", (1, 5))
    assert found.steps is (precision is Precision.INT8)
    # A stem, thirteen depthwise and pointwise convolutions, and the last layer.
    assert len(found.kernels) >= 28


@given(data=st.binary(max_size=400))
def test_bytes_that_are_no_model_end_in_one_kind_of_error(data):
    for kind in Format:
        with suppress(IndexError, UnicodeDecodeError):
            container_of(kind).tensors(b"\x10\x00\x00\x00TFL3" + data)
