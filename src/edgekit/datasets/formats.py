"""Which files are photographs that are read, by their names' endings, and what is told of the others."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from PIL import features

from edgekit.datasets.libtiff import silence_libtiff

# The decoders that a file's content may choose from, and Pillow's modules of them: few, since each is a door to hostile files.
_DECODERS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "WEBP": "WebPImagePlugin",
    "BMP": "BmpImagePlugin",
    "GIF": "GifImagePlugin",
    "TIFF": "TiffImagePlugin",
    "JPEG2000": "Jpeg2KImagePlugin",
    "PPM": "PpmImagePlugin",
    "AVIF": "AvifImagePlugin",
}
READ = "JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF, JPEG 2000 and PPM files are read, HEIC files with `pip install edgekit[heif]`"
HEIF_PACKAGE = "pillow_heif"

_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo"),
    *(".png", ".apng", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
    *(".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc", ".ppm", ".pgm", ".pbm", ".pnm"),
)
_AVIF = (".avif", ".avifs")
_HEIF = (".heic", ".heif", ".hif", ".heics", ".heifs")
_CONVERT = "convert them to JPEG or PNG"
# What else may lie in a folder of photographs: what it is called after its ending, and what can be done.
_KINDS = {
    "photograph": (
        (".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".srf", ".sr2", ".raf", ".orf", ".rw2", ".pef", ".srw", ".raw", ".jxl", ".jxr"),
        _CONVERT,
    ),
    "picture": ((".tga", ".psd", ".svg", ".ico", ".icns", ".eps", ".pcx", ".exr", ".hdr", ".dcm", ".dds", ".xcf", ".qoi", ".pfm"), _CONVERT),
    "video": ((".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp"), "take single pictures out of them"),
    "archive": ((".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"), "unpack them"),
}
_BY_SUFFIX = {suffix: (f"{suffix[1:].upper()} {kind}", hint) for kind, (suffixes, hint) in _KINDS.items() for suffix in suffixes}
OTHER = "other file"


@cache
def heif_is_read() -> bool:
    """Whether the package that reads HEIC photographs is installed."""
    return find_spec(HEIF_PACKAGE) is not None


@cache
def avif_is_read() -> bool:
    """Whether this Pillow reads AVIF: from 11.3 on, where it was built with it."""
    return "avif" in features.modules and bool(features.check_module("avif"))


@cache
def formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that are read; it would import all of its modules to find some of them."""
    names = tuple(name for name in _DECODERS if name != "AVIF" or avif_is_read())
    for name in names:
        import_module(f"PIL.{_DECODERS[name]}")
    silence_libtiff()
    return names


@cache
def suffixes() -> frozenset[str]:
    """Return the endings of the files that are read, in lower case."""
    return frozenset((*_SUFFIXES, *(_AVIF if avif_is_read() else ()), *(_HEIF if heif_is_read() else ())))


def unread_kind(suffix: str) -> tuple[str, str]:
    """Return what files of an ending that is not read are called, and how they can be had."""
    if suffix in _HEIF:
        return "HEIC photograph", "pip install edgekit[heif]"
    if suffix in _AVIF:
        return "AVIF photograph", 'pip install "pillow>=11.3"'
    return _BY_SUFFIX.get(suffix, (OTHER, "no photographs"))
