"""Which task a model's ending tells, and what is asked for where it tells none."""

import re

import keras
import pytest

from edgekit.errors import EdgekitError
from edgekit.exporting.source.task import task_of, two_folders
from edgekit.models.head import Ending, Ends
from edgekit.spec.export import Head
from edgekit.spec.task import Task


def ends(ending, scores):
    tensor = keras.Input((scores,))
    return Ends(tensor, tensor, None if ending is Ending.LINEAR else tensor, "Dense scores", ending)


@pytest.mark.parametrize(
    ("ending", "scores", "wanted", "found"),
    [
        (Ending.SOFTMAX, 5, None, Task.CLASSES),
        (Ending.SOFTMAX, 2, Task.CLASSES, Task.CLASSES),
        (Ending.SIGMOID, 1, None, Task.BINARY),
        (Ending.SIGMOID, 1, Task.BINARY, Task.BINARY),
        (Ending.SIGMOID, 1, Task.MULTILABEL, Task.MULTILABEL),
        (Ending.SIGMOID, 2, None, Task.MULTILABEL),
        (Ending.SIGMOID, 5, Task.MULTILABEL, Task.MULTILABEL),
        (Ending.LINEAR, 2, None, Task.CLASSES),
        (Ending.LINEAR, 5, Task.MULTILABEL, Task.MULTILABEL),
        (Ending.LINEAR, 1, Task.BINARY, Task.BINARY),
        (Ending.LINEAR, 1, Task.MULTILABEL, Task.MULTILABEL),
    ],
)
def test_tasks(ending, scores, wanted, found):
    assert task_of(ends(ending, scores), wanted, labelled=True) is found


@pytest.mark.parametrize(
    ("ending", "scores", "wanted", "words", "hint"),
    [
        (Ending.LINEAR, 1, None, "does not say what it means", "--task binary: .* --task multilabel: "),
        (Ending.LINEAR, 1, Task.CLASSES, "chooses among no classes", "--task binary with two labels"),
        (Ending.LINEAR, 3, Task.BINARY, "this model has several", "--task multilabel"),
        (Ending.SIGMOID, 1, Task.CLASSES, "does not choose", "leave --task out: an answer is one of two labels"),
        (Ending.SIGMOID, 3, Task.CLASSES, "does not choose", "leave --task out: each label is decided by itself"),
        (Ending.SIGMOID, 2, Task.BINARY, "this model has several", "leave --task out"),
        (Ending.SOFTMAX, 1, None, "is 1, whatever the image shows", "with a sigmoid"),
        (Ending.SOFTMAX, 2, Task.BINARY, "chooses one of its classes", "leave --task out"),
        (Ending.SOFTMAX, 5, Task.MULTILABEL, "chooses one of its classes", "leave --task out"),
    ],
)
def test_a_task_that_such_a_model_cannot_have_is_refused_with_one_that_it_can(ending, scores, wanted, words, hint):
    with pytest.raises(EdgekitError, match=f"{words}.* Received: ") as caught:
        task_of(ends(ending, scores), wanted, labelled=True)
    assert "Dense scores" in caught.value.message
    assert re.search(hint, caught.value.hint)


def test_one_number_without_labels_may_be_of_no_class():
    assert task_of(ends(Ending.LINEAR, 1), Task.CLASSES, labelled=False) is Task.CLASSES


@pytest.mark.parametrize("ending", Ending)
def test_for_features_nothing_is_asked(ending):
    assert task_of(ends(ending, 1), None, labelled=True, head=Head.FEATURES) is (Task.BINARY if ending is Ending.SIGMOID else Task.CLASSES)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (("dogs/a.png", "cats/b.png"), ("cats", "dogs")),
        (("dogs/a.png", "cats/b.png", "owls/c.png"), ()),
        (("dogs/a.png", "cats/b.png", "c.png"), ()),
        (("a.png", "b.png"), ()),
    ],
)
def test_two_class_folders_are_two_labels_in_order(tmp_path, files, names):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert two_folders(tmp_path) == names
