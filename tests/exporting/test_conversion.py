"""Int8 files: layers that stay in float32, and files for OpenVINO."""

import keras
import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from keras import layers
from onnx import numpy_helper

from edgekit.errors import ExportError
from edgekit.exporting.conversion import Conversion, _layer_name
from edgekit.exporting.keras.writer import rebuild
from edgekit.exporting.onnx.convert import is_written_here, operators
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.spec.export import ANY_SIZE, Head, InputSize, OnnxOptions, TFLiteOptions
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import PadChannels, Rewrites, Winograd
from edgekit.spec.tuning import built_in
from foreign_files import packed
from foreign_models import classified, squeeze_and_excite, stem
from lite import scores
from random_networks import KNOWN, networks
from sketch import pictures
from vino import openvino_scores

# Several layers of 8 bits behind one another, as a share of what a network answers.
BITS = 0.1
INT8 = TFLiteOptions(precision=Precision.INT8)
INT8_ONNX = OnnxOptions(precision=Precision.INT8)
FOR_X86 = OnnxOptions(precision=Precision.INT8, tuning=built_in("x86-vnni"))


def test_the_layers_that_lose_most_stay_in_float32(conversion, images):
    reference = scores(conversion.convert(TFLiteOptions()).data, images)
    whole, part = conversion.convert(INT8), conversion.convert(INT8, layers_in_float=8)
    assert whole.in_float == ()
    # Which they are depends on the weights, and so on the CPU that trained them: a layer of much work leaves room for fewer.
    assert 6 <= len(part.in_float) == len(set(part.in_float)) <= 8
    errors = [np.square(scores(made.data, images) - reference).mean() for made in (whole, part)]
    assert errors[1] < errors[0]
    assert len(whole.data) < len(part.data) < 1.3 * len(whole.data)


@settings(max_examples=4)  # each is converted four times, so a few of many blocks
@given(graph=networks(KNOWN, least=4))
def test_int8_files_of_random_networks_answer_as_the_networks_do(graph):
    images = [picture[np.newaxis] for picture in pictures(graph, 8)]
    network, size = rebuild(graph), InputSize(*images[0].shape[1:3])
    conversion = Conversion(network, lambda: images)

    def made(options, **rewrites):
        return conversion.convert(msgspec.structs.replace(options.with_rewrites(Rewrites(fold_batch_norm=True, **rewrites)), input_size=size))

    plain, cast, narrow = made(INT8), made(INT8, cast_image=True), made(INT8, narrow_weights=True)
    steps = made(INT8_ONNX, openvino_steps=True, openvino_image=True)
    applied = [sorted(set(file.rewrites) - {"fold-batch-norm"}) for file in (plain, cast, narrow, steps)]
    assert applied == [[], ["cast-image"], ["narrow-weights"], ["openvino-image", "openvino-steps"]]
    answers = scores(plain.data, images)
    assert np.array_equal(scores(cast.data, images), answers)
    wanted = np.asarray(network(np.concatenate(images).astype(np.float32)))
    for got in (answers, scores(narrow.data, images), openvino_scores(steps.data, images)):
        assert np.abs(got - wanted).max() <= BITS * np.ptp(wanted)


def test_padded_channels_change_no_answer_of_an_int8_file(conversion, images):
    """At this width all are multiples of 16, as x86-vnni pads them."""
    padding = FOR_X86.with_rewrites(msgspec.structs.replace(FOR_X86.rewrites, pad_channels=PadChannels(multiple=24)))
    made, plain = (conversion.convert(options) for options in (padding, FOR_X86))
    assert ["pad-channels" in file.rewrites for file in (made, plain)] == [True, False]
    assert len(made.data) > 1.05 * len(plain.data)
    sessions = [onnxruntime.InferenceSession(file.data) for file in (made, plain)]
    got, wanted = (np.concatenate([session.run(None, {"image": image})[0] for image in images]) for session in sessions)
    assert got.argmax(axis=1).tolist() == wanted.argmax(axis=1).tolist()
    assert np.abs(got - wanted).max() <= 0.05 * np.ptp(wanted)


def test_a_layer_that_writes_to_what_it_keeps_is_refused(images):
    image = keras.Input((48, 48, 3))
    network = keras.Model(image, layers.Dense(5)(layers.Flatten()(layers.RandomCrop(40, 40)(image))))
    with pytest.raises(ExportError, match=r"cannot be made constants.*random_crop") as caught:
        Conversion(network, lambda: images).convert(TFLiteOptions())
    assert "keeps a state" in caught.value.hint


