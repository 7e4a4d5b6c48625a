"""What a result's rows say, of results made by hand."""

import msgspec
import pytest

from edgekit.errors import SchemaError
from edgekit.report.cells import COLUMNS, cells, percentile, plain, told
from edgekit.report.markdown import markdown
from edgekit.report.notes import notes
from edgekit.report.rows import rows
from edgekit.report.wording import accuracies_in_words
from edgekit.spec.accuracy import Accuracy
from edgekit.spec.protocol import Feed, Purpose, Sizes
from edgekit.store.measurement import Peaks, Planned
from edgekit.store.operators import OperatorTime
from edgekit.store.result import read_result
from handmade import PROTOCOL, block, written


def test_a_row_has_the_figures_of_its_blocks(tmp_path):
    blocks = [block("exported/a", process, [2_000_000 + process * 1000] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert row.latency.percentiles_ns[50] == 2_001_000
    assert (row.accuracy, row.agreement, row.images) == (0.5, 1.0, 4)
    assert not row.findings
    assert cells(row)[1:5] == ["m.tflite", "fake", "2.00 ms", "2.00–2.00"]


def test_the_interval_has_the_digits_of_the_median(tmp_path):
    blocks = [block("exported/a", process, [5_000 + process] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert cells(row)[3:5] == ["0.005 ms", "0.005–0.005"]


def test_the_machine_is_noticed_once_and_in_every_row(tmp_path):
    blocks = [block("exported/a", process, [2_000_000] * 40, file=name) for process in range(3) for name in ("m.tflite", "n.tflite")]
    environment = {"cpu": "a cpu", "governor": "powersave", "load_1min": 1.5}
    found = rows([read_result(written(tmp_path / "r.jsonl", *blocks, environment=environment))])
    assert [finding.code for row in found for finding in row.machine_findings] == ["frequency-scaling", "busy"] * 2
    assert [(text.split(";")[0], text.endswith(" (a cpu)")) for text in notes(found)] == [
        ("info: other programs were running when it began: a load of 1.5 with 1 in use", True),
        ("info: CPU frequency scaling is on (governor powersave)", True),
    ]
    assert {item["level"] for item in plain(found[0])["findings"]} == {"info"}


def test_memory_and_operators_stand_beside_the_latency_and_never_in_it(tmp_path):
    operators = tuple(OperatorTime(name=name, type=kind, time_ns=time) for name, kind, time in (("a", "Convert", 10), ("b", "Conv", 30)))
    beside = [
        block("exported/a", 0, [], purpose=Purpose.MEMORY, rss_bytes=50, peak_rss_bytes=80),
        block("exported/a", 0, [], purpose=Purpose.OPERATORS, operators=operators),
    ]
    timing = [block("exported/a", process, [2_000_000] * 40, load_ns=process, invoke_ns=(5, 7), warmup_ns=(1, 2)) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *timing, *beside))])
    sides = row.sides
    assert (sides.rss_bytes, sides.peak_rss_bytes, sides.preprocessing) == (50, 80, 0.25)
    assert (sides.load_ns, sides.invoke_ns, sides.warmup_ns) == (1.0, 6.0, 3.0)
    assert (row.latency.processes, row.findings, row.errors) == (3, (), ())


def test_a_failed_side_run_puts_no_latency_in_doubt(tmp_path):
    timing = [block("exported/a", process, [2_000_000] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *timing, block("exported/a", 0, [], purpose=Purpose.MEMORY, error="it died")))])
    assert (row.findings, row.errors) == ((), ("memory: it died",))


def test_feeds_and_threads_are_told_apart(tmp_path):
    feeds = (Feed(), Feed(rate_hz=5.0), Feed(sizes=Sizes.MIXED))
    blocks = [block("exported/a", process, [2_000_000] * 40, feed=feed, late=1, reallocations=3) for feed in feeds for process in range(3)]
    found = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert {row.shown_runtime for row in found} == {"fake", "fake (5 Hz)", "fake (mixed sizes)"}
    assert {(row.late, row.reallocations) for row in found} == {(3, 9)}


def test_the_share_of_the_limit_is_that_of_one_thread(tmp_path):
    planned = Planned(
        source="exported/a", file="m.tflite", sha256="", bytes=5_000_000, precision="int8", tuning="none", runtime="fake", version="1",
        multiply_adds=100_000_000,
    )  # fmt: skip
    peaks = Peaks(float32=50e9, int8=100e9, bandwidth=10e9)
    timing = [block("exported/a", process, [2_000_000] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *timing, plan=(planned,), peaks=peaks))])
    assert (row.sides.limit.share, row.sides.limit.bound) == (pytest.approx(0.5), "compute")
    assert "50.0 % (compute)" in cells(row)
    threads = [block("exported/a", process, [2_000_000] * 40, threads=2) for process in range(3)]
    two = msgspec.structs.replace(PROTOCOL, threads=2)
    (row,) = rows([read_result(written(tmp_path / "s.jsonl", *threads, protocol=two, plan=(planned,), peaks=peaks))])
    assert row.sides.limit is None


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
    [((), ("exported/a",), "without a measurement"), ((block("exported/a", 0, [1]),), ("other",), "images are those of its header")],
)
def test_a_damaged_result_is_refused(tmp_path, blocks, sources, words):
    with pytest.raises(SchemaError, match=words):
        read_result(written(tmp_path / "r.jsonl", *blocks, sources=sources))


