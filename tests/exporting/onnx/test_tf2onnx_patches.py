"""What tf2onnx makes of a TFLite file does not depend on what it made before, nor on the process."""

import pytest
from tf2onnx import utils

from edgekit.exporting.conversion import Conversion
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.onnx.tf2onnx_patches import InOrder
from edgekit.spec.export import OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from foreign_models import squeeze_and_excite


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
def test_the_same_bytes_whatever_the_names_of_the_nodes(precision, images, monkeypatch):
    """Names have a number that counts on in a process, and so have other hashes each time, as they have in another process."""
    conversion = Conversion(squeeze_and_excite(), lambda: [image[:, :32, :32] for image in images])
    tflite = conversion.convert(TFLiteOptions(precision=precision)).data
    made = set()
    for number in (1, 50, 100, 2406, 5000, 10_000, 20_000, 30_000, 40_000, 50_000):
        monkeypatch.setattr(utils, "INTERNAL_NAME", number)
        made.add(onnx.convert(tflite, OnnxOptions(precision=precision))[0])
    assert len(made) == 1


def test_a_set_in_order_is_a_set():
    names = InOrder("bca")
    names.add("d")
    names.add("b")
    names.remove("c")
    assert list(names) == ["b", "a", "d"]
    assert (len(names), "c" in names) == (3, False)
    assert names.issubset({"a", "b", "d", "e"})
    assert not names.issubset(InOrder("ab"))
    assert list(names | {"e"}) == ["b", "a", "d", "e"]
    assert names == {"a", "b", "d"}
