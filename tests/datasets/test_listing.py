"""What is a photograph in a folder, what is a system's own, where links lead, and what is told of the rest."""

import os

import pytest
from PIL import Image

from edgekit.datasets.formats import heif_is_read
from edgekit.datasets.listing import list_folder
from edgekit.errors import DataError


def put(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def names(listing):
    return [path.relative_to(listing.root).as_posix() for path in listing.photographs]


def told(listing):
    return {(entry.what, entry.count) for entry in listing.left_out}


def test_every_ending_that_is_read_in_any_case(tmp_path):
    endings = [
        *("jpg", "JPG", "jpeg", "jpe", "jfif", "png", "apng", "webp", "bmp"),
        *("dib", "gif", "tif", "TIFF", "avif", "jp2", "j2k", "ppm", "pgm"),
        *("pbm", "pnm", "mpo"),
    ]  # fmt: skip
    listing = list_folder(put(tmp_path, *(f"a/{index:02}.{ending}" for index, ending in enumerate(endings))))
    assert names(listing) == [f"a/{index:02}.{ending}" for index, ending in enumerate(endings)]
    assert listing.left_out == ()


@pytest.mark.parametrize(
    "place",
    [
        "a/@eaDir/0.jpg/SYNOPHOTO_THUMB_XL.jpg",
        "@eaDir/x.jpg",
        "__MACOSX/a/._0.jpg",
        "__MACOSX/a/1.jpg",
        "a/._0.jpg",
        "a/.thumbnails/1.jpg",
        ".ipynb_checkpoints/0-checkpoint.png",
        "$RECYCLE.BIN/S-1/x.jpg",
        "System Volume Information/x.png",
        "a/#recycle/x.jpg",
        "lost+found/x.jpg",
    ],
)
def test_what_systems_keep_is_no_photograph_and_no_class(tmp_path, place):
    listing = list_folder(put(tmp_path, "a/0.jpg", "b/0.jpg", place))
    assert names(listing) == ["a/0.jpg", "b/0.jpg"]
    assert listing.names(tmp_path) == ("a", "b")
    assert told(listing) == {("system file", 1)}


def test_files_of_systems_that_are_no_images_are_not_worth_a_word(tmp_path):
    listing = list_folder(put(tmp_path, "a/0.jpg", "a/Thumbs.db", "Desktop.ini", "a/.DS_Store", ".git/x.jpg"))
    assert (names(listing), listing.left_out) == (["a/0.jpg"], ())


def test_the_rest_is_counted_by_kind_with_the_way_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setattr("edgekit.datasets.listing.suffixes", lambda: frozenset({".jpg"}))
    put(tmp_path, "a/0.jpg", *(f"a/{index}.HEIC" for index in range(3)), "a/1.heif", "a/x.CR2", "b/clip.mp4", "b/2.zip", "notes.txt", "b/labels")
    lines = [str(entry) for entry in list_folder(tmp_path).left_out]
    assert lines == [
        "1 CR2 photograph is not read: convert them to JPEG or PNG",
        "4 HEIC photographs are not read: pip install edgekit[heif]",
        "1 MP4 video is not read: take single pictures out of them",
        "1 ZIP archive is not read: unpack them",
        "2 other files (no ending, .txt) are not read: no photographs",
    ]


@pytest.mark.skipif(not heif_is_read(), reason="pillow-heif is not installed")
def test_heic_files_are_photographs_where_the_package_is_there(tmp_path):
    assert names(list_folder(put(tmp_path, "a/0.HEIC", "a/1.heif"))) == ["a/0.HEIC", "a/1.heif"]


def test_a_linked_folder_is_followed_once(tmp_path):
    put(tmp_path, "data/a/0.jpg", "data/b/0.jpg", "pool/1.jpg", "pool/deep/2.jpg", "beside/3.jpg")
    root = tmp_path / "data"
    (root / "a/more").symlink_to(tmp_path / "pool")
    (root / "b/again").symlink_to(tmp_path / "pool/deep")  # reached by a/more already, or reached first and then left out there
    (root / "a/loop").symlink_to(root)
    (root / "a/up").symlink_to(tmp_path)
    (root / "b/sibling").symlink_to(root / "a")
    (tmp_path / "pool/back").symlink_to(tmp_path / "pool")
    (root / "c").symlink_to(tmp_path / "beside")
    listing = list_folder(root)
    assert names(listing) == ["a/0.jpg", "a/more/1.jpg", "a/more/deep/2.jpg", "b/0.jpg", "c/3.jpg"]
    assert listing.names(root) == ("a", "b", "c")
    assert ("linked folder", 5) in told(listing)


def test_a_linked_file_is_a_photograph_and_one_that_leads_nowhere_is_told(tmp_path):
    put(tmp_path, "a/0.jpg", "x/real.jpg")
    (tmp_path / "a/1.jpg").symlink_to(tmp_path / "x/real.jpg")
    (tmp_path / "a/2.jpg").symlink_to("nowhere.jpg")
    os.mkfifo(tmp_path / "a/3.jpg")
    listing = list_folder(tmp_path)
    assert names(listing) == ["a/0.jpg", "a/1.jpg", "x/real.jpg"]
    assert told(listing) == {("broken link", 1), ("pipe or device", 1)}


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path, monkeypatch):
    put(tmp_path, "a/0.jpg", "b/1.jpg")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"cannot be read.*/b \(Permission denied\)"):
        list_folder(tmp_path)


def test_the_first_picture_of_an_animation_is_read(tmp_path):
    from edgekit.datasets.decode import decode

    red, green = Image.new("RGB", (8, 8), (200, 0, 0)), Image.new("RGB", (8, 8), (0, 200, 0))
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        path = tmp_path / f"x.{kind.lower()}"
        red.save(path, kind, save_all=True, append_images=[green])
        pixels = decode(path)
        assert pixels[4, 4, 0] > 150 > 60 > pixels[4, 4, 1], kind
