"""An int8 TFLite model and the ONNX written from it answer alike, within the steps of 8 bits."""

from collections import Counter

import keras
import numpy as np
import onnx as onnx_package
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import layers

from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.onnx.qdq import writer as qdq
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.graph import ops
from edgekit.graph.ops import Around
from edgekit.spec.export import ANY_SIZE, Head, InputSize, OnnxOptions
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import Rewrites
from edgekit.spec.tuning import built_in
from lite import calibrated
from sketch import AVERAGE, MAX, SAME, VALID, Sketch
from vino import openvino_scores, scores_without_amx

PX = 13
TUNINGS = (built_in("x86-vnni"), built_in("openvino"))
SIZE = InputSize(PX, PX)


def convolutions(sketch):
    x = sketch.add(ops.Leaky(0.1), sketch.conv(sketch.add(ops.Shift(np.array([-120.0, -110, -100], np.float32)), "image"), 6, (3, 3), 2))
    x = sketch.add(ops.Leaky(0.0), sketch.depthwise(x, 3, 2))
    x = sketch.conv(x, 5, (2, 3), padding=VALID)
    return sketch.dense(sketch.add(ops.Flatten(), x), 4)


def pools_and_branches(sketch):
    x = sketch.conv("image", 6, (3, 3), 2)
    maximum = sketch.add(ops.Pool(MAX, 3, 2, SAME), x)
    average = sketch.add(ops.Pool(AVERAGE, 3, 2, SAME), sketch.add(ops.Leaky(0.2), x))
    both = sketch.add(ops.Concat(), maximum, average, sketch.conv(x, 3, (1, 1), 2))
    added = sketch.add(ops.Add(), both, sketch.depthwise(both))
    return sketch.affine(sketch.dense(sketch.add(ops.GlobalAverage(), sketch.add(ops.Leaky(0.3), added)), 4))


def branches_before_convolutions(sketch):
    x = sketch.add(ops.Leaky(0.1), sketch.conv(sketch.add(ops.Shift(np.array([-120.0, -110, -100], np.float32)), "image"), 6, (3, 3), 2))
    branches = [sketch.add(ops.Leaky(0.1), sketch.conv(x, 6, (kernel, kernel))) for kernel in (1, 3)]
    both = sketch.add(ops.Concat(), *branches)
    more = [sketch.add(ops.Leaky(0.1), sketch.conv(both, 6, (kernel, kernel))) for kernel in (1, 3)]
    return sketch.dense(sketch.add(ops.GlobalAverage(), sketch.add(ops.Concat(), *more)), 4)


def branches_of_branches(sketch):
    x = sketch.conv("image", 4, (3, 3), 2)
    for _ in range(2):
        x = sketch.add(ops.Concat(), x, sketch.add(ops.Leaky(0.1), sketch.conv(sketch.add(ops.Leaky(0.2), sketch.affine(x)), 3)))
    return sketch.dense(sketch.add(ops.GlobalAverage(), sketch.add(ops.Leaky(0.1), sketch.conv(x, 4))), 4)


def norms_and_slopes(sketch):
    x = sketch.conv(sketch.add(ops.Shift(np.array([-120.0, -110, -100], np.float32)), "image"), 6, (3, 3), 3)
    x = sketch.add(ops.LeakyByChannel(sketch.values(6) + 1), sketch.affine(sketch.add(ops.Pool(MAX, 2, 1, VALID), x)))
    x = sketch.add(ops.Shift(sketch.values(6)), sketch.add(ops.Leaky(0.4), x))
    return sketch.add(ops.Softmax(), sketch.dense(sketch.add(ops.Flatten(), x), 4))


def flattened_for_more_than_one(sketch):
    flat = sketch.add(ops.Flatten(), sketch.conv("image", 3, (5, 5), 4, VALID))
    return sketch.add(ops.Concat(), sketch.dense(flat, 3), sketch.add(ops.Leaky(0.1), flat))


def blocks(sketch):
    x = sketch.conv(sketch.add(ops.SpaceToDepth(4), sketch.conv("image", 3, (2, 2), padding=VALID)), 4, (2, 2))
    return sketch.dense(sketch.add(ops.Flatten(), x), 4)


def image_on_blocks(sketch):
    return on_blocks(sketch, PX)


