"""The embedded sample as a data set."""

import pytest

from edgekit.datasets import sample
from edgekit.datasets.sample import open_sample
from edgekit.datasets.survey import fingerprint, survey


def test_its_fingerprint_is_of_pixels_and_needs_no_png(monkeypatch):
    dataset = open_sample()
    wanted = survey(dataset).fingerprint
    monkeypatch.setattr(sample, "encode_png", lambda pixels: pytest.fail("a PNG"))
    assert fingerprint(dataset) == wanted
