"""What a result's rows say, of results made by hand."""

import msgspec
import pytest

from edgekit.errors import SchemaError
from edgekit.report.cells import cells
from edgekit.report.markdown import markdown
from edgekit.report.rows import rows
from edgekit.spec.protocol import BUDGETS
from edgekit.store.result import RESULT_SCHEMA, Block, ImageRecord, ResultHeader, read_result

PROTOCOL = msgspec.structs.replace(BUDGETS["smoke"], processes=3, least_images=4)
IMAGES = tuple(ImageRecord(name=f"{index}.png", label=index % 2, keras=0) for index in range(4))


def block(source, process, timed_ns, **fields):
    scores = dict.fromkeys(range(4), (1.0, 0.0))
    return Block(
        source=source, file="m.tflite", sha256="", bytes=5_000_000, precision="int8", runtime="fake", version="1", threads=1,
        process=process, timed_ns=tuple(timed_ns), visited=tuple(range(len(timed_ns))), scores=scores, **fields,
    )  # fmt: skip


def written(path, *blocks, sources=("exported/a",)):
    header = ResultHeader(
        schema=RESULT_SCHEMA, protocol=PROTOCOL, started_at="now", environment={"cpu": "a | cpu"}, images=dict.fromkeys(sources, IMAGES)
    )
    path.write_bytes(b"".join(msgspec.json.encode(entry) + b"\n" for entry in (header, *blocks)))
    return path


def test_a_row_has_the_figures_of_its_blocks(tmp_path):
    blocks = [block("exported/a", process, [2_000_000 + process * 1000] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert row.latency.percentiles_ns[50] == 2_001_000
    assert (row.accuracy, row.agreement, row.images) == (0.5, 1.0, 4)
    assert not row.findings
    assert cells(row)[:4] == ["m.tflite", "fake", "2.00 ms", "2.00–2.00"]


def test_the_interval_has_the_digits_of_the_median(tmp_path):
    blocks = [block("exported/a", process, [5_000 + process] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert cells(row)[2:4] == ["0.005 ms", "0.005–0.005"]


def test_an_interrupted_measurement_is_not_to_be_relied_on(tmp_path):
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", block("exported/a", 0, [2_000_000] * 40)))])
    assert [(finding.code, finding.level) for finding in row.findings] == [("missing-processes", "unstable")]
    assert "2 of 3 processes were not run" in row.findings[0].message


def test_files_of_the_same_name_are_told_apart(tmp_path):
    blocks = [block(source, 0, [2_000_000] * 40) for source in ("exported/a", "exported/b")]
    result = read_result(written(tmp_path / "r.jsonl", *blocks, sources=("exported/a", "exported/b")))
    assert [row.shown for row in rows([result])] == ["a/m.tflite", "b/m.tflite"]
    page = markdown([result], rows([result]))
    assert "| b/m.tflite | fake |" in page
    assert "a \\| cpu" in page


def test_bundles_of_the_same_name_are_not_one_measurement(tmp_path):
    sources = ("before/a", "after/a")
    blocks = [block(source, 0, [2_000_000 + 1_000_000 * index] * 40) for index, source in enumerate(sources)]
    found = rows([read_result(written(tmp_path / "r.jsonl", *blocks, sources=sources))])
    assert [(row.shown, row.latency.percentiles_ns[50]) for row in found] == [("before/a/m.tflite", 2_000_000), ("after/a/m.tflite", 3_000_000)]


def test_failures_are_listed(tmp_path):
    blocks = [block("exported/a", 0, [2_000_000] * 40), block("exported/a", 1, [], error="it crashed"), block("exported/a", 2, [2_000_000] * 40)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert row.errors == ("it crashed",)
    assert [finding.code for finding in row.findings] == ["failed-block"]


@pytest.mark.parametrize(
    ("blocks", "sources", "words"),
    [((), ("exported/a",), "without a measurement"), ((block("exported/a", 0, [1]),), ("other",), "images that its header does not")],
)
def test_a_damaged_result_is_refused(tmp_path, blocks, sources, words):
    with pytest.raises(SchemaError, match=words):
        read_result(written(tmp_path / "r.jsonl", *blocks, sources=sources))
