"""What the command line prints: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import time
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape

from edgekit.text.markup import in_json, in_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

# Wide enough for every table: what is piped is never folded.
_PIPED_WIDTH = 10_000
_LINE_EVERY_S = 15
# Between the columns of a table, and between those of one that a terminal has little room for.
_GAPS = (2, 1)
# A cell of so many characters is no sentence.
_FIGURE = 20
# A list of a hundred names is longer than what an error may quote.
_MOST_OF_A_LINE, _MOST_OF_AN_ERROR = 10_000, 1_000


def console(*, error: bool = False) -> Console:
    """Return a console that does not fold tables when its output is no terminal."""
    stream = sys.stderr if error else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else _PIPED_WIDTH, highlight=False, emoji=False, soft_wrap=not stream.isatty())


def print_json(value: Any) -> None:
    """Print ``value`` as the only thing on standard output; in escapes where that has no place for every character."""
    has_all = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    sys.stdout.write(in_json(json.dumps(value, indent=2, ensure_ascii=not has_all)) + "\n")


def print_text(text: str) -> None:
    """Print a file's text as it is, as the only thing on standard output."""
    sys.stdout.write(text)


def print_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print rows; user data is never taken for markup."""
    from rich.table import Table  # here, so that --help answers at once

    out = console()
    rows = [[in_terminal(cell, _MOST_OF_A_LINE) for cell in row] for row in rows]
    gap, widths = _layout([[column, *(row[index] for row in rows)] for index, column in enumerate(columns)], out.width)
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        table.add_column(escape(column), overflow="fold", width=width)
    for row in rows:
        table.add_row(*(escape(_at_hyphens(cell, width)) for cell, width in zip(row, widths, strict=True)))
    out.print(table)


def _layout(columns: list[list[str]], room: int) -> tuple[int, list[int | None]]:
    """Return the gap between columns and their widths (``None``: as it comes), a header and its cells each.

    Where they do not fit, only sentences and headers are broken, at words; where that is not enough names at hyphens, and figures at brackets.
    """
    natural = [max(map(cell_len, column)) for column in columns]
    for pieces, gap in product((_words, _parts), _GAPS):
        least = [max(map(cell_len, chain(header.split(), *map(pieces, cells))), default=0) for header, *cells in columns]
        spare = room - sum(least) - gap * (len(columns) - 1)
        if spare >= 0:
            break
    else:
        return min(_GAPS), [None] * len(columns)
    widths: list[int | None] = []
    for wanted, needed in zip(natural, least, strict=True):
        widths.append(min(wanted, needed + spare))
        spare -= min(wanted, needed + spare) - needed
    return gap, widths


def _words(cell: str) -> list[str]:
    """Return what stays in one piece: words, and figures with their units and intervals."""
    return [cell] if len(cell) <= _FIGURE else cell.split()


def _parts(cell: str) -> list[str]:
    """Return what stays in one piece where that is too wide: words up to a hyphen, figures and what stands in brackets behind them."""
    return re.split(r" (?=\()", cell) if " " in cell and len(cell) <= _FIGURE else re.findall(r"[^\s-]+-*|-+", cell)


def _at_hyphens(cell: str, width: int | None) -> str:
    """Return a cell with line breaks, where a word of it is wider than its column."""
    if width is None or all(cell_len(word) <= width for word in cell.split()):
        return cell
    return textwrap.fill(cell, width, break_long_words=False)


def print_line(text: str = "") -> None:
    """Print one line of a result."""
    console().print(_shown(text))


def print_error(message: str, hint: str = "") -> None:
    """Print one line, and the hint below it."""
    out = console(error=True)
    out.print(f"[bold red]error:[/] {_shown(message, _MOST_OF_AN_ERROR)}")
    if hint:
        out.print(f"[bold]hint:[/] {_shown(hint, _MOST_OF_AN_ERROR)}")


def _shown(text: str, most: int = _MOST_OF_A_LINE) -> str:
    """Return text from outside as it may be printed: never markup, never more than a line."""
    return escape(in_terminal(text, most))


class Listener:
    """Shows progress: a bar on a terminal, elsewhere plain lines now and then."""

    def __init__(self) -> None:
        self._console = console(error=True)
        self._bar: Progress | None = None
        self._last = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line."""
        self._console.print(_shown(text))

    def advance(self, task: str, done: int, total: int, detail: str = "") -> None:
        """Move the bar, or print a line when the last one is some seconds old."""
        if not self._console.is_terminal:
            if time.monotonic() - self._last >= _LINE_EVERY_S:
                self._last = time.monotonic()
                self.say(f"{task}: {done}/{total}{', ' + detail if detail else ''}")
            return
        if self._bar is None:
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[detail]}"), console=self._console, transient=True
            )
            self._bar.start()
            self._bar.add_task(task, total=total, detail="")
        self._bar.update(self._bar.task_ids[0], description=_shown(task), completed=done, total=total, detail=_shown(detail))
        if done >= total:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
