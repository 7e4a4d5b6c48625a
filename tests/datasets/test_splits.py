"""Which folders are splits, by name and by what they hold; a validation folder is watched, and what is not used is told."""

import pytest

from edgekit.datasets.folder import open_folder
from edgekit.datasets.listing import list_folder
from edgekit.datasets.photographs import FOR_CALIBRATION, FOR_PROOF, photographs_in
from edgekit.datasets.splits import Split, layout_of, split_named
from edgekit.errors import DataError

TRAIN = "train Train TRAIN training training_set train_data seg_train train-images TrainingSet trainset train2017 images_train Train_Dataset"
TEST = "test Test TEST testing test_set seg_test TestImages test-data testset holdout test2017"
VALIDATION = "val valid validation VAL val_set Validation_Set valid_data dev dev_set eval evaluation seg_val val2017"
NEITHER = "cat trainer trains device protest latest contest evaluate interval seg_pred development_board testament valley other"


@pytest.mark.parametrize(
    ("words", "split"),
    [(TRAIN, Split.TRAIN), (TEST, Split.TEST), (VALIDATION, Split.VALIDATION), (NEITHER, None)],
    ids=["train", "test", "val", "none"],
)
def test_names(words, split):
    assert {word: split_named(word) for word in words.split()} == dict.fromkeys(words.split(), split)


def fill(root, **counts):
    """``train__cat=3``: three photographs in train/cat."""
    for place, count in counts.items():
        folder = root / place.replace("__", "/")
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            (folder / f"{index}.jpg").write_bytes(b"")
    return root


def counted(dataset):
    return len(dataset.train), len(dataset.validation), len(dataset.test)


def told(dataset):
    return [str(entry) for entry in dataset.left_out]


@pytest.mark.parametrize(
    ("train", "test"),
    [("train", "test"), ("Train", "Test"), ("TRAIN", "TEST"), ("training_set", "test_set"), ("seg_train", "seg_test"), ("train_data", "testing"),
     ("training_set/training_set", "test_set/test_set"), ("seg_train/seg_train", "seg_test")],
)  # fmt: skip
def test_splits_of_any_usual_name_are_no_classes(tmp_path, train, test):
    fill(tmp_path, **{f"{train}/a": 4, f"{train}/b": 3, f"{test}/a": 2, f"{test}/b": 1})
    dataset = open_folder(tmp_path)
    assert (dataset.classes, counted(dataset), dataset.split, told(dataset)) == (("a", "b"), (7, 0, 3), "given", [])
    assert dataset.train[0].picture.name == f"{train}/a/0.jpg"


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val_Set", "dev", "eval"])
def test_a_validation_folder_is_watched(tmp_path, name):
    fill(tmp_path, train__a=10, train__b=10, **{f"{name}/a": 2, f"{name}/b": 1})
    dataset = open_folder(tmp_path)
    assert (dataset.classes, counted(dataset), dataset.split) == (("a", "b"), (16, 3, 4), "seeded")
    fill(tmp_path, test__a=5)
    assert counted(open_folder(tmp_path)) == (20, 3, 5)


def test_classes_beside_split_folders_without_a_training_split(tmp_path):
    dataset = open_folder(fill(tmp_path, a=4, b=4, test__a=2, test__b=2, val__a=1))
    assert (dataset.classes, counted(dataset)) == (("a", "b"), (8, 1, 4))


def test_what_lies_elsewhere_is_told_with_its_count(tmp_path):
    fill(tmp_path, train__a=4, train__b=4, test__a=2, seg_pred=7, raw__deep=2, val=3, train=1)
    (tmp_path / "photo.jpg").write_bytes(b"")
    dataset = open_folder(tmp_path)
    assert counted(dataset) == (8, 0, 2)
    assert told(dataset) == [
        "9 photographs in raw/, seg_pred/ are not read: only train/ and test/ are read",
        "3 photographs in val/ are not read: a split holds class folders; rename it if it is a class itself",
        "2 photographs outside of class folders (photo.jpg, train/0.jpg) are not read: put each into the folder of its class",
    ]


