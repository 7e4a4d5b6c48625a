"""Which artifact is chosen, and why the others are not, of rows made by hand."""

from dataclasses import replace

import pytest

from edgekit.analysis.findings import Finding, Level
from edgekit.analysis.statistics import Latency
from edgekit.report.answers import described
from edgekit.report.choice import Wanted, choices
from edgekit.report.compared import Images
from edgekit.report.row import Row, accuracies
from edgekit.report.sides import Sides
from edgekit.spec.accuracy import Accuracy
from edgekit.spec.protocol import BACK_TO_BACK, Feed

MS = 1_000_000


def row(
    file, p50_ms, *, upper_ms=None, p90_ms=None, accuracy=0.95, lost=0, won=0, megabytes=5.0, runtime="litert", machine="a cpu", feed=BACK_TO_BACK
):
    images = 1000
    tested = None if accuracy is None else Accuracy(runtime=runtime, images=images, right=round(accuracy * images), lost=lost, won=won)
    p90 = None if p90_ms is None else p90_ms * MS
    latency = Latency(
        samples=160, processes=5, percentiles_ns={50: p50_ms * MS, 90: p90, 95: None, 99: None},
        bounds_ns={50: p50_ms * MS, 90: None if p90 is None else p90 * 1.2, 95: None, 99: None},
        p50_interval_ns=(p50_ms * MS * 0.9, (upper_ms or p50_ms * 1.1) * MS), mean_ns=p50_ms * MS, deviation_ns=0, mad_ns=0,
    )  # fmt: skip
    return Row(
        shown_machine="",
        source="exported/m", network="mobilenet", file=file, sha256=file, precision="float32", runtime=runtime, version="1", threads=1, feed=feed, machine=machine, started_at="now",
        bytes=round(megabytes * 1e6), images=40, latency=latency, sides=Sides(), accuracy=accuracy, agreement=1.0, tested=tested, reallocations=0,
        late=0, findings=(), machine_findings=(), errors=(), shown=file, shown_runtime=runtime, compared=frozenset(range(40)), images_of=40,
    )  # fmt: skip


FLOAT = row("float32.tflite", 8, accuracy=0.960, megabytes=17)
INT8 = row("int8.tflite", 3, accuracy=0.957, lost=5, won=2, megabytes=5)
DYNAMIC = row("dynamic.tflite", 5, accuracy=0.940, lost=22, won=2, megabytes=5)
SLOW = row("float32.onnx", 9, accuracy=0.960, megabytes=17, runtime="onnxruntime")
ROWS = [FLOAT, INT8, DYNAMIC, SLOW]


def chosen(wanted, rows=ROWS):
    (choice,) = choices(rows, wanted)
    return choice


def reasons(choice):
    return {one.row.file: reason for one, reason in choice.others}


def test_without_constraints_the_most_accurate_is_chosen_and_of_equals_the_fastest():
    choice = chosen(Wanted())
    assert (choice.best.row, choice.fitting) == (FLOAT, 4)
    assert reasons(choice) == {
        "float32.onnx": "takes 1.12 times as long",
        "int8.tflite": "is right on 95.7 % of the images instead of 96.0 %",
        "dynamic.tflite": "is right on 94.0 % of the images instead of 96.0 %",
    }


def test_with_an_accuracy_that_is_enough_the_fastest_is_chosen():
    choice = chosen(Wanted(most_drop=0.005))
    assert (choice.best.row, choice.fitting) == (INT8, 3)
    assert reasons(choice)["dynamic.tflite"] == "loses 2.0 points of accuracy, more than 0.5 points"


def test_the_upper_end_of_the_interval_keeps_to_the_limit():
    unsure = replace(INT8, latency=replace(INT8.latency, p50_interval_ns=(2.9 * MS, 4.1 * MS)))
    assert chosen(Wanted(most_latency_ns=4 * MS), [unsure]).best is None
    assert chosen(Wanted(most_latency_ns=4.2 * MS), [unsure]).best.row is unsure


def test_a_percentile_is_held_to_its_bound_and_one_that_is_not_known_rules_out():
    known, unknown = row("a.tflite", 3, p90_ms=5), row("b.tflite", 2)
    choice = chosen(Wanted(rank=90, most_latency_ns=6.1 * MS), [known, unknown])
    assert choice.best.row is known
    assert choice.others[0][1] == "has too few images for a p90: a larger --budget has more"
    assert chosen(Wanted(rank=90, most_latency_ns=5.5 * MS), [known]).best is None


@pytest.mark.parametrize(
    ("wanted", "file", "option", "words"),
    [
        (Wanted(most_latency_ns=2 * MS), "int8.tflite", "--max-latency", "takes up to 3.30 ms (p50), more than 2.00 ms"),
        (Wanted(most_bytes=1_000_000), "int8.tflite", "--max-size", "has 5.0 MB, more than 1.0 MB"),
        (Wanted(most_latency_ns=4 * MS, most_drop=0.0), "int8.tflite", "--max-drop", "loses 0.3 points"),
        (Wanted(runtimes=("openvino",)), "float32.tflite", "--runtime", "runs in litert"),
    ],
)
def test_where_nothing_fits_the_nearest_is_named_with_what_rules_it_out(wanted, file, option, words):
    choice = chosen(wanted)
    assert choice.best is None
    (broken,) = choice.nearest.broken
    assert (choice.nearest.row.file, broken.option) == (file, option)
    assert words in broken.message


