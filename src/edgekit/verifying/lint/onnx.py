"""The facts of an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.errors import MissingPackageError, StoreError
from edgekit.spec.format import Format
from edgekit.verifying.lint.facts import Facts, TensorFacts

try:
    import onnx
    from google.protobuf.message import DecodeError
except ImportError as error:
    raise MissingPackageError("onnx is not installed", hint="pip install edgekit[lint]") from error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_STANDARD = ("", "ai.onnx")


def read(path: Path) -> Facts:
    """Read an ONNX file.

    Raises:
        StoreError: it is none, or a damaged one.

    """
    try:
        model = onnx.load(str(path), load_external_data=False)
        if not _is_newer(model):
            onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise StoreError(f"a damaged ONNX file. Received: {path} ({' '.join(str(error).split())[:120]})") from error
    nodes, constants = list(nodes_within(model.graph)), {constant.name for constant in model.graph.initializer}
    return Facts(
        format=Format.ONNX,
        subgraphs=1 + sum(attribute.type == onnx.AttributeProto.GRAPH for node in nodes for attribute in node.attribute),
        # Old files list their constants among the inputs.
        inputs=tuple(_tensor(value) for value in model.graph.input if value.name not in constants),
        outputs=tuple(_tensor(value) for value in model.graph.output),
        operators=frozenset(node.op_type for node in nodes if node.domain in _STANDARD),
        custom=frozenset(f"{node.domain}.{node.op_type}" for node in nodes if node.domain not in _STANDARD),
        ir_version=model.ir_version,
        opset=next((entry.version for entry in model.opset_import if entry.domain in _STANDARD), None),
    )


def _is_newer(model: onnx.ModelProto) -> bool:
    """Return whether the checker here is too old for a file: it would call it damaged."""
    newest = onnx.defs.onnx_opset_version()
    return model.ir_version > onnx.IR_VERSION or any(entry.domain in _STANDARD and entry.version > newest for entry in model.opset_import)


def nodes_within(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Yield the nodes of a graph, and those of the graphs that are within them: branches and loops."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from nodes_within(attribute.g)


def _tensor(value: onnx.ValueInfoProto) -> TensorFacts:
    kind = value.type.tensor_type
    shape = tuple(extent.dim_value or -1 for extent in kind.shape.dim)
    return TensorFacts(_dtype(kind.elem_type), shape, -1 in shape)


def _dtype(number: int) -> str:
    """Return a type's name; sequences and maps have none."""
    try:
        return str(onnx.helper.tensor_dtype_to_np_dtype(number))
    except KeyError:
        return f"type {number}"
