"""What a target's rules look at in a model file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.spec.format import Format


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """A tensor: ``dtype`` in NumPy's words, ``shape`` as a client that asks for no other gets it (−1: not said).

    ``open_size`` says that other extents may be asked for.
    """

    dtype: str
    shape: tuple[int, ...]
    open_size: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """A model file. ``operators`` are those of the format itself, ``custom`` all others, by the name of who defines them.

    ``reads`` are operators with the type of what they read first, ``weights`` the types of constants that operators on float32 read
    second, where they are not float32. ``normalised`` is in how many ways the
    metadata normalises the image's channels (``None``: it does not). ``ir_version`` is that of an ONNX file.
    ``output_names`` and ``labels_file`` are what TFLite metadata says (``None``: nothing), and ``label_lines`` what that file has
    (``None``: it is not there, or too large); ``compressed`` are the files behind the model that are not merely stored there.
    """

    format: Format
    subgraphs: int
    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    operators: frozenset[str]
    custom: frozenset[str]
    reads: frozenset[tuple[str, str]] = frozenset()
    weights: frozenset[str] = frozenset()
    opset: int | None = None
    ir_version: int | None = None
    normalised: int | None = None
    signatures: int = 0
    output_names: tuple[str | None, ...] | None = None
    labels_file: str | None = None
    label_lines: int | None = None
    compressed: tuple[str, ...] = ()
