"""One picture gives the same pixels in every form: modes × EXIF orientations × path, bytes, Pillow image, array."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from edgekit.classifier import _pixels
from edgekit.datasets.decode import decode, decode_image
from edgekit.datasets.modes import eight_bits

HEIGHT, WIDTH = 5, 8
RGB = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
ALPHA = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
ALPHA[0, :3] = 0, 255, 128
PALETTE = np.random.default_rng(3).integers(0, 256, (256, 3), np.uint8)
WIDE = np.random.default_rng(4).integers(0, 65536, (HEIGHT, WIDTH), np.uint16)
WIDE[0, 0] = 65535


def grey(values):
    return np.repeat(np.asarray(values)[:, :, None], 3, axis=2).astype(np.uint8)


def over_white(colours, alpha):
    share = alpha[:, :, None] / 255
    return colours * share + 255 * (1 - share)


def palette(mode="P"):
    image = Image.fromarray(GREY).convert("L")
    image = Image.frombytes("P", (WIDTH, HEIGHT), GREY.tobytes())
    image.putpalette(PALETTE.tobytes())
    if mode == "PA":
        image = image.convert("PA")
        image.putalpha(Image.fromarray(ALPHA))
    return image


def transparent_palette():
    image = palette()
    image.info["transparency"] = bytes(range(256))
    return image


def premultiplied(image, mode):
    return image.convert(mode)


def little(values, kind):
    return Image.frombytes(kind, (WIDTH, HEIGHT), values.astype("<u2" if kind == "I;16L" else ">u2").tobytes())


LA = Image.merge("LA", (Image.fromarray(GREY), Image.fromarray(ALPHA)))
RGBA = Image.merge("RGBA", (*Image.fromarray(RGB).split(), Image.fromarray(ALPHA)))
RGBX = Image.frombytes("RGBX", (WIDTH, HEIGHT), np.dstack([RGB, ALPHA]).tobytes())
CMYK = Image.frombytes("CMYK", (WIDTH, HEIGHT), np.dstack([RGB, np.zeros_like(GREY)]).tobytes())
# Mode: the picture, its pixels worked out without edgekit, how far a rounding may lead, and a format that holds it (none holds all).
MODES = {
    "1": (Image.fromarray(GREY > 99), grey((GREY > 99) * 255), 0, "PNG"),
    "L": (Image.fromarray(GREY), grey(GREY), 0, "PNG"),
    "LA": (LA, over_white(grey(GREY), ALPHA), 1, "PNG"),
    "La": (LA.convert("La"), over_white(grey(GREY), ALPHA), 2, None),
    "P": (palette(), PALETTE[GREY], 0, "PNG"),
    "P transparent": (transparent_palette(), over_white(PALETTE[GREY], GREY), 1, "PNG"),
    "PA": (palette("PA"), over_white(PALETTE[GREY], ALPHA), 1, None),
    "RGB": (Image.fromarray(RGB), RGB, 0, "PNG"),
    "RGBA": (RGBA, over_white(RGB, ALPHA), 1, "PNG"),
    "RGBa": (RGBA.convert("RGBa"), over_white(RGB, ALPHA), 2, None),
    "RGBX": (RGBX, RGB, 0, "TIFF"),
    "CMYK": (CMYK, 255 - RGB, 0, "TIFF"),
    "YCbCr": (Image.fromarray(RGB).convert("YCbCr"), RGB, 3, "TIFF"),
    "LAB": (Image.frombytes("LAB", (WIDTH, HEIGHT), np.dstack([GREY, GREY * 0, GREY * 0]).tobytes()), None, 0, "TIFF"),
    "HSV": (Image.fromarray(RGB).convert("HSV"), RGB, 6, None),
    "I of 8 bits": (Image.fromarray(GREY.astype(np.int32)), grey(GREY), 0, "TIFF"),
    "I of 16 bits": (Image.fromarray(WIDE.astype(np.int32)), grey(WIDE >> 8), 0, "TIFF"),
    "I;16": (Image.fromarray(WIDE), grey(WIDE >> 8), 0, "PNG"),
    "I;16 of 8 bits": (Image.fromarray(GREY.astype(np.uint16)), grey(GREY), 0, "PNG"),
    "I;16 of 12 bits": (Image.fromarray(WIDE >> 4), grey(WIDE >> 8), 0, "TIFF"),
    "I;16B": (little(WIDE, "I;16B"), grey(WIDE >> 8), 0, "TIFF"),
    "I;16L": (little(WIDE, "I;16L"), grey(WIDE >> 8), 0, None),
    "F of 0 to 255": (Image.fromarray(GREY.astype(np.float32)), grey(GREY), 0, "TIFF"),
    "F of 0 to 1": (Image.fromarray((GREY / 255).astype(np.float32)), grey(GREY), 0, "TIFF"),
    "F of 16 bits": (Image.fromarray(WIDE.astype(np.float32)), grey(WIDE >> 8), 0, "TIFF"),
}
ORIENTATIONS = range(1, 9)


def turned(pixels, orientation):
    """As Pillow turns it."""
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def with_exif(image, orientation):
    """In memory, as `Image.open` leaves it: the EXIF's bytes are beside the pixels."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    copy = image.copy()
    copy.info["exif"] = exif.tobytes()
    return copy


