"""The first table of bench-export's pages."""

from exports import speed
from exports.contenders import named
from sidebyside.measuring import Measured


def times_of(milliseconds):
    return [[round(milliseconds * 1e6)] * 16 for _ in range(5)]


def test_the_whole_tuning_stands_beside_the_same_without_a_rewrite():
    whole, slower = "all/m-float32.onnx in onnxruntime", "without-a/m-float32.onnx in onnxruntime"
    contenders = {name: named(*name.split(" in "), "float32", whole) for name in (whole, slower)}
    found = Measured({whole: times_of(4), slower: times_of(5)}, {})
    summaries = [speed.Summary.without("Net", tuning, contenders, found) for tuning in ("without-a", "without-b")]
    head, _, first, second, _ = speed.table(summaries)
    assert head == "|  | tuning | litert float32 | onnxruntime float32 | litert int8 | onnxruntime int8 |"
    assert first == "| Net | without-a | the same file | 1.25 × (1.25–1.25) | the same file | the same file |"
    assert second == "| Net | without-b | the same file | the same file | the same file | the same file |"
