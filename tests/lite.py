"""A TFLite file asked in LiteRT, without anything of edgekit between; and one with something wrong in it."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edgekit.exporting.quantization import calibrate
from edgekit.exporting.quantization.rewrites.openvino_steps import openvino_steps
from edgekit.exporting.tflite.layers import layers_of
from edgekit.exporting.tflite.model import TFLiteModel


def scores(data, images):
    """Return (images, scores) for uint8 (1, height, width, 3) images of one size."""
    interpreter = Interpreter(model_content=data, num_threads=1)
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(source, images[0].shape)
    interpreter.allocate_tensors()
    found = []
    for image in images:
        interpreter.set_tensor(source, image)
        interpreter.invoke()
        found.append(interpreter.get_tensor(target)[0].copy())
    return np.array(found)


def calibrated(data, images, *, around_zero=False):
    """The graph with the range of every tensor over the images, as int8 is quantised by; for OpenVINO they lie ``around_zero``."""
    model = TFLiteModel.read(data)
    calibrate.calibrate(model, images)
    if around_zero:
        openvino_steps(model)
    return model.to_bytes()


def shifted(data, steps):
    """The graph with every int32 bias off by so many steps, as if rounding had done it."""
    model = TFLiteModel.read(data)
    for bias in {layer.inputs[2] for layer in layers_of(model)}:
        tensor = model.tensors[bias]
        tensor.store(tensor.stored + np.int32(steps))
    return model.to_bytes()
