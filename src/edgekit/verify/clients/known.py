"""What clients are known not to do with our files, and why. A contract test says when one of them has learnt it."""

from __future__ import annotations

from edgekit.spec.export import Format, Precision

_ONNX = "take the ONNX file"
_TFLITE = "take the TFLite file, float32 or float16"
_MICRO = "take int8"

_NOT_TO_BE_HAD: tuple[tuple[str, Format, tuple[Precision, ...], str], ...] = (
    (
        "opencv",
        Format.TFLITE,
        (Precision.FLOAT32, Precision.FLOAT16, Precision.MIXED),
        f"its TFLite importer loses the layout where the shift of a pixel row is added; {_ONNX}",
    ),
    ("opencv", Format.TFLITE, (Precision.DYNAMIC,), f"its convolutions take no 8-bit weights beside float input; {_ONNX}"),
    ("opencv", Format.TFLITE, (Precision.INT8,), f"it has no mean in 8 bits; {_ONNX} in float32"),
    ("opencv", Format.ONNX, (Precision.INT8,), "its graph engine gives up on quantised tensors (an assertion of its own); take float32"),
    (
        "mnn",
        Format.ONNX,
        (Precision.FLOAT32, Precision.FLOAT16),
        f"it converts the file and cannot compute it (its code 5, an invalid value); {_TFLITE}",
    ),
    ("mnn", Format.ONNX, (Precision.MIXED,), f"its converter does not know MatMulInteger; {_TFLITE}"),
    ("mnn", Format.ONNX, (Precision.INT8,), f"its converter ends the process on a quantised graph; {_TFLITE}"),
    ("mnn", Format.TFLITE, (Precision.MIXED,), f"it reads 8-bit weights as other numbers and answers wrongly; {_TFLITE}"),
    ("mnn", Format.TFLITE, (Precision.DYNAMIC,), f"its process dies on 8-bit weights beside float input; {_TFLITE}"),
    ("mnn", Format.TFLITE, (Precision.INT8,), f"it cannot infer the shape of an addition in 8 bits; {_TFLITE}"),
    ("tflite-micro", Format.TFLITE, (Precision.FLOAT32,), f"it has no cast from uint8; {_MICRO}"),
    (
        "tflite-micro",
        Format.TFLITE,
        (Precision.FLOAT16, Precision.MIXED, Precision.DYNAMIC),
        f"it has no kernels for weights that are stored in other numbers than they are used in; {_MICRO}",
    ),
)
KNOWN = {(client, kind, precision): reason for client, kind, precisions, reason in _NOT_TO_BE_HAD for precision in precisions}
"""Why a client does not answer to a file of this format and precision."""
