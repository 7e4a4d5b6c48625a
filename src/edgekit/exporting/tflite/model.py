"""A TFLite model in memory: its file is read once into tensors and operators, and written once.

This is the only module that reads or writes TFLite's flatbuffers; a model here has one graph, as classifiers do.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgekit.exporting.tflite.operator import Kind, Operator, code_of
from edgekit.exporting.tflite.tensor import Tensor, as_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_IDENTIFIER = b"TFL3"
_SIGNATURE = b"serving_default"
_NO_TENSOR = -1
_SPARE_BYTES = 4096


class TFLiteModel:
    """A model whose ``tensors`` and ``operators`` may be changed, added to, and taken away.

    An operator names tensors by their places in ``tensors``; operators run in the order of ``operators``. Constants are views of the
    bytes that were read, so that a model in memory is no second copy of its file.
    """

    def __init__(self, raw: Any, structure_bytes: int) -> None:
        self._raw = raw
        self._graph = raw.subgraphs[0]
        self._structure_bytes = structure_bytes
        self.tensors = [Tensor(tensor, raw.buffers) for tensor in self._graph.tensors]
        self.operators = [Operator(operator, raw.operatorCodes) for operator in self._graph.operators]

    @classmethod
    def read(cls, data: bytes) -> TFLiteModel:
        """Return the model of a file."""
        raw = schema.ModelT.InitFromPackedBuf(data, 0)
        return cls(raw, len(data) - _stored_bytes(raw.buffers))

    def to_bytes(self) -> bytes:
        """Return the file of the model."""
        self._graph.tensors = [tensor.raw for tensor in self.tensors]
        self._graph.operators = [operator.raw for operator in self.operators]
        # Memory for all of it is taken at once: a builder that grows copies what it has, half a gigabyte of VGG-16.
        builder = flatbuffers.Builder(_stored_bytes(self._raw.buffers) + 2 * self._structure_bytes + _SPARE_BYTES)
        builder.Finish(self._raw.Pack(builder), _IDENTIFIER)
        return bytes(memoryview(builder.Bytes)[builder.Head() :])

    @property
    def inputs(self) -> list[int]:
        """The tensors that a runtime fills: the image."""
        return [int(number) for number in self._graph.inputs]

    @inputs.setter
    def inputs(self, numbers: Sequence[int]) -> None:
        self._graph.inputs = np.array(numbers, np.int32)

    @property
    def outputs(self) -> list[int]:
        """The tensors that a runtime reads: the scores."""
        return [int(number) for number in self._graph.outputs]

    @outputs.setter
    def outputs(self, numbers: Sequence[int]) -> None:
        self._graph.outputs = np.array(numbers, np.int32)

    @property
    def custom_codes(self) -> list[str]:
        """The names of the operators that are not built in."""
        return [code.customCode.decode() for code in self._raw.operatorCodes if code.customCode]

    def operators_of(self, *kinds: int) -> list[Operator]:
        """Return the operators of these kinds, in the order in which they run."""
        return [operator for operator in self.operators if operator.kind in kinds]

    def readers(self, tensor: int) -> list[Operator]:
        """Return the operators that read a tensor."""
        return [operator for operator in self.operators if tensor in operator.inputs]

    def add_tensor(self, tensor: Tensor) -> int:
        """Add a tensor, and return its number."""
        self.tensors.append(tensor)
        return len(self.tensors) - 1

    def new_operator(self, kind: Kind, inputs: Sequence[int], outputs: Sequence[int], *, version: int = 1) -> Operator:
        """Return an operator without options, which the caller puts at its place among ``operators``."""
        codes = self._raw.operatorCodes
        raw = schema.OperatorT()
        operator = Operator(raw, codes)
        operator.inputs, operator.outputs = inputs, outputs
        alike = [index for index, code in enumerate(codes) if code.builtinCode == kind and code.version >= version]
        if not alike:
            codes.append(code_of(kind, version))
        raw.opcodeIndex = alike[0] if alike else len(codes) - 1
        return operator

    def add_buffer(self, values: NDArray[Any]) -> int:
        """Add a buffer that holds these numbers, and return the buffer's number."""
        buffer = schema.BufferT()
        buffer.data = as_bytes(values)
        self._raw.buffers.append(buffer)
        return len(self._raw.buffers) - 1

    def unshare_buffer(self, tensor: Tensor) -> None:
        """Give a constant a buffer of its own if another tensor has the same one."""
        if sum(tensor.buffer == other.buffer for other in self.tensors) > 1:
            tensor.buffer = self.add_buffer(tensor.stored)

    def empty_unread_buffers(self) -> None:
        """Let go of constants that belong to no tensor and to no metadata any more. Their numbers stay taken."""
        read = {tensor.buffer for tensor in self.tensors} | {entry.buffer for entry in self._raw.metadata or ()}
        read |= {tensor.buffer for graph in self._raw.subgraphs[1:] for tensor in graph.tensors}
        for number, buffer in enumerate(self._raw.buffers):
            if number not in read:
                buffer.data = None

    def drop_unused_codes(self) -> None:
        """Drop the kinds that no operator is of: an app for a microcontroller links a kernel for each that a file names."""
        used = sorted({operator.raw.opcodeIndex for operator in self.operators})
        self._raw.operatorCodes[:] = [self._raw.operatorCodes[index] for index in used]
        for operator in self.operators:
            operator.raw.opcodeIndex = used.index(operator.raw.opcodeIndex)

    def sign(self, inputs: Mapping[str, int], outputs: Mapping[str, int]) -> None:
        """Give the model the one signature by which clients ask for tensors by name."""
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = _SIGNATURE, 0
        signature.inputs, signature.outputs = _named(inputs), _named(outputs)
        self._raw.signatureDefs = [signature]

    def add_metadata(self, name: str, payload: bytes) -> None:
        """Put something beside the graph that clients find by its name."""
        entry = schema.MetadataT()
        entry.name, entry.buffer = name.encode(), self.add_buffer(np.frombuffer(payload, np.uint8))
        self._raw.metadata = [*(self._raw.metadata or ()), entry]

    def drop_metadata(self) -> None:
        """Drop what is not the graph: signatures, and metadata."""
        self._raw.signatureDefs = self._raw.metadata = None

    def part(self, operators: Sequence[Operator], inputs: Sequence[int], outputs: Sequence[int]) -> TFLiteModel:
        """Return a model of some of the operators, with their own tensors and constants alone; this one stays as it is.

        ``inputs`` and ``outputs`` are the part's, by this model's numbers.
        """
        used = _tensors_of(operators)
        place = {_NO_TENSOR: _NO_TENSOR} | {number: index for index, number in enumerate(used)}
        raw, graph = copy.copy(self._raw), copy.copy(self._graph)
        raw.subgraphs, raw.signatureDefs, raw.metadata = [graph], None, None
        raw.buffers = [schema.BufferT(), *(self._raw.buffers[self.tensors[number].buffer] for number in used)]
        graph.tensors = [copy.copy(self.tensors[number].raw) for number in used]
        graph.operators = [copy.copy(operator.raw) for operator in operators]
        part = TFLiteModel(raw, self._structure_bytes)
        for index, tensor in enumerate(part.tensors):
            tensor.buffer = index + 1
        for operator in part.operators:
            operator.inputs, operator.outputs = ([place[number] for number in numbers] for numbers in (operator.inputs, operator.outputs))
        part.inputs, part.outputs = ([place[number] for number in numbers] for numbers in (inputs, outputs))
        return part


def _tensors_of(operators: Iterable[Operator]) -> list[int]:
    return sorted({number for operator in operators for number in (*operator.inputs, *operator.outputs)} - {_NO_TENSOR})


def _stored_bytes(buffers: Collection[Any]) -> int:
    return sum(len(buffer.data) for buffer in buffers if buffer.data is not None)


def _named(tensors: Mapping[str, int]) -> list[Any]:
    entries = []
    for name, number in tensors.items():
        entry = schema.TensorMapT()
        entry.name, entry.tensorIndex = name.encode(), number
        entries.append(entry)
    return entries
