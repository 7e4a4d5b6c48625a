"""An ONNX file asked in OpenVINO, with no more of edgekit between than where 8 bits are right on this CPU."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import openvino

from edgekit.host.cpu import saturates_8_bit


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


def scores_without_amx(data, images):
    """Return the scores of a CPU that has VNNI at most, where OpenVINO takes other ways."""
    with tempfile.TemporaryDirectory() as folder:
        file, asked, answered = (Path(folder) / name for name in ("model.onnx", "images.npy", "scores.npy"))
        file.write_bytes(data)
        np.save(asked, np.stack(images))
        environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX512_CORE_VNNI"}
        subprocess.run([sys.executable, __file__, file, asked, answered], check=True, env=environment)
        return np.load(answered)


if __name__ == "__main__":
    given, asked, answered = map(Path, sys.argv[1:])
    np.save(answered, openvino_scores(given.read_bytes(), np.load(asked)))
