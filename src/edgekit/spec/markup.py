"""Users' own words (names of classes, files, machines) as they may stand in a page."""

from __future__ import annotations


def in_markdown(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, also within a table or a code span."""
    return " ".join(text.replace("`", "'").replace("|", "\\|").replace("<", "&lt;").split())
