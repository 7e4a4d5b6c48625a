"""What bench-export's pages say that files answer."""

import numpy as np

from edgekit.exporting.parity.reference import Evidence
from exports import answered

LABELS = np.arange(200) % 2
RIGHT = np.eye(2, dtype=np.float32)[LABELS]


def but(images):
    """The right answers, but of so many first images."""
    scores = RIGHT.copy()
    scores[:images] = 1 - scores[:images]
    return scores


def rows_of(tmp_path, monkeypatch, base):
    answers = {"a.tflite in litert": but(4), "b.onnx in onnxruntime": but(1), "c.onnx in onnxruntime": but(0)}
    monkeypatch.setattr(answered, "_scores", lambda folder, name, pictures: answers[name])
    answered.ask(tmp_path, list(answers), Evidence([], [], LABELS, RIGHT), base=base)
    head, _, *rows = answered.table(tmp_path, base=base)[2:]
    return head, [[cell.strip() for cell in row.split(" | ")] for row in rows]


def test_files_stand_beside_the_trained_model_and_a_base(tmp_path, monkeypatch):
    head, (trained, first, second, same) = rows_of(tmp_path, monkeypatch, "a.tflite in litert")
    assert "| points beside a.tflite in litert |" in head
    assert trained[1:5] == ["100.0 %", "", "2.00 (−0.38 to 4.34)", "0"]
    assert first[1:5] == ["98.0 %", "−2.00 (−4.34 to 0.38)", "", "4"]
    assert [cell.partition(" ")[0] for cell in second[2:5]] == ["−0.50", "1.50", "1"]
    assert same[2].startswith("0.00 (")


def test_without_a_base_by_the_trained_model_alone(tmp_path, monkeypatch):
    head, rows = rows_of(tmp_path, monkeypatch, None)
    assert "beside" not in head
    assert [row[3] for row in rows] == ["0", "4", "1", "0"]
