"""Damage to records, as disks, editors, other programs and other people do it: a record goes in, bytes come out."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

# Values of no, the wrong or an absurd kind, as JSON has or has not got them.
VALUES = (
    "null", "true", "0", "1", "-1", "2147483648", "9223372036854775807", "18446744073709551616", "1" + 400 * "0", "9" * 5_000, "0.5", "-0.0", "1e308",
    "1e999", "1e-999", "NaN", "-Infinity", "-", "tru", "0x10", "'a'", "", '""', '"x"', r'"\u0000"', r'"\ud800"', r'"a\nb"', r'"\u001b]0;x\u0007"',
    r'"\u202e"', '"../../x"', '"/etc/passwd"', '"<img src=x>"', '"' + 100_000 * "A" + '"', "[]", "{}", "[[]]", "[null]", '{"": null}',
    "[" + "0," * 20_000 + "0]", 10_000 * "[" + 10_000 * "]", 5_000 * '{"a":' + "1" + 5_000 * "}",
)  # fmt: skip
TOKEN = "@@{}@@"


def damaged(tree: Any, rng: random.Random) -> bytes:
    """Return the JSON of ``tree`` with one to three values damaged, and now and then its bytes."""
    tree, raw = copy.deepcopy(tree), []
    for _ in range(rng.choice((1, 1, 2, 3))):
        places = [place for place in _places(tree) if place]
        if places:
            _damage(tree, rng.choice(places), raw, rng)
    text = json.dumps(tree)
    for index, value in enumerate(raw):
        text = text.replace(json.dumps(TOKEN.format(index)), value)
    return _as_bytes(text, rng)


def _damage(tree: Any, place: tuple[Any, ...], raw: list[str], rng: random.Random) -> None:
    parent, key = _at(tree, place[:-1]), place[-1]
    value = parent[key]
    match rng.choice(("value", "value", "near", "near", "drop", "twice", "rename", "longer", "shorter", "swap")):
        case "value":
            parent[key] = _raw(rng.choice(VALUES), raw)
        case "near":
            parent[key] = _near(value, rng)
        case "drop":
            del parent[key]
        case "twice" if isinstance(parent, dict):
            parent[key] = _raw(f"{json.dumps(value)}, {json.dumps(key)}: {rng.choice(VALUES)}", raw)
        case "rename" if isinstance(parent, dict):
            parent[rng.choice((f"{key}x", "", "\0"))] = parent.pop(key)
        case "longer" if isinstance(value, list) and value:
            value += rng.choice((1, 300)) * [copy.deepcopy(rng.choice(value))]
        case "shorter" if isinstance(value, list) and value:
            del value[rng.randrange(len(value)) :]
        case "swap":
            other = rng.choice([place for place in _places(tree) if place])
            parent[key] = copy.deepcopy(_at(tree, other))


def _near(value: Any, rng: random.Random) -> Any:
    """Return a value of the same kind that is another."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice((value + 1, -value, 0, value * 1_000, 2**40, 2**62, 10**18))
    if isinstance(value, float):
        return rng.choice((value * 2, -value, 0.0, 1e300, 1e-300))
    if isinstance(value, str):
        return rng.choice((value + "x", value[:-1], value.upper(), "", value * 1_000, "../" + value, value + "\n", "\x1b[31m" + value))
    return value[::-1] if isinstance(value, list) else value


def _raw(text: str, raw: list[str]) -> str:
    raw.append(text)
    return TOKEN.format(len(raw) - 1)


def _places(tree: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree[:4]) if isinstance(tree, list) else ()
    return [place, *(found for key, value in inner for found in _places(value, (*place, key)))]


def _at(tree: Any, place: tuple[Any, ...]) -> Any:
    for key in place:
        tree = tree[key]
    return tree


def _as_bytes(text: str, rng: random.Random) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    match rng.randrange(24):
        case 0:
            return data[: rng.randrange(len(data) + 1)]
        case 1:
            place = rng.randrange(len(data))
            return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
        case 2:
            return text.encode("utf-16", "surrogatepass")
        case 3:
            return b"\xef\xbb\xbf" + data
        case 4:
            return rng.choice((b"", 100 * b"\0", b"null", b"[]", b"7", 200_000 * b"[", b'{"schema":2,"x":' + 200_000 * b"["))
        case _:
            return data
