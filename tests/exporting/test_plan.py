import msgspec
import pytest

from edgekit.errors import UsageError
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.spec.export import Head, InputSize, OnnxOptions, TFLiteOptions
from edgekit.spec.format import Format, Precision
from edgekit.spec.tuning import Search, built_in

FLOAT32, MIXED, DYNAMIC, INT8 = Precision.FLOAT32, Precision.MIXED, Precision.DYNAMIC, Precision.INT8


@pytest.mark.parametrize(
    ("formats", "precisions", "files"),
    [
        ([], [], [(Format.TFLITE, FLOAT32), (Format.ONNX, FLOAT32), (Format.TFLITE, INT8), (Format.ONNX, INT8)]),
        ([Format.ONNX], [INT8, FLOAT32, INT8], [(Format.ONNX, INT8), (Format.ONNX, FLOAT32)]),
        ([], [DYNAMIC, MIXED], [(Format.TFLITE, DYNAMIC), (Format.TFLITE, MIXED), (Format.ONNX, MIXED)]),
        ([Format.ONNX], [DYNAMIC], [(Format.ONNX, DYNAMIC)]),  # refused where the plan is made
    ],
)
def test_which_files_are_asked_for(formats, precisions, files):
    assert files_in(formats, precisions) == tuple(files)


def test_each_file_is_made_with_what_the_plan_says_of_all():
    size, tuning = InputSize(32, 40), built_in("x86-vnni")
    plan = ExportPlan(files=((Format.ONNX, INT8), (Format.TFLITE, MIXED)), head=Head.FEATURES, input_size=size, tuning=tuning)
    of_all = {"head": Head.FEATURES, "input_size": size, "tuning": tuning}
    assert plan.options == (OnnxOptions(precision=INT8, **of_all), TFLiteOptions(precision=MIXED, **of_all))


def test_a_table_is_searched_for_once_with_its_first_file():
    plan = ExportPlan(files=tuple((Format.TFLITE, precision) for precision in (MIXED, DYNAMIC, INT8, FLOAT32)))
    assert {options.precision for options in plan.by_table} == {MIXED, DYNAMIC}


def test_a_plan_that_was_tuned_searches_no_more():
    plan = ExportPlan(search=Search.HERE)
    tuned = plan.tuned(built_in("x86-amx"))
    assert (tuned.tuning, tuned.search, tuned.files) == (built_in("x86-amx"), Search.NONE, plan.files)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"files": ()}, "at least one file"),
        ({"files": ((Format.ONNX, INT8),) * 2}, "Received: onnx in int8, onnx in int8"),
        ({"files": ((Format.ONNX, DYNAMIC),)}, "no such precision. Received: dynamic"),
        ({"search": Search.CANDIDATES, "tuning": msgspec.structs.replace(built_in("none"), name="board")}, "Received: board"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused_where_it_is_written(fields, message):
    with pytest.raises(UsageError, match=message):
        ExportPlan(**fields)
