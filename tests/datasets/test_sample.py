"""The embedded sample as a data set."""

import pytest

from edgekit.datasets import sample
from edgekit.datasets.fingerprint import fingerprint
from edgekit.datasets.sample import open_sample
from edgekit.datasets.survey import survey


def test_its_fingerprint_is_of_pixels_and_needs_no_png(monkeypatch):
    monkeypatch.setattr(sample, "encode_png", lambda pixels: pytest.fail("a PNG"))
    dataset = open_sample()
    assert fingerprint(dataset) == survey(dataset).fingerprint == "ce013e2cfb6119f6d5424196e023c48a6143888e65ae71660a69b64a38d30aee"


def test_a_data_set_is_shown_without_its_examples():
    assert len(repr(open_sample())) < 1000
