"""Files as Keras 2 wrote them, made again of what `scripts/record_keras2.py` recorded of the real ones."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

RECORDS = Path(__file__).parent / "models/keras2"


def weight(index, shape, name):
    """Return values that no other weight has; a variance is above zero, and a counter is a whole number."""
    steps = np.sin(0.7 * np.arange(np.prod(shape, dtype=int)) + index).reshape(shape)
    if "count" in name:
        return np.full(shape, index, np.int64)
    scale = 0.5 / np.sqrt(np.prod(shape[:-1], dtype=int)) if len(shape) > 1 else 0.1
    return (steps * 0.4 + 1 if "variance" in name or "stddev" in name or "gamma" in name else steps * 2 * scale).astype(np.float32)


def image(shape):
    """Return two images, float32 (2, height, width, channels), 0 to 1."""
    return (
        (0.5 + 0.5 * np.sin(0.37 * np.arange(2 * np.prod([extent or 24 for extent in shape]))))
        .reshape(2, *(extent or 24 for extent in shape))
        .astype(np.float32)
    )


def read(name):
    return json.loads((RECORDS / f"{name}.json").read_text())


def write(record, path):
    """Write the file that was recorded, in the layout of its suffix."""
    values = [weight(index, tuple(shape), name) for index, (shape, name) in enumerate(zip(record["shapes"], record["names"], strict=True))]
    if path.suffix == ".keras":
        kept, data = record["keras"], io.BytesIO()
        with h5py.File(data, "w") as file:
            put(file, kept["weights"], values)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", json.dumps(kept["metadata"]))
            archive.writestr("config.json", json.dumps(kept["config"]))
            archive.writestr("model.weights.h5", data.getvalue())
        return
    kept = record["h5"]
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = kept["keras_version"], json.dumps(kept["config"])
        group = file.create_group("model_weights")
        put(group, kept["weights"], values)
        for each, names in kept["weight_names"].items():
            group.require_group(each).attrs["weight_names"] = np.array([name.encode() for name in names]) if names else np.zeros(0)


def put(group, places, values):
    for place, index in places.items():
        if index is None:
            group.require_group(place)
        else:
            group.create_dataset(place, data=values[index] if isinstance(index, int) else np.asarray(index))
