"""What the reader tells of small TFLite files that others make."""

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import StoreError
from edgekit.verifying.lint.tflite import read
from foreign_files import lite, packed


@pytest.mark.parametrize(("signature", "opened"), [(None, False), ((1, 8, 8, 3), False), ((1, -1, -1, 3), True), ((-1, 8, 8, 3), True)])
def test_an_open_size_is_one_that_the_signature_leaves_open(tmp_path, signature, opened):
    (image,) = read(lite(tmp_path / "a.tflite", signature=signature)).inputs
    assert (image.shape, image.open_size, image.dtype) == ((1, 8, 8, 3), opened, "uint8")


@pytest.mark.parametrize(
    ("told", "ways"),
    [
        (None, None),
        ({}, None),
        ({"mean": [127.5], "std": [127.5]}, 1),
        ({"mean": [127.5] * 3, "std": [127.5] * 3}, 1),
        ({"mean": [124.0, 117.0, 104.0], "std": [58.0, 57.0, 57.0]}, 3),
        ({"mean": [0.0] * 3, "std": [58.0, 57.0, 57.0]}, 2),
    ],
)
def test_in_how_many_ways_the_metadata_normalises(tmp_path, told, ways):
    assert read(lite(tmp_path / "a.tflite", taken="float32", told=told)).normalised == ways


def test_a_file_is_its_first_graph(tmp_path):
    path = lite(tmp_path / "a.tflite", signature=(1, -1, -1, 3))
    alone = read(path)
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    other = schema.ModelT.InitFromPackedBuf(lite(tmp_path / "b.tflite", shape=(4, 9, 9, 3)).read_bytes(), 0)
    for tensor in other.subgraphs[0].tensors:
        tensor.buffer = 0
    model.subgraphs = [*model.subgraphs, *other.subgraphs]
    path.write_bytes(packed(model))
    both = read(path)
    assert (alone.subgraphs, both.subgraphs) == (1, 2)
    assert (both.inputs, both.outputs, both.reads, both.weights) == (alone.inputs, alone.outputs, alone.reads, alone.weights)


def test_what_stands_behind_the_model_is_told(tmp_path):
    facts = read(lite(tmp_path / "a.tflite", told={}, labels=5))
    assert (facts.label_lines, facts.compressed, facts.signatures, len(facts.output_names)) == (5, (), 1, 1)
    assert read(lite(tmp_path / "b.tflite", signed=False)).signatures == 0
    assert read(lite(tmp_path / "c.tflite", custom=b"Mine")).custom == {"Mine"}


def test_what_is_none_or_damaged(tmp_path):
    path = lite(tmp_path / "a.tflite")
    data = path.read_bytes()
    for damaged, words in ((b"no model at all", "this is no TFLite file"), (data[:-40], "a damaged TFLite file")):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match=words):
            read(path)
