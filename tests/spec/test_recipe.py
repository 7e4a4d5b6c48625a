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


NEAR = 1e-9


@pytest.mark.parametrize(
    ("field", "within", "beyond"),
    [
        ("image_px", (32, 1024), (31, 1025)),
        ("epochs", (None, 1, 100_000), (0, 100_001)),
        ("width", (None, NEAR, 4.0), (0.0, 4 + NEAR)),
        ("batch_size", (2, 65_536), (1, 65_537)),
        ("learning_rate", (NEAR, 1.0), (0.0, 1 + NEAR)),
        ("dropout_rate", (0.0, 1 - NEAR), (-NEAR, 1.0)),
        ("leaky_slope", (0.0, 1 - NEAR), (-NEAR, 1.0)),
        ("batch_norm_momentum", (0.0, 1 - NEAR), (-NEAR, 1.0)),
        ("validation_share", (0.0, 0.5), (-NEAR, 0.5 + NEAR)),
        ("seed", (0, 2**31 - 1), (-1, 2**31)),
    ],
)
def test_each_setting_has_its_bounds(field, within, beyond):
    for value in within:
        assert getattr(changed(RECIPES["paper"], **{field: value}), field) == value
    for value in beyond:
        with pytest.raises(UsageError, match=rf"{field} must be .*Received: "):
            changed(RECIPES["paper"], **{field: value})


def test_the_quick_recipe_and_what_a_network_makes_of_one():
    quick = RECIPES["quick"]
    assert (quick.image_px, quick.epochs, quick.schedule, quick.batch_norm_momentum, quick.augment) == (80, 10, "cosine", 0.9, "light")
    assert (quick.batch_size, quick.learning_rate, quick.validation_share, quick.class_weights, quick.seed) == (30, 0.001, 0.1, False, 0)
    assert quick.epochs_for(DEFAULT_NETWORK) == 10
    assert (quick.width_for(DEFAULT_NETWORK), changed(quick, width=0.5).width_for(DEFAULT_NETWORK)) == (DEFAULT_NETWORK.width, 0.5)
    least = DEFAULT_NETWORK.least_px
    changed(quick, image_px=least).check_for(DEFAULT_NETWORK)
    with pytest.raises(UsageError, match=f"needs images of {least + 1} px or more. Received: {least}"):
        changed(quick, image_px=least).check_for(msgspec.structs.replace(DEFAULT_NETWORK, least_px=least + 1))
