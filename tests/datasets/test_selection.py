"""Which examples are split off, and which are taken for a balanced sample."""

from collections import Counter

import pytest

from edgekit.datasets.dataset import Example
from edgekit.datasets.selection import balanced, split_off


class Named:
    def __init__(self, name):
        self.name = name


def of_classes(*counts, groups=lambda index: ""):
    return [Example(Named(f"{label}/{index:03}"), label, groups(index)) for label, count in enumerate(counts) for index in range(count)]


def counted(examples, classes):
    found = Counter(example.label for example in examples)
    return [found[label] for label in range(classes)]


@pytest.mark.parametrize(
    ("share", "parts"),
    [(0.0, [0, 0, 0, 0]), (0.1, [0, 1, 1, 3]), (0.3, [0, 1, 3, 8]), (0.5, [0, 1, 5, 13]), (0.9, [0, 1, 9, 23]), (1.0, [0, 1, 9, 25])],
)
def test_of_each_class_a_share_is_split_off_and_one_stays(share, parts):
    """Of 1, 2, 10 and 26 examples: the share rounded, one at least, and all but one at most."""
    examples = of_classes(1, 2, 10, 26)
    rest, part = split_off(examples, share, seed=0)
    assert counted(part, 4) == parts
    assert sorted([*rest, *part], key=examples.index) == examples
    assert all(list(side) == sorted(side, key=examples.index) for side in (rest, part))


@pytest.mark.parametrize(("share", "groups"), [(0.0, 0), (0.05, 1), (0.3, 3), (0.46, 5)])
def test_whole_groups_go_to_one_side(share, groups):
    examples = of_classes(20, 20, groups=lambda index: f"person {index % 10}")
    rest, part = split_off(examples, share, seed=0)
    assert len({example.group for example in part}) == groups
    assert len(part) == 4 * groups
    assert not {example.group for example in part} & {example.group for example in rest}


def test_one_group_alone_is_no_grouping():
    rest, part = split_off(of_classes(10, groups=lambda index: "all"), 0.2, seed=0)
    assert (len(rest), len(part)) == (8, 2)


def test_a_seed_chooses_and_the_order_of_the_files_does_not():
    examples = of_classes(30, 30)
    of_seeds = [{example.picture.name for example in split_off(examples[::turn], 0.2, seed)[1]} for seed, turn in ((0, 1), (0, -1), (1, 1))]
    assert of_seeds[0] == of_seeds[1] != of_seeds[2]


def test_a_balanced_sample_takes_one_of_each_class_in_turn():
    chosen = balanced(of_classes(1, 2, 5), 7, seed=0)
    assert [example.label for example in chosen] == [0, 1, 2, 1, 2, 2, 2]
    assert len(set(chosen)) == 7
    assert [len(balanced(of_classes(1, 2, 5), count, seed=0)) for count in (0, 3, 8, 100)] == [0, 3, 8, 8]
