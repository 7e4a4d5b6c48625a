"""Scales that lie evenly around zero, as OpenVINO computes integers. Where it rounds, `qdq` and the bias correction ask the rewrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel


def openvino_steps(model: TFLiteModel) -> bool:
    """Widen the ranges that hold negative values until their 256 steps have zero in the middle.

    The file is another one even where no range is changed, since it is also rounded elsewhere.
    """
    for tensor in model.tensors:
        noted = tensor.range
        if noted is not None and noted[0] < 0:
            # From -128 steps to 127.
            step = max(-noted[0] / 128, noted[1] / 127)
            tensor.range = -128 * step, 127 * step
    return True
