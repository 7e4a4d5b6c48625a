"""Numbers as people read and type them."""

import pytest

from edgekit.errors import UsageError
from edgekit.text.units import byte_count, duration, milliseconds, nanoseconds, points, points_between, size, told_apart


def test_times_have_two_units_at_most():
    assert [duration(seconds) for seconds in (42, 200, 7500)] == ["42 s", "3 min 20 s", "2 h 5 min"]


def test_latencies_have_three_significant_digits_at_least():
    assert [milliseconds(value) for value in (5_400, 2_345_000, 123_456_000)] == ["0.005 ms", "2.35 ms", "123.5 ms"]


@pytest.mark.parametrize(("unsure_ns", "shown"), [(0, "3.21 ms"), (4_000, "3.21 ms"), (40_000, "3.21 ms"), (400_000, "3.2 ms"), (4_000_000, "3 ms")])
def test_a_latency_has_the_digits_that_its_interval_justifies(unsure_ns, shown):
    assert milliseconds(3_212_345, unsure_ns) == shown


def test_a_drop_is_told_in_points_with_its_interval():
    assert points_between(0.003, (-0.0031, 0.0094)) == "0.3 (−0.3 to 0.9)"
    assert points_between(-0.0054, (-0.0131, 0.0024), digits=2) == "−0.54 (−1.31 to 0.24)"


@pytest.mark.parametrize(
    ("numbers", "options", "told"),
    [
        ((2.2e-6, 1e-4), {}, ("2.2e-06", "1.0e-04")),
        ((1.00312e-4, 1e-4), {}, ("1.003e-04", "1.000e-04")),
        ((1e-4 * (1 + 1e-9), 1e-4), {}, ("1.000000001e-04", "1.000000000e-04")),
        ((1e-4, 1e-4), {}, ("1.0e-04", "1.0e-04")),
        ((0.98999, 0.99), {"digits": 4, "form": "f"}, ("0.98999", "0.99000")),
        ((float("inf"), 1e-4), {}, ("inf", "1.0e-04")),
    ],
)
def test_a_number_beyond_its_limit_is_not_written_as_the_limit(numbers, options, told):
    assert told_apart(*numbers, **options) == told


def test_sizes_are_decimal():
    assert [size(value) for value in (812, 5_000, 4_900_000, 2 * 10**9)] == ["812 B", "5.0 kB", "4.9 MB", "2.0 GB"]
    assert points(0.0034) == "0.3 points"


@pytest.mark.parametrize(("text", "value"), [("10ms", 1e7), ("0.5 s", 5e8), ("250us", 2.5e5), ("250µs", 2.5e5)])
def test_a_time_is_read_with_its_unit(text, value):
    assert nanoseconds(text) == value


@pytest.mark.parametrize(("text", "value"), [("10MB", 10**7), ("1.5 kB", 1500), ("3B", 3)])
def test_a_size_is_read_with_its_unit(text, value):
    assert byte_count(text) == value


@pytest.mark.parametrize("text", ["10", "ms", "-1ms", "0ms", "1e3ms", "10 MB", "1..0ms", "", "nan ms"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(UsageError, match="number and a unit"):
        nanoseconds(text)
