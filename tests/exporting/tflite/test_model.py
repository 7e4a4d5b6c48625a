"""What a model in memory says of a file, and what the file holds that it writes: both by an interpreter."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from keras import layers

from edgekit.errors import ExportError
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.layers import kernel_of, layers_of, names_of
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Activation, Kind
from edgekit.exporting.tflite.tensor import Quantization
from edgekit.graph.ops import Padding
from edgekit.spec.export import InputSize
from edgekit.spec.format import Precision
from foreign_files import Lite, packed
from lite import calibrated, scores

PX = 11


def network():
    """A convolution, a depthwise one, and two equal fully connected layers behind one another; weights by a formula."""
    image = keras.Input((PX, PX, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(layers.Rescaling(1 / 64, -2)(image))
    x = layers.GlobalAveragePooling2D()(layers.LeakyReLU(0.25)(layers.DepthwiseConv2D(3)(x)))
    model = keras.Model(image, layers.Dense(6, name="last")(layers.Dense(6, activation="relu6")(x)))
    for number, weights in enumerate(model.weights):
        weights.assign(np.cos(np.arange(np.prod(weights.shape)) * (number + 1)).reshape(weights.shape) / 2)
    return model


@pytest.fixture(scope="module")
def images():
    return [np.random.default_rng(seed).integers(0, 256, (1, PX, PX, 3), np.uint8) for seed in range(6)]


@pytest.fixture(scope="module")
def files(images):
    graph = tflite.frozen(deployable(network(), InputSize(PX, PX)))
    made = {precision: tflite.convert(graph, precision) for precision in (Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC)}
    return made | {Precision.INT8: tflite.quantise(calibrated(made[Precision.FLOAT32], images))}


@pytest.fixture(params=[Precision.FLOAT32, Precision.FLOAT16, Precision.DYNAMIC, Precision.INT8])
def data(files, request):
    return files[request.param]


def opened(data):
    """An interpreter that keeps all tensors and computes with its own kernels."""
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=resolver, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    return interpreter


def test_tensors_are_those_of_an_interpreter(data):
    model, interpreter = TFLiteModel.read(data), opened(data)
    details = {each["index"]: each for each in interpreter.get_tensor_details()}
    constants = 0
    for number, tensor in enumerate(model.tensors):
        known = details[number]
        assert (tensor.name, tensor.shape, tensor.dtype) == (known["name"], tuple(known["shape"]), known["dtype"])
        stated = known["quantization_parameters"]
        assert np.array_equal(tensor.quantization.scales, stated["scales"])
        assert np.array_equal(tensor.quantization.zero_points, stated["zero_points"])
        assert tensor.quantization.axis == stated["quantized_dimension"]
        if tensor.is_constant:
            constants += 1
            assert np.array_equal(tensor.stored, interpreter.get_tensor(number))
    assert constants >= 8  # a kernel and a bias of each layer
    assert model.inputs == [interpreter.get_input_details()[0]["index"]]
    assert model.outputs == [interpreter.get_output_details()[0]["index"]]


def test_operators_are_those_of_an_interpreter(data):
    model = TFLiteModel.read(data)
    known = opened(data)._get_ops_details()
    assert [(each.kind_name, each.inputs, each.outputs) for each in model.operators] == [
        (each["op_name"], list(each["inputs"]), list(each["outputs"])) for each in known
    ]
    for number in range(len(model.tensors)):
        assert model.readers(number) == [model.operators[each["index"]] for each in known if number in each["inputs"]]


def test_operators_have_kinds_and_options(files):
    model = TFLiteModel.read(files[Precision.FLOAT32])
    convolution, depthwise, dense, last = layers_of(model)
    assert [layer.kind for layer in (convolution, depthwise, dense, last)] == [Kind.CONV_2D, Kind.DEPTHWISE_CONV_2D, *[Kind.FULLY_CONNECTED] * 2]
    assert (convolution.padding, convolution.options.strideH, depthwise.padding) == (Padding.SAME, 2, Padding.VALID)
    assert [layer.activation for layer in (convolution, depthwise, dense, last)] == [
        Activation.RELU,
        Activation.NONE,
        Activation.RELU6,
        Activation.NONE,
    ]
    (leaky,) = model.operators_of(Kind.LEAKY_RELU)
    assert (leaky.options.alpha, leaky.inputs, model.readers(depthwise.output)) == (0.25, depthwise.outputs, [leaky])
    assert model.operators_of(Kind.LEAKY_RELU, Kind.DEPTHWISE_CONV_2D) == [depthwise, leaky]


def test_numbers_stand_for_the_weights_of_the_network(files):
    model, trained = TFLiteModel.read(files[Precision.INT8]), network().weights
    kernels = [kernel_of(model, layer) for layer in layers_of(model)]
    wanted = [np.moveaxis(trained[0], -1, 0), np.moveaxis(trained[2], -2, 0).transpose(3, 1, 2, 0), *(np.transpose(trained[each]) for each in (4, 6))]
    assert [kernel.dtype for kernel in kernels] == [np.int8] * 4
    for kernel, weights in zip(kernels, wanted, strict=True):
        assert np.abs(kernel.dequantized() - weights).max() <= 0.51 * kernel.quantization.scales.max()


@pytest.mark.parametrize(
    ("quantization", "wanted"),
    [
        (Quantization(), [[1, 2, 3], [-4, -5, -6]]),
        (Quantization(np.array([0.5], np.float32), np.array([2])), [[-0.5, 0, 0.5], [-3, -3.5, -4]]),
        (Quantization(np.array([1, 10], np.float32), np.array([0, -6])), [[1, 2, 3], [20, 10, 0]]),
        (Quantization(np.array([1, 2, 4], np.float32), np.array([0, 1, 2]), axis=1), [[1, 2, 4], [-4, -12, -32]]),
    ],
)
def test_what_integers_stand_for(quantization, wanted):
    values = quantization.dequantized(np.array([[1, 2, 3], [-4, -5, -6]], np.int8), np.float64)
    assert values.dtype == np.float64
    assert values.tolist() == wanted


def test_what_is_written_is_what_was_read(data, images):
    written = TFLiteModel.read(data).to_bytes()
    assert TFLiteModel.read(written).to_bytes() == written
    assert np.array_equal(scores(written, images), scores(data, images))
    before, after = opened(data), opened(written)
    assert [each["name"] for each in before.get_tensor_details()] == [each["name"] for each in after.get_tensor_details()]
    assert len(written) <= len(data) + 2000


def test_a_constant_that_is_written_shows_in_the_answers(files, images):
    model = TFLiteModel.read(files[Precision.FLOAT32])
    bias = model.tensors[layers_of(model)[-1].inputs[2]]
    more = np.arange(6, dtype=np.float32)
    bias.store(bias.stored + more)
    changed = scores(model.to_bytes(), images)
    assert np.allclose(changed - scores(files[Precision.FLOAT32], images), more, atol=1e-5)


def test_a_kernel_stored_in_another_type(files):
    model = TFLiteModel.read(files[Precision.FLOAT32])
    number = layers_of(model)[-1].inputs[1]
    integers = np.arange(36, dtype=np.int8).reshape(6, 6)
    model.tensors[number].store(integers)
    model.tensors[number].quantization = Quantization(np.full(6, 0.5, np.float32), np.zeros(6, np.int64))
    read = TFLiteModel.read(model.to_bytes()).tensors[number]
    assert (read.dtype, read.shape, read.stored_bytes) == (np.int8, (6, 6), 36)
    assert np.array_equal(read.dequantized(), integers / 2)


def test_numbers_of_another_shape_are_refused(files):
    model = TFLiteModel.read(files[Precision.FLOAT32])
    before = model.to_bytes()
    with pytest.raises(ExportError, match=r"another shape. Received: \(5,\) for .*, \(6,\)"):
        model.tensors[layers_of(model)[-1].inputs[2]].store(np.zeros(5, np.float32))
    assert model.to_bytes() == before


def test_ranges_are_beside_the_scales(files, images):
    seen = TFLiteModel.read(calibrated(files[Precision.FLOAT32], images))
    interpreter, output = opened(files[Precision.FLOAT32]), seen.outputs[0]
    answers = []
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(output))
    assert np.allclose(seen.tensors[output].range, (np.min(answers), np.max(answers)), atol=1e-5)
    assert seen.tensors[kernel_number(seen)].range is None
    quantised = TFLiteModel.read(files[Precision.INT8])
    tensor = quantised.tensors[kernel_number(quantised)]
    scales = tensor.quantization.scales
    tensor.range = -1.0, 2.0
    assert (tensor.range, tensor.quantization.scales.tolist()) == ((-1.0, 2.0), scales.tolist())


def kernel_number(model):
    return layers_of(model)[0].inputs[1]


def two_that_share():
    """Two fully connected layers that read two tensors of one buffer as their biases, and one kernel."""
    made = Lite()
    image = made.tensor((1, 2), "float32", name="image")
    kernel = made.tensor((2, 2), "float32", values=np.eye(2))
    biases = [made.tensor([2], "float32", values=[1, 2]), made.tensor([2], "float32", values=[9, 9])]
    made.graph.tensors[biases[1]].buffer = made.graph.tensors[biases[0]].buffer
    middle, end = made.tensor((1, 2), "float32"), made.tensor((1, 2), "float32", name="scores")
    made.operator("FULLY_CONNECTED", [image, kernel, biases[0]], [middle])
    made.operator("FULLY_CONNECTED", [middle, kernel, biases[1]], [end])
    made.graph.inputs, made.graph.outputs = np.array([image], np.int32), np.array([end], np.int32)
    return TFLiteModel.read(packed(made.model)), biases


def answer(model, values):
    interpreter = opened(model.to_bytes())
    interpreter.set_tensor(model.inputs[0], np.array([values], np.float32))
    interpreter.invoke()
    return interpreter.get_tensor(model.outputs[0])[0].tolist()


def test_equal_constants_share_a_buffer_until_one_has_its_own():
    model, (first, second) = two_that_share()
    assert answer(model, [0, 0]) == [2, 4]
    model.tensors[first].store(np.array([3, 5], np.float32))
    assert answer(model, [0, 0]) == [6, 10]
    model.unshare_buffer(model.tensors[second])
    model.tensors[second].store(np.array([0.5, 0.25], np.float32))
    assert answer(model, [0, 0]) == [3.5, 5.25]
    alone = model.tensors[second].buffer
    model.unshare_buffer(model.tensors[second])
    assert model.tensors[second].buffer == alone


def test_buffers_that_nothing_reads_are_emptied():
    model, (first, second) = two_that_share()
    model.add_metadata("NOTE", b"kept")
    before = len(model.to_bytes())
    model.tensors[second].buffer = model.add_buffer(np.zeros(1000, np.float32))
    model.empty_unread_buffers()
    assert len(model.to_bytes()) > before + 3900
    model.tensors[second].buffer = model.tensors[first].buffer
    model.empty_unread_buffers()
    assert len(model.to_bytes()) < before + 100
    assert b"kept" in model.to_bytes()
    assert answer(model, [0, 0]) == [2, 4]


def test_operators_and_tensors_are_added_and_taken_away(files, images):
    """A step of rounding behind the last layer, and then away again."""
    plain = files[Precision.FLOAT32]
    model = TFLiteModel.read(plain)
    (output,) = model.outputs
    in_steps, back = (model.tensors[output].copied(name) for name in ("scores/steps", "scores/back"))
    in_steps.dtype, in_steps.quantization = np.int8, Quantization(np.array([0.25], np.float32), np.array([3]))
    there, end = model.add_tensor(in_steps), model.add_tensor(back)
    rounding = [
        model.new_operator(Kind.QUANTIZE, [output], [there], version=2),
        model.new_operator(Kind.DEQUANTIZE, [there], [end], version=2),
    ]
    model.operators += rounding
    model.outputs = [end]
    made = model.to_bytes()
    assert tflite.operators(made) == tflite.operators(plain) | {"QUANTIZE": 1, "DEQUANTIZE": 1}
    assert np.array_equal(scores(made, images), np.rint(scores(plain, images) * 4) / 4)
    assert names_of(model, layers_of(model)[-1]) == [model.tensors[output].name]  # what is turned back is another tensor
    model.operators, model.outputs, model.tensors = model.operators[:-2], [output], model.tensors[:-2]
    model.drop_unused_codes()
    assert tflite.operators(model.to_bytes()) == tflite.operators(plain)
    assert np.array_equal(scores(model.to_bytes(), images), scores(plain, images))


def test_layers_are_also_called_as_what_is_turned_back_to_float(files):
    floats, integers = (TFLiteModel.read(files[precision]) for precision in (Precision.FLOAT32, Precision.INT8))
    last = layers_of(integers)[-1]
    assert names_of(floats, layers_of(floats)[-1]) == [floats.tensors[floats.outputs[0]].name]
    assert names_of(integers, last)[-1] == integers.tensors[integers.outputs[0]].name
    assert len(names_of(integers, last)) == 2


def test_clients_find_tensors_by_signature(files):
    model = TFLiteModel.read(files[Precision.FLOAT32])
    model.sign({"photograph": model.inputs[0]}, {"classes": model.outputs[0]})
    signed = Interpreter(model_content=model.to_bytes())
    assert signed.get_signature_list() == {"serving_default": {"inputs": ["photograph"], "outputs": ["classes"]}}
    model.drop_metadata()
    assert Interpreter(model_content=model.to_bytes()).get_signature_list() == {}


def test_a_part_answers_as_within_the_whole(files, images):
    data = files[Precision.INT8]
    model, interpreter = TFLiteModel.read(data), opened(data)
    before = model.to_bytes()
    first, last = (model.operators.index(layers_of(model)[place]) for place in (1, 2))
    inside = model.operators[first : last + 1]
    source, target = inside[0].inputs[0], inside[-1].output
    part = model.part(inside, [source], [target])
    assert len(part.to_bytes()) < len(before)
    alone = opened(part.to_bytes())
    for image in images:
        interpreter.set_tensor(model.inputs[0], image)
        interpreter.invoke()
        alone.set_tensor(part.inputs[0], interpreter.get_tensor(source))
        alone.invoke()
        assert np.array_equal(alone.get_tensor(part.outputs[0]), interpreter.get_tensor(target))
    assert model.to_bytes() == before


def test_a_kind_that_only_old_writers_name(files, images):
    """The first 127 kinds have had a field of their own; a file from before the other has that alone."""
    made = Lite()
    source, target = made.tensor((1, 4), "float32", name="image"), made.tensor((1, 4), "float32")
    made.operator("LOGISTIC", [source], [target])
    made.model.operatorCodes[0].builtinCode = 0
    made.graph.inputs, made.graph.outputs = np.array([source], np.int32), np.array([target], np.int32)
    (operator,) = TFLiteModel.read(packed(made.model)).operators
    assert (operator.kind, operator.kind_name) == (Kind.LOGISTIC, "LOGISTIC")


def test_what_no_numbers_can_be_read_of():
    made = Lite()
    computed, text = made.tensor((1, 4), "float32", name="computed"), made.tensor([1], "uint8", values=[65], name="text")
    made.graph.tensors[text].type = 5  # schema.TensorType.STRING
    made.operator("RELU", [computed], [computed], custom=None)
    made.operator("CUSTOM", [computed], [computed], custom=b"FlexErf")
    made.graph.inputs = made.graph.outputs = np.array([computed], np.int32)
    model = TFLiteModel.read(packed(made.model))
    assert [model.tensors[number].is_constant for number in (computed, text)] == [False, True]
    for number, said in ((computed, "computed of type FLOAT32, 0 bytes"), (text, "text of type STRING, 1 bytes")):
        with pytest.raises(ExportError, match=f"no numbers to read. Received: {said}"):
            _ = model.tensors[number].stored
    assert model.custom_codes == ["FlexErf"]
