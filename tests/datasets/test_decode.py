import io
import struct
import zlib
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
