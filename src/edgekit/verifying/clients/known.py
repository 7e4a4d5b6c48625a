"""What clients are known not to do with our files, and why. A contract test says when one of them has learnt it."""

from __future__ import annotations

import msgspec

from edgekit.spec.format import Format, Precision

_ONNX = "take the ONNX file"
_TFLITE = "take the TFLite file, float32 or float16"
_MICRO = "take int8"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Why a client does not answer to files of these precisions.

    ``told`` are the words by which it is known: a failure that says something else is another one. Without any, the client
    answers, and wrongly.
    """

    client: str
    format: Format
    precisions: tuple[Precision, ...]
    told: tuple[str, ...]
    reason: str

    def tells(self, message: str) -> bool:
        """Return whether a failure is this one."""
        return any(words in message for words in self.told)


_TABLE = (
    Known(
        client="tflite-runtime",
        format=Format.TFLITE,
        precisions=(Precision.MIXED, Precision.DYNAMIC),
        told=("FULLY_CONNECTED",),
        reason="its fully connected layer, of 2023, has no scale for each output; take float32 or int8",
    ),
    Known(
        client="opencv",
        format=Format.TFLITE,
        precisions=(Precision.FLOAT32, Precision.FLOAT16, Precision.MIXED),
        told=("modules/dnn/src/layers",),
        reason=f"its TFLite importer loses the layout where the shift of a pixel row is added; {_ONNX}",
    ),
    Known(
        client="opencv",
        format=Format.TFLITE,
        precisions=(Precision.DYNAMIC,),
        told=("blobs.empty()",),
        reason=f"its convolutions take no 8-bit weights beside float input; {_ONNX}",
    ),
    Known(
        client="opencv",
        format=Format.TFLITE,
        precisions=(Precision.INT8,),
        told=("ReduceInt8",),
        reason=f"it has no 8-bit mean; {_ONNX} in float32",
    ),
    Known(
        client="opencv",
        format=Format.ONNX,
        precisions=(Precision.INT8,),
        told=("bufidx >= 0",),
        reason="its graph engine gives up on quantised tensors (an assertion of its own); take float32",
    ),
    Known(
        client="mnn",
        format=Format.ONNX,
        precisions=(Precision.FLOAT32, Precision.FLOAT16),
        told=("cannot compute", "its process ended"),
        reason=f"it converts the file and cannot compute it, or ends the process; {_TFLITE}",
    ),
    Known(
        client="mnn",
        format=Format.ONNX,
        precisions=(Precision.MIXED,),
        told=("converter refuses",),
        reason=f"its converter does not know MatMulInteger; {_TFLITE}",
    ),
    Known(
        client="mnn",
        format=Format.ONNX,
        precisions=(Precision.INT8,),
        told=("its process ended",),
        reason=f"its converter ends the process on a quantised graph; {_TFLITE}",
    ),
    Known(
        client="mnn",
        format=Format.TFLITE,
        precisions=(Precision.MIXED,),
        told=(),
        reason=f"it reads 8-bit weights as other numbers and answers wrongly; {_TFLITE}",
    ),
    Known(
        client="mnn",
        format=Format.TFLITE,
        precisions=(Precision.DYNAMIC,),
        told=("its process ended",),
        reason=f"its process dies on 8-bit weights beside float input; {_TFLITE}",
    ),
    Known(
        client="mnn",
        format=Format.TFLITE,
        precisions=(Precision.INT8,),
        told=("cannot compute",),
        reason=f"it cannot infer the shape of an addition in 8 bits; {_TFLITE}",
    ),
    Known(
        client="tflite-micro",
        format=Format.TFLITE,
        precisions=(Precision.FLOAT32,),
        told=("invocation failed",),
        reason=f"it has no cast from uint8; {_MICRO}",
    ),
    Known(
        client="tflite-micro",
        format=Format.TFLITE,
        precisions=(Precision.FLOAT16, Precision.MIXED, Precision.DYNAMIC),
        told=("failed to allocate tensors",),
        reason=f"it has no kernels for weights that are stored in other numbers than they are used in; {_MICRO}",
    ),
)
KNOWN = {(row.client, row.format, precision): row for row in _TABLE for precision in row.precisions}
"""By client, format and precision: the row of what is not to be had."""
