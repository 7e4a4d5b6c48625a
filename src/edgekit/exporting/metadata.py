"""What is written into model files beside the graph: TFLite metadata, the contract, labels and sample images."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING

import flatbuffers
import msgspec
import onnx

from edgekit.spec.export import Head
from edgekit.spec.format import Format
from edgekit.store.containers.seal import BLANK, SEAL_KEY, TRAILER, digest
from edgekit.store.contract import CONTRACT_KEY, LABELS_KEY, Contract, sample_key
from edgekit.store.record import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

METADATA_NAME = "TFLITE_METADATA"
ONE_LABEL_KEY = "label-of-the-score.txt"
_IDENTIFIER = b"M001"
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
# Of StringStringEntryProto: field 2, with its length in a byte.
_TAG_OF_A_VALUE = bytes([2 << 3 | 2, len(BLANK)])
# Values of TFLite's metadata schema (metadata_schema.fbs): enum AssociatedFileType, union ContentProperties, enum ColorSpaceType.
_TENSOR_AXIS_LABELS = 2
_FEATURE_PROPERTIES, _IMAGE_PROPERTIES = 1, 2
_RGB = 1


def embed(data: bytes, contract: Contract, pictures: Sequence[bytes]) -> bytes:
    """Return a model file with the contract inside, and the digest of all its bytes; ``pictures`` are PNG bytes, one for each sample."""
    contract = msgspec.structs.replace(contract, sealed=True)
    entries = {LABELS_KEY: "".join(f"{label}\n" for label in contract.labels).encode(), CONTRACT_KEY: encode(contract)}
    entries |= {sample_key(index): picture for index, picture in enumerate(pictures)}
    if contract.format is Format.TFLITE:
        if _labels_key(contract.output.shape[-1]) == ONE_LABEL_KEY and contract.head is not Head.FEATURES:
            entries[ONE_LABEL_KEY] = f"{contract.labels[-1]}\n".encode()
        return _sealed(_with_zip(data, entries, comment=TRAILER + BLANK), TRAILER)
    # Behind all else: a value that is found by what stands before it.
    return _sealed(_with_props(data, entries | {SEAL_KEY: BLANK}), SEAL_KEY.encode() + _TAG_OF_A_VALUE)


def _labels_key(scores: int) -> str:
    """Return the file that names each score: of the one score of a binary head, two labels are one too many for a reader."""
    return ONE_LABEL_KEY if scores == 1 else LABELS_KEY


def _sealed(data: bytes, before: bytes) -> bytes:
    """Return the file with its digest in place of the blank one, which stands behind ``before``."""
    start = data.rindex(before + BLANK) + len(before)
    place = start, start + len(BLANK)
    return b"".join((data[: place[0]], digest(data, place), data[place[1] :]))


def _with_zip(data: bytes, entries: dict[str, bytes], *, comment: bytes = b"") -> bytes:
    """Append a zip, every entry stored and dated alike: readers find it from the end, flatbuffer readers do not see it."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_DATE), content)
        archive.comment = comment
    return buffer.getvalue()


def _with_props(data: bytes, entries: dict[str, bytes]) -> bytes:
    model = onnx.load_from_string(data)
    values = {name: base64.b64encode(content).decode() if name.endswith(".png") else content.decode() for name, content in entries.items()}
    onnx.helper.set_model_props(model, values)
    return bytes(model.SerializeToString(deterministic=True))


def tflite_metadata(head: Head, scores: int) -> bytes:
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
