"""An ONNX file of one MatMulInteger, written by hand: the device side has ONNX Runtime at most, and no library to make files.

Field numbers are those of onnx.proto; a message is a run of (field number, wire type, value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_IR_VERSION, _OPSET = 8, 13
_UINT8, _INT8, _INT32 = 2, 3, 6
_LENGTH_DELIMITED = 2


def integer_product(side: int) -> Callable[[], object] | None:
    """Return a call that multiplies uint8 by int8, both (side, side), on one thread; ``None`` without ONNX Runtime.

    ONNX Runtime takes its fastest kernel here: this is the machine's limit, whether or not its sums saturate.
    """
    try:
        import onnxruntime as ort
    except ModuleNotFoundError:
        return None
    random = np.random.default_rng(0)
    weights = random.integers(-127, 128, (side, side), np.int8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(product_model(weights), options, providers=["CPUExecutionProvider"])
    feed = {"a": random.integers(0, 256, (side, side), np.uint8)}
    return lambda: session.run(["c"], feed)


def product_model(weights: np.ndarray) -> bytes:
    """Return the file: c = a · weights, where a is uint8 and the weights int8, both square."""
    side = len(weights)
    node = _message(1, b"a") + _message(1, b"b") + _message(2, b"c") + _message(4, b"MatMulInteger")
    initializer = _number(1, side) * 2 + _number(2, _INT8) + _message(8, b"b") + _message(9, weights.tobytes())
    graph = (
        _message(1, node)
        + _message(2, b"product")
        + _message(5, initializer)
        + _message(11, _tensor(b"a", _UINT8, side))
        + _message(12, _tensor(b"c", _INT32, side))
    )
    return _number(1, _IR_VERSION) + _message(7, graph) + _message(8, _number(2, _OPSET))


def _tensor(name: bytes, kind: int, side: int) -> bytes:
    """Return a ValueInfoProto of shape (side, side)."""
    shape = _message(1, _number(1, side)) * 2
    return _message(1, name) + _message(2, _message(1, _number(1, kind) + _message(2, shape)))


def _message(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(value)) + value


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
