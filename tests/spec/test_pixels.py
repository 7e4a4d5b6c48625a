import pytest
from PIL import Image

from edgekit.errors import UsageError
from edgekit.spec.pixels import LUMINANCE, PIXELS, RAW, Colour, parse_pixels, turned, typed


def test_the_named_ones():
    assert list(PIXELS) == ["raw", "unit", "signed", "imagenet", "bgr-mean"]
    assert parse_pixels("raw") is RAW
    assert parse_pixels("bgr-mean").colour is Colour.BGR


def test_a_mean_and_a_deviation_of_ones_own():
    pixels = parse_pixels("mean=125, 123,114;std=63,62,66.5")
    assert (pixels.name, pixels.mean, pixels.std, pixels.colour) == ("custom", (125, 123, 114), (63, 62, 66.5), Colour.RGB)


@pytest.mark.parametrize(
    ("text", "mean", "std", "colour"),
    [
        ("bgr;mean=0,0,0;std=255,255,255", (0, 0, 0), (255, 255, 255), Colour.BGR),
        # Mean and deviation stand in the order that is named: blue first.
        ("bgr; mean=103,116,123; std=57,58,59", (123, 116, 103), (59, 58, 57), Colour.BGR),
        ("RGB;mean=1,2,3;std=4,5,6", (1, 2, 3), (4, 5, 6), Colour.RGB),
        ("bgr", (0, 0, 0), (1, 1, 1), Colour.BGR),
        ("bgr;signed", (127.5,) * 3, (127.5,) * 3, Colour.BGR),
        ("bgr;imagenet", PIXELS["imagenet"].mean, PIXELS["imagenet"].std, Colour.BGR),
        ("rgb;bgr-mean", PIXELS["bgr-mean"].mean, (1, 1, 1), Colour.RGB),
    ],
)
def test_the_order_of_the_channels_stands_in_front(text, mean, std, colour):
    pixels = parse_pixels(text)
    assert (pixels.mean, pixels.std, pixels.colour) == (mean, std, colour)


@pytest.mark.parametrize("text", [*PIXELS, "bgr;signed", "rgb;bgr-mean", "mean=1,2,3;std=4,5,6.5", "bgr;mean=1,2,3;std=4,5,6"])
def test_turned_twice_is_the_same_and_all_can_be_typed(text):
    pixels = parse_pixels(text)
    assert parse_pixels(typed(pixels)) == pixels
    other = turned(pixels)
    assert (other.mean, other.std, other.colour == pixels.colour) == (pixels.mean, pixels.std, False)
    assert parse_pixels(typed(other)) == other
    assert turned(other) == pixels


def test_an_order_that_a_name_has_already_changes_nothing():
    assert parse_pixels("bgr;bgr-mean") == PIXELS["bgr-mean"]
    assert parse_pixels("rgb;unit") == PIXELS["unit"]
    assert parse_pixels("bgr;unit").name == "bgr;unit"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "caffe",
        "bgr;caffe",
        "bgr;mean=1,2",
        "grb;mean=1,2,3;std=1,1,1",
        "mean=1,2,3;std=1,1,1;bgr",
        "bgr;unit;std=1,1,1",
        "mean=1,2,3",
        "bgrunit",
        "std=1,1,1;mean=1,2,3",
        "mean=1,2;std=1,1,1",
        "mean=1,2,x;std=1,1,1",
        "mean=1,2,3;std=1,0,1",
        "mean=nan,2,3;std=1,1,1",
    ],
)
def test_what_does_not_hold_is_refused(text):
    with pytest.raises(UsageError, match="Received: ") as caught:
        parse_pixels(text)
    assert "mean=" in caught.value.hint


def test_luminance_is_what_pillow_makes_grey_of_colours_by():
    """ITU-R BT.601, as Pillow's documentation of mode L gives it."""
    assert sum(LUMINANCE) == pytest.approx(1)
    pure = [Image.new("RGB", (1, 1), tuple(255 * (place == channel) for place in range(3))).convert("L").getpixel((0, 0)) for channel in range(3)]
    assert [round(255 * share) for share in LUMINANCE] == pure == [76, 150, 29]
