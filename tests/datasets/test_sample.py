"""The embedded sample as a data set."""

import numpy as np
import pytest

from edgekit.datasets import sample
from edgekit.datasets.decode import decode
from edgekit.datasets.fingerprint import fingerprint
from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.sample import open_sample
from edgekit.datasets.survey import survey


def test_its_fingerprint_is_of_pixels_and_needs_no_png(monkeypatch):
    monkeypatch.setattr(sample, "encode_png", lambda pixels: pytest.fail("a PNG"))
    dataset = open_sample()
    assert fingerprint(dataset) == survey(dataset).fingerprint == "ce013e2cfb6119f6d5424196e023c48a6143888e65ae71660a69b64a38d30aee"


def test_the_folder_that_is_written_is_the_data_set(tmp_path, monkeypatch):
    some = list(sample.glyphs())[::200]
    monkeypatch.setattr(sample, "glyphs", lambda: some)
    assert sample.write_sample(tmp_path) == len(some) == len(list(tmp_path.rglob("*.png")))
    dataset = open_sample()
    for example in (*dataset.train, *dataset.test):
        split, label, _ = example.picture.name.split("/")
        assert (split, label) in {("train", CLASSES[example.label]), ("test", CLASSES[example.label])}
        assert np.array_equal(decode(tmp_path / example.picture.name), example.picture.pixels())
    assert {example.picture.name.split("/")[0] for example in dataset.train} == {"train"}
