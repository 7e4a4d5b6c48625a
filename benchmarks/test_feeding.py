"""Does the input pipeline keep each network fed? Images/s from it against the same steps on a batch in memory, interleaved in one run."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from edgekit.datasets.dataset import Example
from edgekit.datasets.decoded import CACHE_BYTES
from edgekit.datasets.file_picture import FilePicture
from edgekit.spec.network import NETWORKS
from edgekit.spec.recipe import RECIPES, changed
from edgekit.training.fitting import compiled
from edgekit.training.pipeline import Pipeline

if TYPE_CHECKING:
    from pathlib import Path

    import keras

RECIPE = changed(RECIPES["paper"], batch_size=4)
STEPS = 4
# A slow network's few rounds are as long as a quick one's many.
LEAST_ROUNDS, MOST_ROUNDS, ENOUGH_S = 5, 20, 120
# (kind, side in pixels, bytes of cache, share of the speed that must be kept).
KINDS = (("cached", 500, CACHE_BYTES, 0.95), ("decoded", 500, 0, 0.85))


def examples(folder: Path, side: int) -> list[Example]:
    """A batch for each step, as JPEG files of smooth noise: about what a photograph costs to decode."""
    rng = np.random.default_rng(0)
    found = []
    for index in range(STEPS * RECIPE.batch_size):
        path = folder / f"{index}.jpg"
        rough = Image.fromarray(rng.integers(0, 256, (side // 8, side // 8, 3), np.uint8))
        rough.resize((side, side), Image.Resampling.BICUBIC).save(path, quality=90)
        found.append(Example(FilePicture(path, path.name), index % 28))
    return found


def remembered(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Return batches of the same kind, already in memory, with the same options."""
    images, labels = next(iter(batches))
    pieces = tf.data.Dataset.from_tensor_slices((tf.tile(images, [STEPS, 1, 1, 1]), tf.tile(labels, [STEPS])))
    return pieces.batch(RECIPE.batch_size).with_options(batches.options())


def seconds(model: keras.Model, batches: tf.data.Dataset) -> float:
    begun = time.perf_counter()
    model.fit(batches, verbose=0, shuffle=False)
    return time.perf_counter() - begun


@pytest.mark.parametrize("name", NETWORKS)
def test_the_pipeline_keeps_the_network_fed(benchmark, name, tmp_path):
    model = compiled(NETWORKS[name], RECIPE, classes=28, images=STEPS * RECIPE.batch_size)
    pipelines = {}
    for kind, side, cache_bytes, _ in KINDS:
        (tmp_path / kind).mkdir()
        pipelines[kind] = Pipeline(examples(tmp_path / kind, side), RECIPE, cache_bytes=cache_bytes)
    in_memory = remembered(pipelines["cached"].training(0))
    for pipeline in pipelines.values():
        seconds(model, pipeline.training(0))  # traces, and fills the cache
    took: dict[str, list[float]] = {"in memory": [], **{kind: [] for kind in pipelines}}
    begun, epoch = time.monotonic(), 0
    while epoch < LEAST_ROUNDS or (epoch < MOST_ROUNDS and time.monotonic() - begun < ENOUGH_S):
        for kind in took if epoch % 2 else reversed(took):
            took[kind].append(seconds(model, pipelines[kind].training(epoch) if kind in pipelines else in_memory))
        epoch += 1
    benchmark.extra_info.update({f"{kind}, medians": median(took["in memory"]) / median(took[kind]) for kind in pipelines})
    # Whatever else runs on the machine only ever adds: the quickest epoch of each tells what feeding costs. Every epoch waits for its first batch.
    shares = {kind: min(took["in memory"]) / min(took[kind]) for kind in pipelines}
    benchmark.extra_info.update(shares)
    benchmark.pedantic(seconds, (model, in_memory), rounds=1)
    for kind, *_, least in KINDS:
        assert shares[kind] >= least, (kind, took)
