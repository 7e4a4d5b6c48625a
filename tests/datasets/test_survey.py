"""What one pass over all images finds, of handmade looks at them."""

import pytest

from edgekit.datasets.dataset import Dataset, Example
from edgekit.datasets.survey import Look, Survey
from edgekit.errors import DataError, ImageError


class Named:
    def __init__(self, name):
        self.name = name


def look(name, label, content="", size=(4, 6), error=None):
    """``content`` stands for the digest: nothing, where it cannot be read."""
    return Look(Example(Named(name), label), content or f"own {name}", *size, error)


def bad(name, label):
    return look(name, label, error=ImageError("no image"))


def surveyed(train, test, validation=()):
    parts = [tuple(each.example for each in part) for part in (train, test, validation)]
    return Survey(
        Dataset("d", "/d", ("cat", "dog"), parts[0], parts[1], validation=parts[2]), tuple(train), tuple(test), validation=tuple(validation)
    )


TRAIN = [look("t0", 0, "x"), look("t1", 0, "y"), look("t2", 1, "y"), look("t3", 1, "z"), look("t4", 1, "z", size=(9, 9))]
VALIDATION = [look("v0", 1, "z"), look("v1", 0, "w")]
TEST = [look("e0", 0, "x"), look("e1", 1, "w"), look("e2", 1)]


def test_what_is_in_two_splits_two_classes_and_twice():
    found = surveyed(TRAIN, TEST, VALIDATION)
    assert found.leaked == (("t0", "e0"), ("t4", "v0"), ("v1", "e1"))
    assert found.in_two_classes == (("t1", "t2"),)
    assert found.repeated == 2
    assert found.counts == {"cat": (2, 1), "dog": (3, 2)}
    assert found.validation_counts == {"cat": 1, "dog": 1}
    assert found.sizes == {(4, 6): 9, (9, 9): 1}
    assert [each.picture.name for each in found.looks] == ["t0", "t1", "t2", "t3", "t4", "v0", "v1", "e0", "e1", "e2"]


def test_the_fingerprint_is_of_what_is_learnt_from_and_tested():
    whole, other = surveyed(TRAIN, TEST, VALIDATION), surveyed(TRAIN, TEST)
    assert whole.fingerprint == other.fingerprint != surveyed(TRAIN, TEST[:2]).fingerprint
    assert (len(whole.validation_fingerprint), other.validation_fingerprint) == (64, "")
    # One that cannot be decoded does not count.
    assert surveyed([*TRAIN, bad("t5", 0)], TEST).fingerprint == other.fingerprint


def test_without_what_cannot_be_decoded():
    found = surveyed([*TRAIN, bad("t5", 0)], [bad("e3", 0), *TEST], [*VALIDATION, bad("v2", 1)])
    assert [each.picture.name for each in found.unreadable] == ["t5", "v2", "e3"]
    clean = found.readable()
    assert clean.skipped == ("t5", "v2", "e3")
    assert (len(clean.train), len(clean.test), len(clean.validation)) == (5, 3, 2)
    assert (len(clean.dataset.train), len(clean.dataset.test), len(clean.dataset.validation)) == (5, 3, 2)
    assert clean.unreadable == ()


@pytest.mark.parametrize(
    ("train", "test", "words"),
    [
        ([bad("t0", 0), look("t1", 1)], TEST, "the training images of cat"),
        ([bad("t0", 0), bad("t1", 1)], [bad("e0", 0)], "the training images of cat, dog"),
        (TRAIN, [bad("e0", 0)], "the test images"),
    ],
)
def test_where_nothing_is_left_that_is_said(train, test, words):
    with pytest.raises(DataError, match=f"nothing is left of {words} without those that cannot be decoded"):
        surveyed(train, test).readable()
