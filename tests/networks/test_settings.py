import json
import os
import subprocess
import sys

import pytest

SHOW = """
import keras
from edgekit.networks.blocks import image_input, Style
from edgekit.networks.preprocessing import resize_layer
image, x = image_input(16, Style(1.0, 0.1, 0.1, 0.9))
dense = keras.layers.Conv2D(2, 3)
print(keras.config.floatx(), keras.config.image_data_format(), keras.config.epsilon(), dense(x).shape, dense.compute_dtype)
"""
SETTINGS = {"floatx": "float16", "epsilon": 0.5, "backend": "jax", "image_data_format": "channels_first"}


@pytest.mark.parametrize("text", [json.dumps(SETTINGS), "{ broken"])
def test_a_keras_json_of_the_users_changes_nothing(tmp_path, text):
    """In the home folder, and in the folder that the user names for it."""
    for folder in (tmp_path / "home/.keras", tmp_path / "named"):
        folder.mkdir(parents=True)
        (folder / "keras.json").write_text(text)
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "KERAS_HOME": str(tmp_path / "named"), "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "float32 channels_last 1e-07 (None, 14, 14, 2) float32", done.stderr[-500:]
