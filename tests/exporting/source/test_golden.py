"""Which images travel with a bundle: of every class, those on which the model hesitates, and variants that show more."""

import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.datasets.sample import open_sample
from edgekit.exporting.source.golden import MOST_TOTAL_BYTES, choose_golden, choose_samples
from edgekit.store.golden import PLAIN

VARIANTS = {"odd", "tall", "wide", "tiny", "grey", "tinted", "saturated", "noise"}


@pytest.fixture(scope="module")
def examples(small_folder):
    return open_folder(small_folder).test


@pytest.fixture(scope="module")
def margins(examples):
    return np.random.default_rng(0).permutation(len(examples)).astype(np.float32)


def test_every_class_the_narrowest_margins_and_two_of_each_variant(examples, margins):
    golden = choose_golden(examples, 7, margins)
    plain = [picture for picture in golden if picture.variant == PLAIN]
    assert (len(golden), len(plain)) == (48, 32)
    assert len({picture.source for picture in plain}) == 32
    assert [sum(picture.label == label for picture in plain[:20]) for label in range(5)] == [4] * 5
    place = {example.picture.name: float(margin) for example, margin in zip(examples, margins, strict=True)}
    narrow = [place[picture.source] for picture in plain[20:]]
    assert narrow == sorted(narrow, reverse=True)
    others = set(place.values()) - {place[picture.source] for picture in plain}
    assert max(narrow) < min(others)
    assert {picture.variant for picture in golden} == {PLAIN, *VARIANTS}


def test_without_margins_as_many_are_chosen_by_class(examples):
    golden = choose_golden(examples, 7)
    assert sum(picture.variant == PLAIN for picture in golden) == 32


def test_a_few_images_are_all_taken(examples):
    few = examples[::40]
    golden = choose_golden(few, 7, np.arange(len(few), dtype=np.float32))
    assert sum(picture.variant == PLAIN for picture in golden) == len(few)


def test_the_same_bytes_for_a_seed_and_others_for_another(examples, margins):
    first, again, other = ([picture.png for picture in choose_golden(examples, seed, margins)] for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_all_28_classes_in_3_megabytes():
    test = open_sample().test
    golden = choose_golden(test, 7, np.linspace(0, 1, len(test), dtype=np.float32))
    assert {picture.label for picture in golden if picture.variant == PLAIN} == set(range(28))
    assert sum(len(picture.png) for picture in golden) <= MOST_TOTAL_BYTES
    assert max(max(picture.pixels.shape[:2]) for picture in golden) <= 320


def test_noise_is_black_or_full_and_saturated_images_lack_a_channel(examples, margins):
    golden = choose_golden(examples, 7, margins)
    for picture in golden:
        if picture.variant == "noise":
            assert set(np.unique(picture.pixels)) == {0, 255}
            assert 0.4 < (picture.pixels == 255).mean() < 0.6
        if picture.variant == "saturated":
            assert sorted(int(channel.max()) for channel in picture.pixels.transpose(2, 0, 1))[0] == 0


def test_four_samples_of_at_most_5_kilobytes(examples, margins):
    golden = choose_golden(examples, 7, margins)
    samples = choose_samples(golden)
    assert [sample.variant for sample in samples] == [PLAIN, "odd", "saturated", PLAIN]
    assert samples[3].source == [picture for picture in golden if picture.variant == PLAIN][-1].source
    assert max(len(sample.png) for sample in samples) <= 5_000
