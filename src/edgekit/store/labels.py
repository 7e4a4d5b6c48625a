"""Lists of labels, as text: one a line, in the order of the scores."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgekit.errors import StoreError
from edgekit.spec.bounds import LINE_ENDS, MOST_LABEL_CHARACTERS, MOST_LABELS
from edgekit.store.files import read_bytes, text_of

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 4 * 1024 * 1024
_LINE_END = re.compile(rf"[{LINE_ENDS}]")
_HINT = f"a text file, one label a line, of at most {MOST_LABEL_CHARACTERS} characters"


def labels_in(data: bytes, name: str) -> tuple[str, ...]:
    """Return the lines of a list of labels, empty ones too, but for what stands behind the last line's end; ``name`` stands for it.

    Lines end as in a file of Unix or Windows: what else some programs take for an end of line is refused with the label it stands in.

    Raises:
        StoreError: it is no UTF-8 text, or a label is not fit to be one.

    """
    lines = text_of(data, name).replace("\r\n", "\n").split("\n")
    labels = tuple(lines if lines[-1] else lines[:-1])
    if len(labels) > MOST_LABELS:
        raise StoreError(f"a list of {len(labels):,} labels, where {MOST_LABELS:,} are the most. Received: {name}", hint=_HINT)
    for number, label in enumerate(labels, 1):
        problem = unfit(label)
        if problem:
            raise StoreError(f"line {number} {problem}. Received: {name}", hint=_HINT)
    return labels


def label_lines(path: Path) -> tuple[str, ...]:
    """Return the labels in a file that a person made; see `labels_in`. Blanks around them, and empty lines, do not count."""
    return tuple(label.strip() for label in labels_in(read_bytes(path, _MOST_BYTES), str(path)) if label.strip())


def unfit(label: str) -> str:
    """Return why a text cannot be a label, as the end of a sentence; empty if it can."""
    if len(label) > MOST_LABEL_CHARACTERS:
        return f"has {len(label):,} characters, where a label has at most {MOST_LABEL_CHARACTERS}"
    found = _LINE_END.search(label)
    return f"has a control character (U+{ord(found[0]):04X})" if found else ""