def on_blocks(sketch, block):
    x = sketch.add(ops.Shift(np.tile(np.array([-120.0, -110, -100], np.float32), block**2)), sketch.add(ops.SpaceToDepth(block), "image"))
    return sketch.dense(sketch.add(ops.Flatten(), sketch.add(ops.Leaky(0.1), sketch.conv(x, 8, (1, 1)))), 4)


def blocks_of_two(sketch):
    return on_blocks(sketch, 2)


def blocks_behind_zeros(sketch):
    """As a 7 × 7 convolution of stride 2 behind three zeros is computed."""
    x = sketch.add(ops.Shift(np.tile(np.array([-120.0, -110, -100], np.float32), 4)), sketch.add(ops.SpaceToDepth(2), "image"))
    return sketch.dense(sketch.add(ops.Flatten(), sketch.conv(x, 8, (4, 4), 1, Around(2, 1))), 4)


def on_blocks_alone(sketch):
    return sketch.dense(sketch.add(ops.Flatten(), sketch.conv(sketch.add(ops.SpaceToDepth(2), "image"), 8, (1, 1))), 4)


def zeros_behind(sketch):
    x = sketch.conv("image", 6, (2, 2), padding=VALID)
    kernel = np.pad(sketch.rng.normal(0, 0.1, (3, 3, 6, 5)).astype(np.float32), [(0, 1), (0, 1), (0, 0), (0, 0)])
    x = sketch.add(ops.Leaky(0.1), sketch.add(ops.Conv(kernel, sketch.values(5), 2), x))
    return sketch.dense(sketch.add(ops.Flatten(), x), 4)


def zeros_around(sketch):
    x = sketch.conv(sketch.add(ops.Shift(np.array([-120.0, -110, -100], np.float32)), "image"), 6, (5, 5), 2, Around(1, 2))
    x = sketch.add(ops.Pool(MAX, 3, 2, VALID), sketch.add(ops.Pad((1, 1), (0, 2)), sketch.add(ops.Clip(6.0), x)))
    x = sketch.add(ops.Clip(6.0), sketch.depthwise(sketch.conv(x, 72, (1, 1)), 3, 2, Around(2, 0)))
    return sketch.dense(sketch.add(ops.Flatten(), x), 4)


def clipped_sum(sketch):
    x = sketch.add(ops.Clip(6.0), sketch.conv("image", 6, (3, 3), 2))
    return sketch.dense(sketch.add(ops.Flatten(), sketch.add(ops.Clip(6.0), sketch.add(ops.Add(), x, sketch.conv(x, 6)))), 4)


OURS = [
    zeros_around,
    clipped_sum,
    zeros_behind,
    convolutions,
    pools_and_branches,
    branches_before_convolutions,
    branches_of_branches,
    norms_and_slopes,
    flattened_for_more_than_one,
    blocks,
    image_on_blocks,
]


def network_of(make):
    """A network of a graph of ours, or one of Keras layers."""
    if make in (*WRITTEN_HERE, *BY_TF2ONNX):
        image = keras.Input((PX, PX, 3))
        keras.utils.set_random_seed(4)
        return keras.Model(image, make(image))
    sketch = Sketch(PX, 3)
    return rebuild(sketch.graph(make(sketch)))


def relu6(x):
    x = layers.ReLU(max_value=6.0)(layers.Conv2D(4, 3)(layers.Rescaling(0.03)(x)))
    return layers.Dense(3)(layers.Flatten()(x))


def gate(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    seen = layers.GlobalAveragePooling2D(keepdims=True)(x)
    return layers.GlobalAveragePooling2D()(layers.Multiply()([x, layers.Conv2D(4, 1, activation="relu")(seen)]))


def squeeze_and_excite(x):
    """As EfficientNet has it: x times sigmoid(x), and a gate for each channel."""
    x = layers.Activation("silu")(layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x)))
    seen = layers.Conv2D(2, 1, activation="silu")(layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x)))
    return layers.GlobalAveragePooling2D()(layers.Multiply()([x, layers.Conv2D(4, 1, activation="sigmoid")(seen)]))


