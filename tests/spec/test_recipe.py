import msgspec
import pytest

from edgekit.errors import UsageError
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES, Augment, changed, recipe_from_toml


def test_the_papers_settings():
    paper = RECIPES["paper"]
    assert (paper.batch_size, paper.learning_rate, paper.dropout_rate, paper.image_px, paper.leaky_slope) == (30, 0.001, 0.001, 224, 0.2)
    assert paper.augment is Augment.NONE


@pytest.mark.parametrize(("depth", "epochs"), [(28, 60), (99, 60), (100, 80), (121, 80)])
def test_epochs_by_depth(depth, epochs):
    assert RECIPES["paper"].epochs_for(msgspec.structs.replace(DEFAULT_NETWORK, depth=depth)) == epochs


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


@pytest.mark.parametrize(
    "field", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"image_px": 8}, {"dropout_rate": 1.0}, {"epochs": "ten"}]
)
def test_a_value_out_of_range_is_a_usage_error(field):
    with pytest.raises(UsageError, match=next(iter(field))):
        changed(RECIPES["paper"], **field)