@pytest.mark.parametrize(
    ("tensor", "layer"),
    [
        ("deployable_1/network_1/conv_1_1_1/convolution", "conv_1_1"),
        ("deployable_1/network_1/stem_norm_1/batchnorm/add_1;deployable_1/network_1/stem_1/convolution", "stem"),
        ("a/network_1/mha_1/mha_1/value_1/MatMul;a/network_1/mha_1/mha_1/value_1/Add/ReadVariableOp/resource", "mha/value"),
        ("elsewhere/MatMul", "elsewhere/MatMul"),
        ("logits", "logits"),
    ],
)
def test_layers_by_the_names_of_their_tensors(tensor, layer):
    assert _layer_name(tensor, Head.LOGITS) == layer


def test_a_file_of_operators_that_are_not_built_in_is_refused(conversion):
    model = schema.ModelT.InitFromPackedBuf(conversion.convert(TFLiteOptions()).data, 0)
    code = model.operatorCodes[-1]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode = b"FlexErf"
    with pytest.raises(ExportError, match=r"no device runtime has.*FlexErf"):
        tflite.finished(TFLiteModel.read(packed(model)), Head.LOGITS, Precision.FLOAT32, Rewrites(), image_px=48)


def test_an_int8_file_for_openvino(conversion, images):
    made, other = (conversion.convert(OnnxOptions(precision=Precision.INT8, tuning=built_in(name))) for name in ("openvino", "portable"))
    assert made.rewrites[-2:] == ("openvino-steps", "openvino-image")
    assert not {"openvino-steps", "openvino-image"} & {*other.rewrites}
    wanted = scores(conversion.convert(TFLiteOptions()).data, images)
    for file in (made, other):
        got = openvino_scores(file.data, images, narrow=file.narrow)
        assert (got.argmax(axis=1) == wanted.argmax(axis=1)).mean() >= 0.9
        assert np.square(got - wanted).mean() < 0.03 * np.square(wanted).mean()
    assert {node.op_type for node in writers_of_activations(made.data)} == {"Conv"}
    assert {node.op_type for node in writers_of_activations(other.data)} == {"DequantizeLinear"}


def test_an_int8_file_for_x86(conversion, images):
    (lite, made), (plain_lite, plain) = (
        [conversion.convert(options(precision=Precision.INT8, tuning=built_in(name))) for options in (TFLiteOptions, OnnxOptions)]
        for name in ("x86-vnni", "portable")
    )
    assert (lite.rewrites[-1], made.rewrites[-1]) == ("cast-image", "leaky-as-sum")
    assert not {"cast-image", "leaky-as-sum"} & {*plain_lite.rewrites, *plain.rewrites}
    assert ["CAST" in tflite.operators(file.data) for file in (lite, plain_lite)] == [True, False]
    leaky = tflite.operators(lite.data)["LEAKY_RELU"]
    assert [leaky, 0] == [of.get("LeakyRelu", 0) for of in map(operators, (plain.data, made.data))]
    assert operators(made.data)["Clip"] == leaky
    dynamic = conversion.convert(TFLiteOptions(precision=Precision.DYNAMIC, tuning=built_in("x86-vnni")))
    assert {"cast-image", "leaky-as-sum"}.isdisjoint(dynamic.rewrites)
    wanted, by_openvino = scores(lite.data, images), openvino_scores(made.data, images)
    assert np.square(by_openvino - wanted).mean() < 0.03 * np.square(wanted).mean()


@pytest.mark.parametrize(("side", "tile", "sums"), [(3, 2, 16), (3, 4, 20), (5, 4, 16)])
def test_winograd_in_integers_loses_little(side, tile, sums, images):
    image, x = stem(activation="leaky_relu")
    for channels in (24, 32):
        x = layers.LeakyReLU()(layers.Conv2D(channels, side, padding="same")(x))
    network = classified(image, layers.Flatten()(x))
    few = [image[:, :32, :32] for image in images]
    direct = TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-vnni"))
    tiled = direct.with_rewrites(msgspec.structs.replace(direct.rewrites, use_winograd=Winograd(tile=tile, least_channels=16)))
    wanted, plain, made = (Conversion(network, lambda: few).convert(options) for options in (TFLiteOptions(), direct, tiled))
    assert ["use-winograd" in file.rewrites for file in (plain, made)] == [False, True]
    found = tflite.operators(made.data)
    assert found.get("ADD", 0) + found.get("SUB", 0) == sums
    wanted, got = (scores(file.data, few) for file in (wanted, made))
    assert np.linalg.norm(got - wanted) < 0.03 * np.linalg.norm(wanted)


