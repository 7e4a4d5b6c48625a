"""Results that are damaged, joined, or contradict themselves: refused with the rule, or shown in every format."""

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.card import card
from edgekit.errors import EdgekitError, SchemaError, StoreError
from edgekit.report.cells import plain
from edgekit.report.choice import Wanted, choices
from edgekit.report.html import html
from edgekit.report.markdown import markdown
from edgekit.report.pairs import compared
from edgekit.report.rows import rows
from edgekit.report.table import comma_separated
from edgekit.spec.accuracy import Accuracy
from edgekit.spec.protocol import Purpose
from edgekit.store.latency import LATENCY_SCHEMA, LatencyTable
from edgekit.store.manifest import MANIFEST_SCHEMA, Manifest
from edgekit.store.measurement import Peaks, Planned
from edgekit.store.operators import OperatorTime
from edgekit.store.record import decode, encode
from edgekit.store.result import read_result
from edgekit.text.markup import visible
from handmade import block, written
from records import damaged
from whole_records import WHOLE


def two_files(path):
    plan = tuple(
        Planned(
            source="exported/a", file=file, sha256="ab", bytes=5_000_000, precision="int8", tuning="portable", runtime="fake", version="1",
            network="m", multiply_adds=10**8, tested=Accuracy(runtime="fake", images=100, right=90, lost=2, won=1),
        )
        for file in ("m.tflite", "n.onnx")
    )  # fmt: skip
    blocks = [
        block("exported/a", process, range(level, level + 40_000, 1_000), file=file, sha256="ab", invoke_ns=(level - 100,), first_ns=3 * level)
        for file, level in (("m.tflite", 2_000_000), ("n.onnx", 3_000_000))
        for process in range(3)
    ]
    memory = block("exported/a", 0, [], sha256="ab", purpose=Purpose.MEMORY, rss_bytes=10**8, peak_rss_bytes=2 * 10**8)
    operators = (OperatorTime(name="c", type="CONV_2D", time_ns=1_500_000), OperatorTime(name="r", type="RESIZE_BILINEAR", time_ns=200_000))
    profiled = block("exported/a", 0, [], sha256="ab", purpose=Purpose.OPERATORS, operators=operators)
    failed = block("exported/a", 0, [], file="o.onnx", sha256="cd", error="it died")
    peaks = Peaks(float32=5e10, int8=1e11, bandwidth=1e10)
    environment = {"cpu": "a cpu", "cores": 2, "load_1min": 0.5, "instructions": "avx2", "governor": None}
    return written(
        path, *blocks, memory, profiled, failed, environment=environment, plan=plan, peaks=peaks, labels={"exported/a": ("cat", "dog")},
        roots={"exported/a": "exported/a"},
    )  # fmt: skip


def shown(result):
    """Return everything that is written of a result, in every format."""
    found = rows([result])
    texts = [markdown([result], found), comma_separated(found), json.dumps([plain(row) for row in found]), html([result], found)]
    for wanted in (Wanted(), Wanted(rank=90, most_latency_ns=1e7, most_drop=0.01, most_bytes=10**7)):
        choices(found, wanted)
    return texts


def test_what_is_whole_is_shown(tmp_path):
    result = read_result(two_files(tmp_path / "r.jsonl"))
    assert all("m.tflite" in text for text in shown(result))
    assert [pair.other for pair in compared([result])] == ["n.onnx in fake"]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\n\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\n" + data + b"\n \n\n",
        lambda data: data + b'{"source": "torn',
    ],
)
def test_blank_lines_marks_and_a_torn_end_do_not_matter(tmp_path, change):
    path = two_files(tmp_path / "r.jsonl")
    whole = read_result(path)
    path.write_bytes(change(path.read_bytes()))
    assert read_result(path) == whole


@pytest.mark.parametrize("environment", [{}, {"cpu": None}, {"cpu": "a cpu", "load_1min": 2, "gone": [1], "more": {"a": 1}}])
def test_what_other_versions_tell_of_the_machine_is_read(tmp_path, environment):
    result = read_result(written(tmp_path / "r.jsonl", block("exported/a", 0, [2_000_000] * 70), environment=environment))
    assert (result.header.environment.cpu, result.header.environment.load_1min) == (environment.get("cpu"), environment.get("load_1min"))
    name = environment.get("cpu") or "an unknown machine"
    assert rows([result])[0].machine == name
    assert "m.tflite" in markdown([result], rows([result]))


