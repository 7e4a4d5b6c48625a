import unicodedata

import pytest

from edgekit.datasets.class_names import both_lists, match_folders, without_numbers

NFC, NFD = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")


@pytest.mark.parametrize(
    ("folders", "labels", "indexes"),
    [
        (["blue", "red"], ["red", "blue"], {"blue": 1, "red": 0}),
        (["Blue", "RED"], ["red", "blue"], {"Blue": 1, "RED": 0}),
        ([NFD, "Tee"], [NFC, "tee"], {NFD: 0, "Tee": 1}),
        (["STRASSE"], ["Straße", "Weg"], {"STRASSE": 0}),
        (["great  dane"], ["Great Dane", "cat"], {"great  dane": 0}),
        (["001.Black_footed", "002.Laysan"], ["laysan", "black_footed"], {"001.Black_footed": 1, "002.Laysan": 0}),
        (["blue"], ["0 blue", "1 red"], {"blue": 0}),
        # What differs in its case alone is two classes where both are labels.
        (["Polish", "polish"], ["polish", "Polish"], {"Polish": 1, "polish": 0}),
        (["1 euro", "2 euro"], ["2 euro", "1 euro"], {"1 euro": 1, "2 euro": 0}),
        (["7-Eleven", "3D"], ["3d", "7-eleven"], {"7-Eleven": 1, "3D": 0}),
        ([], ["a"], {}),
    ],
)
def test_a_folder_finds_its_label(folders, labels, indexes):
    matched = match_folders(folders, labels)
    assert (matched.indexes, matched.unknown) == (indexes, ())


@pytest.mark.parametrize(
    ("folders", "labels", "indexes", "unknown"),
    [
        (["blue", "violet"], ["red", "blue"], {"blue": 1}, ("violet",)),
        (["crane"], ["crane", "cat", "crane"], {}, ("crane",)),  # the name of two
        (["POLISH"], ["polish", "Polish"], {}, ("POLISH",)),
        (["a", "b"], [], {}, ("a", "b")),
        (["0", "1"], ["cat", "dog"], {}, ("0", "1")),  # a number alone is no name
        (["euro"], ["1 euro", "2 euro"], {}, ("euro",)),
    ],
)
def test_a_folder_that_is_no_label_is_named(folders, labels, indexes, unknown):
    matched = match_folders(folders, labels)
    assert (matched.indexes, matched.unknown) == (indexes, unknown)


@pytest.mark.parametrize(
    ("lines", "labels"),
    [
        (["0 blue", "1 green", "2 red"], ("blue", "green", "red")),
        (["1: blue", "2: light green"], ("blue", "light green")),
        (["0\tcat", "1\tdog"], ("cat", "dog")),
        (["01_cat", "00_dog"], ("dog", "cat")),  # the number is the score's
        (["0) 7-up", "1) cola"], ("7-up", "cola")),
        (["0 crane", "1 cat", "2 crane", "3 dog"], ("crane", "cat", "crane", "dog")),
    ],
)
def test_numbers_in_front_are_a_numbering(lines, labels):
    assert without_numbers(lines) == labels


@pytest.mark.parametrize(
    "lines",
    [
        ["blue", "green"],
        ["0 blue", "green"],
        ["0 blue", "2 green"],  # a gap
        ["0 blue", "0 green"],
        ["1 euro", "2 euro"],
        ["5 euro", "10 euro"],
        ["0", "1"],
        ["3D printer", "2D printer"],
        ["n01440764 tench", "n01443537 goldfish"],
    ],
)
def test_other_numbers_stay(lines):
    assert without_numbers(lines) is None


def test_two_lists_that_fit_into_a_line():
    many = [str(number) for number in range(30)]
    assert both_lists(["a"], many) == "folders: a; labels: 0, 1, 2, 3, 4, 5, 6, 7 and 22 more"
