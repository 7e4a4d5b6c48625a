import math

import pytest

from edgekit.errors import UsageError
from edgekit.spec.export import Head
from edgekit.spec.task import Decision, Task, labels_of, rule, thresholds_for

PETS = ("cat", "dog", "owl")


@pytest.mark.parametrize(
    ("task", "given", "wanted"),
    [
        (Task.CLASSES, (), ()),
        (Task.BINARY, (), (0.5,)),
        (Task.BINARY, ("0.3",), (0.3,)),
        (Task.BINARY, ("dog=0.3",), (0.3,)),
        (Task.MULTILABEL, (), (0.5, 0.5, 0.5)),
        (Task.MULTILABEL, ("0.2",), (0.2, 0.2, 0.2)),
        (Task.MULTILABEL, ("owl=0.9", "0.2"), (0.2, 0.2, 0.9)),
        (Task.MULTILABEL, ("owl=0.9", "cat=1e-3"), (0.001, 0.5, 0.9)),
    ],
)
def test_thresholds(task, given, wanted):
    assert thresholds_for(task, PETS[: labels_of(task, 1) if task is Task.BINARY else 3], given) == wanted


def test_a_label_may_have_an_equals_sign():
    assert thresholds_for(Task.MULTILABEL, ("a=b", "c"), ("a=b=0.7",)) == (0.7, 0.5)


@pytest.mark.parametrize(
    ("task", "given", "words"),
    [
        (Task.CLASSES, ("0.3",), "classes have no thresholds"),
        (Task.MULTILABEL, ("hen=0.3",), "hen=0.3"),
        (Task.MULTILABEL, ("0.3", "0.4"), "given twice"),
        (Task.MULTILABEL, ("owl=0.3", "owl=0.4"), "given twice"),
        (Task.BINARY, ("cat=0.3",), "is of a label"),  # its one score is that of the second
        *((Task.BINARY, (text,), "between 0 and 1") for text in ("0", "1", "1.5", "-0.2", "nan", "half", "")),
    ],
)
def test_thresholds_that_are_none(task, given, words):
    with pytest.raises(UsageError, match=words) as caught:
        thresholds_for(task, PETS[:2] if task is Task.BINARY else PETS, given)
    assert caught.value.hint


def test_the_same_threshold_in_logits_and_probabilities():
    """At 3 to 1 the logarithm of the odds is 1.0986."""
    of_logits, of_probabilities = (Decision(Task.BINARY, head, (0.75,)) for head in (Head.LOGITS, Head.PROBABILITIES))
    assert of_probabilities.cuts == (0.75,)
    assert math.isclose(of_logits.cuts[0], math.log(3))
    assert [of_logits.answer([score]) for score in (1.09, 1.10)] == [(0,), (1,)]
    assert [of_probabilities.answer([score]) for score in (0.75, 0.76)] == [(0,), (1,)]  # above, not at


def test_answers():
    assert Decision().answer([0.1, 3.0, 3.0]) == (1,)  # of equals the first
    several = Decision(Task.MULTILABEL, Head.PROBABILITIES, (0.5, 0.2, 0.9))
    assert several.answer([0.6, 0.3, 0.8]) == (0, 1)
    assert several.answer([0.1, 0.1, 0.1]) == ()


def test_one_score_decides_where_it_has_a_threshold():
    assert [Decision(task, Head.LOGITS, (0.5,)).decides(1) for task in Task] == [False, True, True]
    assert Decision().decides(2)
    assert not any(Decision(task, Head.FEATURES).decides(8) for task in Task)


def test_a_rule_in_words():
    assert rule(Decision(), PETS) == ""
    assert rule(Decision(Task.BINARY, Head.LOGITS, (0.3,)), PETS[:2]) == "a probability above 0.3 means dog, any other cat"
    assert rule(Decision(Task.MULTILABEL, Head.LOGITS, (0.5,) * 3), PETS) == "each label by itself, above a probability of 0.5"
    assert rule(Decision(Task.MULTILABEL, Head.LOGITS, (0.5, 0.5, 0.9)), PETS).endswith("0.5 for cat, 0.5 for dog, 0.9 for owl")
