"""Damaged and hostile image files at the door: pixels or an `ImageError` of one line, and not a word beside it."""

import io
import struct
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from edgekit.datasets.decode import decode
from edgekit.errors import ImageError

# Sizes, counts and offsets that decoders trip over.
NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 10_000, 65_500, 100_000_000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT", b"gAMA", b"IEND")


@cache
def bases():
    """Well-formed files of every format that is read, and of their kinds: palettes, profiles, animations, tiles."""
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (24, 32, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    more = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    wanted = [
        *((mode, "PNG", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        ("RGB", "PNG", {"exif": exif, "icc_profile": b"x" * 300}),
        ("RGB", "PNG", more),
        *((mode, "JPEG", {"exif": exif}) for mode in ("L", "RGB", "CMYK")),
        ("RGB", "JPEG", {"progressive": True, "restart_marker_blocks": 2}),
        ("RGB", "WEBP", {"exif": exif}),
        ("RGBA", "WEBP", {"lossless": True}),
        ("RGB", "WEBP", more),
        *((mode, "BMP", {}) for mode in ("1", "P", "RGB", "RGBA")),
        ("P", "GIF", {}),
        ("P", "GIF", {"save_all": True, "append_images": [rgb.convert("P")]}),
        *((mode, "TIFF", {"exif": exif}) for mode in ("1", "P", "RGB", "CMYK", "I;16", "F", "LAB")),
        *(("RGB", "TIFF", {"compression": name}) for name in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")),
        ("1", "TIFF", {"compression": "group4"}),
        ("RGB", "AVIF", {"exif": exif}),
        ("RGB", "JPEG2000", {}),
        *((mode, "PPM", {}) for mode in ("1", "L", "RGB")),
    ]
    found = []
    for mode, kind, options in wanted:
        grey = rgb.convert("L")
        image = (
            grey.point(lambda value: value * 200, "I").convert("I;16") if mode == "I;16" else grey.convert(mode) if mode == "F" else rgb.convert(mode)
        )
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        found.append(buffer.getvalue())
    return [*found, b"P3 3 2 255 " + b"255 0 9 " * 6, b"P2 2 2 65535 0 1 2 65535"]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_chunk(draw, data):
    """PNG: another chunk under a right checksum, whose text or profile may grow a thousandfold."""
    body = draw(st.sampled_from([b"", b"k\0\0" + zlib.compress(b"a" * 3_000_000), b"\0" * 26, struct.pack(">IIBBBBB", 9, 9, 8, 3, 0, 0, 0)]))
    at = 33 if data.startswith(b"\x89PNG") else len(data) // 2
    return data[:at] + chunk(draw(st.sampled_from(CHUNKS)), body or draw(st.binary(max_size=40))) + data[at:]


def a_header(draw, data):
    """PNG: another header under a right checksum."""
    numbers = [draw(st.sampled_from(NUMBERS)) for _ in range(2)]
    fields = draw(st.tuples(*[st.sampled_from([0, 1, 2, 3, 4, 6, 8, 16, 255])] * 2)), draw(st.tuples(*[st.integers(0, 2)] * 3))
    return data[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", *numbers, *fields[0], *fields[1])) + data[33:]


def a_number(draw, data):
    size, order = draw(st.sampled_from([1, 2, 4])), draw(st.sampled_from(["little", "big"]))
    at = draw(st.integers(0, max(0, min(len(data), 600) - size)))
    return data[:at] + (draw(st.sampled_from(NUMBERS)) & (256**size - 1)).to_bytes(size, order) + data[at + size :]


def a_number_at_the_end(draw, data):
    """TIFF: its directory stands behind the pixels."""
    at = draw(st.integers(max(0, len(data) - 240), max(0, len(data) - 4)))
    return data[:at] + draw(st.sampled_from(NUMBERS)).to_bytes(4, draw(st.sampled_from(["little", "big"]))) + data[at + 4 :]


def flipped(draw, data):
    out = bytearray(data)
    for at in draw(st.lists(st.integers(0, max(0, len(data) - 1)), min_size=1, max_size=12)):
        out[at : at + 1] = bytes([out[at] ^ 1 << draw(st.integers(0, 7))]) if at < len(out) else b""
    return bytes(out)


def cut(draw, data):
    return data[: draw(st.integers(0, len(data)))]


def removed(draw, data):
    at = draw(st.integers(0, len(data)))
    return data[:at] + data[at + draw(st.sampled_from([1, 2, 9, 100])) :]


def repeated(draw, data):
    first, last = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return data[:last] + data[first:last] * draw(st.sampled_from([1, 2, 30])) + data[last:]


def inserted(draw, data):
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.binary(min_size=1, max_size=64)) * draw(st.sampled_from([1, 500])) + data[at:]


def spliced(draw, data):
    other = draw(st.sampled_from(bases()))
    return data[: draw(st.integers(0, len(data)))] + other[draw(st.integers(0, len(other))) :]


CHANGES = (a_chunk, a_header, a_number, a_number, a_number_at_the_end, flipped, cut, removed, repeated, inserted, spliced)


@st.composite
def damaged(draw):
    data = draw(st.sampled_from(bases()))
    for change in draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3)):
        data = change(draw, data)
    return data


def outcome(data):
    try:
        return decode(data, name="photo.jpg")
    except ImageError as error:
        return error


def check(data, capfd, recwarn):
    got = outcome(data)
    if isinstance(got, ImageError):
        assert "photo.jpg" in got.message
        assert "\n" not in got.message + got.hint
        assert len(got.message) < 400
        assert got.hint
    else:
        assert (got.dtype, got.ndim, got.shape[2]) == (np.uint8, 3, 3)
        assert got.size > 0
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)


SETTINGS = settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@SETTINGS
@given(damaged())
def test_damaged_files(capfd, recwarn, data):
    check(data, capfd, recwarn)


@pytest.mark.sweep
@settings(SETTINGS, max_examples=25_000)
@given(damaged())
def test_many_damaged_files(capfd, recwarn, data):
    check(data, capfd, recwarn)


@settings(SETTINGS, max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([b"", *(data[:12] for data in bases())]))
def test_any_bytes(capfd, recwarn, tail, head):
    check(head + tail, capfd, recwarn)


def test_what_is_whole_is_read(capfd, recwarn):
    for data in bases():
        check(data, capfd, recwarn)
        decode(data)
