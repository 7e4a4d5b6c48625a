"""What the gate refuses of several labels: most are on few images, and that most decisions agree says nothing of those."""

from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from edgekit.analysis.differences import differences
from edgekit.exporting.parity.beyond import answers_beyond
from edgekit.spec.export import Head, Precision
from edgekit.spec.limits import limits_of
from edgekit.spec.task import Decision, Task

LABELS, IMAGES = 50, 400
INT8 = limits_of(Precision.INT8, Head.LOGITS)
NAMES = [f"image {index}" for index in range(IMAGES)]


@pytest.fixture(scope="module")
def reference():
    """Each image has one of 50 labels, each label is on eight images."""
    scores = np.full((IMAGES, LABELS), -6, np.float32)
    scores[np.arange(IMAGES), np.arange(IMAGES) % LABELS] = 6
    return scores


def beyond(reference, got, limits=INT8):
    decision = Decision(Task.MULTILABEL, Head.LOGITS, (0.5,) * LABELS)
    found = differences(reference, got, margin=limits.margin, decision=decision)
    golden = differences(reference[:40], got[:40], margin=limits.margin, decision=decision)
    contract = SimpleNamespace(task=Task.MULTILABEL, labels=[f"label {index}" for index in range(LABELS)])
    return found, answers_beyond(limits, golden, found, NAMES, contract)


def test_the_same_answers_pass(reference):
    assert beyond(reference, reference)[1] == ""


def test_a_file_that_names_nothing_agrees_on_most_and_is_refused(reference):
    found, reason = beyond(reference, np.full_like(reference, -6))
    assert found.agreement == 0.98
    assert "`label 0` is decided otherwise on 8 of 8 images" in reason


def test_a_label_that_is_lost_is_named(reference):
    other = reference.copy()
    other[:, 7] = -6
    found, reason = beyond(reference, other)
    assert found.agreement > 0.999
    assert reason == "`label 7` is decided otherwise on 8 of 8 images that have it, worst image: image 7"


def test_a_decision_or_two_may_change_in_8_bits_alone(reference):
    """Four of 400 are 1 %, and one a label. Where all are to agree there is no room for any."""
    other = reference.copy()
    other[[0, 1, 2, 3], [0, 1, 2, 3]] = -6
    assert beyond(reference, other)[1] == ""
    other[[4], [4]] = -6
    assert beyond(reference, other)[1].startswith("5 of 400 labels are decided otherwise")
    one = reference.copy()
    one[0, 0] = -6
    exact = msgspec.structs.replace(limits_of(Precision.FLOAT16, Head.LOGITS), score=None)
    assert beyond(reference, one, exact)[1].startswith("`label 0` is decided otherwise on 1 of 8")


def test_a_label_that_is_named_where_it_is_not_is_found_too(reference):
    other = reference.copy()
    other[::3, 9] = 6
    assert "`label 9` is decided otherwise on" in beyond(reference, other)[1]
