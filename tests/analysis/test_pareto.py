"""The Pareto front, of small cases and against its definition."""

from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.analysis.pareto import front

POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


def test_what_another_beats_is_off_the_front():
    assert front([(1, 3), (2, 2), (3, 1), (3, 3), (2, 3)]) == (0, 1, 2)


def test_equals_are_on_it_together():
    assert front([(1, 1), (1, 1), (1, 2)]) == (0, 1)


@settings(max_examples=100)
@given(POINTS)
def test_each_point_off_the_front_is_beaten_by_one_on_it(points):
    on = front(points)
    assert on
    for index, point in enumerate(points):
        beaten = any(points[other] != point and points[other][0] <= point[0] and points[other][1] <= point[1] for other in on)
        assert beaten == (index not in on)
