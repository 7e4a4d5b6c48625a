"""What many tests need: a small image folder, and a MobileNet trained on it for real."""

from __future__ import annotations

import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import seeds
from device_side import can_train, missing
from edgekit.datasets.decode import encode_png
from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.sample import open_sample
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.store.bundle import Bundle, open_bundle
from once import made_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgekit.store.run import Run

# How property tests draw their examples: the same ones each time, however busy the machine, and few of them, since what one costs may be
# a Keras model. Those of cheap ones say how many.
settings.register_profile("few", max_examples=8, deadline=None, derandomize=True)
settings.load_profile("few")

SMALL_CLASSES = ("alef", "heh", "kaf", "meem", "sheen")
SMALL_RECIPE = changed(RECIPES["quick"], image_px=48, width=0.5, epochs=10, learning_rate=0.003, batch_norm_momentum=0.8)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five of the 28 letters as an image folder: 475 training and 165 test images of 96 × 96. Not to be changed."""
    with made_once(tmp_path_factory, "letters") as (root, is_made):
        if not is_made:
            dataset = open_sample()
            for example in (*dataset.train, *dataset.test):
                if CLASSES[example.label] in SMALL_CLASSES:
                    path = root / example.picture.name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(encode_png(example.picture.pixels()))
    return root


@pytest.fixture(scope="session")
def small_run(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A MobileNet of half the paper's width, trained for ten epochs at 48 px. Not to be changed."""
    pytest.importorskip("keras", reason="nothing can be trained here")
    from edgekit.datasets.folder import open_folder
    from edgekit.datasets.survey import survey
    from edgekit.store.run import open_run
    from edgekit.training.trainer import train

    with made_once(tmp_path_factory, "runs") as (runs, is_made):
        if not is_made:
            recipe = changed(SMALL_RECIPE, seed=seeds.seed(0))
            train(DEFAULT_NETWORK, recipe, survey(open_folder(small_folder)), runs, progress=Silent())
    return open_run(runs / DEFAULT_NETWORK.name)


def pytest_configure(config: pytest.Config) -> None:
    seeds.moved_by = config.getoption("--training-seed")
    # Of a shell that has the tests in the background, children ignore Ctrl-C, which some tests send to theirs.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out, on the device side, what needs the workstation's packages, and say so."""
    if can_train() or not collection_path.match("test_*.py") or not (packages := missing(collection_path)):
        return None
    print(f"left out: {collection_path.name} needs {', '.join(packages)}")  # noqa: T201
    return True


# Folders whose files take longest: they begin first, so that two processes end together.
LONGEST_FIRST = ("contract", "training", "exporting", "e2e", "examples", "cli")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.pluginmanager.hasplugin("randomly"):
        return
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(Path(__file__).parent).parts[0], len(places)))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bundle", type=Path, help="Keep the small bundle here, and take it from here: for environments that cannot train.")
    parser.addoption(
        "--training-seed", type=int, default=0, help="Train, and draw weights, with other seeds: no test may hang on what one training gave."
    )
    parser.addoption("--write-tables", action="store_true", help="Write the tables that tests hold the documentation to, instead of comparing them.")


@pytest.fixture(scope="session")
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The small run's bundle: both formats, every precision. Not to be changed."""
    kept: Path | None = request.config.getoption("--bundle")
    if kept and kept.is_dir():
        return open_bundle(kept.absolute())  # tests start commands in other folders
    from again import EVERY
    from edgekit.exporting.pipeline import export
    from edgekit.exporting.source.source import of_run

    run = request.getfixturevalue("small_run")
    with made_once(tmp_path_factory, "bundles") as (bundles, is_made):
        if not is_made:
            export(of_run(run), EVERY, bundles, progress=Silent())
    return open_bundle(Path(shutil.copytree(bundles / run.name, kept)) if kept else bundles / run.name)


@pytest.fixture(autouse=True)
def the_same_weights_each_time() -> None:
    """Models that a test builds have the weights that Keras draws, whatever ran before."""
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(seeds.seed(1))


@pytest.fixture
def bundle_copy(exported: Bundle, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may damage."""
    return Path(shutil.copytree(exported.folder, tmp_path / "bundle"))


@pytest.fixture
def edgekit_cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process; returns (status, standard output, standard error)."""
    from edgekit.cli.main import run

    def call(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return int(status), out, err

    return call
