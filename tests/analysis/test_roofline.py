import pytest

from edgekit.analysis.roofline import Bound, limit
from edgekit.store.measurement import Peaks

PEAKS = Peaks(float32=50e9, int8=100e9, bandwidth=10e9)


@pytest.mark.parametrize(
    ("multiply_adds", "weights_bytes", "precision", "share", "bound"),
    [
        (100e6, 4e6, "float32", 0.2, Bound.COMPUTE),
        (100e6, 4e6, "float16", 0.2, Bound.COMPUTE),
        (100e6, 1e6, "int8", 0.1, Bound.COMPUTE),
        (100e6, 15e6, "mixed", 0.2, Bound.COMPUTE),
        (100e6, 240e6, "float32", 0.2, Bound.MEMORY),  # fully connected layers: many weights, each used once
    ],
)
def test_the_share_of_the_peak_and_what_bounds(multiply_adds, weights_bytes, precision, share, bound):
    found = limit(multiply_adds=int(multiply_adds), weights_bytes=int(weights_bytes), precision=precision, latency_ns=10e6, peaks=PEAKS)
    assert (found.share, found.bound) == (pytest.approx(share), bound)


def test_an_unknown_peak_gives_no_share():
    peaks = Peaks(float32=50e9, int8=None, bandwidth=10e9)
    assert limit(multiply_adds=1, weights_bytes=1, precision="int8", latency_ns=1.0, peaks=peaks) is None
