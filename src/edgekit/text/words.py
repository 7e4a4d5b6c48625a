"""Words put together to phrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_VOWELS = frozenset("AEIOU")


def either(names: Iterable[str]) -> str:
    """Return names as a choice: ``a``, ``a or b``, ``a, b or c``."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else str(last)


def with_article(name: str) -> str:
    """Return a name with the article that it is read with: ``a TFLite``, ``an ONNX``."""
    return f"{'an' if name[0] in _VOWELS else 'a'} {name}"
