"""`python asking.py CLIENT FILE...`: does the client itself run each file? The client is imported once, and each file asked in a fork."""

from __future__ import annotations

import json
import os
import sys

import numpy as np


def mediapipe():
    from mediapipe import Image, ImageFormat
    from mediapipe.tasks.python import BaseOptions
    from mediapipe.tasks.python.vision import ImageClassifier, ImageClassifierOptions

    def run(file):
        with ImageClassifier.create_from_options(ImageClassifierOptions(base_options=BaseOptions(model_asset_path=file))) as client:
            client.classify(Image(ImageFormat.SRGB, np.full((20, 30, 3), 90, np.uint8)))

    return run


def litert():
    from ai_edge_litert.interpreter import Interpreter

    def run(file):
        interpreter = Interpreter(model_path=file)
        interpreter.allocate_tensors()
        interpreter.invoke()

    return run


def microcontroller():
    from tflite_micro import runtime

    def run(file):
        interpreter = runtime.Interpreter.from_file(file, arena_size=1 << 20)
        taken = interpreter.get_input_details(0)
        interpreter.set_input(np.zeros(taken["shape"], taken["dtype"]), 0)
        interpreter.invoke()

    return run


def _image(file):
    """Zeros as a file declares them: where it does not say, one image of 8 by 8."""
    import onnx

    kind = onnx.load(file).graph.input[0].type.tensor_type
    shape = [extent.dim_value or (8 if place else 1) for place, extent in enumerate(kind.shape.dim)]
    return np.zeros(shape, onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))


def onnxruntime():
    from onnxruntime import InferenceSession

    def run(file):
        InferenceSession(file, providers=["CPUExecutionProvider"]).run(None, {"image": _image(file)})

    return run


def opencv():
    import cv2

    def run(file):
        net = cv2.dnn.readNet(file)
        net.setInput(_image(file))
        net.forward()

    return run


def ran(run, file):
    """Whether a fork of this process ran the file; clients end a process by what they do not know."""
    child = os.fork()
    if not child:
        status = 1
        try:
            run(file)
            status = 0
        except BaseException as error:
            sys.stderr.write(f"{file}: {' '.join(str(error).split())[:300]}\n")
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


if __name__ == "__main__":
    asked = {"mediapipe": mediapipe, "litert": litert, "microcontroller": microcontroller, "onnxruntime": onnxruntime, "opencv": opencv}[
        sys.argv[1]
    ]()
    sys.stdout.write("\n" + json.dumps({file: ran(asked, file) for file in sys.argv[2:]}) + "\n")
