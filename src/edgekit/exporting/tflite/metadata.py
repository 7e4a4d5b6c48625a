"""What stands in a TFLite file beside its graph: the metadata that MediaPipe reads, and behind all else a zip with the contract."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import flatbuffers

from edgekit.spec.export import Head
from edgekit.store.containers.seal import BLANK, TRAILER, sealed
from edgekit.store.contract import LABELS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgekit.store.contract import Contract

METADATA_NAME = "TFLITE_METADATA"
ONE_LABEL_KEY = "label-of-the-score.txt"
_IDENTIFIER = b"M001"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
# Values of TFLite's metadata schema (metadata_schema.fbs): enum AssociatedFileType, union ContentProperties, enum ColorSpaceType.
_TENSOR_AXIS_LABELS = 2
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_RGB = 1


def embed(data: bytes, contract: Contract, entries: Mapping[str, bytes]) -> bytes:
    """Return a TFLite file with the contract's ``entries`` in a zip behind it, and the digest of all its bytes as the zip's comment."""
    own = {}
    if _labels_key(contract.output.shape[-1]) == ONE_LABEL_KEY and contract.head is not Head.FEATURES:
        own[ONE_LABEL_KEY] = f"{contract.labels[-1]}\n".encode()
    return sealed(_with_zip(data, {**entries, **own}, comment=TRAILER + BLANK), TRAILER)


def model_metadata(head: Head, scores: int) -> bytes:
    """Return the ModelMetadata flatbuffer: an RGB image in, so many scores with a labels file (or features) out.

    Field numbers are those of TFLite's metadata_schema.fbs. The image is uint8, so it needs no normalisation options. Readers want as
    many labels as scores: of a binary head the one that its score is the probability of.
    """
    builder = flatbuffers.Builder(1024)
    content_in = _table(builder, (0, "byte", _IMAGE_PROPERTIES), (1, "offset", _table(builder, (0, "byte", _RGB))))
    image = _table(builder, (0, "offset", builder.CreateString("image")), (3, "offset", content_in))
    content_out = _table(builder, (0, "byte", _FEATURE_PROPERTIES), (1, "offset", _table(builder)))
    output_fields = [(0, "offset", builder.CreateString(head.value)), (3, "offset", content_out)]
    if head is not Head.FEATURES:
        labels = _table(builder, (0, "offset", builder.CreateString(_labels_key(scores))), (2, "byte", _TENSOR_AXIS_LABELS))
        output_fields.append((6, "offset", _vector(builder, labels)))
    output = _table(builder, *output_fields)
    subgraph = _table(builder, (2, "offset", _vector(builder, image)), (3, "offset", _vector(builder, output)))
    model = _table(builder, (0, "offset", builder.CreateString("edgekit image classifier")), (3, "offset", _vector(builder, subgraph)))
    builder.Finish(model, _IDENTIFIER)
    return bytes(builder.Output())


def _table(builder: flatbuffers.Builder, *fields: tuple[int, str, int]) -> int:
    builder.StartObject(8)
    for slot, kind, value in fields:
        if kind == "byte":
            builder.PrependInt8Slot(slot, value, 0)
        else:
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
    return int(builder.EndObject())


def _vector(builder: flatbuffers.Builder, table: int) -> int:
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(table)
    return int(builder.EndVector())


def _labels_key(scores: int) -> str:
    """Return the file that names each score: of the one score of a binary head, two labels are one too many for a reader."""
    return ONE_LABEL_KEY if scores == 1 else LABELS_KEY


def _with_zip(data: bytes, entries: Mapping[str, bytes], *, comment: bytes = b"") -> bytes:
    """Append a zip, every entry stored and dated alike: readers find it from the end, flatbuffer readers do not see it."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_DATE), content)
        archive.comment = comment
    return buffer.getvalue()
