"""Budgets are those that the documentation publishes, and what is no measurement is refused."""

from pathlib import Path

import msgspec
import pytest

from edgekit.spec.protocol import BACK_TO_BACK, BUDGETS, Feed, Protocol, Sizes

PAGE = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
SMOKE = BUDGETS["smoke"]


def test_the_budgets_are_those_of_the_documentation():
    table = PAGE.partition("| `--budget` |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    told = {row[0].split("`")[1]: tuple(float(cell.replace(",", "")) for cell in row[1:]) for row in cells}
    assert told == {name: (each.least_images, each.least_s, each.most_s, each.processes) for name, each in BUDGETS.items()}
    assert "**Warm-up** ends after 5 images and 0.5 s" in PAGE
    assert "**Threads are explicit and equal**, 1 unless asked" in PAGE
    for name, each in BUDGETS.items():
        assert (each.name, each.warmup_images, each.warmup_s, each.threads, each.seed, each.feeds) == (name, 5, 0.5, 1, 0, (BACK_TO_BACK,))


@pytest.mark.parametrize(("rate_hz", "holds"), [(None, True), (0, False), (-1, False), (0.001, True), (10_000, True), (10_000.5, False)])
def test_a_rate_is_above_nothing_and_at_most_ten_thousand(rate_hz, holds):
    if holds:
        assert Feed(rate_hz=rate_hz).rate_hz == rate_hz
    else:
        with pytest.raises(ValueError, match=r"at most 10,000 images a second\. Received: "):
            Feed(rate_hz=rate_hz)


def test_what_tells_a_feed_from_the_usual_one():
    assert [feed.shown for feed in (BACK_TO_BACK, Feed(sizes=Sizes.MIXED), Feed(rate_hz=5.0), Feed(sizes=Sizes.MIXED, rate_hz=2.5))] == [
        "",
        "mixed sizes",
        "5 Hz",
        "mixed sizes, 2.5 Hz",
    ]


@pytest.mark.parametrize(
    "changed",
    [{"least_images": 0}, {"processes": 0}, {"threads": 0}, {"least_s": 0.0}, {"least_s": 11.0}, {"feeds": ()}],
)
def test_a_protocol_that_measures_nothing_is_refused(changed):
    with pytest.raises(ValueError, match="at least one image, process, thread and feed"):
        msgspec.structs.replace(SMOKE, **changed)


def test_as_many_seconds_at_most_as_at_least_are_a_protocol():
    assert msgspec.structs.replace(SMOKE, least_s=10.0).least_s == SMOKE.most_s
    assert msgspec.structs.replace(SMOKE, least_images=1, processes=1).least_images == 1


@pytest.mark.parametrize(
    ("field", "most"),
    [("least_images", 10**9), ("most_s", 86_400), ("processes", 1000), ("warmup_images", 10**6), ("warmup_s", 86_400), ("threads", 2**16)],
)
def test_numbers_that_are_no_measurement_are_refused_where_they_are_read(field, most):
    plain = msgspec.to_builtins(SMOKE)
    assert getattr(msgspec.convert(plain | {field: most}, Protocol), field) == most
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(plain | {field: most + 1}, Protocol)
