import io
import os
import struct
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from edgekit.datasets.decode import decode, encode_png
from edgekit.errors import ImageError


def png(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", **options)
    return buffer.getvalue()


def test_rgb_is_unchanged():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    assert (decode(encode_png(pixels)) == pixels).all()


def test_grey_becomes_three_equal_channels():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert (decode(png(Image.fromarray(grey))) == grey[:, :, None]).all()


def test_palette_becomes_its_colours():
    pixels = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 8, 7]]], np.uint8)
    assert (decode(png(Image.fromarray(pixels).convert("P", palette=Image.Palette.ADAPTIVE))) == pixels).all()


def test_transparency_is_laid_over_white():
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = [0, 128, 255]
    assert decode(png(Image.fromarray(pixels, "RGBA")))[0, :, 0].tolist() == [255, 127, 0]


def test_16_bit_grey_keeps_its_upper_eight():
    values = np.array([[0, 255, 256, 65535, 4660]], np.uint16)
    assert decode(png(Image.fromarray(values)))[0, :, 1].tolist() == [0, 0, 1, 255, 18]


def test_exif_orientation_is_applied():
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 0] = 200
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right by 90 degrees
    turned = decode(png(Image.fromarray(pixels), exif=exif))
    assert turned.shape == (3, 2, 3)
    assert turned[0, 1, 0] == 200


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_as_pillow_turns_it(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = png(Image.fromarray(np.random.default_rng(2).integers(0, 256, (4, 7, 3), np.uint8)), exif=exif)
    assert (decode(data) == np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))).all()


