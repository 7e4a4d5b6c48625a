"""Record what Keras 2 writes of small models, and what they answer, as text: tests/models/keras2/*.json.

    python -m pip install --no-deps --target .cache/tf_keras tf_keras
    PYTHONPATH=.cache/tf_keras python scripts/record_keras2.py tests/models/keras2

Weights are made by arithmetic (`keras2_files.weight`), so a record has their places and shapes alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import keras2_models
from keras2_files import image, weight


def record(name, model, folder):
    model.set_weights([weight(index, w.shape, w.name) for index, w in enumerate(model.weights)])
    values = model.get_weights()
    shape = model.inputs[0].shape[1:]
    found = {
        "names": [w.name for w in model.weights],
        "shapes": [list(value.shape) for value in values],
        "scores": np.asarray(model(image(shape), training=False)).astype(float).round(8).tolist(),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for suffix in ("h5", "keras"):
            path = Path(scratch) / f"model.{suffix}"
            model.save(path)
            found[suffix] = of_archive(path, values) if suffix == "keras" else of_hdf5(path, values)
    text = json.dumps(found, separators=(",", ":"))
    (Path(folder) / f"{name}.json").write_text(text + "\n")
    print(name, len(text))


def of_archive(path, values):
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
        config.pop("compile_config", None)
        with archive.open("model.weights.h5") as data, h5py.File(data) as file:
            return {"metadata": json.loads(archive.read("metadata.json")), "config": config, "weights": places(file, values)}


def of_hdf5(path, values):
    with h5py.File(path) as file:
        group = file["model_weights"]
        layers = [str(name) for name in group.attrs["layer_names"].astype(str)]
        names = {each: [str(name) for name in group[each].attrs["weight_names"].astype(str)] for each in layers}
        return {
            "keras_version": file.attrs["keras_version"],
            "config": json.loads(file.attrs["model_config"]),
            "weight_names": names,
            "weights": places(group, values),
        }


def places(file, values):
    """Return which of the values lies where: no two are alike."""
    found = {}

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset):
            alike = [i for i, value in enumerate(values) if value.shape == thing.shape and np.array_equal(value, thing[()])]
            # A generator's state is no weight, but lies among them.
            found[name] = alike[0] if alike else np.asarray(thing[()]).tolist()
        elif not len(thing):
            found[name] = None

    file.visititems(visit)
    return found


if __name__ == "__main__":
    for name, build in keras2_models.MODELS.items():
        record(name, build(), sys.argv[1])
