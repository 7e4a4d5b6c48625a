from edgekit.spec.rewrites import on_graph, on_tflite
from edgekit.spec.tuning import BUILT_IN, built_in


def test_what_is_for_integers_is_left_out_where_the_weights_alone_have_8_bits():
    rewrites = built_in("x86-vnni").tflite.int8
    integers, weights = (on_graph(rewrites, weights_alone=alone) for alone in (False, True))
    assert (integers.average_as_convolution, integers.use_winograd) == (rewrites.average_as_convolution, rewrites.use_winograd)
    assert integers.average_as_convolution
    assert (weights.average_as_convolution, weights.use_winograd) == (None, None)


def test_a_file_that_an_onnx_file_is_made_of_has_none_of_what_is_done_to_that_alone():
    sums, image = built_in("x86-vnni").onnx.int8, built_in("openvino").onnx.float
    assert (sums.leaky_as_sum, on_tflite(sums).leaky_as_sum) == (True, False)
    assert (image.openvino_image, on_tflite(image).openvino_image) == (True, False)


def test_a_file_is_for_the_runtime_whose_steps_it_has_and_made_for_the_one_whose_image():
    tables = {(name, kind): getattr(built_in(name).onnx, kind) for name in BUILT_IN for kind in ("float", "int8")}
    assert {key for key, rewrites in tables.items() if rewrites.only_for == "openvino"} == {("openvino", "int8")}
    assert {key for key, rewrites in tables.items() if rewrites.made_for == "openvino"} == {("openvino", "float"), ("openvino", "int8")}
