import pytest

from edgekit.errors import UsageError
from edgekit.spec.pixels import PIXELS, RAW, Colour, parse_pixels


def test_the_named_ones():
    assert list(PIXELS) == ["raw", "unit", "signed", "imagenet", "bgr-mean"]
    assert parse_pixels("raw") is RAW
    assert parse_pixels("bgr-mean").colour is Colour.BGR


def test_a_mean_and_a_deviation_of_ones_own():
    pixels = parse_pixels("mean=125, 123,114;std=63,62,66.5")
    assert (pixels.name, pixels.mean, pixels.std, pixels.colour) == ("custom", (125, 123, 114), (63, 62, 66.5), Colour.RGB)


@pytest.mark.parametrize(
    "text", ["", "caffe", "mean=1,2,3", "mean=1,2;std=1,1,1", "mean=1,2,x;std=1,1,1", "mean=1,2,3;std=1,0,1", "mean=nan,2,3;std=1,1,1"]
)
def test_what_does_not_hold_is_refused(text):
    with pytest.raises(UsageError, match="Received: ") as caught:
        parse_pixels(text)
    assert "mean=" in caught.value.hint
