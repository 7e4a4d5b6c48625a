import pytest

from edgekit.spec.accuracy import Accuracy


def counts(**changed):
    return Accuracy(**({"runtime": "litert", "images": 200, "right": 150, "lost": 10, "won": 4} | changed))


def test_shares_and_what_was_lost_in_all():
    """Of 200 images the file is right on 150; the trained model on 10 more, but not on 4 of them: on 156."""
    assert (counts().share, counts().drop, counts().reference_share) == (0.75, 0.03, 0.78)


@pytest.mark.parametrize(
    "changed", [{"right": 190}, {"right": 4}, {"won": 150}, {"images": 160}, {"lost": 0, "won": 0}, {"images": 1, "right": 1, "lost": 0, "won": 1}]
)
def test_counts_that_just_go_together(changed):
    assert counts(**changed)


@pytest.mark.parametrize(
    "changed", [{"right": -1, "won": -1}, {"lost": -1}, {"won": -1}, {"images": 0, "right": 0, "lost": 0, "won": 0}, {"right": 191}, {"won": 151}]
)
def test_counts_that_do_not_go_together(changed):
    with pytest.raises(ValueError, match="do not go together"):
        counts(**changed)
