"""The table of runtimes: one row each, adapters in `edgekit.runtimes` in the file that the row names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import UsageError, nearest
from edgekit.spec.format import Format
from edgekit.text.words import either

if TYPE_CHECKING:
    from collections.abc import Iterable


class RuntimeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A runtime as data.

    ``package`` is what pip installs and what the results record; ``import_name`` is looked up to see whether it is
    there; ``adapter`` is the module that opens a session; ``extra`` is edgekit's own extra (empty: needs none).
    ``profiles`` says that the adapter can tell the time of each operator.
    """

    name: str
    package: str
    import_name: str
    adapter: str
    extra: str
    formats: tuple[Format, ...]
    only_when_named: bool = False
    profiles: bool = False


# In the order of preference: the answers of the first that is installed are those that an export records, and it serves apps
# but for files that were made for another.
_TABLE = (
    RuntimeSpec(
        name="litert",
        package="ai-edge-litert",
        import_name="ai_edge_litert",
        adapter="edgekit.runtimes.litert",
        extra="litert",
        formats=(Format.TFLITE,),
        profiles=True,
    ),
    RuntimeSpec(
        name="onnxruntime",
        package="onnxruntime",
        import_name="onnxruntime",
        adapter="edgekit.runtimes.onnxruntime",
        extra="onnxruntime",
        formats=(Format.ONNX,),
        profiles=True,
    ),
    RuntimeSpec(
        name="tflite-runtime",
        package="tflite-runtime",
        import_name="tflite_runtime",
        adapter="edgekit.runtimes.tflite_runtime",
        extra="tflite-runtime",
        formats=(Format.TFLITE,),
    ),
    RuntimeSpec(
        name="openvino",
        package="openvino",
        import_name="openvino",
        adapter="edgekit.runtimes.openvino",
        extra="openvino",
        formats=(Format.TFLITE, Format.ONNX),
        profiles=True,
    ),
    RuntimeSpec(
        name="openvino-bfloat16",
        package="openvino",
        import_name="openvino",
        adapter="edgekit.runtimes.openvino_bfloat16",
        extra="openvino",
        formats=(Format.TFLITE, Format.ONNX),
        only_when_named=True,
        profiles=True,
    ),
    RuntimeSpec(
        name="fake",
        package="edgekit",
        import_name="edgekit",
        adapter="edgekit.runtimes.fake",
        extra="",
        formats=(Format.TFLITE, Format.ONNX),
        only_when_named=True,
    ),
)

RUNTIMES = {row.name: row for row in _TABLE}


def runtime_named(name: str) -> RuntimeSpec:
    """Return the row of ``name``; a `UsageError` names the nearest one."""
    if name not in RUNTIMES:
        raise UsageError(f"there is no runtime of that name. Received: {name}", hint=nearest(name, RUNTIMES))
    return RUNTIMES[name]


def packages_for(formats: Iterable[Format]) -> str:
    """Return what to install to open files of any of these formats: the first runtime of each."""
    return f"pip install {either(f'edgekit[{runtimes_for(kind)[0].extra}]' for kind in dict.fromkeys(formats))}"


def runtimes_for(model_format: Format) -> tuple[RuntimeSpec, ...]:
    """Return the rows that open ``model_format`` without being asked for by name, in the table's order."""
    return tuple(row for row in _TABLE if model_format in row.formats and not row.only_when_named)
