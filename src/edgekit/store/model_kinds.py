"""What a file or a folder is that somebody takes for a model: told from what it holds, then from its name; and what to do with it.

Nothing is loaded: the first bytes, and names in a folder or an archive, are all that is looked at.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import DataError
from edgekit.spec.export import KERAS_SUFFIXES
from edgekit.spec.format import FORMATS
from edgekit.store.run import PLAN_FILE, RUN_FILE
from edgekit.text.words import with_article

if TYPE_CHECKING:
    from pathlib import Path

ZIP, HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"
SAVE_HINT = "in Keras, model.save('NAME.keras') writes the whole model"
_HEAD_BYTES = 16
_PYTORCH = "a PyTorch model"
_OF_PYTORCH = "convert the network to Keras first, with its weights; then model.save('NAME.keras')"
_OWN_FILES = (
    "it is exported already: `edgekit verify`, `edgekit bench` and `edgekit predict` take it; export takes the Keras model that it was made of"
)
_FROM_SAVED_MODEL = (
    "where tf_keras is installed: python -c \"import tf_keras; tf_keras.models.load_model('DIR').save('net.keras')\"; edgekit reads what it writes"
)
_FROM_JSON = "load it in Keras (keras.models.model_from_json, then model.load_weights), and model.save('NAME.keras')"


@dataclass(frozen=True, slots=True)
class ModelKind:
    """``title`` ends the sentence "this is …", ``hint`` says how to come to what can be exported."""

    title: str
    hint: str


_BY_SUFFIX = {
    **{row.suffix: ModelKind(f"{with_article(row.title)} file", _OWN_FILES) for row in FORMATS.values()},
    ".pb": ModelKind("a frozen graph of TensorFlow, which has no layers", f"export the model that it was frozen from: {SAVE_HINT}"),
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".safetensors", ".bin"), ModelKind(_PYTORCH, _OF_PYTORCH)),
    **dict.fromkeys((".mlmodel", ".mlpackage"), ModelKind("a model of Core ML", f"export the model that it was made of: {SAVE_HINT}")),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), ModelKind("a pickle of Python, which is code", SAVE_HINT)),
    **dict.fromkeys((".npz", ".npy"), ModelKind("a file of arrays, without layers", SAVE_HINT)),
    ".json": ModelKind("a description in JSON: the layers without their weights", _FROM_JSON),
    ".yaml": ModelKind("a description in YAML: the layers without their weights", SAVE_HINT),
    ".xml": ModelKind("a model of OpenVINO", f"export the model that it was made of: {SAVE_HINT}"),
    ".jsonl": ModelKind("a result of `edgekit bench`", "it goes into --tuned-for; export takes a run or a Keras model"),
}
# In the order in which a folder is asked for them.
_BY_CONTENT = (
    (("saved_model.pb", "saved_model.pbtxt"), ModelKind("a SavedModel of TensorFlow", _FROM_SAVED_MODEL)),
    (
        ("manifest.json",),
        ModelKind("a bundle, which is exported already", "`edgekit verify` and `edgekit bench` take it; export takes a run or a Keras model"),
    ),
    ((PLAN_FILE,), ModelKind("a run that has not finished", "`edgekit train --resume` goes on with it")),
    (("config.json",), ModelKind("a .keras archive that was unpacked", "pack it again, without a folder around: cd DIR, then zip -0 ../net.keras *")),
    (("model.json",), ModelKind("a model of TensorFlow.js", f"export the Keras model that it was made of: {SAVE_HINT}")),
    (("checkpoint",), ModelKind("a folder of TensorFlow's checkpoints: weights without layers", SAVE_HINT)),
)


def is_keras_file(path: Path) -> bool:
    """Whether a file is one of Keras', by what it holds, whatever it is called; one that is not there, or is empty, by its name."""
    if path.suffix.lower() in KERAS_SUFFIXES:
        return not path.is_dir()
    return begins_with(path, HDF5) or (begins_with(path, ZIP) and "config.json" in _names(path))


def foreign_kind(path: Path) -> ModelKind | None:
    """Return what is at ``path`` instead of a run or a Keras file, if that can be told."""
    if path.is_dir():
        for names, kind in _BY_CONTENT:
            if any((path / name).exists() for name in names):
                return kind
        return next((kind for suffix, kind in _BY_SUFFIX.items() if path.name.lower().endswith(suffix)), None)
    if not path.is_file():
        return None
    for row in FORMATS.values():
        if row.magic and begins_with(path, row.magic[0], at=row.magic[1]):
            return _BY_SUFFIX[row.suffix]
    if begins_with(path, ZIP) and any(name.endswith("data.pkl") for name in _names(path)):
        return _BY_SUFFIX[".pt"]
    if path.name.endswith("model.json"):
        return ModelKind("a model of TensorFlow.js, or a description in JSON without weights", _FROM_JSON)
    return _BY_SUFFIX.get(path.suffix.lower())


def refuse_other(path: Path) -> None:
    """Raise `DataError` for what is neither a run nor a Keras file, where it can be told what it is."""
    kind = None if (path / RUN_FILE).is_file() else foreign_kind(path)
    if kind is not None:
        raise DataError(f"this is {kind.title}, neither a run nor a Keras model. Received: {path}", hint=kind.hint)


def begins_with(path: Path, mark: bytes, *, at: int = 0) -> bool:
    """Whether a regular file has these bytes at its beginning, ``at`` bytes into it."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)[at : at + len(mark)] == mark
    except OSError:
        return False


def _names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return []
