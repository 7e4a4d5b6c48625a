"""The facts of a TFLite file, by the schema that comes with LiteRT."""

from __future__ import annotations

import struct
import zipfile
from typing import TYPE_CHECKING, Any

from edgekit.errors import MissingPackageError, StoreError
from edgekit.spec.format import Format
from edgekit.store.containers.tflite.structure import check
from edgekit.verifying.lint.facts import Facts, TensorFacts

try:
    import flatbuffers.number_types as numbers
    from ai_edge_litert import schema_py_generated as schema
    from flatbuffers.table import Table
except ImportError as error:
    raise MissingPackageError("the schema of TFLite files is not installed", hint="pip install edgekit[lint]") from error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_METADATA = b"TFLITE_METADATA"
# Fields of TFLite's metadata_schema.fbs.
_SUBGRAPHS, _INPUTS, _OUTPUTS, _NAME, _FILES, _FILE_TYPE = 3, 2, 3, 0, 6, 2
_UNITS, _UNIT_KIND, _UNIT, _NORMALISATION, _MEAN, _STD = 4, 0, 1, 1, 0, 1
_AXIS_LABELS = 2
_MOST_CHANNELS = 64
_MOST_LABEL_BYTES = 4 * 1024 * 1024
# What reading a damaged flatbuffer, or the zip behind it, ends in.
_DAMAGE = (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, RuntimeError, EOFError, struct.error, zipfile.BadZipFile)
_KINDS: dict[int, str] = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_DTYPES: dict[int, str] = {value: name.lower() for name, value in vars(schema.TensorType).items() if isinstance(value, int)}


def read(path: Path) -> Facts:
    """Read a TFLite file.

    Raises:
        StoreError: it is none, or a damaged one.

    """
    data = path.read_bytes()
    if not Format.TFLITE.spec.begins(data):
        raise StoreError(f"this is no TFLite file. Received: {path}")
    try:
        check(data)
        return _facts(schema.ModelT.InitFromPackedBuf(data, 0), path)
    except _DAMAGE as error:
        raise StoreError(f"a damaged TFLite file. Received: {path} ({error})") from error


def _facts(model: Any, path: Path) -> Facts:
    graph = model.subgraphs[0]
    codes = [model.operatorCodes[operator.opcodeIndex] for operator in graph.operators]
    metadata = next((entry for entry in model.metadata or () if entry.name == _METADATA), None)
    told = bytes(model.buffers[metadata.buffer].data) if metadata else None
    names, labels = _told(told) if told else (None, None)
    entries = _zip_entries(path)
    return Facts(
        format=Format.TFLITE,
        subgraphs=len(model.subgraphs),
        inputs=tuple(_tensor(graph.tensors[number]) for number in graph.inputs),
        outputs=tuple(_tensor(graph.tensors[number]) for number in graph.outputs),
        operators=frozenset(_kind(code) for code in codes if not code.customCode),
        custom=frozenset(code.customCode.decode(errors="replace") for code in codes if code.customCode),
        reads=frozenset(_reads(model, codes)),
        weights=frozenset(_weights(model)),
        normalised=_normalised(told) if told else None,
        signatures=len(model.signatureDefs or ()),
        output_names=names,
        labels_file=labels,
        label_lines=_lines(path, entries.get(labels)) if labels else None,
        compressed=tuple(name for name, info in entries.items() if info.compress_type != zipfile.ZIP_STORED),
    )


def _reads(model: Any, codes: list[Any]) -> Iterator[tuple[str, str]]:
    graph = model.subgraphs[0]
    for code, operator in zip(codes, graph.operators, strict=True):
        if len(operator.inputs) and operator.inputs[0] >= 0:
            yield _kind(code), _dtype(graph.tensors[operator.inputs[0]])


def _weights(model: Any) -> Iterator[str]:
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if len(operator.inputs) > 1 and min(operator.inputs[0], operator.inputs[1]) >= 0:
            values, weights = (graph.tensors[number] for number in operator.inputs[:2])
            if _dtype(values) == "float32" and model.buffers[weights.buffer].data is not None and _dtype(weights) in ("int8", "uint8", "int4"):
                yield _dtype(weights)


def _tensor(tensor: Any) -> TensorFacts:
    shape = tuple(int(extent) for extent in (tensor.shape if tensor.shape is not None else ()))
    opened = tensor.shapeSignature is not None and -1 in tensor.shapeSignature
    return TensorFacts(_dtype(tensor), shape, opened)


def _kind(code: Any) -> str:
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return _KINDS.get(number, f"operator {number}")


def _dtype(tensor: Any) -> str:
    return _DTYPES.get(tensor.type, f"type {tensor.type}")


def _zip_entries(path: Path) -> dict[str, zipfile.ZipInfo]:
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        return {info.filename: info for info in archive.infolist()}


def _lines(path: Path, entry: zipfile.ZipInfo | None) -> int | None:
    """Count the labels; a compressed entry, or a huge one, is not unpacked."""
    if entry is None or entry.compress_type != zipfile.ZIP_STORED or entry.file_size > _MOST_LABEL_BYTES:
        return None
    with zipfile.ZipFile(path) as archive:
        return len(archive.read(entry).splitlines())


def _told(metadata: bytes) -> tuple[tuple[str | None, ...], str | None]:
    """Return what the metadata calls each output, and its file of labels."""
    root = Table(metadata, int.from_bytes(metadata[:4], "little"))
    names, labels = [], None
    for subgraph in _tables(root, _SUBGRAPHS):
        for output in _tables(subgraph, _OUTPUTS):
            names.append(_text(output, _NAME))
            for file in _tables(output, _FILES):
                if _byte(file, _FILE_TYPE) == _AXIS_LABELS:
                    labels = _text(file, _NAME)
    return tuple(names), labels


def _normalised(metadata: bytes) -> int | None:
    """Return in how many ways the metadata normalises the image's channels: once where all are alike. ``None``: it does not say."""
    root = Table(metadata, int.from_bytes(metadata[:4], "little"))
    for subgraph in _tables(root, _SUBGRAPHS):
        for unit in (unit for image in _tables(subgraph, _INPUTS) for unit in _tables(image, _UNITS)):
            place = unit.Offset(4 + 2 * _UNIT)
            if _byte(unit, _UNIT_KIND) == _NORMALISATION and place:
                options = Table(unit.Bytes, unit.Indirect(unit.Pos + place))
                return max(len({*_floats(options, _MEAN)}), len({*_floats(options, _STD)}))
    return None


def _floats(table: Table, field: int) -> Iterator[float]:
    offset = table.Offset(4 + 2 * field)
    if offset:
        start = table.Vector(offset)
        for index in range(min(table.VectorLen(offset), _MOST_CHANNELS)):
            yield table.Get(numbers.Float32Flags, start + 4 * index)


def _tables(table: Table, field: int) -> Iterator[Table]:
    offset = table.Offset(4 + 2 * field)
    if offset:
        start = table.Vector(offset)
        for index in range(table.VectorLen(offset)):
            yield Table(table.Bytes, table.Indirect(start + 4 * index))


def _text(table: Table, field: int) -> str | None:
    offset = table.Offset(4 + 2 * field)
    return table.String(offset + table.Pos).decode() if offset else None


def _byte(table: Table, field: int) -> int:
    offset = table.Offset(4 + 2 * field)
    return int(table.Get(numbers.Int8Flags, offset + table.Pos)) if offset else 0
