"""Files that a target does not take, each damaged in one way: the lint says so, and what to do."""

import shutil
import sys
import tracemalloc
import zipfile

import flatbuffers
import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper

from edgekit.errors import StoreError
from edgekit.exporting.formats import embed
from edgekit.exporting.tflite import metadata
from edgekit.spec.target import Target
from edgekit.store.bundle import open_bundle
from edgekit.store.contract import read_embedded
from edgekit.verifying.lint import onnx as lint_onnx
from edgekit.verifying.lint.lint import lint_bundle, lint_file
from foreign_files import packed


def said(path, target):
    return " ".join(check.detail for check in lint_file(path, target) if not check.passed)


@pytest.fixture
def tflite_file(exported, tmp_path):
    """Damage a TFLite file: a function changes the model before it is written again, with its contract or without."""

    def damaged(change, name="mobilenet-float32.tflite", *, with_contract=True):
        whole = exported.folder / name
        model = schema.ModelT.InitFromPackedBuf(whole.read_bytes(), 0)
        change(model)
        data, inside = packed(model), read_embedded(whole)
        path = tmp_path / name
        path.write_bytes(embed(data, inside.contract, inside.pictures) if with_contract else data)
        return path

    return damaged


@pytest.fixture
def onnx_file(exported, tmp_path):
    def damaged(change, name="mobilenet-float32.onnx"):
        model = onnx.load(exported.folder / name)
        change(model)
        path = tmp_path / name
        onnx.save(model, path)
        return path

    return damaged


def nameless(model):
    builder = flatbuffers.Builder(256)
    subgraph = metadata._table(builder, (3, "offset", metadata._vector(builder, metadata._table(builder))))
    builder.Finish(metadata._table(builder, (3, "offset", metadata._vector(builder, subgraph))), b"M001")
    entry = next(entry for entry in model.metadata if entry.name == b"TFLITE_METADATA")
    model.buffers[entry.buffer].data = np.frombuffer(bytes(builder.Output()), np.uint8)


def test_each_file_fits_where_it_should(exported):
    fits = {target: {check.artifact for check in lint_bundle(exported, target) if check.passed} for target in Target}
    tflite = {entry.file for entry in exported.manifest.artifacts if entry.format.value == "tflite"}
    onnx_files = {entry.file for entry in exported.manifest.artifacts} - tflite
    assert fits == {
        Target.MEDIAPIPE: tflite,
        Target.LITERT: tflite,
        Target.ONNXRUNTIME: onnx_files,
        Target.OPENCV: onnx_files - {"mobilenet-int8.onnx"},
        Target.WEB: onnx_files,
        Target.MICROCONTROLLER: {"mobilenet-int8.tflite"},
    }


def test_of_a_bundle_one_file_that_fits_is_enough(exported):
    assert {check.passed for check in lint_bundle(exported, Target.MICROCONTROLLER)} == {True, None}


def test_a_file_that_fits_does_not_hide_a_damaged_one(bundle_copy):
    (bundle_copy / "mobilenet-float16.tflite").write_bytes(b"no model")
    passed = {check.artifact: check.passed for check in lint_bundle(open_bundle(bundle_copy), Target.MEDIAPIPE)}
    assert (passed["mobilenet-float16.tflite"], passed["mobilenet-float32.tflite"]) == (False, True)


@pytest.mark.parametrize(
    ("package", "reader", "target", "file"),
    [
        ("onnx", "onnx", Target.ONNXRUNTIME, "mobilenet-float32.onnx"),
        ("flatbuffers.number_types", "tflite", Target.LITERT, "mobilenet-float32.tflite"),
    ],
)
def test_a_format_without_its_reader_is_not_checked(exported, monkeypatch, package, reader, target, file):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"edgekit.verifying.lint.{reader}", raising=False)
    found = {check.artifact: check for check in lint_bundle(exported, target)}
    assert found[file].passed is None
    assert "edgekit[lint]" in found[file].detail


