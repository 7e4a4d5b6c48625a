"""The image of an int8 TFLite file by way of float32, which LiteRT computes in a third of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.exporting.tflite.operator import Kind

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel


def cast_image(model: TFLiteModel) -> bool:
    """Leave the CAST that the converter writes, which `quantise_image` takes out of all other int8 files; return whether there is one."""
    return any(model.operators_of(Kind.CAST))
