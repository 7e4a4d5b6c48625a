"""Protobuf's wire format, beside the examples of its documentation and what its own library writes."""

import pytest
from onnx import TensorProto

from edgekit.store.containers.protobuf import fields, numbers, spans


def all_of(data):
    return list(fields(data, (0, len(data))))


def test_the_documentations_examples():
    """Of https://protobuf.dev/programming-guides/encoding: field 1 is 150; field 2 is the text "testing"; field 3 holds the first."""
    assert all_of(b"\x08\x96\x01") == [(1, 150)]
    assert all_of(b"\x12\x07testing") == [(2, (2, 9))]
    assert all_of(b"\x1a\x03\x08\x96\x01\x08\x01") == [(3, (2, 5)), (1, 1)]


def test_numbers_of_a_fixed_width_are_passed_over():
    assert all_of(b"\x0d\1\2\3\4\x10\x07") == [(2, 7)]
    assert all_of(b"\x09\1\2\3\4\5\6\7\x08\x10\x07") == [(2, 7)]


def test_repeated_numbers_packed_or_not():
    assert list(numbers(b"\x08\x03\x0a\x03\x05\x96\x01\x10\x09\x08\x02", (0, 11), 1)) == [3, 5, 150, 2]
    tensor = TensorProto(dims=[1, 300, 2**40], raw_data=b"dims")
    data = tensor.SerializeToString()
    assert list(numbers(data, (0, len(data)), 1)) == [1, 300, 2**40]
    assert [data[start:end] for start, end in spans(data, (0, len(data)), 9)] == [b"dims"]
    assert list(spans(data, (0, len(data)), 8)) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x12\x08testing", "beyond the end"),
        (b"\x0b", "unknown wire type"),
        (b"\x0f\0", "unknown wire type"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "a number without an end"),
    ],
)
def test_what_is_no_message(data, words):
    with pytest.raises(IndexError, match=words):
        all_of(data)


def test_ten_bytes_are_the_longest_number():
    assert all_of(b"\x08" + b"\xff" * 9 + b"\x01") == [(1, 2**64 - 1)]