def test_joined_results_say_how_to_give_both(tmp_path):
    path = two_files(tmp_path / "a.jsonl")
    lines = len(path.read_bytes().splitlines())
    (tmp_path / "ab.jsonl").write_bytes(path.read_bytes() + b"\xef\xbb\xbf" + path.read_bytes())
    with pytest.raises(SchemaError, match=f"two results in one file: another begins at line {lines + 1}") as caught:
        read_result(tmp_path / "ab.jsonl")
    assert "edgekit report A.jsonl B.jsonl" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"timed_ns": (), "scores": {}, "visited": ()}, "was timed has samples"),
        ({"timed_ns": (0, 0), "visited": (0, 1)}, "longer than 0 ns"),
        ({"timed_ns": (5, -5), "visited": (0, 1)}, ">= 0"),
        ({"timed_ns": (5, 2**60), "visited": (0, 1)}, "<= 9007199254740992"),
        ({"purpose": "memory"}, "not timed has no samples"),
        ({"purpose": ""}, "Invalid enum value ''"),
        ({"error": "it died"}, "failed has no samples"),
        ({"visited": (0,)}, "every sample is of an image"),
        ({"scores": {9: (1.0, 0.0)}}, "images are those of its header"),
        ({"scores": {0: (1.0, 0.0), 1: (1.0,)}}, "all images have as many scores"),
        ({"scores": {0: ()}}, "an image has scores"),
        ({"late": 99}, "no more samples are late"),
        ({"threads": 2}, "as many threads"),
        ({"process": 3}, "one of those that its header says"),
        ({"sha256": "cd"}, "m.tflite of exported/a has one sha256"),
    ],
)
def test_a_contradiction_is_refused_with_its_block_and_rule(tmp_path, change, rule):
    path = two_files(tmp_path / "r.jsonl")
    lines = path.read_bytes().splitlines()
    lines[2] = json.dumps(json.loads(lines[2]) | change).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(SchemaError) as caught:
        read_result(path)
    assert rule in caught.value.message
    assert str(path) in caught.value.message
    assert "line 3" in caught.value.message or "one sha256" in rule


def test_images_of_other_classes_are_refused(tmp_path):
    path = written(tmp_path / "r.jsonl", block("exported/a", 0, [5] * 70), labels={"exported/a": ("cat",)})
    with pytest.raises(SchemaError, match="the images of exported/a are of its 1 classes"):
        read_result(path)


def test_names_are_shown_as_text_in_every_format(tmp_path):
    name, error = "<img src=x>\x1b[31m\u202e$x$=1", "[bold]![a](b)\x9b"
    blocks = [block("exported/a", 0, [2_000_000] * 70, file=name), block("exported/a", 0, [], file="=1+1", error=error)]
    written(tmp_path / "r.jsonl", *blocks, environment={"cpu": "# \x1b]0;x\x07<script>", "</script>": "x"}, labels={"exported/a": ("</script>", "b")})
    page, table, _, web = shown(read_result(tmp_path / "r.jsonl"))
    for text in (page, table, web):
        assert visible(text.replace("\n", "")) == text.replace("\n", "") or text is web
        assert not {"\x1b", "\u202e", "\x9b", "\x07"} & set(text)
    assert "<img" not in page
    assert "<script>" not in page.replace("&lt;script", "")
    assert "'=1+1" in table
    assert "<img src=x>" not in web
    assert web.count("</script>") == web.count("<script")


def is_refused_or_shown(path, seed, pages):
    rng = random.Random(seed)
    lines = two_files(path).read_bytes().splitlines()
    victim = rng.choice((0, rng.randrange(len(lines))))
    lines[victim] = damaged(json.loads(lines[victim]), rng)
    path.write_bytes(b"\n".join(lines) + b"\n")
    try:
        result = read_result(path)
    except StoreError:
        return
    found = rows([result])
    for text in (markdown([result], found), comma_separated(found), json.dumps([plain(row) for row in found], allow_nan=False)):
        text.encode("utf-8", "surrogatepass")
    choices(found, Wanted(most_drop=0.01))
    if pages:
        html([result], found)
    try:
        compared([result])
    except EdgekitError:
        return


def manifest_is_refused_or_shown(seed):
    rng = random.Random(seed)
    try:
        manifest = decode(damaged(json.loads(encode(WHOLE[Manifest])), rng), Manifest, schema=MANIFEST_SCHEMA, name="manifest.json")
        measured = decode(damaged(json.loads(encode(WHOLE[LatencyTable])), rng), LatencyTable, schema=LATENCY_SCHEMA, name="latency.json")
    except StoreError:
        return
    card(manifest, measured.rows)
    card(msgspec.structs.replace(manifest, checks=WHOLE[Manifest].checks), WHOLE[LatencyTable].rows)


@settings(max_examples=60)
@given(st.integers(0, 2**63))
def test_a_damaged_result_is_refused_or_shown(tmp_path_factory, seed):
    is_refused_or_shown(tmp_path_factory.mktemp("r") / "r.jsonl", seed, pages=False)


@settings(max_examples=60)
@given(st.integers(0, 2**63))
def test_a_damaged_manifest_is_refused_or_makes_a_card(seed):
    manifest_is_refused_or_shown(seed)


@pytest.mark.sweep
@settings(max_examples=3_000)
@given(st.integers(0, 2**63))
def test_many_damaged_results(tmp_path_factory, seed):
    is_refused_or_shown(tmp_path_factory.mktemp("r") / "r.jsonl", seed, pages=seed % 20 == 0)
    manifest_is_refused_or_shown(seed)
