"""Training as a user types it: several networks, a folder of one's own, and what is there to look at afterwards."""

import json

import numpy as np
import pytest
from PIL import Image

from edgekit.spec.network import NETWORKS
from edgekit.store.run import open_run

TINY = "image_px = 57\nwidth = 0.0625\nepochs = 2\nbatch_size = 10\nbatch_norm_momentum = 0.5\nlearning_rate = 0.003\n"


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Ten classes of colour JPEGs of mixed sizes, upright, turned by EXIF, grey, and CMYK: each class has a colour of its own."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for label in range(10):
        colour = np.array([label * 25, 255 - label * 25, (label % 5) * 60])
        (root / f"class {label}").mkdir()
        for index in range(15):
            height, width = rng.integers(40, 260, 2)
            noisy = np.clip(colour + rng.normal(0, 12, (height, width, 3)), 0, 255).astype(np.uint8)
            exif = Image.Exif()
            exif[0x0112] = int(rng.choice([1, 3, 6, 8]))
            Image.fromarray(noisy).convert("CMYK" if index == 0 else "RGB").save(root / f"class {label}/{index}.jpg", exif=exif)
    return root


@pytest.fixture(scope="module")
def two_runs(photographs, tmp_path_factory):
    from edgekit.cli.main import run

    out = tmp_path_factory.mktemp("two")
    (out / "tiny.toml").write_text(TINY)
    words = [
        "train",
        photographs,
        "--network",
        "alexnet",
        "--network",
        "vgg16",
        "--recipe",
        out / "tiny.toml",
        "--class-weights",
        "--out",
        out / "runs",
    ]
    assert run([str(word) for word in words]) == 0
    return out / "runs"


def test_the_networks_are_listed_with_what_they_cost(edgekit_cli):
    status, out, _ = edgekit_cli("networks")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1 : len(NETWORKS) + 1]] == list(NETWORKS)
    rows = {row["network"]: row for row in json.loads(edgekit_cli("networks", "--json")[1])}
    assert list(rows) == list(NETWORKS)
    assert {row["network"]: row["epochs"] for row in rows.values()} == {name: 80 if spec.depth > 100 else 60 for name, spec in NETWORKS.items()}
    assert (rows["vgg16"]["epochs"], rows["densenet121"]["epochs"], rows["densenet121"]["depth"]) == (60, 80, 121)
    assert rows["vgg16"]["float32_bytes"] == 4 * rows["vgg16"]["parameters"] == 537_551_776


def test_each_network_becomes_a_run(two_runs):
    assert sorted(path.name for path in two_runs.iterdir()) == ["alexnet", "vgg16"]
    record = open_run(two_runs / "alexnet").record
    assert record.recipe.class_weights
    assert record.labels == tuple(f"class {label}" for label in range(10))
    assert (record.dataset.split, record.dataset.test_images) == ("seeded", 30)
    assert record.test_accuracy > 0.3  # chance is 0.1


def test_the_figures_of_every_class_add_up(two_runs):
    record = open_run(two_runs / "alexnet").record
    assert [entry.images for entry in record.classes] == [3] * 10
    right = sum(entry.images * entry.recall for entry in record.classes)
    assert right == pytest.approx(record.test_accuracy * 30)
    assert sum(pair.images for pair in record.confused) == 30 - round(right)


def test_there_are_pictures_and_logs(two_runs):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    record = open_run(two_runs / "alexnet").record
    for name in ("curves.png", "confusion.png"):
        with Image.open(two_runs / "alexnet" / name) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300
    logs = EventAccumulator(str(two_runs / "alexnet/logs")).Reload()
    series = [make_ndarray(tensor.tensor_proto) for tensor in logs.Tensors("loss/training")]
    assert np.allclose(series, [entry.loss for entry in record.history])


def test_a_network_that_the_images_are_too_small_for(edgekit_cli, tmp_path):
    status, _, err = edgekit_cli("train", "--network", "alexnet", "--image-size", 40, "--out", tmp_path / "runs")
    assert status == 2
    assert "AlexNet needs images of 57 px or more" in err
    assert not (tmp_path / "runs").exists()
