"""The first table of bench-export's pages."""

from edgekit.spec.format import Format
from edgekit.spec.tuning import built_in
from exports import speed
from exports.contenders import named, runtime_of
from sidebyside.measuring import Measured


def times_of(milliseconds):
    return [[round(milliseconds * 1e6)] * 16 for _ in range(5)]


def test_the_whole_tuning_stands_beside_the_same_without_a_rewrite():
    whole, slower = "all/m-float32.onnx in onnxruntime", "without-a/m-float32.onnx in onnxruntime"
    same = "all/m-int8.onnx in openvino"
    contenders = {name: named(*name.split(" in "), "float32", whole) for name in (whole, slower)} | {same: named(*same.split(" in "), "int8", same)}
    found = Measured({whole: times_of(4), slower: times_of(5)}, {})
    summaries = [speed.Summary.without("Net", tuning, contenders, found) for tuning in ("without-a", "without-b")]
    head, _, first, second, _ = speed.table(summaries)
    assert head == "|  | tuning | onnxruntime float32 | openvino int8 |"
    assert first == "| Net | without-a | 1.25 × (1.25–1.25) | the same file |"
    assert second == "| Net | without-b | the same file | the same file |"


def test_a_tuning_is_measured_in_the_runtime_that_it_is_for():
    asked = [(name, kind, precision) for name in ("x86-vnni", "openvino") for kind in Format for precision in ("float32", "int8")]
    assert [runtime_of(built_in(name), kind, precision) for name, kind, precision in asked] == [
        *("litert", "litert", "onnxruntime", "onnxruntime"),
        *("litert", "litert", "openvino", "openvino"),
    ]
