import pytest

from edgekit.errors import UsageError
from edgekit.spec.format import Format
from edgekit.spec.runtime import RUNTIMES, runtime_named, runtimes_for


def test_which_are_used_only_when_named_and_which_tell_the_time_of_operators():
    assert {name for name, row in RUNTIMES.items() if row.only_when_named} == {"openvino-bfloat16", "fake"}
    assert {name for name, row in RUNTIMES.items() if row.profiles} == {"litert", "onnxruntime", "openvino", "openvino-bfloat16"}


def test_each_formats_own_runtime_comes_first():
    assert [row.name for row in runtimes_for(Format.TFLITE)] == ["litert", "tflite-runtime", "openvino"]
    assert [row.name for row in runtimes_for(Format.ONNX)] == ["onnxruntime", "openvino"]


def test_a_row_is_found_by_its_name_or_the_nearest_is_told():
    assert all(runtime_named(name) is row for name, row in RUNTIMES.items())
    with pytest.raises(UsageError, match=r"no runtime of that name\. Received: litertt") as caught:
        runtime_named("litertt")
    assert "litert" in caught.value.hint