def test_an_accuracy_that_is_not_known_is_not_enough():
    choice = chosen(Wanted(most_drop=0.5), [row("a.tflite", 3, accuracy=None)])
    assert choice.nearest.broken[0].message == "has no known accuracy on the test images"


def test_a_file_that_failed_is_never_chosen():
    failed = replace(INT8, latency=None, errors=("it crashed",))
    choice = chosen(Wanted(), [failed, FLOAT])
    assert choice.best.row is FLOAT
    assert choice.others[0][1] == "failed: it crashed"


def test_the_front_has_what_no_other_beats():
    assert [one.row.file for one in chosen(Wanted()).front] == ["int8.tflite", "float32.tflite"]


def test_each_machine_has_a_choice_of_its_own_and_other_feeds_do_not_count():
    there = [replace(INT8, machine="another"), row("mixed.tflite", 1, machine="another", feed=Feed(rate_hz=5.0))]
    assert [(choice.machine, choice.best.row.file) for choice in choices([FLOAT, *there], Wanted())] == [
        ("a cpu", "float32.tflite"),
        ("another", "int8.tflite"),
    ]


def test_accuracies_of_two_kinds_are_not_compared():
    measured = replace(INT8, tested=None, accuracy=1.0)
    choice = chosen(Wanted(), [FLOAT, measured])
    assert choice.best.row is FLOAT
    assert reasons(choice) == {"int8.tflite": "has no known accuracy"}


def test_where_no_accuracy_is_known_the_fastest_is_chosen():
    choice = chosen(Wanted(), [row("a.tflite", 3, accuracy=None), row("b.tflite", 2, accuracy=None)])
    assert (choice.best.row.file, choice.by_speed) == ("b.tflite", True)


def test_of_a_file_that_was_measured_twice_the_last_counts():
    older, newer = (
        replace(INT8, started_at="2026-01-01"),
        replace(INT8, started_at="2026-01-02", latency=replace(INT8.latency, p50_interval_ns=(3e6, 9e6))),
    )
    assert chosen(Wanted(most_latency_ns=5 * MS), [newer, older]).best is None


def test_a_drop_of_just_the_limit_is_allowed():
    assert chosen(Wanted(most_drop=0.7 * 0.01), [row("a.tflite", 3, lost=7)]).best is not None


def test_every_constraint_that_is_broken_is_named():
    choice = chosen(Wanted(most_latency_ns=2 * MS, most_bytes=1_000_000), [INT8])
    assert [broken.option for broken in choice.nearest.broken] == ["--max-latency", "--max-size"]


def test_files_proved_on_different_numbers_of_images_are_compared_by_what_they_lose():
    # The trained model is right on 76 % of the first 300 images, and on 75 % of all 900.
    part = replace(FLOAT, tested=Accuracy(runtime="litert", images=300, right=228, lost=0, won=0))
    whole = replace(INT8, tested=Accuracy(runtime="litert", images=900, right=672, lost=9, won=6))
    elsewhere = replace(part, source="exported/other")
    assert accuracies([part, whole, elsewhere]) == pytest.approx([0.75, 672 / 900, 0.76])


def test_no_ratio_of_figures_in_doubt_is_stated_without_saying_so():
    doubt = Finding("busy", Level.UNSTABLE, "others", "close them")
    for best, other in ((FLOAT, replace(SLOW, findings=(doubt,))), (replace(FLOAT, machine_findings=(doubt,)), SLOW)):
        assert reasons(chosen(Wanted(), [best, other]))["float32.onnx"] == "takes 1.12 times as long (unstable: busy)"
    told = replace(SLOW, findings=(Finding("wide", Level.INFO, "wide", "look"),))
    assert reasons(chosen(Wanted(), [FLOAT, told]))["float32.onnx"] == "takes 1.12 times as long"
    assert described(chosen(Wanted(), [replace(FLOAT, findings=(doubt,))]).best).endswith("(unstable: busy)")


def test_photographs_that_all_were_measured_with_decide_and_are_named():
    def of(file, p50_ms, accuracy):
        # On the test set it is the other way round.
        made = row(file, p50_ms, accuracy=1 - accuracy)
        return replace(made, accuracy=accuracy, measured_on=Images.PHOTOGRAPHS, compared=frozenset(range(300)), images=300, images_of=3360)

    good, bad = of("good.tflite", 8, 0.25), of("bad.tflite", 3, 0.125)
    choice = chosen(Wanted(), [good, bad])
    assert choice.best.row is good
    assert reasons(choice) == {"bad.tflite": "is right on 12.5 % of the photographs instead of 25.0 %"}
    assert "photos top-1 25.0 % on 300 of 3,360 photographs, drop 0.0" in described(choice.best)
    assert "points on the test images" in described(choice.best)
    # Not of the same photographs: the test set's is what they have in common.
    fewer = replace(bad, compared=frozenset(range(200)))
    choice = chosen(Wanted(), [good, fewer])
    assert choice.best.row is fewer
    assert "test top-1 87.5 %" in described(choice.best)


def test_golden_images_are_named_where_nothing_else_is_known():
    best = chosen(Wanted(), [replace(row("a.tflite", 3, accuracy=None), accuracy=0.375)]).best
    assert "golden top-1 37.5 % on 40 golden images" in described(best)
