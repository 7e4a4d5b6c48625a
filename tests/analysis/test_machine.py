import pytest

from edgekit.analysis.machine import best_suited, machine_findings, suits_better, tuning_for
from edgekit.spec.environment import Environment
from edgekit.store.measurement import Planned

AMX, VNNI, AVX2 = "avx2 avx512f avx512_vnni amx_int8", "avx2 avx512f avx512_vnni", "avx2"


@pytest.mark.parametrize(
    ("environment", "threads", "codes"),
    [
        ({"governor": "performance", "load_1min": 0.3}, 1, []),
        ({"governor": None, "load_1min": None}, 1, []),
        ({"governor": "schedutil", "load_1min": 1.0}, 1, ["frequency-scaling"]),
        ({"governor": None, "load_1min": 1.1}, 1, ["busy"]),
        ({"governor": None, "load_1min": 1.1}, 2, []),
    ],
)
def test_what_the_machine_disturbs(environment, threads, codes):
    assert [finding.code for finding in machine_findings(Environment(**environment), threads=threads)] == codes


def planned(file, tuning, **changed):
    usual = {"source": "exported/a", "sha256": file, "bytes": 1, "precision": "int8", "runtime": "onnxruntime", "version": "1"}
    return Planned(file=file, tuning=tuning, **(usual | changed))


BUSY = {"governor": None, "load_1min": 10.0, "usable": 2}


@pytest.mark.parametrize(
    ("environment", "threads", "quiet", "levels"),
    [
        (BUSY, 1, False, ["unstable"]),
        (BUSY | {"usable": 16}, 1, False, ["info"]),
        (BUSY | {"usable": 16}, 8, False, ["unstable"]),
        # The load of the last minute may be that of the export just before.
        (BUSY, 1, True, ["info"]),
        (BUSY | {"load_1min": 1.0}, 1, False, []),
        (BUSY | {"load_1min": 0.3, "usable": 1}, 1, False, []),
        (BUSY | {"load_1min": 0.6, "usable": 1}, 1, False, ["unstable"]),
    ],
)
def test_a_load_above_the_cores_that_are_free_is_unstable(environment, threads, quiet, levels):
    assert [finding.level for finding in machine_findings(Environment(**environment), threads=threads, quiet=quiet)] == levels


PORTABLE, TUNED = planned("m-int8.onnx", "portable"), planned("m-x86-vnni-int8.onnx", "x86-vnni")
FOR_OPENVINO = planned("m-openvino-int8.onnx", "openvino")
IN_OPENVINO = [planned(each.file, each.tuning, runtime="openvino") for each in (PORTABLE, TUNED, FOR_OPENVINO)]


@pytest.mark.parametrize(
    ("measured", "instructions", "better"),
    [
        (PORTABLE, VNNI, TUNED),
        (PORTABLE, AVX2, None),
        (TUNED, VNNI, None),
        (TUNED, AVX2, PORTABLE),
        (planned("m-int8.tflite", "portable"), VNNI, None),  # another format
        (planned("m-float32.onnx", "portable", precision="float32"), VNNI, None),
        (planned("m-int8.onnx", "portable", source="exported/b"), VNNI, None),
    ],
)
def test_a_file_that_suits_the_cpu_better_is_named(measured, instructions, better):
    found = suits_better(measured, best_suited([PORTABLE, TUNED], instructions), instructions)
    assert (found.code, better.file in found.message) == ("other-file", True) if better else found is None


def test_of_a_candidate_or_a_tuning_of_ones_own_nothing_is_known():
    for name in ("pad-8", "tuned", "mine"):
        measured = planned(f"m-{name}-int8.onnx", name)
        assert suits_better(measured, best_suited([TUNED, measured], VNNI), VNNI) is None


def of_kind(suffix, precision, runtime, *tunings):
    return {name: planned(f"m-{name}-{precision}.{suffix}", name, precision=precision, runtime=runtime) for name in tunings}


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize(
    ("instructions", "kind", "best"),
    [
        (AMX, ("tflite", "int8", "litert"), {"x86-amx"}),
        (VNNI, ("tflite", "int8", "litert"), {"x86-vnni"}),
        (AVX2, ("tflite", "int8", "litert"), {"portable"}),
        (AMX, ("tflite", "float32", "litert"), {"x86-amx", "x86-vnni"}),  # the same rewrites: either is named, neither yields to the other
        (AMX, ("onnx", "int8", "onnxruntime"), {"x86-amx", "x86-vnni"}),
        (AMX, ("onnx", "float32", "openvino"), {"openvino"}),
        (AMX, ("tflite", "int8", "openvino"), {"openvino"}),
    ],
)
def test_of_the_files_for_such_a_cpu_the_closest_is_named(instructions, kind, best, turn):
    files = of_kind(*kind, "portable", "x86-vnni", "x86-amx", "openvino")
    suited = best_suited(list(files.values())[::turn], instructions)
    for name, file in files.items():
        found = suits_better(file, suited, instructions)
        assert found is None if name in best else any(files[other].file in found.message for other in best)


def test_of_a_file_that_is_the_same_nothing_is_said():
    files = of_kind("tflite", "dynamic", "litert", "x86-vnni", "x86-amx")
    assert suits_better(files["x86-vnni"], best_suited(files.values(), AMX), AMX)
    same = {name: planned(file.file, name, precision="dynamic", runtime="litert", sha256="same") for name, file in files.items()}
    assert suits_better(same["x86-vnni"], best_suited(same.values(), AMX), AMX) is None


@pytest.mark.parametrize(
    ("instructions", "name"), [(AMX, "x86-amx"), (VNNI, "x86-vnni"), ("avx_vnni", "x86-vnni"), (AVX2, "portable"), ("", "portable")]
)
def test_the_tuning_for_a_cpu(instructions, name):
    assert tuning_for(instructions) == name


@pytest.mark.parametrize(("instructions", "better"), [(VNNI, "m-openvino-int8.onnx"), (AMX, "m-openvino-int8.onnx"), (AVX2, None)])
def test_a_file_for_openvino_is_named_there_and_nowhere_else(instructions, better):
    beside = [PORTABLE, TUNED, FOR_OPENVINO, *IN_OPENVINO]
    best = best_suited(beside, instructions)
    found = suits_better(IN_OPENVINO[0], best, instructions)
    assert (found and better in found.message) if better else found is None
    elsewhere = suits_better(FOR_OPENVINO, best, instructions)
    assert (PORTABLE if instructions == AVX2 else TUNED).file in elsewhere.message


@pytest.mark.parametrize(
    ("usable", "words"), [(2, "and 1 of the cores is free"), (3, "and 2 of the cores are free"), (1, "and 0 of the cores are free")]
)
def test_how_many_cores_are_free_is_said(usable, words):
    (found,) = machine_findings(Environment(load_1min=5.0, usable=usable), threads=1)
    assert f"other programs were running when it began: a load of 5, {words} beside the measurement" in found.message
    (found,) = machine_findings(Environment(load_1min=5.0, usable=16), threads=2)
    assert found.message == "other programs were running when it began: a load of 5 with 2 in use"


def test_of_a_format_that_is_not_known_nothing_is_said():
    plain, tuned = planned("m-int8.bin", "portable"), planned("m-x86-vnni-int8.bin", "x86-vnni")
    for turn in ([plain, tuned], [tuned, plain]):
        best = best_suited(turn, VNNI)
        assert [suits_better(each, best, VNNI) for each in turn] == [None, None]
