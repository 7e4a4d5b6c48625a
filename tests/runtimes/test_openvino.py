import pytest

from edgekit.store.operators import OperatorTime

openvino = pytest.importorskip("edgekit.runtimes.openvino")


def test_the_time_of_operators_is_that_of_the_rounds_behind_the_first():
    """OpenVINO's counters are means since the beginning: of rounds that took 90, 10 and 12 µs they say 90, 50 and 37 (and a third)."""
    told = {"stem": (90, 50, 37), "quick": (5, 2, 2), "too quick": (0, 0, 1)}
    means = [[OperatorTime(name=name, type="Convolution", time_ns=1000 * times[end]) for name, times in told.items()] for end in range(3)]
    times = [(time.name, time.time_ns // 1000) for time in openvino.later_rounds(means)]
    assert times == [("stem", 10), ("quick", 0), ("too quick", 0), ("stem", 11), ("quick", 2), ("too quick", 3)]