def one_by_one(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].shape = np.array([1, 1, 1, 3], np.int32)


def float_input(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].type = schema.TensorType.FLOAT32


def quantised_output(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.outputs[0]].type = schema.TensorType.INT8


def flex(model):
    code = model.operatorCodes[model.subgraphs[0].operators[0].opcodeIndex]
    code.builtinCode, code.customCode = schema.BuiltinOperator.CUSTOM, b"FlexCast"


def of_a_later_schema(model):
    code = model.operatorCodes[model.subgraphs[0].operators[0].opcodeIndex]
    code.builtinCode, code.deprecatedBuiltinCode = 999, 127


def no_signature(model):
    model.signatureDefs = None


def two_subgraphs(model):
    model.subgraphs = [*model.subgraphs, model.subgraphs[0]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (one_by_one, "static shape is to say the image's size. Received: (1, 1, 1, 3)"),
        (float_input, "uint8: others need normalisation options. Received: float32"),
        (quantised_output, "float32 is wanted. Received: int8"),
        (flex, "not built in. Received: FlexCast"),
        (two_subgraphs, "one subgraph is wanted"),
        (nameless, "no name in the metadata"),
    ],
)
def test_what_mediapipe_does_not_take(tflite_file, change, words):
    assert words in said(tflite_file(change), Target.MEDIAPIPE)


def test_what_litert_and_microcontrollers_do_not_take(tflite_file):
    assert said(tflite_file(no_signature), Target.LITERT) == ""
    assert "it has no signature; `edgekit export` makes such files" in said(tflite_file(no_signature), Target.WEB)
    assert "Received: operator 999" in said(tflite_file(of_a_later_schema), Target.LITERT)
    assert "Received: operator 999" in said(tflite_file(of_a_later_schema, "mobilenet-int8.tflite"), Target.MICROCONTROLLER)


def test_labels_that_are_not_there(tflite_file):
    assert "not in the file. Received: labels.txt" in said(tflite_file(lambda model: None, with_contract=False), Target.MEDIAPIPE)


def test_labels_that_are_too_few(exported, tmp_path):
    path = tmp_path / "mobilenet-float32.tflite"
    model = schema.ModelT.InitFromPackedBuf((exported.folder / path.name).read_bytes(), 0)
    path.write_bytes(packed(model))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr("labels.txt", "one\ntwo\n")
    assert said(path, Target.MEDIAPIPE) == "2 labels for an output of (5,); `edgekit export` makes such files"


def test_entries_that_are_compressed(tflite_file):
    path = tflite_file(lambda model: None, with_contract=False)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", "a\nb\nc\nd\ne\n")
    assert "files inside are compressed, it reads stored ones alone. Received: labels.txt" in said(path, Target.MEDIAPIPE)


def too_new(model):
    model.opset_import[0].version = 23


def own_domain(model):
    model.graph.node[0].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))


def of_vectors(model):
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("image", TensorProto.UINT8, [1, 100]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (too_new, "too new for releases in use. Received: 23, at most: 21"),
        (own_domain, "ONNX Runtime does not have. Received: com.example."),
        (of_vectors, "the input is to be (1, height, width, 3). Received: (1, 100)"),
    ],
)
@pytest.mark.parametrize("target", [Target.ONNXRUNTIME, Target.OPENCV, Target.WEB])
def test_what_onnx_clients_do_not_take(onnx_file, target, change, words):
    # OpenCV goes by the operators, whatever set they are of.
    assert (words in said(onnx_file(change), target)) is ((target, change) != (Target.OPENCV, too_new))


