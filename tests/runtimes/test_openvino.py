from edgekit.runtimes.openvino import later_rounds
from edgekit.store.operators import OperatorTime


def operator(name, time_ns):
    return OperatorTime(name=name, type="Convolution", time_ns=time_ns)


def test_the_time_of_operators_is_that_of_the_rounds_behind_the_first():
    """OpenVINO's counters are means since the beginning: of rounds that took 90, 10 and 11 µs they say 90, 50 and 37."""
    means = [
        [operator("stem", 90_000), operator("quick", 5_000)],
        [operator("stem", 50_000), operator("quick", 2_000), operator("missed", 1_000)],
        [operator("stem", 37_000), operator("quick", 2_000), operator("missed", 1_000)],
    ]
    times = [(time.name, time.time_ns) for time in later_rounds(means)]
    assert times == [("stem", 10_000), ("quick", 0), ("missed", 2_000), ("stem", 11_000), ("quick", 2_000), ("missed", 1_000)]
