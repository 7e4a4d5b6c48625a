"""What `compiled` learns with, on the backends that train."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import keras
import numpy as np
import pytest

from edgekit.networks import build
from edgekit.spec.network import NETWORKS
from edgekit.spec.recipe import RECIPES, changed
from edgekit.training.fitting import compiled, with_softmax

RECIPE = changed(RECIPES["quick"], image_px=32, width=0.125)
# A network that takes everything for class 0, without a doubt that float32 could hold, is shown class 1.
SURE_AND_WRONG = """
import json
import numpy as np
from edgekit.spec.network import NETWORKS
from edgekit.spec.recipe import RECIPES, changed
from edgekit.training.fitting import compiled

recipe = changed(RECIPES["quick"], image_px=32, width=0.125)
model = compiled(NETWORKS["mobilenet"], recipe, classes=2, images=4)
bias = model.get_layer("logits").bias
bias.assign([1000.0, 0.0])
loss = float(model.train_on_batch(np.zeros((4, 32, 32, 3), np.float32), np.ones(4, np.int32))[0])
print(json.dumps([loss, np.asarray(bias).tolist()]))
"""


@pytest.mark.parametrize("backend", ["tensorflow", pytest.param("jax", marks=pytest.mark.skipif(not find_spec("jax"), reason="no JAX here"))])
def test_a_network_that_is_sure_and_wrong_learns(backend):
    done = subprocess.run(
        [sys.executable, "-c", SURE_AND_WRONG], env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True, check=True
    )
    loss, bias = json.loads(done.stdout.splitlines()[-1])
    assert loss == pytest.approx(1000, abs=20)
    assert bias[0] < 1000
    assert bias[1] > 0


def test_the_whole_network_answers_probabilities_and_is_made_of_what_build_makes():
    model = compiled(NETWORKS["mobilenet"], RECIPE, classes=5, images=8)
    whole, plain = with_softmax(model), build(NETWORKS["mobilenet"], RECIPE, classes=5)
    assert [(layer.name, type(layer)) for layer in whole.layers] == [(layer.name, type(layer)) for layer in plain.layers]
    images = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    assert np.allclose(keras.ops.softmax(model(images)), whole(images), atol=1e-6)
    assert not whole.compiled
