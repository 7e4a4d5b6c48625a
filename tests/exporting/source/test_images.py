from collections import Counter

import msgspec

from edgekit.datasets.fingerprint import fingerprint
from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.source import open_dataset
from edgekit.exporting.source.images import MOST_TEST_IMAGES, images_in, images_of

SLOW, QUICK = 4_000_000_000, 500_000_000


def test_a_slow_network_takes_a_part_of_many_test_images_and_has_more(small_run):
    dataset = open_dataset("letters28")
    known = msgspec.structs.replace(small_run.record.dataset, location=dataset.location, fingerprint=fingerprint(dataset))
    record = msgspec.structs.replace(small_run.record, labels=CLASSES, dataset=known)
    slow, quick = images_of(record, SLOW), images_of(record, QUICK)
    assert (len(slow.test), len(slow.more), len(quick.test), len(quick.more)) == (300, 924, 924, 0)
    assert slow.more[:300] == slow.test
    assert set(Counter(example.label for example in slow.test).values()) == {10, 11}


def test_calibration_is_balanced_and_seeded(small_run, small_folder):
    found = images_of(small_run.record, QUICK)
    assert (len(found.calibration), found.calibrated_on) == (200, "letters: training images")
    assert set(Counter(example.label for example in found.calibration).values()) == {40}
    names = [example.picture.name for example in found.calibration]
    assert all(name.startswith("train/") for name in names)
    assert [example.picture.name for example in images_of(small_run.record, QUICK).calibration] == names
    other = msgspec.structs.replace(small_run.record, recipe=msgspec.structs.replace(small_run.record.recipe, seed=7))
    assert [example.picture.name for example in images_of(other, QUICK).calibration] != names
    own = images_of(small_run.record, QUICK, calibration=small_folder / "test")
    assert (own.calibrated_on, len(own.calibration)) == ("test", 165)


def test_golden_images_are_chosen_from_so_many_at_most(small_run, small_folder, monkeypatch):
    assert MOST_TEST_IMAGES == 1000
    monkeypatch.setattr("edgekit.exporting.source.images.MOST_TEST_IMAGES", 50)
    shown = images_of(small_run.record, QUICK, golden=small_folder / "train").golden
    assert set(Counter(example.label for example in shown).values()) == {10}
    found = images_in((), calibration=None, golden=small_folder / "train", seed=0)
    assert (len(found.golden), found.calibrated_on) == (50, "train")


def test_few_test_images_are_all_taken(small_run):
    slow = images_of(small_run.record, SLOW)
    assert (len(slow.test), slow.more) == (165, ())


def test_a_folder_of_splits_proves_by_its_test_images_and_calibrates_by_its_training_images(small_folder):
    labels = tuple(sorted(path.name for path in (small_folder / "train").iterdir()))
    for golden, calibration in ((small_folder, None), (None, small_folder), (small_folder, small_folder)):
        found = images_in(labels, calibration=calibration, golden=golden, seed=0)
        assert (found.labelled, len(found.test), len(found.calibration), found.calibrated_on) == (True, 165, 200, "letters")
        assert {example.picture.name.split("/")[0] for example in found.test} == {"test"}
        assert {example.picture.name.split("/")[0] for example in found.calibration} == {"train"}
        assert any("the photographs of test/ are taken" in line for line in found.told)


def test_a_run_takes_the_splits_of_other_folders_too(small_run, small_folder):
    found = images_of(small_run.record, QUICK, golden=small_folder, calibration=small_folder)
    assert {example.picture.name.split("/")[0] for example in found.golden} == {"test"}
    assert {example.picture.name.split("/")[0] for example in found.calibration} == {"train"}