def swish_and_another_reader(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    return layers.GlobalAveragePooling2D()(layers.Concatenate()([x, layers.Activation("silu")(x)]))


def hard_swish(x):
    """As MobileNetV3 has it."""
    x = layers.Activation("hard_silu")(layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.03)(x)))
    return layers.Flatten()(layers.Conv2D(3, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x)))


def zeros_beside_the_channels(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    return layers.Flatten()(keras.ops.pad(x, ((0, 0), (0, 0), (0, 0), (1, 2))))


def zeros_around_a_vector(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    return keras.ops.pad(layers.GlobalAveragePooling2D()(x), ((0, 0), (1, 2)))


def zeros_around_rows(rows, columns):
    def make(x):
        x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
        x = keras.ops.pad(layers.Reshape((6, 24))(x), ((0, 0), rows, columns))
        return layers.Flatten()(x)

    return make


def mean_of_the_channels(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    x = layers.Concatenate()([x, keras.ops.mean(x, axis=-1, keepdims=True)])
    return layers.Dense(3)(layers.Flatten()(x))


def mean_of_the_rows(x):
    return layers.Flatten()(keras.ops.mean(layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x)), axis=1))


def sequence(x):
    x = layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.01)(x))
    x = layers.Dense(5, activation="relu")(layers.Reshape((9, 4))(x))
    return layers.GlobalAveragePooling1D()(x)


def concatenated_rows(x):
    x = layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.01)(x))
    return layers.Dense(3)(layers.Flatten()(layers.Concatenate(axis=1)([x, layers.ReLU()(x)])))


def dense_of_an_image(x):
    x = layers.Dense(4)(layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.01)(x)))
    return layers.Flatten()(x)


def softmax_of_each_pixel(x):
    x = layers.Softmax()(layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.03)(x)))
    return layers.Dense(3)(layers.Flatten()(x))


def resized_within(x):
    x = layers.Conv2D(4, 3, strides=4)(layers.Rescaling(0.01)(x))
    return layers.Flatten()(layers.UpSampling2D(2, interpolation="bilinear")(x))


def active_pools(x):
    x = layers.Conv2D(4, 3, strides=2)(layers.Rescaling(0.01)(x))
    y = layers.ReLU()(layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.ReLU()(layers.AveragePooling2D(2)(x))]))
    return layers.Flatten()(layers.Concatenate()([y, layers.ReLU()(layers.MaxPooling2D(2)(x))]))


WRITTEN_HERE = [
    zeros_around_rows((1, 0), (0, 8)),
    relu6,
    active_pools,
    gate,
    squeeze_and_excite,
    swish_and_another_reader,
    hard_swish,
    resized_within,
]
BY_TF2ONNX = [
    zeros_beside_the_channels,
    zeros_around_a_vector,
    zeros_around_rows((1, 0), (0, 3)),
    mean_of_the_channels,
    mean_of_the_rows,
    sequence,
    concatenated_rows,
    dense_of_an_image,
    softmax_of_each_pixel,
]


def int8_of(network, size=SIZE, *, around_zero=False):
    """An int8 TFLite model of a network, with a float32 output; calibrated on what it is asked later."""
    rng = np.random.default_rng(2)
    px = network.input_shape[1]
    images = [rng.integers(0, 256, (1, px, px, 3), np.uint8) for _ in range(8)]
    plain = tflite.convert(tflite.frozen(deployable(network, size)), Precision.FLOAT32)
    integers = TFLiteModel.read(tflite.quantise(calibrated(plain, images, around_zero=around_zero)))
    return tflite.finished(integers, Head.LOGITS, Precision.INT8, Rewrites(), image_px=px)[0], images


def tflite_answers(data, images):
    """By the reference kernels: the delegate rounds in other places."""
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    answers = []
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(answers)