def test_the_same_file_measured_twice_on_a_machine_is_told_apart_by_its_result(tmp_path):
    results = [read_result(written(tmp_path / f"{name}.jsonl", block("exported/a", 0, [2_000_000] * 40))) for name in ("before", "after")]
    assert [row.shown for row in rows(results)] == ["m.tflite (before)", "m.tflite (after)"]
    assert [row.shown for row in rows(results[:1])] == ["m.tflite"]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    results = [read_result(written(tmp_path / f"{name}/r.jsonl", block("exported/a", 0, [2_000_000] * 40))) for name in ("one", "two")]
    assert [row.shown for row in rows(results)] == [f"m.tflite ({tmp_path}/{name}/r.jsonl)" for name in ("one", "two")]


def test_a_tail_that_is_not_well_known_is_told_with_two_digits(tmp_path):
    # p99's bound is the slowest of 700 samples, far away.
    times = [1_000_000] * 660 + [1_290_000] * 30 + [1_350_000] * 9 + [9_000_000]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", block("exported/a", 0, times)))])
    shown = [percentile(row, rank) for rank in (90, 95, 99)]
    assert shown == ["1.00 ms", "1.29 ms", "1.35 ms"]
    assert told(row, 99) == "p99 1.35 ms (at most 9.0 ms)"
    assert told(row, 50) == "1.00 ms (1.00–1.00)"


def test_what_other_programs_took_while_it_was_measured_decides(tmp_path):
    environment = {"cpu": "a cpu", "load_1min": 10.0, "usable": 2}
    for others, codes in ((1.6, {"busy"}), (0.1, set())):
        blocks = [block("exported/a", process, [2_000_000] * 40, other_cores=others) for process in range(3)]
        (row,) = rows([read_result(written(tmp_path / "r.jsonl", *blocks, environment=environment))])
        assert {finding.code for finding in row.unstable} == codes
        assert cells(row)[-1] == ", ".join(codes)
    old = [block("exported/a", process, [2_000_000] * 40) for process in range(3)]
    (row,) = rows([read_result(written(tmp_path / "r.jsonl", *old, environment=environment))])
    assert [finding.code for finding in row.unstable] == ["busy"]


def answering(file, *indices, wrong=(), **fields):
    """A block that has answered these of four images, whose labels are 0, 1, 0, 1; each right unless it is named."""
    scores = {index: (1.0, 0.0) if (index % 2 == 0) is not (index in wrong) else (0.0, 1.0) for index in indices}
    return block("exported/a", 0, [2_000_000] * 40, file=file, scores=scores, **fields)


def test_accuracies_are_of_the_images_that_every_row_has_answered(tmp_path):
    # Of its own three images the first is right on all; both were asked 1 and 2 alone, where the second is right once.
    blocks = [answering("a.tflite", 0, 1, 2), answering("b.tflite", 1, 2, 3, wrong=[2])]
    given = {"roots": {"exported/a": "photographs"}, "photographs": {"exported/a": 3360}}
    result = read_result(written(tmp_path / "r.jsonl", *blocks, **given))
    found = {row.file: row for row in rows([result])}
    assert {row.compared for row in found.values()} == {frozenset({1, 2})}
    assert [found[name].accuracy for name in ("a.tflite", "b.tflite")] == [1.0, 0.5]
    told = plain(found["b.tflite"])
    assert (told["images"], told["images_of"], told["measured_on"], told["accuracy"], told["golden_accuracy"]) == (2, 3360, "photographs", 0.5, None)
    assert accuracies_in_words(list(found.values())) == [
        "photos top-1: on 2 of 3,360 photographs, chosen by a seed and as evenly over the folders as they allow, the same for every row"
    ]
    assert "on 2 of 3,360 photographs" in markdown([result], list(found.values()))


def test_a_row_that_failed_takes_no_image_from_the_others(tmp_path):
    blocks = [answering("a.tflite", 0, 1, 2), block("exported/a", 0, [], file="b.tflite", error="it crashed")]
    found = rows([read_result(written(tmp_path / "r.jsonl", *blocks))])
    assert [row.images for row in found] == [3, 0]


def test_the_accuracy_of_a_table_is_the_test_sets_and_the_golden_one_is_named(tmp_path):
    tested = Accuracy(runtime="fake", images=1000, right=640, lost=10, won=0)
    planned = Planned(
        source="exported/a", file="m.tflite", sha256="", bytes=1, precision="int8", tuning="none", runtime="fake", version="1", tested=tested
    )
    blocks = [answering("m.tflite", 0, 1, 2, 3, wrong=[0, 1, 2])]
    result = read_result(written(tmp_path / "r.jsonl", *blocks, plan=(planned,), roots={"exported/a": "exported/a"}))
    (row,) = rows([result])
    shown = dict(zip(COLUMNS, cells(row), strict=True))
    assert (shown["test top-1"], shown["golden top-1"], shown["photos top-1"]) == ("64.0 %", "25.0 %", "")
    told = plain(row)
    assert (told["test_accuracy"], told["golden_accuracy"], told["accuracy"]) == (0.64, 0.25, None)
    assert "1,000 test images" in accuracies_in_words([row])[0]
    unknown = rows([read_result(written(tmp_path / "s.jsonl", *blocks, roots={"exported/a": "exported/a"}))])[0]
    assert dict(zip(COLUMNS, cells(unknown), strict=True))["test top-1"] == "n/a"
