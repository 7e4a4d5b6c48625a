"""Names of one class that are written in several ways: in a file of labels, as a folder, by another computer.

A Mac writes ``é`` as two characters (Unicode's form NFD) where others write one (NFC); lists of labels say ``0 cat`` where the
folder is ``Cat``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_NUMBERED = re.compile(r"(\d{1,6})(?:[\s_]*[:.,;)\-][\s_]*|[\s_]+)(\S.*)")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Matched:
    """``indexes`` has the label's index for each folder that is one; ``unknown`` are folders that are none, or may be two."""

    indexes: dict[str, int]
    unknown: tuple[str, ...]


def match_folders(folders: Iterable[str], labels: Sequence[str]) -> Matched:
    """Find each folder's label: by the same name, else in NFC without regard to case, else without numbers in front too.

    The strictest way that finds a label for every folder counts; where none does, the one that finds most.
    """
    names = sorted(set(folders))
    found = [_matched(names, labels, key) for key in (_same, _folded, _unnumbered)]
    return min(found, key=lambda matched: len(matched.unknown))


def _matched(names: Sequence[str], labels: Sequence[str], key: Callable[[str], str]) -> Matched:
    places: dict[str, list[int]] = defaultdict(list)
    for index, label in enumerate(labels):
        places[key(label)].append(index)
    indexes = {name: places[key(name)][0] for name in names if len(places.get(key(name), ())) == 1}
    return Matched(indexes, tuple(name for name in names if name not in indexes))


def _same(name: str) -> str:
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", " ".join(name.split())).casefold())


def _unnumbered(name: str) -> str:
    numbered = _NUMBERED.fullmatch(_folded(name))
    return numbered[2] if numbered else _folded(name)


def without_numbers(lines: Sequence[str]) -> tuple[str, ...] | None:
    """Return labels without the numbers in front of them, in the order of the numbers; ``None`` where they are no numbering.

    They are one where every line has its own, from 0 or 1 on without a gap, and most labels differ without them: ``1 euro`` and
    ``2 euro`` are classes of their own.
    """
    found = [_NUMBERED.fullmatch(line.strip()) for line in lines]
    numbered = sorted((int(match[1]), match[2]) for match in found if match)
    numbers = [number for number, _ in numbered]
    if len(numbered) < len(lines) or numbers not in (list(range(len(lines))), list(range(1, len(lines) + 1))):
        return None
    names = tuple(name for _, name in numbered)
    return names if 2 * len({*names}) > len(names) else None


def both_lists(folders: Sequence[str], labels: Sequence[str], *, of: tuple[str, str] = ("folders", "labels")) -> str:
    """Return the folders and the labels side by side, as far as a line holds them: for a message that they differ. ``of``: what each list is."""
    return f"{of[0]}: {_some(folders)}; {of[1]}: {_some(labels)}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
