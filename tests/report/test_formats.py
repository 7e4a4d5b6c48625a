"""The same rows as other formats, and what a page says of users' words."""

import csv
import io
import json

import pytest
from PIL import Image

from edgekit.errors import DataError
from edgekit.report.html import html
from edgekit.report.machines import machine_name
from edgekit.report.markdown import markdown
from edgekit.report.measured import add_to_card
from edgekit.report.mistakes import Gallery
from edgekit.report.notes import together
from edgekit.report.rows import rows
from edgekit.report.table import comma_separated
from edgekit.report.wording import circumstances
from edgekit.spec.accuracy import Accuracy
from edgekit.spec.protocol import Feed
from edgekit.store.bundle import open_bundle
from edgekit.store.latency import LatencyRecord, merged, read_latency
from edgekit.store.measurement import Planned
from edgekit.store.result import read_result
from handmade import block, written


def result(path, **fields):
    return read_result(written(path, *(block("exported/a", process, [2_000_000] * 40, **fields) for process in range(3))))


def test_values_separated_by_commas_have_every_field(tmp_path):
    (line,) = csv.DictReader(io.StringIO(comma_separated(rows([result(tmp_path / "r.jsonl", error="")]))))
    assert (line["file"], line["p50_ns"], line["p50_interval_ns"]) == ("m.tflite", "2000000.0", "2000000.0 2000000.0")


def test_a_report_says_which_version_of_each_runtime_was_measured(tmp_path):
    blocks = [
        block("exported/a", process, [2_000_000] * 4, runtime="litert", version=version) for process, version in enumerate(("2.3", "2.4", "2.3"))
    ]
    opened = read_result(
        written(
            tmp_path / "r.jsonl",
            *blocks,
            block("exported/a", 0, [1], version="1 <b>"),
            block("exported/a", 0, [], runtime="tract", version="", error="not installed"),
        )
    )
    assert circumstances(opened) == [("cpu", "a | cpu"), ("fake", "1 <b>"), ("litert", "2.3, 2.4"), ("tract", "not installed")]
    page, text = (write([opened], rows([opened])) for write in (html, markdown))
    assert "<dt>litert</dt><dd>2.3, 2.4</dd>" in page
    assert "<dt>fake</dt><dd>1 &lt;b&gt;</dd>" in page
    assert "- litert: 2.3, 2.4" in text.splitlines()


@pytest.mark.parametrize("name", ["=cmd()|' /C calc'!A0", "@SUM(1)", "-1+1"])
def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path, name):
    (line,) = csv.DictReader(io.StringIO(comma_separated(rows([result(tmp_path / "r.jsonl", file=name)]))))
    assert line["file"] == f"'{name}"


def test_what_ends_a_script_is_escaped_in_a_page(tmp_path):
    opened = result(tmp_path / "r.jsonl", file="</script><script>alert(1)</script>.tflite")
    page = html([opened], rows([opened]))
    assert "<script>alert(1)" not in page
    begun = page.index('id="data">') + len('id="data">')
    data = json.loads(page[begun : page.index("</script>", begun)])
    assert data["rows"][0]["cells"][1] == "</script><script>alert(1)</script>.tflite"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"cpu": "a cpu", "cores": 2, "instructions": "avx2", "load_1min": 0.1}, "a cpu, 2 cores, avx2"),
        ({"cpu": "a cpu", "cores": 1}, "a cpu, 1 core"),
        ({"architecture": "aarch64"}, "aarch64"),
        ({}, "an unknown machine"),
    ],
)
def test_a_machine_is_called_by_what_lasts(tmp_path, facts, name):
    assert machine_name(read_result(written(tmp_path / "r.jsonl", block("exported/a", 0, [1]), environment=facts))) == name


def test_machines_and_bundles_are_told_apart_where_there_are_several(tmp_path):
    results = [
        read_result(
            written(tmp_path / f"{cores}.jsonl", block(source, 0, [1_000_000] * 70), sources=(source,), environment={"cpu": "a cpu", "cores": cores})
        )
        for cores, source in ((2, "exported/a"), (4, "exported/b"))
    ]
    page = markdown(results, rows(results))
    assert "| a cpu, 2 cores | a/m.tflite | fake |" in page
    assert "| a cpu, 4 cores | b/m.tflite | fake |" in page
    assert "a/m.tflite in fake on a cpu, 2 cores, b/m.tflite in fake on a cpu, 4 cores)" in page


