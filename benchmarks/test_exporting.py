"""How long the files of each network take to make, and how much memory: fresh processes, full size, weights as they begin.

Comparing the files with the trained model is not in it: that costs what the images cost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import product

import numpy as np
import pytest

from edgekit.spec.export import OPTIONS_FOR
from edgekit.spec.format import PRECISIONS, Format, Precision
from edgekit.spec.network import NETWORKS

FILES = {f"{precision}.{form}": (form, precision) for precision, form in product(Precision, Format) if precision in PRECISIONS[form]}
ONNX_ALONE = ("float32.onnx",)
CLASSES, CALIBRATION_IMAGES = 28, 200
# Of VGG-16, which is the largest.
MOST_BYTES, MOST_S, MOST_ONNX_BYTES, MOST_ONNX_S = 9e9, 300, 4e9, 15


def make(network: str, files: list[str]) -> dict[str, object]:
    """Make files in this process; return its seconds for each, and the most memory that it held."""
    import keras

    from edgekit.benchmarking.memory import peak_rss_bytes
    from edgekit.exporting.conversion import Conversion
    from edgekit.models.head import without_head
    from edgekit.networks import build
    from edgekit.spec.export import Head
    from edgekit.spec.recipe import RECIPES

    keras.utils.set_random_seed(0)
    model = without_head(build(NETWORKS[network], RECIPES["paper"], classes=CLASSES), Head.LOGITS)
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (1, 96, 96, 3), np.uint8) for _ in range(CALIBRATION_IMAGES)]
    conversion = Conversion(model, lambda: images)
    seconds = {}
    for name in files:
        form, precision = FILES[name]
        begun = time.perf_counter()
        conversion.convert(OPTIONS_FOR[form](precision=precision))
        seconds[name] = time.perf_counter() - begun
    return {"seconds": seconds, "peak_rss_bytes": peak_rss_bytes()}


def made_elsewhere(network: str, files: tuple[str, ...]) -> dict[str, object]:
    done = subprocess.run([sys.executable, __file__, network, *files], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("network", NETWORKS)
def test_all_files_of_a_network(benchmark, network):
    found = benchmark.pedantic(made_elsewhere, (network, tuple(FILES)), rounds=1)
    benchmark.extra_info.update(found)
    assert found["peak_rss_bytes"] < MOST_BYTES
    assert sum(found["seconds"].values()) < MOST_S


@pytest.mark.parametrize("network", NETWORKS)
def test_onnx_alone(benchmark, network):
    found = benchmark.pedantic(made_elsewhere, (network, ONNX_ALONE), rounds=1)
    benchmark.extra_info.update(found)
    assert found["peak_rss_bytes"] < MOST_ONNX_BYTES
    assert found["seconds"]["float32.onnx"] < MOST_ONNX_S


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(sys.argv[1], sys.argv[2:])))
