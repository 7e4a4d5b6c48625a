"""The limits that the code has are those that the documentation publishes."""

import re
from pathlib import Path

import pytest

from edgekit.spec.export import Head
from edgekit.spec.format import Precision
from edgekit.spec.limits import LIMITS, Spread, judged_by_counts, limits_of, up_to
from edgekit.spec.task import Decision, Task

PAGE = (Path(__file__).parents[2] / "docs/formats.md").read_text()


def rows(heading):
    """The cells of each row of the table below a heading, by precision."""
    table = PAGE.partition(heading)[2].partition("\n\n")[2].partition("| precision |")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {Precision(name.strip()): row[1:] for row in cells for name in row[0].split(",")}


@pytest.mark.parametrize("precision", Precision)
def test_what_is_published_of_scores_agreement_and_accuracy(precision):
    limits, (score, agreement, drop) = LIMITS[precision], rows("## Tolerances")[precision]
    assert limits.score == (None if score == "reported" else float(score))
    assert 100 * limits.agreement == float(agreement.partition(" %")[0])
    assert limits.margin == float(re.findall(r"\d+e-\d+", agreement)[0])
    assert 100 * limits.accuracy_drop == pytest.approx(float(drop.partition(" points")[0]))


def test_what_is_published_of_features():
    told = re.search(r"the relative L2 error is at most (\S+), (\S+) or, over all golden images together, (\S+) ", PAGE)
    of_float, of_stored, of_bytes = map(float, told.groups())
    assert {precision: limits.features for precision, limits in LIMITS.items()} == {
        Precision.FLOAT32: of_float,
        Precision.FLOAT16: of_stored,
        Precision.MIXED: of_stored,
        Precision.DYNAMIC: of_bytes,
        Precision.INT8: of_bytes,
    }


@pytest.mark.parametrize("precision", [Precision.DYNAMIC, Precision.INT8])
def test_of_probabilities_in_8_bits_margins_and_bounds_are_two_and_a_half_times_as_wide(precision):
    plain, wide = LIMITS[precision], limits_of(precision, Head.PROBABILITIES)
    assert wide.margin == pytest.approx(0.125)
    for narrow, wider in ((plain.near, wide.near), (plain.far, wide.far)):
        assert [wider.largest, wider.rms, wider.bias] == pytest.approx([2.5 * narrow.largest, 2.5 * narrow.rms, 2.5 * narrow.bias])
    assert (wide.agreement, wide.accuracy_drop, wide.features) == (plain.agreement, plain.accuracy_drop, plain.features)


def test_all_others_have_the_limits_of_their_precision():
    for precision, limits in LIMITS.items():
        for head in Head:
            assert (limits_of(precision, head) is limits) == (head is not Head.PROBABILITIES or limits.score is not None)


def test_a_bound_of_the_largest_alone_bounds_the_others_by_it():
    assert up_to(0.25) == Spread(largest=0.25, rms=0.25, bias=0.25)
    assert Spread(largest=1, rms=2, bias=3).times(2) == Spread(largest=2, rms=4, bias=6)


def test_files_without_a_bound_of_a_score_are_judged_by_counts_where_scores_decide():
    assert [judged_by_counts(precision, Decision(), 5) for precision in Precision] == [limits.score is None for limits in LIMITS.values()]
    assert not judged_by_counts(Precision.INT8, Decision(), 1)
    assert judged_by_counts(Precision.INT8, Decision(Task.BINARY, thresholds=(0.5,)), 1)
    assert not judged_by_counts(Precision.INT8, Decision(head=Head.FEATURES), 5)
