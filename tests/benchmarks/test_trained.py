"""The cache of trained networks: what is there is not trained again, and export finds the data set that a run was trained on."""

from collections import Counter

from edgekit.datasets.fingerprint import fingerprint
from edgekit.datasets.folder import open_folder
from edgekit.datasets.source import open_dataset
from edgekit.datasets.survey import survey
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from trained import PLANS, Plan, part_of, trained


def test_every_network_has_a_plan_that_it_can_follow():
    assert set(PLANS) == set(NETWORKS)
    for name, plan in PLANS.items():
        plan.small.check_for(NETWORKS[name])
        assert plan.full.image_px == 224


def test_a_part_is_balanced_and_found_again(small_folder):
    whole = survey(open_folder(small_folder))
    part = part_of(whole, 30)
    assert set(Counter(example.label for example in part.dataset.train).values()) == {30 // len(whole.dataset.classes)}
    assert part.dataset.test == whole.dataset.test
    assert fingerprint(open_dataset(str(small_folder)).without(set(part.skipped))) == part.fingerprint


def test_a_run_that_is_there_is_trained_again_for_another_recipe_alone(small_folder, tmp_path):
    network = NETWORKS["alexnet"]  # of few layers: most of the time goes into their compilation
    tiny = changed(RECIPES["quick"], image_px=64, width=0.0625, epochs=1, validation_share=0.0)
    surveyed = survey(open_folder(small_folder))

    def runs(full):
        return trained(network, surveyed, tmp_path, progress=Silent(), plans={network.name: Plan(tiny, full, 30)})

    small, full = runs(changed(tiny, image_px=80))
    assert (small.folder, full.folder) == (tmp_path / "small/alexnet", tmp_path / "runs/alexnet")
    assert (full.record.start.model_sha256, full.record.recipe.image_px, full.record.dataset.train_images) == (small.record.model_sha256, 80, 30)
    assert not list((tmp_path / "begun").iterdir())
    assert [run.record for run in runs(changed(tiny, image_px=80))] == [small.record, full.record]
    same, longer = runs(changed(tiny, image_px=80, epochs=2))
    assert same.record == small.record
    assert [run.record.recipe.epochs for run in (full, longer)] == [1, 2]
