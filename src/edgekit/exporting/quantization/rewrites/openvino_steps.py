"""Scales that lie evenly around zero, as OpenVINO computes integers. Where it rounds, `qdq` and the bias correction ask the rewrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edgekit.exporting.tflite.model import TFLiteModel


def openvino_steps(model: TFLiteModel) -> bool:
    """Widen the ranges that hold negative values until their 256 steps have zero in the middle.

    The file is another one even where no range is changed, since it is also rounded elsewhere.
    """
    for tensor in model.tensors:
        # In the 32 bits that a file has: from more of them some bounds come out as another number in the last place.
        low, high = (np.float32(bound) for bound in tensor.range or (0, 0))
        if low < 0:
            # From -128 steps to 127.
            step = max(-low / 128, high / 127)
            tensor.range = float(-128 * step), float(127 * step)
    return True
