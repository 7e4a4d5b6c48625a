"""What the command line's parser refuses, in this project's words: what is wanted, what was received, the nearest that there is."""

from __future__ import annotations

import re
from typing import Any

from edgekit.errors import nearest

_HINT = "see `edgekit --help`, or --help after the command"
# Pydantic's kinds of errors, which the parser's carry as their cause.
_WANTED = {
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
}


def refusal(error: Any) -> tuple[str, str]:
    """Return the message and the hint for an error of the parser."""
    details: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    if not details or not getattr(error, "param", None):
        return error.format_message(), _HINT
    kind, received, said = details[0]["type"], details[0]["input"], details[0]["msg"]
    option = "/".join(error.param.opts)
    choices = re.findall(r"'([^']*)'", said.partition(" is not one of ")[2])
    if choices:
        return f"{option} has no such value. Received: {received}", nearest(received, choices)
    if kind in _WANTED:
        return f"{option} takes {_WANTED[kind].format(**details[0].get('ctx', {}))}. Received: {received}", _HINT
    return error.format_message(), _HINT
