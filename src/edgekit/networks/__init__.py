"""The networks, as backend-neutral Keras 3: one file each, named as in `edgekit.spec.network`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from edgekit.host.frameworks import keep_files_together

if TYPE_CHECKING:
    import keras

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.recipe import Recipe

keep_files_together()


def build(network: NetworkSpec, recipe: Recipe, *, classes: int) -> keras.Model:
    """Return an untrained model: float32 (batch, px, px, 3), RGB 0 to 255, to float32 (batch, classes) probabilities."""
    from edgekit.networks.blocks import Style  # here, since Keras comes with it

    style = Style(
        width=recipe.width_for(network),
        leaky_slope=recipe.leaky_slope,
        dropout_rate=recipe.dropout_rate,
        batch_norm_momentum=recipe.batch_norm_momentum,
    )
    model: keras.Model = import_module(f"{__name__}.{network.name}").build(image_px=recipe.image_px, classes=classes, style=style)
    return model
