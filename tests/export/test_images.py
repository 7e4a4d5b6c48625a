from collections import Counter

import msgspec

from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.source import open_dataset
from edgekit.datasets.survey import fingerprint
from edgekit.export.images import images_of

SLOW, QUICK = 4_000_000_000, 500_000_000


def test_a_slow_network_takes_a_part_of_many_test_images_and_has_more(small_run):
    dataset = open_dataset("letters28")
    known = msgspec.structs.replace(small_run.record.dataset, location=dataset.location, fingerprint=fingerprint(dataset))
    record = msgspec.structs.replace(small_run.record, labels=CLASSES, dataset=known)
    slow, quick = images_of(record, SLOW), images_of(record, QUICK)
    assert (len(slow.test), len(slow.more), len(quick.test), len(quick.more)) == (300, 924, 924, 0)
    assert slow.more[:300] == slow.test
    assert set(Counter(example.label for example in slow.test).values()) == {10, 11}


def test_few_test_images_are_all_taken(small_run):
    slow = images_of(small_run.record, SLOW)
    assert (len(slow.test), slow.more) == (165, ())
