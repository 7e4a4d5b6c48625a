"""tf2onnx as its documentation calls it, within the memory that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tf2onnx

from edgekit.exporting.onnx.placeholders import put_back, take_out
from edgekit.exporting.tflite.model import TFLiteModel

if TYPE_CHECKING:
    from pathlib import Path

    import onnx


def onnx_from(tflite: bytes, folder: Path, *, opset: int | None = None) -> onnx.ModelProto:
    """Convert with the large constants attached afterwards: the same graph, and VGG-16 does not fit into 24 GB otherwise."""
    light = TFLiteModel.read(tflite)
    constants = take_out(light)
    path = folder / "light.tflite"
    path.write_bytes(light.to_bytes())
    model, _ = tf2onnx.convert.from_tflite(str(path), opset=opset)
    path.unlink()
    put_back(model.graph, constants)
    return model
