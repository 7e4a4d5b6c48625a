"""The fastest of candidates that were measured elsewhere."""

import pytest

from edgekit.errors import UsageError
from edgekit.exporting.tuning.from_results import tuning_of
from edgekit.spec.environment import Environment
from edgekit.spec.protocol import BUDGETS, Feed, Purpose
from edgekit.spec.tuning import built_in
from edgekit.store.measurement import Block, ResultHeader
from edgekit.store.result import Result

MS = 1_000_000


def result(tmp_path, rows, source="exported/a"):
    """A result with ``rows``: file, precision, runtime, tuning, and the median of each process in milliseconds."""
    blocks = []
    for file, precision, runtime, tuning, medians in rows:
        for process, median in enumerate(medians):
            common = {"source": source, "file": file, "sha256": "", "bytes": 1, "precision": precision, "runtime": runtime, "version": "1"}
            blocks.append(Block(**common, threads=1, process=process, tuning=tuning, timed_ns=(int(median * MS),) * 3))
    header = ResultHeader(schema=2, protocol=BUDGETS["quick"], started_at="", environment=Environment(cpu="a board"), images={})
    return Result(tmp_path / "pi.jsonl", header, tuple(blocks))


def rows_of(precision, suffix, runtime, **medians):
    return [(f"net-{tuning}{suffix}", precision, runtime, tuning.replace("_", "-"), times) for tuning, times in medians.items()]


BASE = {"portable": [10, 10, 10, 10, 10]}


def test_the_fastest_of_each_step_is_kept(tmp_path):
    float32 = rows_of("float32", ".tflite", "litert", **BASE, pad_8=[9, 9, 9, 9, 9], pad_16=[8, 8, 8, 8, 11], pad_32=[9.9] * 5, winograd_4_64=[7] * 5)
    int8 = rows_of("int8", ".tflite", "litert", portable=[4] * 5, stem_on_blocks=[3] * 5, pad_8=[5] * 5)
    tuning, trials = tuning_of(result(tmp_path, [*float32, *int8]))
    assert tuning.name == "tuned"
    assert tuning.tflite.float.pad_channels.multiple == 16
    assert (tuning.tflite.float.use_winograd.tile, tuning.tflite.float.stem_on_blocks) == (4, None)
    assert (tuning.tflite.int8.pad_channels, tuning.tflite.int8.stem_on_blocks is not None) == (None, True)
    assert tuning.onnx == built_in("portable").onnx
    assert {trial.cpu for trial in trials} == {"a board"}
    assert {(trial.precision, trial.rewrite): (trial.kept, trial.best_ns, trial.candidate_ns) for trial in trials} == {
        ("float32", "pad-8"): (False, 10 * MS, 9 * MS),  # another of its step is faster
        ("float32", "pad-16"): (True, 10 * MS, 8 * MS),
        ("float32", "pad-32"): (False, 10 * MS, 9_900_000),  # within the noise
        ("float32", "winograd-4-64"): (True, 10 * MS, 7 * MS),
        ("int8", "stem-on-blocks"): (True, 4 * MS, 3 * MS),
        ("int8", "pad-8"): (False, 4 * MS, 5 * MS),
    }


def test_what_most_processes_do_not_show_is_not_kept(tmp_path):
    tuning, _ = tuning_of(result(tmp_path, rows_of("float32", ".onnx", "onnxruntime", **BASE, pad_8=[5, 5, 5, 11, 11])))
    assert tuning.onnx == built_in("portable").onnx


def test_the_formats_own_runtime_decides_where_several_were_measured(tmp_path):
    own = rows_of("int8", ".onnx", "onnxruntime", **BASE, pad_8=[11] * 5)
    other = rows_of("int8", ".onnx", "openvino", **BASE, pad_8=[5] * 5)
    tuning, trials = tuning_of(result(tmp_path, [*other, *own]))
    assert tuning.onnx.int8.pad_channels is None
    assert [trial.runtime for trial in trials] == ["onnxruntime"]


def test_of_a_tuning_for_openvino_its_times_decide(tmp_path):
    own = rows_of("float32", ".onnx", "onnxruntime", openvino=[10] * 5, pad_8=[5] * 5)
    other = rows_of("float32", ".onnx", "openvino", openvino=[10] * 5, pad_8=[11] * 5)
    _, trials = tuning_of(result(tmp_path, [*own, *other]))
    assert [(trial.runtime, trial.kept) for trial in trials] == [("openvino", False)]


def test_only_images_back_to_back_count(tmp_path):
    whole = result(tmp_path, rows_of("int8", ".onnx", "onnxruntime", **BASE, pad_8=[11] * 5))
    fast = {"timed_ns": (1,), "tuning": "pad-8"}
    first = whole.blocks[-1]
    other = [type(first)(**({name: getattr(first, name) for name in first.__struct_fields__} | fast | changed)) for changed in (
        {"purpose": Purpose.MEMORY}, {"feed": Feed(rate_hz=5)}, {"timed_ns": (), "error": "killed"},
    )]  # fmt: skip
    assert tuning_of(Result(whole.path, whole.header, (*whole.blocks, *other))) == tuning_of(whole)


def test_what_was_measured_beside_the_candidates_is_left_alone(tmp_path):
    whole = result(tmp_path, rows_of("int8", ".onnx", "onnxruntime", **BASE, pad_8=[11] * 5))
    slower = result(tmp_path, rows_of("int8", ".onnx", "onnxruntime", portable=[90] * 5), "exported/b")
    assert tuning_of(Result(whole.path, whole.header, (*whole.blocks, *slower.blocks))) == tuning_of(whole)
    other = result(tmp_path, rows_of("int8", ".onnx", "onnxruntime", pad_8=[1] * 5), "exported/b")
    with pytest.raises(UsageError, match="several bundles") as caught:
        tuning_of(Result(whole.path, whole.header, (*whole.blocks, *other.blocks)))
    assert caught.value.hint


def test_a_measurement_that_ended_before_both_sides_were_there_is_refused(tmp_path):
    whole = result(tmp_path, rows_of("int8", ".onnx", "onnxruntime", portable=[10, 10], pad_8=[9, 9]))
    torn = [block for block in whole.blocks if (block.process == 0) is (block.tuning == "portable")]
    with pytest.raises(UsageError, match="no candidate was measured beside") as caught:
        tuning_of(Result(whole.path, whole.header, tuple(torn)))
    assert "finish" in caught.value.hint


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (rows_of("int8", ".onnx", "onnxruntime", **BASE), "no candidates"),
        (rows_of("int8", ".onnx", "onnxruntime", mine=[1], pad_8=[1]), "without one"),
        (rows_of("int8", ".onnx", "onnxruntime", **BASE, none=[1], pad_8=[1]), "none, portable"),
    ],
)
def test_a_result_without_candidates_or_their_beginning_is_refused(tmp_path, rows, told):
    with pytest.raises(UsageError, match=told):
        tuning_of(result(tmp_path, rows))