def test_what_stands_in_branches_counts(tmp_path):
    branches = {
        name: helper.make_graph([helper.make_node(kind, ["image"], [kind])], kind, [], [helper.make_tensor_value_info(kind, TensorProto.FLOAT, [1])])
        for name, kind in (("then_branch", "Abs"), ("else_branch", "Neg"))
    }
    image, asked, out = (
        helper.make_tensor_value_info(*value)
        for value in (("image", TensorProto.FLOAT, [1]), ("asked", TensorProto.BOOL, [1]), ("out", TensorProto.FLOAT, [1]))
    )
    graph = helper.make_graph([helper.make_node("If", ["asked"], ["out"], **branches)], "branches", [image, asked], [out])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), tmp_path / "branches.onnx")
    facts = lint_onnx.read(tmp_path / "branches.onnx")
    assert (facts.subgraphs, facts.operators) == (3, {"If", "Abs", "Neg"})


def test_an_output_that_is_no_tensor_has_no_name_for_its_type(tmp_path):
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1])
    out = helper.make_tensor_sequence_value_info("out", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("SequenceConstruct", ["image"], ["out"])], "sequence", [image], [out])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), tmp_path / "sequence.onnx")
    assert [tensor.dtype for tensor in lint_onnx.read(tmp_path / "sequence.onnx").outputs] == ["type 0"]
    assert lint_file(tmp_path / "sequence.onnx", Target.WEB)


def strange_type(model):
    model.subgraphs[0].tensors[0].type = 99


def scalar_output(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.outputs[0]].shape = np.array([], np.int32)


def name_in_no_alphabet(model):
    graph = model.subgraphs[0]
    graph.tensors[graph.inputs[0]].name = b"\xff\xfe"


@pytest.mark.parametrize("change", [strange_type, scalar_output, name_in_no_alphabet])
@pytest.mark.parametrize("target", [Target.MEDIAPIPE, Target.LITERT, Target.MICROCONTROLLER, Target.WEB])
def test_what_is_strange_ends_in_a_check(tflite_file, target, change):
    assert lint_file(tflite_file(change), target)


def test_labels_are_not_unpacked(tflite_file):
    path = tflite_file(lambda model: None, with_contract=False)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", "\n" * 50_000_000)
    tracemalloc.start()
    try:
        told = said(path, Target.MEDIAPIPE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "compressed" in told
    assert peak < 30_000_000


def test_another_format_needs_no_reader(exported, monkeypatch):
    monkeypatch.setitem(sys.modules, "edgekit.verifying.lint.onnx", None)
    assert said(exported.folder / "mobilenet-float32.onnx", Target.MEDIAPIPE) == "it opens tflite files; export --format tflite"


@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-float32.onnx"])
def test_a_damaged_file_is_a_store_error(exported, tmp_path, name):
    path = tmp_path / name
    path.write_bytes((exported.folder / name).read_bytes()[:3000])
    with pytest.raises(StoreError, match="damaged"):
        lint_file(path, Target.WEB)


def test_the_command_fails_where_no_file_fits(exported, edgekit_cli, tmp_path):
    assert edgekit_cli("verify", exported.folder, "--for", "mediapipe")[0] == 0
    alone = shutil.copy(exported.folder / "mobilenet-float32.tflite", tmp_path)
    status, out, err = edgekit_cli("verify", alone, "--for", "microcontroller")
    assert status == 4
    assert "--precision int8" in out
    assert "1 of 1 checks failed" in err
    assert edgekit_cli("verify", alone, "--for", "microcontroller", "--clients")[0] == 2


def test_the_newest_operator_set_and_file_version_that_releases_open(onnx_file):
    """ONNX Runtime's table of versions: 1.20 opens operator set 21, its file version 10, and 1.32 file version 13."""

    def version(**changed):
        def change(model):
            model.opset_import[0].version = changed.get("opset", 18)
            model.ir_version = changed.get("ir", 10)

        return said(onnx_file(change), Target.ONNXRUNTIME)

    assert version(opset=21, ir=13) == ""
    assert "operator set is too new for releases in use. Received: 22, at most: 21; `edgekit export` writes operator set 18" in version(opset=22)
    assert "file version is too new. Received: 14, at most: 13" in version(ir=14)
