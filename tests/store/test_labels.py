"""Lists of labels: one a line, whoever wrote it."""

import pytest

from edgekit.errors import StoreError
from edgekit.store.labels import label_lines, labels_in, unfit


@pytest.mark.parametrize("text", ["a\nb c\n", "a\nb c", "a\r\nb c\r\n", "\ufeffa\nb c\n"])
def test_lines_end_as_on_unix_and_windows(text):
    assert labels_in(text.encode(), "x") == ("a", "b c")


def test_no_label_at_all_and_labels_without_a_name():
    assert labels_in(b"", "x") == ()
    assert labels_in(b"a\n\nb\n", "x") == ("a", "", "b")  # of a bundle: as many lines as scores


def test_a_list_that_a_person_made_may_have_empty_lines(tmp_path):
    (tmp_path / "labels.txt").write_bytes("\ufeff a \r\n\r\nb\r\n\r\n".encode())
    assert label_lines(tmp_path / "labels.txt") == ("a", "b")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("a\nb\u2028c\n".encode(), r"line 2 has a control character \(U\+2028\)"),
        (b"a\x1b[31m\n", r"line 1 .*U\+001B"),
        (b"a\0\n", r"U\+0000"),
        ("a\x85b\n".encode(), r"U\+0085"),
        (b"x" * 4_000_000, "line 1 has 4,000,000 characters, where a label has at most 255"),
        (b"a\n" * 100_001, "100,001 labels"),
        ("a\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_cannot_be_a_label_is_refused_with_its_line(data, words):
    with pytest.raises(StoreError, match=words):
        labels_in(data, "labels.txt")


@pytest.mark.parametrize("label", ["", "tench, Tinca tinca", "猫", "قطة", "x" * 255, "👨‍👩‍👧"])
def test_names_of_any_script_are_labels(label):
    assert unfit(label) == ""
