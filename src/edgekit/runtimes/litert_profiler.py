"""The time of LiteRT's operators, XNNPACK's among them: its Python package tells none, but the C library inside it does.

Signatures and structs are those of LiteRT 2's headers (litert/c/litert_model.h, litert_compiled_model.h, litert_profiler.h,
litert_profiler_event.h). Handles are opaque pointers; nothing is freed, since a process profiles one file and ends.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

import ai_edge_litert
import numpy as np

from edgekit.errors import SessionError
from edgekit.store.operators import OperatorTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

LIBRARY = Path(ai_edge_litert.__file__).with_name("libLiteRt.so")
_CPU, _WRITE, _FIRST = 1, 1, ctypes.c_size_t(0)
_ONE = ctypes.c_size_t(1)
# LiteRtRankedTensorType: element type, rank and flags, then up to eight extents of 32 bits; strides follow.
_TYPE_WORDS, _DIMENSIONS = 64, 2
# LiteRtProfilerEventType: an operator of the interpreter's own, and one that a delegate timed inside itself.
_OPERATOR, _DELEGATES_OPERATOR = 1 << 1, 1 << 3
_MICROSECOND_NS = 1000


class _Event(ctypes.Structure):
    """ProfiledEventData; times in microseconds."""

    _fields_ = (
        ("tag", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("start_us", ctypes.c_uint64),
        ("elapsed_us", ctypes.c_uint64),
        ("memory", ctypes.c_size_t * 6),
        ("metadata", ctypes.c_uint64 * 2),
        ("source", ctypes.c_int),
    )


class ProfiledModel:
    """A TFLite file that counts each operator's time, for images of one size: uint8 (1, height, width, 3)."""

    def __init__(self, path: Path, threads: int, shape: tuple[int, ...]) -> None:
        self._library = ctypes.CDLL(str(LIBRARY))
        self._environment = self._made("LiteRtCreateEnvironment", 0, None)
        self._model = self._made("LiteRtCreateModelFromFile", self._environment, str(path).encode())
        options = self._made("LiteRtCreateOptions")
        self._call("LiteRtSetOptionsHardwareAccelerators", options, _CPU)
        self._add_option(options, b"runtime_options_string", b"enable_profiling = true\n")
        self._add_option(options, b"xnnpack", b"num_threads = %d\n" % threads)
        self._compiled = self._made("LiteRtCreateCompiledModel", self._environment, self._model, options)
        self._profiler = self._made("LiteRtCompiledModelGetProfiler", self._compiled)
        wanted, given = self._type("Input"), self._type("Output")
        if -1 in wanted[_DIMENSIONS : _DIMENSIONS + len(shape)]:
            wanted[_DIMENSIONS : _DIMENSIONS + len(shape)] = list(shape)
            extents = (ctypes.c_int * len(shape))(*shape)
            self._call("LiteRtCompiledModelResizeInputTensor", self._compiled, _FIRST, _FIRST, extents, ctypes.c_size_t(len(shape)))
        self._input, self._output = self._buffer("Input", wanted), self._buffer("Output", given)

    def run(self, image: NDArray[np.uint8]) -> list[OperatorTime]:
        """Compute one image and return the operators in the order of execution."""
        whole = np.ascontiguousarray(image)
        place = ctypes.c_void_p()
        self._call("LiteRtLockTensorBuffer", self._input, ctypes.byref(place), _WRITE)
        ctypes.memmove(place, whole.ctypes.data, whole.nbytes)
        self._call("LiteRtUnlockTensorBuffer", self._input)
        self._call("LiteRtResetProfiler", self._profiler)
        self._call("LiteRtStartProfiler", self._profiler)
        self._call("LiteRtRunCompiledModel", self._compiled, _FIRST, _ONE, ctypes.byref(self._input), _ONE, ctypes.byref(self._output))
        self._call("LiteRtStopProfiler", self._profiler)
        return list(self._operators())

    def _operators(self) -> Iterator[OperatorTime]:
        count = ctypes.c_int()
        self._call("LiteRtGetNumProfilerEvents", self._profiler, ctypes.byref(count))
        events = (_Event * count.value)()
        self._call("LiteRtGetProfilerEvents", self._profiler, count.value, events)
        # Numbered among themselves: a first run has other events between them.
        for index, event in enumerate(event for event in events if event.type in (_OPERATOR, _DELEGATES_OPERATOR)):
            kind = event.tag.decode("utf-8", "replace")
            yield OperatorTime(name=f"{index} {kind}", type=kind, time_ns=_MICROSECOND_NS * event.elapsed_us)

    def _type(self, side: str) -> ctypes.Array[ctypes.c_int32]:
        """Return the type of a side's first tensor; an extent that the file leaves open is −1."""
        signature = self._made("LiteRtGetModelSignature", self._model, _FIRST)
        tensor = self._made(f"LiteRtGetSignature{side}TensorByIndex", signature, _FIRST)
        ranked = (ctypes.c_int32 * _TYPE_WORDS)()
        self._call("LiteRtGetRankedTensorType", tensor, ranked)
        return ranked

    def _buffer(self, side: str, ranked: ctypes.Array[ctypes.c_int32]) -> ctypes.c_void_p:
        """Return memory for a side's first tensor."""
        needs = self._made(f"LiteRtGetCompiledModel{side}BufferRequirements", self._compiled, _FIRST, _FIRST)
        return self._made("LiteRtCreateManagedTensorBufferFromRequirements", self._environment, ranked, needs)

    def _add_option(self, options: ctypes.c_void_p, name: bytes, toml: bytes) -> None:
        """Add a line of TOML, as LiteRT's own option builders do; the library frees it with C's own free."""
        c = ctypes.CDLL(None)
        c.strdup.restype = ctypes.c_void_p
        self._call("LiteRtAddOpaqueOptions", options, self._made("LiteRtCreateOpaqueOptions", name, ctypes.c_void_p(c.strdup(toml)), c.free))

    def _made(self, function: str, *arguments: object) -> ctypes.c_void_p:
        """Call a function whose last argument is where a handle goes, and return the handle."""
        handle = ctypes.c_void_p()
        self._call(function, *arguments, ctypes.byref(handle))
        return handle

    def _call(self, function: str, *arguments: object) -> None:
        status = getattr(self._library, function)(*arguments)
        if status != 0:
            raise SessionError(f"LiteRT's profiler failed: {function} returned {status}")
