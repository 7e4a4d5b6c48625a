"""What exports each format: a row a format, and what is the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import msgspec

from edgekit.errors import ExportError
from edgekit.exporting.onnx import convert as onnx
from edgekit.exporting.onnx import metadata as onnx_metadata
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tflite import metadata as tflite_metadata
from edgekit.spec.format import Format
from edgekit.store.containers.claims import another_precision
from edgekit.store.containers.table import container_of
from edgekit.store.contract import CONTRACT_KEY, LABELS_KEY, Contract, sample_key
from edgekit.store.record import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgekit.spec.format import Precision


@dataclass(frozen=True, slots=True)
class FormatExporter:
    """``operators`` counts the operators of a file by name; ``embed`` puts entries for a contract into it, by name, and its digest."""

    operators: Callable[[bytes], dict[str, int]]
    embed: Callable[[bytes, Contract, Mapping[str, bytes]], bytes]


def exporter_of(kind: Format) -> FormatExporter:
    """Return what exports a format."""
    match kind:
        case Format.TFLITE:
            return FormatExporter(operators=tflite.operators, embed=tflite_metadata.embed)
        case Format.ONNX:
            return FormatExporter(operators=onnx.operators, embed=onnx_metadata.embed)
        case _:
            assert_never(kind)


def hold_to_precision(data: bytes, kind: Format, precision: Precision, *, whole: bool) -> None:
    """Refuse a file that does not store its weights as its precision says; ``whole``: an int8 one keeps no layer in float32.

    Raises:
        ExportError: it says what is stored in another type. Nothing else would tell of a converter that ignores a precision: what
            is computed more exactly passes every comparison.

    """
    problem = another_precision(container_of(kind).tensors(data), precision, whole=whole)
    if problem:
        raise ExportError(
            f"the {kind.spec.title} file is not {precision.value} inside: {problem}", hint="take another precision, --precision float32 for example"
        )


def embed(data: bytes, contract: Contract, pictures: Sequence[bytes]) -> bytes:
    """Return a model file with the contract inside, and the digest of all its bytes; ``pictures`` are PNG bytes, one for each sample."""
    contract = msgspec.structs.replace(contract, sealed=True)
    entries = {LABELS_KEY: "".join(f"{label}\n" for label in contract.labels).encode(), CONTRACT_KEY: encode(contract)}
    entries |= {sample_key(index): picture for index, picture in enumerate(pictures)}
    return exporter_of(contract.format).embed(data, contract, entries)
