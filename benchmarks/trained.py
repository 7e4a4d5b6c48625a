"""The full-size networks, trained as little as makes their answers mean something: `python benchmarks/trained.py [NETWORK…]`.

What measures exports at 224 px takes its runs from here. Each network learns letters28 at a small size first, then goes on from
those weights at 224 px, on a class-balanced part where that costs minutes an epoch. A run that is there is not trained again, but
where its recipe was another.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.datasets.dataset import SAMPLE
from edgekit.datasets.selection import balanced
from edgekit.datasets.source import open_dataset
from edgekit.datasets.survey import Survey, survey
from edgekit.spec.network import NETWORKS, network_named
from edgekit.spec.recipe import RECIPES, Recipe, changed
from edgekit.store.run import RUN_FILE, Run, open_run
from edgekit.text.units import duration, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgekit.spec.network import NetworkSpec
    from edgekit.spec.progress import Progress

CACHE = Path(".cache/bench-export")
# A small batch: more steps from few images, and less memory.
FULL = changed(RECIPES["quick"], name="trained-224", image_px=224, batch_size=14, validation_share=0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A training at a small size, then one at 224 px on ``images`` of the training images."""

    small: Recipe
    full: Recipe
    images: int


def plan(small_px: int, small_epochs: int, epochs: int, images: int, learning_rate: float = 0.0005, small: float = 0.001) -> Plan:
    """Return a plan of these sizes and learning rates; the second training has the smaller rate than ``small``, since it goes on."""
    first = changed(RECIPES["quick"], name="trained-small", image_px=small_px, epochs=small_epochs, learning_rate=small, validation_share=0.0)
    return Plan(first, changed(FULL, epochs=epochs, learning_rate=learning_rate), images)


# At least four epochs: after two, a network hesitates on so many images that int8 loses more than 0.5 points by chance.
_USUAL = plan(64, 5, 4, 840)
_OTHERS = {
    "mobilenet": plan(64, 5, 4, 1120),
    "alexnet": plan(80, 5, 4, 1120, 0.0003),
    "resnet50": plan(48, 5, 4, 560),
    "densenet121": plan(48, 5, 8, 560),
    # Its fully connected layers, without batch norms, learn slowly: 75 % in two epochs, 84 % in four, 86 % in six. With a rate of 0.001 for half
    # the epochs at the small size, and 420 images, it reached 18.8 %.
    "vgg16": plan(48, 8, 6, 840, 0.0001, small=0.0003),
}
PLANS = {name: _OTHERS.get(name, _USUAL) for name in NETWORKS}


def trained(network: NetworkSpec, surveyed: Survey, cache: Path, *, progress: Progress, plans: Mapping[str, Plan] = PLANS) -> tuple[Run, Run]:
    """Return the runs of ``network``, ``small/NAME`` and ``runs/NAME`` in the ``cache``; train what is not there."""
    from edgekit.training.trainer import train

    chosen = plans[network.name]

    def once(kind: str, recipe: Recipe, images: Survey, start: Run | None = None) -> Run:
        folder = cache / kind / network.name
        if not (folder / RUN_FILE).is_file() or open_run(folder).record.recipe != recipe:
            # Begun elsewhere, so that what is in the cache is whole.
            begun = cache / "begun"
            shutil.rmtree(begun / network.name, ignore_errors=True)
            run = train(network, recipe, images, begun, progress=progress, start=start)
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            run.folder.rename(folder)
        return open_run(folder)

    small = once("small", chosen.small, surveyed)
    return small, once("runs", chosen.full, part_of(surveyed, chosen.images), small)


def part_of(surveyed: Survey, count: int) -> Survey:
    """Return the survey with ``count`` of its training images, as many of each class.

    The others count as skipped: so the run records them, and export finds the same data set again.
    """
    kept = {example.picture.name for example in balanced(surveyed.dataset.train, count, FULL.seed)}
    others = tuple(look.picture.name for look in surveyed.train if look.picture.name not in kept)
    train = tuple(look for look in surveyed.train if look.picture.name in kept)
    return Survey(surveyed.dataset.without(set(others)), train, surveyed.test, skipped=(*surveyed.skipped, *others))


def main(arguments: Sequence[str]) -> int:
    """Train what is asked for, and tell what each reached."""
    from edgekit.cli.output import Listener, print_line

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(PLANS), metavar="NETWORK", help=f"of {', '.join(NETWORKS)}; all of them by default")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the runs are kept [default: %(default)s]")
    options = parser.parse_args(arguments)
    networks = [network_named(name) for name in options.networks]
    surveyed = survey(open_dataset(SAMPLE))
    listener = Listener()
    for network in networks:
        for run in trained(network, surveyed, options.cache, progress=listener):
            record = run.record
            print_line(f"{run.folder}: top-1 {percent(record.test_accuracy)} at {record.recipe.image_px} px, in {duration(record.seconds)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
