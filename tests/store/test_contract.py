import zipfile

import msgspec
import pytest

from edgekit.errors import SchemaError, StoreError
from edgekit.spec.format import Format
from edgekit.spec.task import Task
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.contract import CONTRACT_KEY, read_embedded


@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-int8.onnx"])
def test_a_file_tells_what_it_is(exported, name):
    found = read_embedded(exported.folder / name)
    assert found.contract.labels == ("alef", "heh", "kaf", "meem", "sheen")
    assert found.contract.input.shape == (1, -1, -1, 3)
    assert found.contract.preprocessing.image_px == 48
    assert len(found.pictures) == len(found.contract.samples) == 4
    assert sum(len(picture) for picture in found.pictures) <= 20_000


def rewritten(source, target, method=zipfile.ZIP_STORED, **changed):
    """Copy the flatbuffer and put another zip behind it."""
    with zipfile.ZipFile(source) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
        start = min(info.header_offset for info in archive.infolist())
    target.write_bytes(source.read_bytes()[:start])
    with zipfile.ZipFile(target, "a", method) as archive:
        for name, content in (entries | changed).items():
            archive.writestr(name, content)
    return target


def test_a_zip_bomb_is_refused_unread(exported, tmp_path):
    bomb = rewritten(exported.folder / "mobilenet-float32.tflite", tmp_path / "a.tflite", zipfile.ZIP_DEFLATED, bomb=bytes(200_000_000))
    assert bomb.stat().st_size < 5_000_000
    with pytest.raises(StoreError, match="hostile metadata"):
        read_embedded(bomb)


def test_labels_that_differ_inside_are_refused(exported, tmp_path):
    changed = rewritten(exported.folder / "mobilenet-float32.tflite", tmp_path / "a.tflite", **{"labels.txt": b"heh\nalef\nkaf\nmeem\nsheen\n"})
    with pytest.raises(StoreError, match="labels inside differ"):
        read_embedded(changed)


def test_a_contract_of_a_newer_edgekit_says_so(exported, tmp_path):
    changed = rewritten(exported.folder / "mobilenet-float32.tflite", tmp_path / "a.tflite", **{CONTRACT_KEY: b'{"schema": 99}'})
    with pytest.raises(SchemaError, match="schema 99") as caught:
        read_embedded(changed)
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
@pytest.mark.parametrize("data", [b"", b"no model", b"\x08\x01" * 40, b"\xff" * 64, b"\x72\xff\xff\xff\xff\x0f"])
def test_what_is_no_model_is_one_clear_error(tmp_path, suffix, data):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(data)
    with pytest.raises(StoreError):
        read_embedded(path)


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(StoreError, match="not a model file") as caught:
        read_embedded(tmp_path / "model.pt")
    assert ".onnx" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"samples": ()}, "no samples"),
        ({"labels": ("alef", "heh")}, "damaged"),
        ({"input": TensorSpec(name="image", shape=(1, 3), dtype=DType.UINT8)}, "damaged"),
        ({"format": Format.ONNX}, "in onnx"),
    ],
)
def test_a_contract_that_breaks_a_rule_is_refused(exported, tmp_path, change, words):
    whole = exported.folder / "mobilenet-float32.tflite"
    embedded = read_embedded(whole)
    fields = msgspec.to_builtins(embedded.contract) | msgspec.to_builtins(change)
    entries = {"edgekit.json": msgspec.json.encode(fields), "labels.txt": "\n".join(fields["labels"]).encode() + b"\n"}
    entries |= {f"sample-{index}.png": picture for index, picture in enumerate(embedded.pictures)}
    path = tmp_path / whole.name
    with zipfile.ZipFile(whole) as archive:
        start = min(info.header_offset for info in archive.infolist())
    path.write_bytes(whole.read_bytes()[:start])
    with zipfile.ZipFile(path, "a") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(StoreError, match=words):
        read_embedded(path)


def binary(contract, threshold):
    """The contract of a binary head, whose one score is of two labels."""
    return msgspec.structs.replace(
        contract,
        task=Task.BINARY,
        labels=("no", "yes"),
        output=msgspec.structs.replace(contract.output, shape=(1, 1)),
        samples=tuple(msgspec.structs.replace(sample, scores=sample.scores[:1]) for sample in contract.samples),
        thresholds=threshold,
    )


def test_a_threshold_is_a_probability(exported):
    contract = read_embedded(exported.folder / "mobilenet-float32.tflite").contract
    for value in (0.001, 0.5, 0.999):
        assert binary(contract, (value,)).decision.thresholds == (value,)
    for value in (0.0, 1.0, -0.5, 1.5):
        with pytest.raises(ValueError, match="a threshold is a probability"):
            binary(contract, (value,))
    with pytest.raises(ValueError, match="a threshold for every score"):
        binary(contract, ())


@pytest.mark.parametrize(
    ("field", "shape", "rule"),
    [
        ("input", (1, -1, -1, 4), "four dimensions, with three channels"),
        ("input", (1, 3, 8), "four dimensions, with three channels"),
        ("output", (5,), "the output has two dimensions"),
        ("output", (1, 1, 5), "the output has two dimensions"),
        ("output", (1, 6), "a label for every score"),
    ],
)
def test_rules_of_shapes(exported, field, shape, rule):
    contract = read_embedded(exported.folder / "mobilenet-float32.tflite").contract
    with pytest.raises(ValueError, match=rule):
        msgspec.structs.replace(contract, **{field: msgspec.structs.replace(getattr(contract, field), shape=shape)})


def test_samples_have_as_many_scores_as_the_output_and_a_binary_head_one(exported):
    contract = read_embedded(exported.folder / "mobilenet-float32.tflite").contract
    sample = msgspec.structs.replace(contract.samples[0], scores=contract.samples[0].scores[:4])
    with pytest.raises(ValueError, match="as many scores as the output"):
        msgspec.structs.replace(contract, samples=(sample, *contract.samples[1:]))
    with pytest.raises(ValueError, match="a binary head has one score"):
        msgspec.structs.replace(contract, task=Task.BINARY, labels=("no", "yes"), thresholds=(0.5,) * 5)


@pytest.mark.parametrize(
    ("file", "narrow", "saturates"),
    [
        ("mobilenet-int8.onnx", False, True),
        ("mobilenet-int8.onnx", True, False),
        ("mobilenet-float32.onnx", False, False),
        ("mobilenet-int8.tflite", False, False),
        ("mobilenet-float32.onnx", True, False),
    ],
)
def test_which_files_may_saturate(exported, file, narrow, saturates):
    contract = read_embedded(exported.folder / file).contract
    assert msgspec.structs.replace(contract, narrow_weights=narrow).may_saturate is saturates
