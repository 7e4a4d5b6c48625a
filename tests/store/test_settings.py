import msgspec
import pytest

from edgekit.errors import UsageError
from edgekit.spec.export import OnnxOptions, file_name
from edgekit.spec.format import Precision
from edgekit.spec.recipe import Augment
from edgekit.spec.rewrites import PadChannels, Rewrites
from edgekit.spec.tuning import BUILT_IN, FormatRewrites, as_toml, built_in, default_tuning
from edgekit.store.settings import recipe_from_toml, tuning_named


def test_a_file_replaces_the_fields_that_it_names(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('batch_size = 12\naugment = "light"\n')
    recipe = recipe_from_toml(path)
    assert (recipe.name, recipe.batch_size, recipe.augment, recipe.learning_rate) == ("mine", 12, Augment.LIGHT, 0.001)


def test_an_unknown_key_names_the_nearest(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("batchsize = 12\n")
    with pytest.raises(UsageError, match="batchsize") as caught:
        recipe_from_toml(path)
    assert "batch_size" in caught.value.hint


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_ships_can_be_read_and_written(name, tmp_path):
    pytest.importorskip("tomli_w", reason="settings are written where models are exported")
    tuning = built_in(name)
    assert tuning.name == name
    path = tmp_path / "mine.toml"
    path.write_bytes(as_toml(tuning))
    again = tuning_named(str(path))
    assert (again.name, again.instructions, again.tflite, again.onnx) == ("mine", tuning.instructions, tuning.tflite, tuning.onnx)


def test_a_file_replaces_tables_and_keeps_the_rest(tmp_path):
    path = tmp_path / "board.toml"
    path.write_text('base = "x86-vnni"\n[tflite.float]\npad-channels = { multiple = 8 }\n[onnx]\nint8 = "none"\n')
    tuning = tuning_named(str(path))
    assert tuning.tflite.float.pad_channels.multiple == 8
    assert tuning.tflite.float.use_winograd is None  # a table is replaced as a whole
    assert tuning.tflite.int8 == built_in("x86-vnni").tflite.int8
    assert tuning.onnx.int8 == Rewrites()
    assert tuning.onnx.float == built_in("x86-vnni").onnx.float
    assert file_name("mobilenet", OnnxOptions(precision=Precision.INT8, tuning=tuning)) == "mobilenet-board-int8.onnx"


def test_a_table_with_a_base_changes_keys_of_its_own(tmp_path):
    path = tmp_path / "board.toml"
    path.write_text('[tflite.float]\nbase = "x86-vnni"\nuse-winograd = "none"\npad-channels = { multiple = 8 }\n')
    tuning, vnni = tuning_named(str(path)), built_in("x86-vnni").tflite.float
    assert tuning.tflite.float == msgspec.structs.replace(vnni, use_winograd=None, pad_channels=PadChannels(multiple=8))
    assert tuning.onnx == default_tuning().onnx
    path.write_text('base = "none"\n[onnx.int8]\nbase = "portable"\n')
    assert tuning_named(str(path)).onnx == FormatRewrites(int8=default_tuning().onnx.int8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "unknown field `x`"),
        ("[tflite.float]\nwinograd = true", "unknown field `winograd`"),
        ("[tflite.float]\nuse-winograd = { tile = 3, least-channels = 8 }", "tile"),
        ("[tflite.float]\npad-channels = { multiple = 0 }", "pad-channels.multiple"),
        ("[tflite.float]\nsplit-convolutions = { least-kib = 1, part-kib = 0, multiple = 1 }", "part-kib"),
        ('base = "fast"', "no tuning to start from"),
        ("base = [3]", "no tuning to start from"),
        ('[tflite.float]\nbase = "fast"', r"no tuning to start from.*mine\.toml"),
        ('[tflite.float]\nbase = "x86-vnni"\nuse-winogard = "none"', "unknown field `use-winogard`"),
        ('[tflite]\nbase = "x86-vnni"', "unknown field `base`"),
        ('[tflite.float16]\nbase = "x86-vnni"', "unknown field `float16`"),
        ("[tflite.float]\nfold-batch-norm = 1", "fold-batch-norm"),
        ("[tflite", "cannot be read"),
        ("[tflite.int8]\nopenvino-steps = true", "for onnx.int8 alone"),
        ("[onnx.float]\nleaky-as-sum = true", "for onnx.int8 alone"),
        ("[tflite.float]\nopenvino-image = true", "for onnx.float and onnx.int8 alone"),
        ("[tflite.int8]\nopenvino-image = true", "for onnx.float and onnx.int8 alone"),
        ("[tflite.float]\ncast-image = true", "for tflite.int8 alone"),
        ("[onnx.float]\nnarrow-weights = true", "for tflite.int8 and onnx.int8 alone"),
        ("[onnx.int8]\ncast-image = true", "for tflite.int8 alone"),
        ("[onnx.int8]\nuse-winograd = { tile = 2, least-channels = 64 }", "for tflite.float and tflite.int8 and onnx.float alone"),
        ("[onnx.int8]\nfour-pixels-at-once = true", "for tflite.float and tflite.int8 and onnx.float alone"),
        ("tflite = 3", "Expected `object`"),
        ('name = "portable"', "named as its file"),
    ],
)
def test_a_table_that_does_not_hold_is_a_usage_error(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        tuning_named(str(path))


def test_a_file_may_not_pass_for_a_tuning_that_ships(tmp_path):
    pytest.importorskip("tomli_w", reason="settings are written where models are exported")
    path = tmp_path / "portable.toml"
    path.write_bytes(as_toml(built_in("portable")))
    with pytest.raises(UsageError, match="ships with edgekit"):
        tuning_named(str(path))


def test_a_name_that_is_none_names_the_nearest():
    with pytest.raises(UsageError, match="no such tuning") as caught:
        tuning_named("x86-vni")
    assert "x86-vnni" in caught.value.hint
    with pytest.raises(UsageError, match="cannot be read"):
        tuning_named("missing.toml")
