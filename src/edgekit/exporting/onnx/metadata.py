"""What stands in an ONNX file beside its graph: the contract, as entries of ``metadata_props``."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import onnx

from edgekit.store.containers.seal import BLANK, SEAL_KEY, sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgekit.store.contract import Contract

# Of StringStringEntryProto: field 2, with its length in a byte.
_TAG_OF_A_VALUE = bytes([2 << 3 | 2, len(BLANK)])


def embed(data: bytes, _contract: Contract, entries: Mapping[str, bytes]) -> bytes:
    """Return an ONNX file with the contract's ``entries`` in it, and the digest of all its bytes."""
    # Behind all else: a value that is found by what stands before it.
    return sealed(_with_props(data, {**entries, SEAL_KEY: BLANK}), SEAL_KEY.encode() + _TAG_OF_A_VALUE)


def _with_props(data: bytes, entries: Mapping[str, bytes]) -> bytes:
    model = onnx.load_from_string(data)
    values = {name: base64.b64encode(content).decode() if name.endswith(".png") else content.decode() for name, content in entries.items()}
    onnx.helper.set_model_props(model, values)
    return bytes(model.SerializeToString(deterministic=True))
