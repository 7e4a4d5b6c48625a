"""An ONNX file asked in OpenVINO, with no more of edgekit between than where 8 bits are right on this CPU."""

import numpy as np
import openvino

from edgekit.runtimes.cpu import saturates_8_bit


def compiled(data, shape=None, *, narrow=False):
    """Return the compiled model, of the file's own input shape where ``shape`` is not given; ``narrow``: weights have seven bits."""
    model = openvino.Core().read_model(data)
    if shape:
        model.reshape(shape)
    without_8_bit = {"LP_TRANSFORMS_MODE": "NO"} if saturates_8_bit() and not narrow else {}
    return openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", **without_8_bit})


def openvino_scores(data, images, *, narrow=False):
    """Return (images, scores) for uint8 (1, height, width, 3) images."""
    model = compiled(data, narrow=narrow)
    return np.concatenate([model([image])[0] for image in images])
