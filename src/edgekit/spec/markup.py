"""Users' own words (names of classes, files, machines) as they may stand in a page of Markdown."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~&])")


def in_markdown(text: str) -> str:
    """Return text that is shown as it is, on one line, also within a table: no link, image, emphasis or tag comes of it."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split())).replace("<", "&lt;")


def in_code(text: str) -> str:
    """Return text to stand between backticks, where nothing is markup but they themselves."""
    return " ".join(text.replace("`", "'").split())
