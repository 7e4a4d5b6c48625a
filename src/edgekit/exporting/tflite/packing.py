"""A TFLite model written as the bytes of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flatbuffers

if TYPE_CHECKING:
    from ai_edge_litert import schema_py_generated as schema

_IDENTIFIER = b"TFL3"


def packed(model: schema.ModelT, expected_bytes: int) -> bytes:
    """Return the file of ``model``; memory for about ``expected_bytes`` is taken at once."""
    builder = flatbuffers.Builder(expected_bytes + 4096)
    builder.Finish(model.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())
