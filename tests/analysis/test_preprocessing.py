import pytest

from edgekit.analysis.preprocessing import preprocessing_share
from edgekit.store.operators import OperatorTime, typical_times


def operators(*pairs):
    return [OperatorTime(name=str(index), type=kind, time_ns=time) for index, (kind, time) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("pairs", "share"),
    [
        ((("Cast", 10), ("Resize", 20), ("Conv", 60), ("Cast", 10)), 0.3),
        ((("Convert", 10), ("Interpolate", 10), ("Convolution", 80)), 0.2),  # a cast is no convolution
        ((("QLinearConv", 10), ("Cast", 90)), 0.0),
        ((("CAST", 25), ("CONV_2D", 75)), 0.25),
        ((("Cast", 10), ("MatMul", 20)), None),
        ((), None),
    ],
)
def test_what_comes_before_the_first_convolution(pairs, share):
    assert preprocessing_share(operators(*pairs)) == (None if share is None else pytest.approx(share))


def test_an_operators_time_is_the_mean_of_the_middle_half_in_the_order_of_execution():
    times = [OperatorTime(name=name, type="t", time_ns=time) for time in (900, 1000, 3000, 2000) for name in ("b", "a")]
    assert [(operator.name, operator.time_ns) for operator in typical_times(times)] == [("b", 1500), ("a", 1500)]
