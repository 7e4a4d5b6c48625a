from edgekit.spec.format import FORMATS, Format, Precision, format_named, formats_with, multiplies_integers


def test_which_precisions_multiply_integers():
    found = [
        multiplies_integers(precision) for precision in (Precision.FLOAT32, Precision.FLOAT16, Precision.MIXED, Precision.DYNAMIC, Precision.INT8)
    ]
    assert found == [False, False, False, True, True]


def test_a_format_is_known_by_its_suffix_in_any_case():
    assert [format_named(name) for name in ("a/b.tflite", "B.ONNX", "c.onnx.txt", "onnx", "")] == [Format.TFLITE, Format.ONNX, None, None, None]


def test_onnx_has_no_dynamic_precision_and_what_saturates_is_its_own_int8():
    assert {precision: formats_with(precision) for precision in Precision} == {
        precision: (Format.TFLITE,) if precision is Precision.DYNAMIC else (Format.TFLITE, Format.ONNX) for precision in Precision
    }
    assert [FORMATS[kind].int8_may_saturate for kind in (Format.TFLITE, Format.ONNX)] == [False, True]


def test_a_format_without_a_mark_begins_no_file():
    assert [FORMATS[kind].begins(data) for kind in (Format.TFLITE, Format.ONNX) for data in (b"\0\0\0\0TFL3", b"TFL3", b"")] == [True] + [False] * 5
