"""Text from outside (names of classes, files, machines; what a damaged record says) as it is shown: as text, in every medium.

One function a medium. All of them make visible what a terminal or a browser would obey instead of showing it.
"""

from __future__ import annotations

import re

# Control characters and ends of lines; marks that turn the direction of writing, so that a name reads backwards; characters that
# have no width, so that two names look the same (not the joiners, which emojis and several scripts need); halves of characters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_PUNCTUATION = re.compile(r"([\\`*_\[\]|~&$])")
# What begins a heading, a list, or a quotation, where it begins a line.
_BLOCK = re.compile(r"^((?:#{1,6}|[+-])(?=\s|$)|>|=+$|\d{1,9}(?=[.)](?:\s|$)))")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    """Return text on one line, with its escape in place of each character that would be obeyed, or not be seen."""
    return _UNSEEN.sub(lambda found: _NAMED.get(found[0]) or _escape(found[0]), text)


def in_terminal(text: str, most: int) -> str:
    """Return `visible` text with what goes beyond ``most`` characters left out of its middle."""
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: 3 * most // 4]} … {shown[-most // 5 :]}"


def in_markdown(text: str) -> str:
    """Return text that is shown as it is, on one line, also within a table: no image, emphasis, tag or heading comes of it.

    A web address may become a link, to what it shows.
    """
    escaped = _PUNCTUATION.sub(r"\\\1", visible(" ".join(text.split()))).replace("<", "&lt;")
    start = _BLOCK.match(escaped)
    if not start:
        return escaped
    return f"{escaped[: start.end()]}\\{escaped[start.end() :]}" if start[1].isdigit() else f"\\{escaped}"


def without_tags(markdown: str) -> str:
    """Return a paragraph of Markdown in which no raw HTML and no image is left: what a record holds as Markdown may come from anybody."""
    return visible(" ".join(markdown.split())).replace("<", "&lt;").replace("![", r"!\[")


def in_code(text: str) -> str:
    """Return text to stand between backticks, where nothing is markup but they themselves."""
    return visible(" ".join(text.replace("`", "'").split()))


def in_json(json: str) -> str:
    """Return a JSON text that has the same value, and shows every character of it."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in "\n\t\r" else f"\\u{ord(found[0]):04x}", json)


def shown_in_json(json: str) -> str:
    """Return a JSON text whose texts have escapes to be read in place of what would be obeyed, or not be seen: for a page."""
    return _UNSEEN.sub(lambda found: f"\\\\u{ord(found[0]):04x}", json)


def in_spreadsheet(value: object) -> object:
    """Return a cell of comma-separated values: a text that a spreadsheet would take for a formula has an apostrophe in front."""
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.startswith(_FORMULA) else shown


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
