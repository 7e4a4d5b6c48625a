import pytest

from edgekit.spec.format import PRECISIONS, Format, Precision
from edgekit.spec.passes import EVERY_FILE, Stage
from edgekit.spec.rewrites import REWRITES, Rewrites, giving_way, name_of
from edgekit.spec.tuning import BUILT_IN, built_in


def test_what_is_for_integers_is_left_out_where_the_weights_alone_have_8_bits():
    rewrites = built_in("x86-vnni").tflite.int8
    integers, weights = (rewrites.for_file(Format.TFLITE, precision) for precision in (Precision.INT8, Precision.DYNAMIC))
    assert integers == rewrites
    assert integers.average_as_convolution
    assert (weights.average_as_convolution, weights.use_winograd, weights.cast_image) == (None, None, False)
    assert weights.stem_on_blocks == integers.stem_on_blocks is not None


def test_a_file_that_an_onnx_file_is_made_of_has_none_of_what_is_done_to_that_alone():
    sums, image = built_in("x86-vnni").onnx.int8, built_in("openvino").onnx.float
    assert (sums.leaky_as_sum, sums.up_to(Stage.TFLITE).leaky_as_sum) == (True, False)
    assert (image.openvino_image, image.up_to(Stage.TFLITE).openvino_image) == (True, False)


def test_a_graph_has_none_of_what_is_done_to_files():
    for rewrites in (getattr(getattr(built_in(name), kind), table) for name in BUILT_IN for kind in Format for table in ("float", "int8")):
        graph = rewrites.up_to(Stage.GRAPH)
        assert not any((graph.narrow_weights, graph.openvino_steps, graph.cast_image, graph.leaky_as_sum, graph.openvino_image))
        assert graph.fold_batch_norm == rewrites.fold_batch_norm


def test_what_edgekits_own_writer_does_alone_is_left_out_of_other_files():
    plain = built_in("openvino").onnx.int8.by_any_writer
    assert (plain.openvino_steps, plain.openvino_image, plain.fold_batch_norm) == (False, False, True)


def test_a_file_is_for_the_runtime_whose_steps_it_has_and_made_for_the_one_whose_image():
    tables = {(name, kind): getattr(built_in(name).onnx, kind) for name in BUILT_IN for kind in ("float", "int8")}
    assert {key for key, rewrites in tables.items() if rewrites.only_for == "openvino"} == {("openvino", "int8")}
    assert {key for key, rewrites in tables.items() if rewrites.made_for == "openvino"} == {("openvino", "float"), ("openvino", "int8")}


def test_every_field_is_a_row_and_the_rows_are_in_the_order_of_the_stages():
    assert [each.field for each in REWRITES] == list(Rewrites.__struct_fields__)
    places = [each.row.stage.place for each in REWRITES]
    assert places == sorted(places)
    assert {file for each in REWRITES for file in each.row.applies_to} == EVERY_FILE
    assert {kind for kind, _ in EVERY_FILE} == set(PRECISIONS)


def test_names_are_those_of_tuning_files():
    assert name_of(Rewrites.use_winograd) == "use-winograd"
    assert [name_of(getattr(Rewrites, each.field)) for each in REWRITES] == [each.name for each in REWRITES]
    assert giving_way(["fold-batch-norm", "use-winograd", "narrow-weights"]) == ("use-winograd",)


@pytest.mark.parametrize("field", [each.field for each in REWRITES])
def test_what_is_switched_off_is_off(field):
    (rewrite,) = (each for each in REWRITES if each.field == field)
    assert not rewrite.is_in(Rewrites())
    assert rewrite.off == getattr(Rewrites(), field)
