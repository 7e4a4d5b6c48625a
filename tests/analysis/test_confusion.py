import numpy as np

from edgekit.analysis.confusion import class_figures, confusion_matrix, most_confused

NAMES = ("a", "b", "c", "d")
LABELS = np.array([0, 0, 0, 0, 1, 1, 2])
ANSWERS = np.array([0, 0, 1, 2, 1, 0, 1])


def test_the_matrix_has_true_classes_in_its_rows():
    matrix = confusion_matrix(LABELS, ANSWERS, 4)
    assert matrix.tolist() == [[2, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_precision_and_recall_of_each_class():
    figures = class_figures(confusion_matrix(LABELS, ANSWERS, 4), NAMES)
    assert [(entry.label, entry.images, entry.recall, entry.precision) for entry in figures] == [
        ("a", 4, 2 / 4, 2 / 3),
        ("b", 2, 1 / 2, 1 / 3),
        ("c", 1, 0.0, 0.0),
        ("d", 0, None, None),
    ]


def test_the_most_confused_pairs_come_first_and_every_pair_is_there():
    labels, answers = np.array([0, 0, 1, 2, 2, 2]), np.array([1, 1, 0, 1, 1, 1])
    pairs = most_confused(confusion_matrix(labels, answers, 4), NAMES)
    assert [(pair.label, pair.taken_for, pair.images) for pair in pairs] == [("c", "b", 3), ("a", "b", 2), ("b", "a", 1)]
