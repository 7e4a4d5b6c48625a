"""Starting from another run's weights, with a new last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras import layers

from edgekit.errors import UsageError
from edgekit.networks.blocks import LOGITS_NAME
from edgekit.networks.saved import load_model
from edgekit.store.run import StartRecord

if TYPE_CHECKING:
    import keras

    from edgekit.store.run import Run


def take_weights(model: keras.Model, run: Run) -> StartRecord:
    """Give ``model`` the weights that ``run`` learnt, but for the last layer and those whose shape is another here.

    Raises:
        UsageError: no convolution fits: the run's width is another.

    """
    source = load_model(run.model_file)
    known = {layer.name: layer.get_weights() for layer in source.layers}
    taken, new = 0, []
    for layer in model.layers:
        weights = known.get(layer.name, [])
        if layer.name != LOGITS_NAME and [array.shape for array in weights] == [array.shape for array in layer.get_weights()]:
            layer.set_weights(weights)
            taken += isinstance(layer, layers.Conv2D)
        else:
            new.append(layer.name)
    if not taken:
        raise UsageError(f"no convolution of {run.folder} fits this training", hint="take the width of its recipe")
    return StartRecord(run=run.name, model_sha256=run.record.model_sha256, new=tuple(new))