def test_a_photograph_with_wrong_exif_is_turned_all_the_same():
    """Some cameras write a resolution as text: Pillow cannot write it anew."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x011A] = 72.0
    buffer = io.BytesIO()
    Image.fromarray(np.full((8, 16, 3), 90, np.uint8)).save(buffer, format="JPEG", exif=exif)
    entry = struct.pack(">HHI", 0x011A, 5, 1)
    assert buffer.getvalue().count(entry) == 1
    wrong = buffer.getvalue().replace(entry, struct.pack(">HHI", 0x011A, 2, 8))
    with pytest.raises((struct.error, TypeError)):
        ImageOps.exif_transpose(Image.open(io.BytesIO(wrong)))
    assert decode(wrong).shape == (16, 8, 3)


def test_damaged_exif_turns_nothing():
    pixels = np.random.default_rng(3).integers(0, 256, (3, 5, 3), np.uint8)
    data = encode_png(pixels)
    chunk = b"eXIf" + b"II*\0"
    damaged = data[:-12] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[-12:]
    assert (decode(damaged) == pixels).all()


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 12_000, 3), (12_000, 10, 3)])
def test_extreme_shapes(shape):
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert (decode(encode_png(pixels)) == pixels).all()


def test_a_truncated_jpeg_is_an_error(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)).save(buffer, "JPEG")
    path = tmp_path / "cut.jpg"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg"):
        decode(path)


@pytest.mark.parametrize("data", [b"", b"just a text", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF\0\0\0\0WEBP"])
def test_what_is_no_image_is_an_error(data):
    with pytest.raises(ImageError, match="cannot be decoded"):
        decode(data)


def test_a_missing_file_is_an_error():
    with pytest.raises(ImageError, match="no such file"):
        decode(Path("/nonexistent/photo.jpg"))


def test_above_100_megapixels_is_refused_before_decoding():
    bomb = png(Image.new("1", (10_001, 10_000)))
    assert len(bomb) < 100_000
    with pytest.raises(ImageError, match="100 megapixels"):
        decode(bomb)
    with pytest.raises(ImageError, match="100 megapixels"):
        decode(png(Image.new("1", (30_000, 30_000))))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width, height, depth, colour, data, *more):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def saved(kind, image=None, **options):
    buffer = io.BytesIO()
    (image or Image.fromarray(np.random.default_rng(4).integers(0, 256, (40, 60, 3), np.uint8))).save(buffer, kind, **options)
    return buffer.getvalue()


def progressive_bomb():
    """64 megapixels that each scan goes over again, in half a megabyte."""
    data = saved("JPEG", Image.new("L", (8000, 8000)), progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 400 + data[-2:]


HOSTILE = {
    "a palette PNG without its palette": png_of(2, 1, 8, 3, b"\0\0\1"),
    "a row of 100 megapixels": png_of(100_000_000, 1, 1, 0, b"\0"),
    "a column of 100 megapixels": png_of(1, 100_000_000, 1, 0, b"\0"),
    "the largest header": png_of(2**31 - 1, 2**31 - 1, 16, 6, b"\0"),
    "no pixels": png_of(0, 5, 8, 2, b"\0"),
    "a TIFF of 4 gigapixels": saved("TIFF").replace(struct.pack("<HHII", 256, 4, 1, 60), struct.pack("<HHII", 256, 4, 1, 2**32 - 1)),
    "a GIF whose screen is huge": b"GIF89a\xff\xff\xff\xff" + saved("GIF")[10:],
    "a text that grows a thousandfold": png_of(1, 1, 8, 0, b"\0\0", chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 50_000_000))),
    "a profile that grows a thousandfold": png_of(1, 1, 8, 0, b"\0\0", chunk(b"iCCP", b"k\0\0" + zlib.compress(b"a" * 50_000_000))),
    "a JPEG of 400 scans": progressive_bomb(),
    "HEIC in name only": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line_and_little_memory(kind):
    tracemalloc.start()
    try:
        with pytest.raises(ImageError) as caught:
            decode(HOSTILE[kind], name="a.png")
        assert tracemalloc.get_traced_memory()[1] < 200e6
    finally:
        tracemalloc.stop()
    assert "a.png" in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300
    assert caught.value.hint


@pytest.mark.parametrize(
    "error", [AssertionError, MemoryError, struct.error, zlib.error, OverflowError, RecursionError, TypeError, AttributeError, NotImplementedError]
)
def test_whatever_a_decoder_raises_is_about_the_image(error, monkeypatch):
    def broken(*arguments, **options):
        raise error("some\nlines")

    monkeypatch.setattr(Image, "open", broken)
    with pytest.raises(ImageError, match=r"cannot be decoded\. Received: an image in memory"):
        decode(b"x")


@pytest.mark.parametrize("kind", ["PSD", "ICO", "TGA", "PCX", "SGI", "EPS"])
def test_other_formats_are_refused(kind):
    data = {"PSD": b"8BPS\0\1" + bytes(60)}.get(kind) or saved(kind)
    with pytest.raises(ImageError, match="cannot identify"):
        decode(data)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("PNG", {}),
        ("WEBP", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("AVIF", {}),
        ("JPEG2000", {}),
        ("PPM", {}),
    ],
)
def test_what_is_cut_short_is_an_error_and_says_nothing_else(kind, options, capfd, recwarn):
    data = saved(kind, **options)
    assert decode(data).shape == (40, 60, 3)
    for end in range(0, len(data) * 9 // 10, max(1, len(data) // 13)):
        with pytest.raises(ImageError):
            decode(data[:end])
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)


def test_a_pipe_or_a_device_is_no_image_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", Path("/dev/zero"), tmp_path):
        with pytest.raises(ImageError):
            decode(path)
    (tmp_path / "empty.jpg").write_bytes(b"")
    with pytest.raises(ImageError, match="an empty file"):
        decode(tmp_path / "empty.jpg")
    with (tmp_path / "sparse.jpg").open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(ImageError, match="1 GiB"):
        decode(tmp_path / "sparse.jpg")


def test_no_warning_is_heard_and_all_are_as_before_when_several_threads_decode(monkeypatch):
    """Each thread alone would restore what another had set."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)  # Pillow warns of 40 by 60 then
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as heard, ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("always")
        assert len(list(pool.map(decode, [saved("PNG"), saved("JPEG")] * 50))) == 100
    assert not heard
    assert list(warnings.filters) == before


def test_a_heic_photograph_needs_the_package_and_says_so(monkeypatch):
    monkeypatch.setattr("edgekit.datasets.heif.heif_is_read", lambda: False)
    with pytest.raises(ImageError) as caught:
        decode(HOSTILE["HEIC in name only"], name="IMG_1.HEIC")
    assert caught.value.hint == "pip install edgekit[heif]"


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_heic_photograph_is_read_upright(turn, tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    colours = np.zeros((64, 128, 3), np.uint8)
    colours[:32, :64], colours[:32, 64:], colours[32:, :64] = (250, 0, 0), (0, 250, 0), (0, 0, 250)
    exif = Image.Exif()
    exif[0x0112] = turn
    image = Image.fromarray(colours)
    pillow_heif.from_pillow(image).save(tmp_path / "x.heic", quality=95, exif=exif.tobytes())
    upright = Image.fromarray(colours)
    upright.getexif()[0x0112] = turn
    wanted = np.asarray(ImageOps.exif_transpose(upright)).astype(int)
    got = decode(tmp_path / "x.heic")
    assert got.shape == wanted.shape
    assert np.abs(got - wanted)[8::16, 8::16].max() < 30
