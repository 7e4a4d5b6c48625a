"""A file of Keras, opened as data: its version, its configuration, and its weights. Nothing of Keras' is made of it here.

A file may come from anywhere: sizes are looked at before anything is read, and nothing outside the file is followed.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py

from edgekit.errors import StoreError
from edgekit.store.model_kinds import HDF5, SAVE_HINT, ZIP, begins_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a file may unpack to, times its own size; small ones may have more. Weights are noise, which no packing makes much smaller.
_MOST_EXPANSION, _LEAST_MOST_BYTES = 50, 256 << 20
# The configuration of keras.applications' largest network is about a megabyte.
_MOST_CONFIG_BYTES = 64 << 20
# A chunk is read whole.
_MOST_CHUNK_BYTES = 256 << 20
_MOST_OBJECTS, _MOST_DEPTH = 200_000, 64
# Above what a shape or a size of any layer can be: seeds alone are larger.
_MOST_NUMBER, _MOST_PLACES = 2**31 - 1, 2**34
_NO_SIZES = ("seed", "shared_object_id")
_NUMBERS = "fiub"
_HDF5_SUFFIXES = (".h5", ".hdf5")
_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@dataclass(frozen=True, slots=True)
class KerasFile:
    """``config`` is what Keras wrote of the model, ``weights`` the group of HDF5 that holds its values, ``values`` of them in all.

    ``version`` is that of the Keras that wrote it: the first number of ``keras_version``, or 1 where there is none.
    ``is_archive``: a ``.keras`` file, whose weights lie as its objects do; those of an ``.h5`` file lie by their layers' names.
    """

    path: Path
    version: int
    keras_version: str
    config: dict[str, Any]
    weights: h5py.Group
    values: int
    is_archive: bool


@contextmanager
def opened(path: Path) -> Iterator[KerasFile]:
    """Open a ``.keras`` or ``.h5`` file, whatever it is called.

    Raises:
        StoreError: it is neither, is damaged, or would unpack to far more than it holds.

    """
    with ExitStack() as open_files:
        if begins_with(path, ZIP):
            if path.suffix.lower() in _HDF5_SUFFIXES:
                raise StoreError(f"this is a .keras archive under another name. Received: {path}", hint=f"call it NAME.keras: {SAVE_HINT} under that")
            yield _archive(path, open_files)
        elif begins_with(path, HDF5):
            yield _hdf5(path, open_files)
        else:
            raise StoreError(f"this is no Keras model. Received: {path}", hint=SAVE_HINT)


def _archive(path: Path, open_files: ExitStack) -> KerasFile:
    archive = open_files.enter_context(zipfile.ZipFile(path))
    infos = {info.filename: info for info in archive.infolist()}
    if _CONFIG not in infos:
        raise StoreError(f"this is an archive, but none of Keras': it has no {_CONFIG}. Received: {path}", hint=SAVE_HINT)
    if _WEIGHTS not in infos:
        raise StoreError(f"the file has no weights of its own: {_WEIGHTS} is not in it. Received: {path}", hint=SAVE_HINT)
    _refuse_swollen(path, "the archive", sum(info.file_size for info in infos.values()))
    if max(infos[name].file_size for name in (_CONFIG, _METADATA) if name in infos) > _MOST_CONFIG_BYTES:
        raise StoreError(f"the file's configuration is above {_MOST_CONFIG_BYTES >> 20} MB. Received: {path}", hint=SAVE_HINT)
    metadata = _parsed(path, archive.read(_METADATA)) if _METADATA in infos else {}
    stored = infos[_WEIGHTS].compress_type == zipfile.ZIP_STORED
    data = open_files.enter_context(archive.open(_WEIGHTS)) if stored else io.BytesIO(archive.read(_WEIGHTS))
    weights = open_files.enter_context(h5py.File(data, "r"))
    return _checked(path, str(metadata.get("keras_version", "3")), _parsed(path, archive.read(_CONFIG)), weights, is_archive=True)


def _hdf5(path: Path, open_files: ExitStack) -> KerasFile:
    file = open_files.enter_context(h5py.File(path, "r"))
    if "model_config" not in file.attrs:
        is_weights = any(name in file for name in ("layers", "vars", "_layer_checkpoint_dependencies")) or "layer_names" in file.attrs
        what = "it holds weights alone, without the layers that they belong to" if is_weights else "it holds no model of Keras"
        raise StoreError(f"{what}. Received: {path}", hint=f"{SAVE_HINT} with its layers" if is_weights else SAVE_HINT)
    config = _parsed(path, _attribute(path, file, "model_config").encode())
    if not isinstance(file.get("model_weights", getlink=True), h5py.HardLink) or not isinstance(file["model_weights"], h5py.Group):
        raise StoreError(f"the file has no weights of its own. Received: {path}", hint=SAVE_HINT)
    version = _attribute(path, file, "keras_version") if "keras_version" in file.attrs else "1"
    return _checked(path, version, config, file["model_weights"], is_archive=False)


def _attribute(path: Path, file: h5py.File, name: str) -> str:
    stored = file.attrs.get_id(name)
    if stored.shape != () or stored.get_storage_size() > _MOST_CONFIG_BYTES:
        raise StoreError(f"a damaged file: its {name} is no text. Received: {path}", hint=SAVE_HINT)
    value = file.attrs[name]
    return value.decode() if isinstance(value, bytes) else str(value)


def _parsed(path: Path, text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
        _refuse_absurd(path, found)
    except (RecursionError, ValueError) as error:
        raise StoreError(f"a damaged file: its configuration cannot be read ({str(error)[:100]}). Received: {path}", hint=SAVE_HINT) from error
    if not isinstance(found, dict):
        raise StoreError(f"a damaged file: its configuration is no table. Received: {path}", hint=SAVE_HINT)
    return found


def _checked(path: Path, keras_version: str, config: dict[str, Any], weights: h5py.Group, *, is_archive: bool) -> KerasFile:
    first = keras_version.partition(".")[0]
    if not first.isdigit():
        raise StoreError(f"a damaged file: its keras_version is {keras_version[:20]!r}. Received: {path}", hint=SAVE_HINT)
    return KerasFile(path, int(first), keras_version[:20], config, weights, _values(path, weights), is_archive)


def _refuse_swollen(path: Path, what: str, size: int) -> None:
    own = path.stat().st_size
    if size > max(_LEAST_MOST_BYTES, _MOST_EXPANSION * own):
        raise StoreError(f"{what} says that it unpacks to {size:,} bytes, and has {own:,}. Received: {path}", hint="no model of Keras is packed so")


def _refuse_absurd(path: Path, value: Any, key: str = "") -> None:
    """Raise `StoreError` for numbers that no layer can have: making it would take all memory before anything else is known."""
    if isinstance(value, dict):
        for name, inside in value.items():
            _refuse_absurd(path, inside, name)
    elif isinstance(value, list):
        for inside in value:
            _refuse_absurd(path, inside, key)
        sizes = [each for each in value if isinstance(each, int) and each > 0]
        if len(sizes) == len([each for each in value if each is not None]) <= 8 and math.prod(sizes) > _MOST_PLACES:
            raise StoreError(f"a layer of the file has a shape that no memory holds: {key} {value}. Received: {path}", hint=SAVE_HINT)
    elif isinstance(value, int) and abs(value) > _MOST_NUMBER and not key.endswith(_NO_SIZES):
        raise StoreError(f"a layer of the file has a size that no memory holds: {key} {str(value)[:20]}. Received: {path}", hint=SAVE_HINT)


def _values(path: Path, root: h5py.Group) -> int:
    """Return how many numbers a group holds, all groups inside included; links, and what is not in the file itself, are refused."""
    waiting, seen, values, size = [(root, 0)], 0, 0, 0
    while waiting:
        group, depth = waiting.pop()
        for name in group:
            seen += 1
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink) or depth > _MOST_DEPTH or seen > _MOST_OBJECTS:
                raise StoreError(f"the file's weights lead elsewhere, or in a circle: {name[:80]}. Received: {path}", hint=SAVE_HINT)
            found = group[name]
            if isinstance(found, h5py.Group):
                waiting.append((found, depth + 1))
                continue
            _refuse_unread(path, found, name)
            values += math.prod(found.shape)
            size += math.prod(found.shape) * found.dtype.itemsize
    _refuse_swollen(path, "the file's weights: HDF5", size)
    return values


def _refuse_unread(path: Path, found: Any, name: str) -> None:
    plain = isinstance(found, h5py.Dataset) and found.shape is not None and found.dtype.kind in _NUMBERS
    if not plain or found.is_virtual or found.external:
        raise StoreError(f"the file holds something else than weights: {name[:80]}. Received: {path}", hint=SAVE_HINT)
    if found.chunks and math.prod(found.chunks) * found.dtype.itemsize > _MOST_CHUNK_BYTES:
        raise StoreError(f"the file's weights come in pieces of an absurd size: {name[:80]} {found.chunks}. Received: {path}", hint=SAVE_HINT)
