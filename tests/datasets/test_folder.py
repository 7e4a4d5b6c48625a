import hashlib

import numpy as np
import pytest

from edgekit.datasets.decode import encode_png
from edgekit.datasets.fingerprint import fingerprint
from edgekit.datasets.folder import open_folder
from edgekit.datasets.selection import balanced, split_off
from edgekit.datasets.survey import survey
from edgekit.errors import DataError, ImageError
from image_folders import noise_folder


def test_given_splits(tmp_path):
    noise_folder(tmp_path / "train", {"b": 3, "a": 2})
    noise_folder(tmp_path / "test", {"a": 1, "b": 1})
    dataset = open_folder(tmp_path)
    assert (dataset.classes, len(dataset.train), len(dataset.test), dataset.split) == (("a", "b"), 5, 2, "given")
    assert dataset.train[0].picture.name == "train/a/0.png"


def test_hidden_files_and_folders_are_left_out(tmp_path):
    noise_folder(tmp_path, {"a": 5, "b": 5, "a/.thumbs": 5, ".cache": 5})
    (tmp_path / "b/.hidden.png").write_bytes((tmp_path / "b/0.png").read_bytes())
    dataset = open_folder(tmp_path)
    names = {example.picture.name for example in (*dataset.train, *dataset.test)}
    assert names == {f"{label}/{index}.png" for label in "ab" for index in range(5)}


@pytest.mark.parametrize("place", ["a/caf\udce9.png", "caf\udce9", "a/caf\udce9/0.png"])
def test_a_name_that_no_record_could_hold_is_refused(tmp_path, place):
    noise_folder(tmp_path, {"a": 5, "b": 5})
    if place.endswith(".png"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_bytes((tmp_path / "a/0.png").read_bytes())
    else:
        noise_folder(tmp_path, {place: 5})
    with pytest.raises(DataError, match=r"not UTF-8.*caf\\udce9"):
        open_folder(tmp_path)


def test_without_test_a_stratified_fifth_is_split_off_the_same_each_time(tmp_path):
    noise_folder(tmp_path, {"a": 10, "b": 20})
    first, second = open_folder(tmp_path, seed=3), open_folder(tmp_path, seed=3)
    assert [example.label for example in first.test] == [0] * 2 + [1] * 4
    assert first.test == second.test
    assert not {example.picture.name for example in first.test} & {example.picture.name for example in first.train}
    assert open_folder(tmp_path, seed=4).test != first.test


def test_groups_stay_together():
    from edgekit.datasets.sample import open_sample

    rest, part = split_off(open_sample().train, 0.1, 0)
    assert len(part) == 252
    assert not {example.group for example in rest} & {example.group for example in part}


def test_balanced_takes_from_every_class_in_turn(tmp_path):
    dataset = open_folder(noise_folder(tmp_path, {"a": 10, "b": 20, "c": 2}))
    labels = [example.label for example in balanced(dataset.train, 8, 0)]
    assert [labels.count(label) for label in range(3)] == [4, 3, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: root / "missing", "no such folder"),
        (lambda root: root, "no class folders"),
        (lambda root: noise_folder(root, {"only": 3}), "two classes or more"),
        (lambda root: noise_folder(root, {"a": 3, "b": 0}), "without images"),
        (
            lambda root: (noise_folder(root / "train", {"a": 3, "b": 3}), noise_folder(root / "test", {"c": 1}), root)[-1],
            "classes that train/ does not have",
        ),
    ],
)
def test_folders_that_cannot_be_used(tmp_path, make, message):
    with pytest.raises(DataError, match=message) as caught:
        open_folder(make(tmp_path))
    assert caught.value.hint


def test_a_survey_finds_what_is_wrong(tmp_path):
    noise_folder(tmp_path / "train", {"a": 3, "b": 3})
    noise_folder(tmp_path / "test", {"a": 1, "b": 1}, px=7)
    (tmp_path / "train/a/notes.jpg").write_text("no image")
    (tmp_path / "test/b/0.png").write_bytes((tmp_path / "train/b/1.png").read_bytes())
    (tmp_path / "train/a/again.png").write_bytes((tmp_path / "train/a/0.png").read_bytes())
    (tmp_path / "train/b/other.png").write_bytes((tmp_path / "train/a/0.png").read_bytes())
    for split in ("train", "test"):
        (tmp_path / split / "a/gone.png").symlink_to(tmp_path / split / "a/0.png")
    dataset = open_folder(tmp_path)
    for split in ("train", "test"):
        (tmp_path / split / "a/gone.png").unlink()
    found = survey(dataset)
    gone = ["train/a/gone.png", "test/a/gone.png"]
    assert [look.picture.name for look in found.unreadable] == ["train/a/gone.png", "train/a/notes.jpg", "test/a/gone.png"]
    assert all(look.error.hint for look in found.unreadable)
    assert ("train/b/1.png", "test/b/0.png") in found.leaked
    assert tuple(gone) not in found.leaked
    assert found.in_two_classes == (("train/a/0.png", "train/b/other.png"),)
    assert found.repeated == 2
    assert found.counts == {"a": (6, 2), "b": (4, 1)}
    assert found.sizes == {(9, 9): 9, (7, 7): 1}
    clean = found.readable()
    assert clean.skipped == ("train/a/gone.png", "train/a/notes.jpg", "test/a/gone.png")
    assert len(clean.dataset.train) == 8
    assert clean.fingerprint == found.fingerprint


def test_the_fingerprint_is_of_names_classes_and_contents_and_stays_what_it_was(tmp_path):
    noise_folder(tmp_path / "train", {"b": 2, "a": 2, "a/deep": 1})
    noise_folder(tmp_path / "test", {"a": 1, "b": 1})
    wanted = hashlib.sha256()
    for split, label, names in (
        ("train", 0, ("train/a/0.png", "train/a/1.png", "train/a/deep/0.png")),
        ("train", 1, ("train/b/0.png", "train/b/1.png")),
        ("test", 0, ("test/a/0.png",)),
        ("test", 1, ("test/b/0.png",)),
    ):
        for name in names:
            wanted.update(f"{split}\0{name}\0{label}\0{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}\n".encode())
    assert survey(open_folder(tmp_path)).fingerprint == fingerprint(open_folder(tmp_path)) == wanted.hexdigest()
    noise_folder(tmp_path / "val", {"a": 1})
    (tmp_path / "train/a/@eaDir").mkdir()
    (tmp_path / "train/a/@eaDir/0.png").write_bytes(b"a thumbnail")
    assert survey(open_folder(tmp_path)).fingerprint == wanted.hexdigest()


def test_a_picture_that_was_looked_at_refuses_another_content(tmp_path):
    dataset = survey(open_folder(noise_folder(tmp_path, {"a": 5, "b": 5}))).dataset
    path = tmp_path / dataset.train[0].picture.name
    dataset.train[0].picture.pixels()
    path.write_bytes(encode_png(np.zeros((3, 3, 3), np.uint8)))
    with pytest.raises(ImageError, match="has changed"):
        dataset.train[0].picture.pixels()


def test_a_test_folder_without_an_image_is_told(tmp_path):
    noise_folder(tmp_path, {"train/a": 2, "train/b": 2})
    for name in "ab":
        (tmp_path / "test" / name).mkdir(parents=True)
    with pytest.raises(DataError, match="no test images") as caught:
        open_folder(tmp_path)
    assert "ROOT/test/<class>" in caught.value.hint
