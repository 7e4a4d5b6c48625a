"""A look at a folder as people have it, in words and as JSON."""

import json

from image_folders import noise_folder


def test_a_validation_folder_and_what_is_not_read_are_told(edgekit_cli, tmp_path):
    noise_folder(tmp_path, {"Train/a": 4, "Train/b": 3, "Val/a": 2, "Val/b": 1, "Test/a": 1, "Test/b": 1, "extra/deep": 5})
    (tmp_path / "Train/a/@eaDir").mkdir()
    (tmp_path / "Train/a/@eaDir/0.png").write_bytes((tmp_path / "Train/a/0.png").read_bytes())
    (tmp_path / "Val/a/0.png").write_bytes((tmp_path / "Train/a/0.png").read_bytes())
    (tmp_path / "Train/b/clip.MOV").write_bytes(b"")
    status, out, _ = edgekit_cli("data", "inspect", tmp_path)
    assert status == 0
    lines = [line.rstrip() for line in out.splitlines()]
    assert [line.split() for line in lines[:3]] == [["class", "train", "validation", "test"], ["a", "4", "2", "1"], ["b", "3", "1", "1"]]
    assert "7 training, 3 validation and 2 test images in 2 classes; test split: as given" in lines
    assert "5 photographs in extra/ are not read: only Train/ and Val/ and Test/ are read" in lines
    assert "1 MOV video is not read: take single pictures out of them" in lines
    assert "1 system file in @eaDir is not read: thumbnails and the like, no photographs" in lines
    assert "  Val/a/0.png is Train/a/0.png" in lines
    found = json.loads(edgekit_cli("data", "inspect", tmp_path, "--json")[1])
    assert found["classes"] == {"a": {"train": 4, "validation": 2, "test": 1}, "b": {"train": 3, "validation": 1, "test": 1}}
    assert (found["split"], found["validation"]) == ("given", "given")
    assert [(entry["count"], entry["what"]) for entry in found["left_out"]] == [(5, "photograph"), (1, "MOV video"), (1, "system file")]


def test_without_a_validation_folder_nothing_is_said_of_one(edgekit_cli, tmp_path):
    noise_folder(tmp_path, {"a": 5, "b": 5})
    assert "validation" not in edgekit_cli("data", "inspect", tmp_path)[1]
    found = json.loads(edgekit_cli("data", "inspect", tmp_path, "--json")[1])
    assert found["classes"] == {"a": {"train": 4, "test": 1}, "b": {"train": 4, "test": 1}}
    assert (found["split"], found["validation"], found["left_out"]) == ("seeded", "seeded", [])
