"""A file alone tells that it is as it was exported: whichever byte is changed, whatever is taken away or put in."""

import hashlib
import random
import shutil
import zipfile

import msgspec
import onnx
import pytest

import edgekit
from edgekit.errors import StoreError
from edgekit.exporting.formats import embed
from edgekit.store.containers.seal import SEAL_KEY, TRAILER
from edgekit.store.contract import CONTRACT_KEY, read_embedded

NAMES = ("mobilenet-float32.tflite", "mobilenet-int8.tflite", "mobilenet-float32.onnx", "mobilenet-int8.onnx")


def flipped(data, rng):
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]


def other_bytes(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        changed[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(changed)


def zeroed(data, rng):
    start, length = rng.randrange(len(data)), rng.randint(1, 5000)
    return data[:start] + bytes(len(data[start : start + length])) + data[start + length :]


def cut_off(data, rng):
    return data[: rng.randrange(1, len(data))]


def taken_out(data, rng):
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randint(1, 5000) :]


def put_in(data, rng):
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.randbytes(rng.randint(1, 50)) + data[start:]


def swapped(data, rng):
    """Two pieces of one length, in each other's place."""
    length = rng.randint(1, 500)
    first, second = sorted((rng.randrange(len(data) // 2 - length), rng.randrange(len(data) // 2, len(data) - length)))
    return b"".join(
        (data[:first], data[second : second + length], data[first + length : second], data[first : first + length], data[second + length :])
    )


def at_its_end(data, rng):
    """Where the entries are, and the digest: their own bytes are few among all."""
    place = len(data) - rng.randrange(1, 4000)
    return data[:place] + bytes([data[place] ^ rng.randint(1, 255)]) + data[place + 1 :]


KINDS = (flipped, other_bytes, zeroed, cut_off, taken_out, put_in, swapped, at_its_end)


def read_all_the_same(folder, path, rounds, rng):
    """Return the damages that were not noticed."""
    whole, passed = path.read_bytes(), []
    damaged = folder / path.name
    for number in range(rounds):
        kind = KINDS[number % len(KINDS)]
        data = kind(whole, rng)
        if data == whole:
            continue
        damaged.write_bytes(data)
        try:
            read_embedded(damaged)
        except StoreError:
            continue
        passed.append((kind.__name__, number))
    return passed


@pytest.mark.parametrize("name", NAMES)
def test_damage_anywhere_is_noticed(exported, tmp_path, name):
    assert read_all_the_same(tmp_path, exported.folder / name, 40, random.Random(name)) == []


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(7))
@pytest.mark.parametrize("name", NAMES)
def test_of_thousands_of_damaged_files_none_is_read(exported, tmp_path, name, seed):
    assert read_all_the_same(tmp_path, exported.folder / name, 400, random.Random(seed)) == []


@pytest.mark.parametrize("name", ["mobilenet-int8.tflite", "mobilenet-int8.onnx"])
def test_every_byte_behind_the_graph_counts(exported, tmp_path, name):
    """Of the entries' names and sizes, of what stands between them, and of the digest: each by itself."""
    whole = (exported.folder / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole)
    marks = [whole.rindex(mark) for mark in (CONTRACT_KEY.encode(), b"labels.txt", SEAL_KEY.encode())]
    places = {place for mark in marks for place in range(mark - 50, min(mark + 30, len(whole)))} | set(range(len(whole) - 90, len(whole)))
    with path.open("r+b", buffering=0) as file:
        for place in sorted(places):
            file.seek(place)
            file.write(bytes([whole[place] ^ 0x20]))
            with pytest.raises(StoreError):
                read_embedded(path)
            file.seek(place)
            file.write(whole[place : place + 1])
    assert read_embedded(path).contract.sealed


@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-float32.onnx"])
def test_the_digest_is_that_of_all_else(exported, name):
    data = (exported.folder / name).read_bytes()
    start = len(data) - 64 if name.endswith(".tflite") else data.rindex(SEAL_KEY.encode()) + len(SEAL_KEY) + 2
    assert data[start : start + 64].decode() == hashlib.sha256(data[:start] + data[start + 64 :]).hexdigest()


def without_a_digest(path, out):
    """The file as an older edgekit wrote it."""
    inside, data = read_embedded(path), path.read_bytes()
    contract = msgspec.json.encode(msgspec.structs.replace(inside.contract, sealed=False))
    if path.suffix == ".onnx":
        model = onnx.load_from_string(data)
        props = {entry.key: entry.value for entry in model.metadata_props if entry.key != SEAL_KEY}
        onnx.helper.set_model_props(model, props | {CONTRACT_KEY: contract.decode()})
        out.write_bytes(model.SerializeToString())
        return out
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
        out.write_bytes(data[: min(info.header_offset for info in archive.infolist())])
    with zipfile.ZipFile(out, "a") as archive:
        for name, content in (entries | {CONTRACT_KEY: contract}).items():
            archive.writestr(name, content)
    return out


@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-float32.onnx"])
def test_a_file_of_an_older_edgekit_is_read_and_said_to_be_unchecked(exported, edgekit_cli, tmp_path, name):
    path = without_a_digest(exported.folder / name, tmp_path / name)
    assert edgekit.load(path).labels == exported.labels
    status, out, _ = edgekit_cli("verify", path)
    assert status == 0
    assert "not checked: made by an older edgekit" in " ".join(out.split())


@pytest.mark.parametrize("command", ["load", "verify", "predict", "bench"])
@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-float32.onnx"])
def test_all_that_opens_a_file_holds_it_to_its_digest(exported, edgekit_cli, tmp_path, command, name):
    whole = (exported.folder / name).read_bytes()
    path = tmp_path / name
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    if command == "load":
        with pytest.raises(StoreError, match="not as it was exported"):
            edgekit.load(path)
        return
    images = exported.folder / "golden"
    arguments = {"verify": (path,), "predict": (path, images / "00.png"), "bench": (path, "--images", images)}[command]
    status, out, err = edgekit_cli(command, *arguments)
    assert status == (4 if command == "verify" else 1)
    assert "not as it was exported" in " ".join((out + err).split())


def test_a_metadata_writer_is_named_as_what_may_have_changed_it(exported, tmp_path):
    """It puts the entries into a zip of its own."""
    path = tmp_path / "mobilenet-float32.tflite"
    shutil.copy(exported.folder / path.name, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", "a label")
        archive.comment = b""
    with pytest.raises(StoreError, match="its digest is gone") as caught:
        read_embedded(path)
    assert "metadata writer" in caught.value.hint


def test_a_graph_that_onnx_saved_changed_is_refused_and_one_that_it_saved_alike_is_not(exported, tmp_path):
    path = tmp_path / "mobilenet-float32.onnx"
    model = onnx.load(exported.folder / path.name)
    onnx.save(model, path)
    assert read_embedded(path).contract.sealed
    model.doc_string = "mine"
    onnx.save(model, path)
    with pytest.raises(StoreError, match="do not match its digest") as caught:
        read_embedded(path)
    assert "onnx.save" in caught.value.hint


@pytest.mark.parametrize("name", ["mobilenet-float32.tflite", "mobilenet-float32.onnx"])
def test_embedding_twice_gives_the_same_bytes(exported, name):
    """The digest hangs on nothing but the rest."""
    path = exported.folder / name
    inside = read_embedded(path)
    data = path.read_bytes()
    if path.suffix == ".tflite":
        with zipfile.ZipFile(path) as archive:
            data = data[: min(info.header_offset for info in archive.infolist())]
        assert path.read_bytes()[:-64].endswith(TRAILER)
    assert embed(data, inside.contract, inside.pictures) == path.read_bytes()
