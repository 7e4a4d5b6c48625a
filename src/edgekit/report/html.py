"""The report as one page that opens from disk, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from edgekit.report.answers import answers
from edgekit.report.machines import machine_name
from edgekit.report.notes import together
from edgekit.report.payload import MOST_DETAILED, payload
from edgekit.report.wording import accuracies_in_words, circumstances, protocol_in_words
from edgekit.text.markup import shown_in_json, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.report.row import Row
    from edgekit.store.result import Result

_TITLE = "Latency and accuracy, one image at a time"


def html(results: Sequence[Result], rows: Sequence[Row]) -> str:
    """Return the page of ``rows``, which are those of ``results``."""
    environment = Environment(
        loader=PackageLoader("edgekit"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    machines = list(dict.fromkeys(row.machine for row in rows))
    files = len({(row.source, row.file) for row in rows})
    text: str = environment.get_template("report.html").render(
        title=_TITLE,
        summary=f"{files} files, {len(rows)} measurements, {len(machines)} machine{'s' if len(machines) > 1 else ''}",
        several=len(machines) > 1,
        several_pages=len(rows) > MOST_DETAILED,
        answers=answers(rows),
        select_of=" ".join(str(result.path) for result in results[:2]) + (" …" if len(results) > 2 else ""),
        accuracies=accuracies_in_words(rows),
        noticed=together(rows),
        results=[_told(result) for result in results],
        # In JSON "<" may stand as an escape, so that nothing in it ends the script.
        data=Markup(shown_in_json(msgspec.json.encode(payload(rows)).decode()).replace("<", "\\u003c")),
        plotly=Markup(get_plotlyjs()),
    )
    return text


def _told(result: Result) -> dict[str, object]:
    return {
        "name": result.path.name,
        "machine": machine_name(result),
        "protocol": protocol_in_words(result),
        "circumstances": circumstances(result),
    }