def test_failed_rows_have_every_field_in_every_format(tmp_path):
    blocks = [block("exported/a", 0, [], file="a.tflite", error="it died"), block("exported/a", 0, [1_000_000] * 70, file="b.tflite")]
    opened = read_result(written(tmp_path / "r.jsonl", *blocks))
    found = rows([opened])
    assert len(comma_separated(found[::-1]).splitlines()) == 3
    assert "it died" in markdown([opened], found)
    assert "it died" in html([opened], found)


def test_a_negative_end_of_an_interval_is_a_number_in_a_spreadsheet(tmp_path):
    tested = Accuracy(runtime="fake", images=100, right=90, lost=1, won=1)
    planned = Planned(
        source="exported/a", file="m.tflite", sha256="", bytes=1, precision="int8", tuning="none", runtime="fake", version="1", tested=tested
    )
    opened = read_result(written(tmp_path / "r.jsonl", block("exported/a", 0, [1_000_000] * 70), plan=(planned,)))
    (line,) = csv.DictReader(io.StringIO(comma_separated(rows([opened]))))
    assert [float(end) < 0 for end in line["drop_interval"].split()] == [True, False]


def test_an_image_outside_its_folder_is_not_shown(tmp_path):
    (tmp_path / "bundle").mkdir()
    for place in ("secret.png", "bundle/0.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / place)
    gallery = Gallery()
    assert gallery.add(str(tmp_path / "bundle"), "0.png")
    for name in ("../secret.png", str(tmp_path / "secret.png"), "missing.png"):
        assert gallery.add(str(tmp_path / "bundle"), name) is None
    assert gallery.add("", "0.png") is None


def test_the_same_finding_of_many_rows_is_said_once(tmp_path):
    blocks = [block("exported/a", 0, [2_000_000] * 40, file=f"{index}.tflite") for index in range(7)]
    found = together(rows([read_result(written(tmp_path / "r.jsonl", *blocks, block("exported/a", 1, [], file="0.tflite", error="it died")))]))
    assert [(one.level, one.subjects) for one in found] == [
        ("failed", "0.tflite in fake"),
        ("unstable", "0.tflite in fake"),
        ("unstable", "0.tflite in fake, 1.tflite in fake, 2.tflite in fake, 3.tflite in fake, 4.tflite in fake and 2 more"),
    ]


def record(**fields):
    usual = {
        "machine": "a", "file": "m", "sha256": "1", "runtime": "litert", "version": "2", "threads": 1, "samples": 9, "p50_ns": 5.0,
        "p50_interval_ns": (4.0, 6.0), "p90_ns": None, "started_at": "2026-01-01",
    }  # fmt: skip
    return LatencyRecord(**(usual | fields))


def test_a_newer_measurement_takes_the_place_of_an_older_one():
    older, newer, other = record(), record(p50_ns=3.0, started_at="2026-02-01"), record(machine="b")
    assert merged([newer, other], [older]) == (newer, other)


def test_latencies_are_added_to_a_bundles_card(bundle_copy, tmp_path):
    bundle = open_bundle(bundle_copy)
    entry = bundle.manifest.artifacts[0]
    fields = {"file": entry.file, "sha256": entry.sha256}
    feeds = (Feed(), Feed(rate_hz=5.0))
    blocks = [block(str(bundle_copy), process, [2_345_000] * 40, feed=feed, **fields) for process in range(3) for feed in feeds]
    for cpu in ("a | cpu", "another"):
        measured = rows([read_result(written(tmp_path / f"{cpu}.jsonl", *blocks, sources=(str(bundle_copy),), environment={"cpu": cpu}))])
        assert add_to_card(bundle, measured) == bundle_copy / "README.md"
    assert [row.machine for row in read_latency(bundle_copy)] == ["a | cpu", "another"]
    card = (bundle_copy / "README.md").read_text()
    assert "### a \\| cpu" in card
    assert f"| {entry.file} | fake 1 | 1 | 2.35 ms | 2.35 ms to 2.35 ms | 2.35 ms | 120 | now |" in card


def test_a_result_of_other_files_is_not_added(exported, tmp_path):
    with pytest.raises(DataError, match="no figure of a file"):
        add_to_card(exported, rows([result(tmp_path / "r.jsonl")]))
