import msgspec
import pytest

from edgekit.errors import UsageError
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES, Augment, changed


def test_the_papers_settings():
    paper = RECIPES["paper"]
    assert (paper.batch_size, paper.learning_rate, paper.dropout_rate, paper.image_px, paper.leaky_slope) == (30, 0.001, 0.001, 224, 0.2)
    assert paper.augment is Augment.NONE


@pytest.mark.parametrize(("depth", "epochs"), [(28, 60), (99, 60), (100, 80), (121, 80)])
def test_epochs_by_depth(depth, epochs):
    assert RECIPES["paper"].epochs_for(msgspec.structs.replace(DEFAULT_NETWORK, depth=depth)) == epochs


@pytest.mark.parametrize(
    "field", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"image_px": 8}, {"dropout_rate": 1.0}, {"epochs": "ten"}]
)
def test_a_value_out_of_range_is_a_usage_error(field):
    with pytest.raises(UsageError, match=next(iter(field))):
        changed(RECIPES["paper"], **field)
