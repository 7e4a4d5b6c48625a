"""The door for JSON records: what comes out is a record that is right, or one line that says what is wrong."""

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.errors import SchemaError, StoreError
from edgekit.store.golden import GOLDEN_SCHEMA, Golden
from edgekit.store.latency import LATENCY_SCHEMA, LatencyTable
from edgekit.store.manifest import MANIFEST_SCHEMA, Manifest
from edgekit.store.record import decode, encode
from edgekit.store.run import ANSWERS_SCHEMA, RUN_SCHEMA, AnswersRecord, PlanRecord, RunRecord
from records import damaged
from whole_records import WHOLE

KINDS = {
    Manifest: MANIFEST_SCHEMA, Golden: GOLDEN_SCHEMA, LatencyTable: LATENCY_SCHEMA, RunRecord: RUN_SCHEMA, PlanRecord: RUN_SCHEMA,
    AnswersRecord: ANSWERS_SCHEMA,
}  # fmt: skip
GOLDEN = WHOLE[Golden]


class Small(msgspec.Struct):
    schema: int
    text: str = ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a file that edgekit wrote"),
        (b"null", "not a file that edgekit wrote"),
        (b'{"schema": 1, "text": "\xff"}', "no UTF-8 at byte 24"),
        (b'{"schema": 1, "else": "\xff"}', "no UTF-8 at byte 24"),
        ('{"schema": 1}'.encode("utf-16"), "UTF-16"),
        (b'{"schema": 1, "else": ' + 5_000 * b"[" + 5_000 * b"]" + b"}", "nested too deeply"),
        (b'{"else": ' + 200_000 * b"[", "nested too deeply"),
        (b'{"schema": 1, "text": "a", "text": "b"}', "stands there twice: text"),
        (b'{"schema": 1, "else": {"a": 1, "a": 2}}', "stands there twice: a"),
        (b'{"schema": ' + 5_000 * b"9" + b"}", "out of range"),
        (b'{"schema": 1, "else": NaN}', "malformed"),
        (b'{"schema": 1, "text": 7}', "Expected `str`"),
        (b'{"schema": 2}', "has schema 2, this edgekit reads schema 1"),
        (b'{"schema": 99999999999999999999}', "has schema"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(data, words):
    with pytest.raises(StoreError, match=words) as caught:
        decode(data, Small, schema=1, name="a.json")
    assert "a.json" in caught.value.message
    assert len(caught.value.message) < 500
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "data", [b'{"schema": 1, "text": "a"}', b'\xef\xbb\xbf{"schema": 1, "text": "a"}', b'{\r\n"schema": 1,\r\n"text": "a"}\r\n\r\n']
)
def test_marks_and_ends_of_lines_of_other_systems_do_not_matter(data):
    assert decode(data, Small, schema=1, name="a.json") == Small(1, "a")


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_record_comes_back(kind):
    assert decode(encode(WHOLE[kind]), kind, schema=KINDS[kind], name="x") == WHOLE[kind]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("images", 0, "label"), -1),
        (("images", 0, "label"), 2**60),
        (("images", 0, "scores"), []),
        (("images", 0, "scores"), [1.0]),
        (("images", 0, "sha256"), "no digest"),
        (("own", "m.tflite", "tolerances", 0), -1.0),
        (("own", "m.tflite", "scores", 0), [1.0]),
        (("own", "m.tflite", "scores"), []),
        (("images",), []),
    ],
)
def test_a_golden_table_that_cannot_be_is_refused(place, value):
    tree = json.loads(encode(GOLDEN))
    parent = tree
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    with pytest.raises(SchemaError, match="a damaged file"):
        decode(json.dumps(tree).encode(), Golden, schema=GOLDEN_SCHEMA, name="golden.json")


def comes_out_whole_or_in_one_line(seed):
    rng = random.Random(seed)
    kind = rng.choice(list(KINDS))
    data = damaged(json.loads(encode(WHOLE[kind])), rng)
    found = record_or_refusal(data, kind)
    if isinstance(found, StoreError):
        assert len(found.message) < 500
        assert found.hint
    else:
        assert record_or_refusal(encode(found), kind) == found


def record_or_refusal(data, kind):
    try:
        return decode(data, kind, schema=KINDS[kind], name="a.json")
    except StoreError as error:
        return error


@settings(max_examples=400)
@given(st.integers(0, 2**63))
def test_damaged_records(seed):
    comes_out_whole_or_in_one_line(seed)


@pytest.mark.sweep
@settings(max_examples=10_000)
@given(st.integers(0, 2**63))
def test_many_damaged_records(seed):
    comes_out_whole_or_in_one_line(seed)