def onnx_answers(data, images):
    """Without fusing: what is tested is the file, not a kernel."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": image})[0] for image in images])


def step_of(data):
    """The step of the last quantised tensor."""
    model = TFLiteModel.read(data)
    last = next(operator for operator in reversed(model.operators) if operator.outputs == model.outputs)
    return float(model.tensors[last.inputs[0]].quantization.scales[0])


@pytest.mark.parametrize("make", [*OURS, *WRITTEN_HERE, *BY_TF2ONNX])
def test_both_formats_answer_alike(make):
    data, images = int8_of(network_of(make))
    assert qdq.can_write(TFLiteModel.read(data)) is (make not in BY_TF2ONNX)
    written = onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE))[0]
    wanted = tflite_answers(data, images)
    assert np.ptp(wanted) > 10 * step_of(data)
    # Sums that end half-way between two steps may go either way; a second rounding behind may make two of one.
    assert np.abs(onnx_answers(written, images) - wanted).max() <= 2.01 * step_of(data)


def test_a_softmax_of_another_temperature_is_not_written_here():
    model = TFLiteModel.read(int8_of(network_of(norms_and_slopes))[0])
    (softmax,) = model.operators_of(Kind.SOFTMAX)
    assert (softmax.options.beta, qdq.can_write(model)) == (1, True)
    softmax.options.beta = 0.5
    assert not qdq.can_write(model)


def test_a_resize_within_is_always_done():
    data, images = int8_of(network_of(resized_within), size=ANY_SIZE)
    written = onnx.convert(data, OnnxOptions(precision=Precision.INT8, tuning=built_in("openvino")))[0]
    assert Counter(node.op_type for node in onnx_package.load_from_string(written).graph.node if node.op_type in ("If", "Resize")) == {
        "If": 1,
        "Resize": 1,
    }
    plain = onnx.convert(data, OnnxOptions(precision=Precision.INT8))[0]
    for image in (images[0], images[0][:, :9, :7]):
        assert np.abs(onnx_answers(written, [image]) - onnx_answers(plain, [image])).max() <= 2.01 * step_of(data)


def test_a_kernel_loses_the_zeros_behind_it():
    data, _ = int8_of(network_of(zeros_behind))
    graph = onnx_package.load_from_string(onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE))[0]).graph
    convs = [{each.name: list(each.ints) for each in node.attribute if each.ints} for node in graph.node if node.op_type == "Conv"]
    assert [(conv["kernel_shape"], conv["pads"]) for conv in convs] == [([2, 2], [0, 0, 0, 0]), ([3, 3], [1, 1, 0, 0])]


@pytest.mark.parametrize("make", [*OURS, hard_swish, relu6])
def test_for_openvino_steps_are_signed_and_none_stand_before_an_activation_or_an_added_constant(make):
    data, images = int8_of(network_of(make), around_zero=True)
    plain, fused = (onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE, tuning=tuning))[0] for tuning in TUNINGS)
    graph = onnx_package.load_from_string(fused).graph
    maker = {output: node for node in graph.node for output in node.output}
    activations = [node for node in graph.node if node.op_type in ("Clip", "HardSwish", "LeakyRelu", "PRelu", "Relu", "Sigmoid")]
    for rounded in (node.input[0] for node in activations if maker[node.input[0]].op_type == "DequantizeLinear"):
        given = maker[maker[maker[rounded].input[0]].input[0]].op_type
        readers = sum(rounded in node.input for node in graph.node)
        assert given not in ("Conv", "Gemm", "Add") or readers > 1
    if make is pools_and_branches:  # a pool reads it as well as an activation
        assert any(maker[node.input[0]].op_type == "DequantizeLinear" for node in activations)
    constants = {constant.name: onnx_package.numpy_helper.to_array(constant) for constant in graph.initializer}
    added = [node for node in graph.node if node.op_type == "Add" and maker[node.input[1]].input[0] in constants]
    scaled = [maker[node.input[0]].op_type == "Mul" for node in added]
    assert any(scaled) == any(node.op_type == "Mul" for node in graph.node)
    zeros = [constants[node.input[2]] for node in graph.node if node.op_type == "QuantizeLinear"]
    assert ("int8", 0) in {(zero.dtype.name, int(zero)) for zero in zeros} <= {("int8", 0), ("uint8", 0)}
    # The same weights: what was rounded twice is rounded once.
    wanted = onnx_answers(plain, images)
    assert np.abs(onnx_answers(fused, images) - wanted).max() <= 0.06 * np.ptp(wanted)


def test_for_openvino_a_swish_is_rounded_once_and_what_others_read_too_before():
    def made(make):
        data, images = int8_of(network_of(make), around_zero=True)
        written = onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE, tuning=built_in("openvino")))[0]
        nodes = onnx_package.load_from_string(written).graph.node
        maker = {output: node.op_type for node in nodes for output in node.output}
        wanted = onnx_answers(onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE))[0], images)
        for answered in (onnx_answers(written, images), openvino_scores(written, images)):
            assert np.abs(answered - wanted).max() <= 0.06 * np.ptp(wanted)
        return [[maker[name] for name in node.input] for node in nodes if node.op_type == "Mul"]

    swish, gate = ["Conv", "Sigmoid"], ["DequantizeLinear", "DequantizeLinear"]
    assert made(squeeze_and_excite) == [swish, swish, gate]
    assert made(swish_and_another_reader) == [gate]


def test_openvino_reads_rightly_what_was_put_together_and_what_was_turned():
    data, images = int8_of(network_of(branches_before_convolutions), around_zero=True)
    written = onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE, tuning=built_in("openvino")))[0]
    wanted = onnx_answers(written, images)
    for answered in (openvino_scores(written, images), scores_without_amx(written, images)):
        assert np.abs(answered - wanted).max() <= 2.01 * step_of(data)


@pytest.mark.parametrize("make", [pools_and_branches, branches_before_convolutions, branches_of_branches, active_pools])
def test_for_openvino_branches_are_put_together_in_integers(make):
    data, images = int8_of(network_of(make), around_zero=True)
    plain, joined = (onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE, tuning=tuning))[0] for tuning in TUNINGS)
    graph = onnx_package.load_from_string(joined).graph
    types = {value.name: value.type.tensor_type.elem_type for value in graph.value_info}
    concats = [node for node in graph.node if node.op_type == "Concat"]
    assert concats
    for node in concats:
        assert {types[name] for name in (*node.input, *node.output)} in ({onnx_package.TensorProto.INT8}, {onnx_package.TensorProto.UINT8})
        readers = [reader.op_type for reader in graph.node if node.output[0] in reader.input]
        assert sorted(set(readers) | {"Concat"}) == ["Concat", "DequantizeLinear"]
        assert readers.count("DequantizeLinear") == 1
    wanted = onnx_answers(plain, images)
    assert np.abs(onnx_answers(joined, images) - wanted).max() <= 0.06 * np.ptp(wanted)


@pytest.mark.parametrize(
    ("make", "px", "size", "rounded"),
    [
        (blocks_of_two, 12, InputSize(12, 12), ["Add"]),
        (blocks_of_two, 12, ANY_SIZE, ["Add"]),
        (on_blocks_alone, 12, ANY_SIZE, ["SpaceToDepth"]),
        (image_on_blocks, PX, SIZE, ["Add"]),
        (blocks_behind_zeros, 12, InputSize(12, 12), ["Pad"]),
        (convolutions, PX, SIZE, ["Cast", "Add"]),
        (convolutions, PX, ANY_SIZE, ["Cast", "Resize", "Add"]),
        (blocks, PX, SIZE, ["Cast"]),
    ],
)
def test_an_image_on_blocks_is_rounded_once_before_the_first_convolution(make, px, size, rounded):
    sketch = Sketch(px, 3)
    data, _ = int8_of(rebuild(sketch.graph(make(sketch))), size=size)
    nodes = onnx_package.load_from_string(onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=size))[0]).graph.node
    first = next(index for index, node in enumerate(nodes) if node.op_type == "Conv")
    maker = {output: node.op_type for node in nodes for output in node.output}
    assert [maker[node.input[0]] for node in nodes[:first] if node.op_type == "QuantizeLinear"] == rounded


def test_activations_are_unsigned_and_weights_signed():
    data, _ = int8_of(network_of(pools_and_branches))
    graph = onnx_package.load_from_string(onnx.convert(data, OnnxOptions(precision=Precision.INT8, input_size=SIZE))[0]).graph
    types = {constant.name: constant.data_type for constant in graph.initializer}
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            assert types[node.input[2]] == onnx_package.TensorProto.UINT8
        if node.op_type == "Conv":
            kernel = next(other for other in graph.node if node.input[1] in other.output)
            assert types[kernel.input[0]] == onnx_package.TensorProto.INT8
    uses = [name for node in graph.node for name in node.input if name in types]
    assert len(uses) == len(set(uses))
