"""How a file of each format is read without the format's own library: a row a format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from edgekit.spec.format import Format
from edgekit.store.containers.onnx import entries as onnx_entries
from edgekit.store.containers.onnx import structure as onnx_structure
from edgekit.store.containers.onnx import tensors as onnx_tensors
from edgekit.store.containers.tflite import entries as tflite_entries
from edgekit.store.containers.tflite import structure as tflite_structure
from edgekit.store.containers.tflite import tensors as tflite_tensors

if TYPE_CHECKING:
    import mmap
    from collections.abc import Callable
    from pathlib import Path

    from edgekit.store.containers.protobuf import Span
    from edgekit.store.containers.tensors import Tensors


@dataclass(frozen=True, slots=True)
class Container:
    """Reads a file that is not trusted.

    ``entries`` returns what stands beside the graph, by name, and where the file's digest is (``None``: it has none), or raises
    `StoreError`. ``check`` looks through the structure and ``tensors`` reads the graph's; both raise `IndexError` or
    `UnicodeDecodeError` for a file that is damaged.
    """

    entries: Callable[[Path, mmap.mmap], tuple[dict[str, bytes], Span | None]]
    check: Callable[[bytes | mmap.mmap], None]
    tensors: Callable[[bytes | mmap.mmap], Tensors]


def container_of(kind: Format) -> Container:
    """Return what reads files of a format."""
    match kind:
        case Format.TFLITE:
            return Container(entries=tflite_entries.read, check=tflite_structure.check, tensors=tflite_tensors.read)
        case Format.ONNX:
            return Container(entries=onnx_entries.read, check=onnx_structure.check, tensors=onnx_tensors.read)
        case _:
            assert_never(kind)
