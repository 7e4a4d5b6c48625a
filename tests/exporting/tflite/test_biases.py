"""A layer's bias is read as what it stands for, and written where no other layer reads it."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit.exporting.tflite.biases import bias_of, has_bias, set_bias, take_biases
from edgekit.exporting.tflite.layers import layers_of
from edgekit.exporting.tflite.model import TFLiteModel
from foreign_files import Lite, packed

STEP = 0.25


def two_layers(bias, *, shared, dtype="float32", names=("middle", "scores")):
    """Two fully connected layers that change nothing but for their biases, which are one tensor, or two of equal numbers in one buffer."""
    made = Lite()
    steps = (STEP, 0) if dtype == "int32" else None
    image = made.tensor((1, 2), "float32", name="image")
    kernel = made.tensor((2, 2), "float32", values=np.eye(2))
    first = second = made.tensor([2], dtype, values=bias, steps=steps, name="bias")
    if not shared:
        second = made.tensor([2], dtype, steps=steps, name="other")
        made.graph.tensors[second].buffer = made.graph.tensors[first].buffer
    middle, end = (made.tensor((1, 2), "float32", name=name) for name in names)
    made.operator("FULLY_CONNECTED", [image, kernel, first], [middle])
    made.operator("FULLY_CONNECTED", [middle, kernel, second], [end])
    made.operator("RELU", [end], [made.tensor((1, 2), "float32", name="end")])
    made.graph.inputs, made.graph.outputs = np.array([image], np.int32), np.array([end], np.int32)
    return TFLiteModel.read(packed(made.model))


def answer(model):
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    interpreter.set_tensor(model.inputs[0], np.array([[10, 20]], np.float32))
    interpreter.invoke()
    return interpreter.get_tensor(model.outputs[0])[0].tolist()


@pytest.mark.parametrize("shared", [True, False])
def test_a_bias_that_is_set_is_no_other_layers(shared):
    model = two_layers([1, 2], shared=shared)
    first, second = layers_of(model)
    assert answer(model) == [12, 24]
    set_bias(model, first, np.array([100.0, 200.0]))
    assert (bias_of(model, first).tolist(), bias_of(model, second).tolist()) == ([100, 200], [1, 2])
    assert answer(model) == [111, 222]
    set_bias(model, second, np.array([0.5, 0.0]))
    assert answer(model) == [110.5, 220]
    assert len({tensor.name for tensor in model.tensors}) == len(model.tensors)


def test_integers_count_in_steps():
    model = two_layers([4, -6], shared=False, dtype="int32")
    first, _ = layers_of(model)
    assert bias_of(model, first).tolist() == [1, -1.5]
    set_bias(model, first, np.array([2.6, -1e12]))
    assert model.tensors[first.inputs[2]].stored.tolist() == [10, np.iinfo(np.int32).min]
    assert bias_of(model, first)[0] == 2.5


def test_a_layer_without_a_bias():
    model = two_layers([1, 2], shared=True)
    first, second = layers_of(model)
    first.inputs, second.inputs = first.inputs[:2], [*second.inputs[:2], -1]
    assert [has_bias(layer) for layer in (first, second)] == [False, False]
    assert answer(model) == [10, 20]


def test_biases_are_taken_by_the_layers_names():
    model, other = two_layers([1, 2], shared=True), two_layers([8, 12], shared=False, dtype="int32", names=("elsewhere", "scores"))
    take_biases(model, other)
    assert [bias_of(model, layer).tolist() for layer in layers_of(model)] == [[1, 2], [2, 3]]