@pytest.mark.parametrize("mode", MODES)
def test_every_form_of_a_picture_gives_the_same_pixels(mode, tmp_path):
    image, wanted, tolerance, kind = MODES[mode]
    assert image.mode == mode.split(" ")[0]
    upright = decode_image(image)
    assert upright.shape == (HEIGHT, WIDTH, 3)
    assert upright.dtype == np.uint8
    if wanted is not None:
        assert np.abs(upright.astype(float) - wanted).max() <= tolerance + 0.5
    assert np.ptp(upright) > 150  # never black
    for orientation in ORIENTATIONS:
        expected = turned(upright, orientation)
        memory = with_exif(image, orientation)
        forms = [memory, expected]
        if kind:
            exif = Image.Exif()
            exif[0x0112] = orientation
            path = tmp_path / f"{orientation}.{kind.lower()}"
            image.save(path, format=kind, exif=exif)
            forms += [path, str(path), path.read_bytes(), Image.open(path)]
        for form in forms:
            got = _pixels(form)
            assert got.flags.c_contiguous
            assert np.array_equal(got, expected), (orientation, type(form))
        assert np.array_equal(decode_image(ImageOps.exif_transpose(memory)), expected), "what is turned already is not turned again"


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF"])
def test_photographs_of_other_formats_too(kind, orientation, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{kind.lower()}"
    colours = np.zeros((32, 64, 3), np.uint8)
    colours[:16, :32], colours[:16, 32:], colours[16:, :32] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    Image.fromarray(colours).save(path, format=kind, exif=exif, quality=95)
    got = decode(path)
    assert np.array_equal(decode_image(Image.open(path)), got)
    assert np.array_equal(decode(path.read_bytes()), got)
    assert np.abs(got.astype(int)[4::8, 4::8] - turned(colours, orientation)[4::8, 4::8]).max() < 30


def test_an_orientation_in_xmp_alone_turns_too():
    image = Image.fromarray(RGB)
    data = io.BytesIO()
    image.save(data, "PNG")
    opened = Image.open(io.BytesIO(data.getvalue()))
    opened.info["XML:com.adobe.xmp"] = '<x tiff:Orientation="6"/>'
    assert np.array_equal(decode_image(opened), turned(RGB, 6))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 200]], np.int32), [0, 200]),
        (np.array([[0, 1023]], np.uint16), [0, 255]),
        (np.array([[512, 1023]], np.uint16), [128, 255]),
        (np.array([[16, 4095]], np.uint16), [1, 255]),
        (np.array([[0, 16383]], np.uint16), [0, 255]),
        (np.array([[256, 65535]], np.uint16), [1, 255]),
        (np.array([[1 << 16, (1 << 24) - 1]], np.int32), [1, 255]),
        (np.array([[0, (1 << 31) - 1]], np.int32), [0, 127]),
        (np.array([[-1024, 1024, 3071]], np.int32), [0, 128, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[-1, 0, 1]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.5, 1, np.inf, -np.inf]], np.float32), [128, 128, 255, 128, 128]),
        (np.array([[np.nan, np.inf]], np.float32), [0, 0]),
        (np.array([[0, 1e30]], np.float32), [0, 255]),
        (np.array([[0, 0]], np.float32), [0, 0]),
        (np.array([[-7, -7]], np.int32), [0, 0]),
    ],
)
def test_what_wide_values_mean(values, wanted):
    assert eight_bits(values)[0].tolist() == wanted


def test_a_clear_grey_of_16_bits_is_white():
    data = io.BytesIO()
    Image.fromarray(WIDE).save(data, "PNG", transparency=int(WIDE[1, 1]))
    wanted = grey(WIDE >> 8)
    wanted[WIDE[1, 1] == WIDE] = 255
    assert np.array_equal(decode(data.getvalue()), wanted)


@pytest.mark.parametrize("mode", ["RGBA", "F", "I;16", "LA"])
def test_large_images_are_converted_in_parts_to_the_same_pixels(mode, monkeypatch):
    image = MODES["F of 16 bits" if mode == "F" else mode][0].resize((40, 30))
    whole = decode_image(image)
    monkeypatch.setattr("edgekit.datasets.modes._VALUES_AT_ONCE", 130)
    assert np.array_equal(decode_image(image), whole)