def test_openvino_adds_a_number_for_each_channel_to_the_resized_image_before_it_is_rounded(conversion):
    options = OnnxOptions(precision=Precision.INT8, tuning=built_in("openvino"))
    graph = onnx.load_from_string(conversion.convert(options).data).graph
    (resize,) = (node for node in graph.node if node.op_type == "If")
    (add,) = (node for node in graph.node if resize.output[0] in node.input)
    (steps,) = (node for node in graph.node if node.output[0] == add.input[1])
    (stored,) = (constant for constant in graph.initializer if constant.name == steps.input[0])
    # A row of pixels of it, channels last: of three numbers alone OpenVINO computes slowly.
    (shape,) = (attribute.g.output[0].type.tensor_type.shape for attribute in resize.attribute if attribute.name == "then_branch")
    assert (add.op_type, list(stored.dims)) == ("Add", [1, 1, shape.dim[2].dim_value, 3])
    assert len({tuple(pixel) for pixel in numpy_helper.to_array(stored).reshape(-1, 3)}) == 1 < stored.dims[2]
    (turn,) = (node for node in graph.node if add.output[0] in node.input)
    assert [turn.op_type, *(node.op_type for node in graph.node if turn.output[0] in node.input)] == ["Transpose", "QuantizeLinear"]


def writers_of_activations(data):
    graph = onnx.load_from_string(data).graph
    maker = {output: node for node in graph.node for output in node.output}
    return [maker[node.input[0]] for node in graph.node if node.op_type == "LeakyRelu"]


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
def test_what_is_for_openvino_is_left_out_where_the_graph_is_not_known(precision, images):
    network = squeeze_and_excite()
    conversion = Conversion(network, lambda: [image[:, :32, :32] for image in images])
    made, other = (conversion.convert(OnnxOptions(precision=precision, tuning=built_in(name))) for name in ("openvino", "portable"))
    assert not {"openvino-steps", "openvino-image"} & {*made.rewrites}
    assert made.made_for is None
    assert len(onnx.load_from_string(made.data).graph.node) == len(onnx.load_from_string(other.data).graph.node)


@pytest.mark.parametrize(("activation", "sums"), [("leaky_relu", True), ("relu", False)])
def test_a_graph_that_is_not_known_has_sums_where_it_has_leaky_relu(activation, sums, images):
    image, x = stem(activation=activation)
    gate = layers.Conv2D(16, 1, activation="tanh")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    network = classified(image, layers.GlobalAveragePooling2D()(layers.Multiply()([x, gate])))
    few = [image[:, :32, :32] for image in images]
    made, plain = (Conversion(network, lambda: few).convert(options) for options in (FOR_X86, INT8_ONNX))
    assert not is_written_here(Conversion(network, lambda: few).convert(INT8).data)
    assert ("leaky-as-sum" in made.rewrites, operators(made.data).get("LeakyRelu", 0)) == (sums, 0)
    assert operators(plain.data).get("LeakyRelu", 0) == sums
    exact = np.asarray(network(np.concatenate(few).astype(np.float32)))
    noise = [
        np.sqrt(np.mean(np.square(np.concatenate([session.run(None, {"image": image})[0] for image in few]) - exact)))
        for session in (onnxruntime.InferenceSession(file.data) for file in (made, plain))
    ]
    # As much as 8 bits take anyway: the sum, as the activation, is of numbers that have been rounded.
    assert noise[0] <= 2 * noise[1]


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.INT8])
def test_a_file_of_one_size_decides_nothing(precision, conversion, images):
    options = OnnxOptions(precision=precision, tuning=built_in("openvino"))
    cropped = Conversion(conversion._network, lambda: [image[:, :40, :30] for image in images])
    for made_by, size, decides, resizes in (
        (cropped, InputSize(40, 30), False, True),
        (conversion, ANY_SIZE, True, False),
        (conversion, InputSize(48, 48), False, False),
    ):
        made = made_by.convert(msgspec.structs.replace(options, input_size=size))
        kinds = {node.op_type for node in onnx.load_from_string(made.data).graph.node}
        assert ("openvino-image" in made.rewrites, made.made_for, "If" in kinds, "Resize" in kinds) == (True, "openvino", decides, resizes)
