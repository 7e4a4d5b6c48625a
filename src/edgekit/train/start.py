"""Starting from another run's weights, with a new last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from edgekit.errors import StoreError, UsageError
from edgekit.networks.blocks import LOGITS_NAME
from edgekit.store.run import StartRecord

if TYPE_CHECKING:
    from edgekit.store.run import Run


def take_weights(model: keras.Model, run: Run) -> StartRecord:
    """Give ``model`` the weights that ``run`` learnt, but for the last layer and those whose shape is another here.

    Raises:
        UsageError: no layer but the last fits: the run's image size or width is another.

    """
    try:
        source = keras.models.load_model(run.model_file, compile=False)
    # Keras raises whatever the archive's content leads to.
    except Exception as error:
        raise StoreError(f"the run's model cannot be loaded. Received: {run.model_file} ({' '.join(str(error).split())[:200]})") from error
    known = {layer.name: layer.get_weights() for layer in source.layers}
    new = []
    for layer in model.layers:
        own = layer.get_weights()
        weights = known.get(layer.name, [])
        if layer.name != LOGITS_NAME and [array.shape for array in weights] == [array.shape for array in own]:
            layer.set_weights(weights)
        else:
            new.append(layer.name)
    if len(new) > 1 and len(new) == sum(1 for layer in model.layers if layer.get_weights()):
        raise UsageError(f"no layer of {run.folder} fits this training", hint="take its --image-size and its recipe's width")
    return StartRecord(run=run.name, model_sha256=run.record.model_sha256, new=tuple(new))