def test_a_plain_name_wins_and_the_other_is_told(tmp_path):
    dataset = open_folder(fill(tmp_path, train__a=2, train__b=2, training__a=5, test__a=1, test__b=1))
    assert counted(dataset) == (4, 0, 2)
    assert told(dataset) == ["5 photographs in training/ are not read: train/ is the train split"]


def test_two_folders_that_could_be_one_split(tmp_path):
    with pytest.raises(DataError, match=r"could be the validation split\. Received: dev, val"):
        open_folder(fill(tmp_path, train__a=2, train__b=2, val__a=1, dev__a=1))


def test_a_class_that_is_named_as_a_split(tmp_path):
    """Trains beside buses: the folder is told, never dropped in silence; inside a split any name is a class."""
    with pytest.raises(DataError, match="no class folders in it") as caught:
        open_folder(fill(tmp_path / "flat", bus=3, car=3, train=3))
    assert "rename it if it is a class itself" in caught.value.hint
    dataset = open_folder(fill(tmp_path / "testing", cat=5, dog=5, test=3))
    assert (dataset.classes, counted(dataset)) == (("cat", "dog"), (8, 0, 2))
    assert told(dataset) == ["3 photographs in test/ are not read: a split holds class folders; rename it if it is a class itself"]
    inside = open_folder(fill(tmp_path / "inside", train__bus=3, train__train=3, train__test=3, test__train=1))
    assert (inside.classes, counted(inside)) == (("bus", "test", "train"), (9, 0, 1))


def test_an_archive_that_unpacks_into_a_folder_of_its_own(tmp_path):
    dataset = open_folder(fill(tmp_path, data__dataset__train__a=3, data__dataset__train__b=3, data__dataset__test__a=1))
    assert (dataset.classes, counted(dataset)) == (("a", "b"), (6, 0, 1))
    with pytest.raises(DataError, match="two classes") as caught:
        open_folder(fill(tmp_path / "pets", PetImages__Cat=3, PetImages__Dog=3))
    assert caught.value.hint.endswith("PetImages?")


def test_class_folders_match_across_splits_as_people_write_them(tmp_path):
    dataset = open_folder(fill(tmp_path, train__Cat=2, train__Dog=2, test__cat=1, test__dog=2))
    assert dataset.classes == ("Cat", "Dog")
    assert [example.label for example in dataset.test] == [0, 1, 1]
    with pytest.raises(DataError, match="val/ has classes that train/ does not have"):
        open_folder(fill(tmp_path, val__cow=1))


def test_folders_without_training_images(tmp_path):
    with pytest.raises(DataError, match="no class folders"):
        open_folder(fill(tmp_path, Test__a=2, val__a=2))


def test_a_folder_for_an_export_gives_one_split(tmp_path):
    fill(tmp_path, train__a=4, train__b=4, test__a=2, test__b=1, val__a=1)
    proof, calibration, everything = (photographs_in(tmp_path, *wanted) for wanted in (FOR_PROOF, FOR_CALIBRATION, ()))
    assert [len(found.files) for found in (proof, calibration, everything)] == [3, 8, 12]
    assert proof.root == tmp_path / "test"
    assert proof.class_folders == ("a", "b")
    assert proof.told() == [f"{tmp_path} holds splits: the photographs of test/ are taken"]
    assert everything.told() == []
    flat = photographs_in(fill(tmp_path / "flat", train=3, test=2), *FOR_PROOF)
    assert (flat.root, len(flat.files), flat.class_folders) == (tmp_path / "flat/test", 2, ())
    plain = photographs_in(fill(tmp_path / "plain", a=3, b=2), *FOR_PROOF)
    assert (plain.root, len(plain.files), plain.class_folders) == (tmp_path / "plain", 5, ("a", "b"))


def test_a_layout_names_where_the_classes_are(tmp_path):
    layout = layout_of(list_folder(fill(tmp_path, seg_train__seg_train__a=1, seg_train__seg_train__b=1, seg_test__a=1)))
    assert layout.roots == {Split.TRAIN: tmp_path / "seg_train/seg_train", Split.TEST: tmp_path / "seg_test"}
