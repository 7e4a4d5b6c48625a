"""What an export is to make, as one value: which files, with which head, for images of which size, and by which tuning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import UsageError
from edgekit.spec.export import ANY_SIZE, OPTIONS_FOR, Head, InputSize
from edgekit.spec.format import DEFAULT_PRECISIONS, PRECISIONS, Format, ModelFile, Precision
from edgekit.spec.tuning import BUILT_IN, Search, Tuning, default_tuning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgekit.spec.export import ExportOptions


def files_in(formats: Sequence[Format] = (), precisions: Sequence[Precision] = ()) -> tuple[ModelFile, ...]:
    """Return the files of each precision in each format, in the order of both; by default float32 and int8 in every format.

    A format that was not named is left out where it has no such precision.
    """
    return tuple(
        (kind, precision)
        for precision in dict.fromkeys(precisions or DEFAULT_PRECISIONS)
        for kind in dict.fromkeys(formats or Format)
        if formats or precision in PRECISIONS[kind]
    )


class ExportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an export is to make: ``files`` in their order, all with one head, for one input size, by one tuning.

    ``search`` says whether the fastest rewrites are looked for, from those of the tuning on.

    Raises:
        UsageError: there is no file, one is asked for twice, a format has no such precision, or the search begins with a tuning
            from which it cannot begin.

    """

    files: tuple[ModelFile, ...] = files_in()
    head: Head = Head.LOGITS
    input_size: InputSize = ANY_SIZE
    tuning: Tuning = msgspec.field(default_factory=default_tuning)
    search: Search = Search.NONE

    def __post_init__(self) -> None:
        names = [f"{kind.value} in {precision.value}" for kind, precision in self.files]
        if not names:
            raise UsageError("an export has at least one file. Received: no files", hint="name a format and a precision")
        if len(set(names)) < len(names):
            raise UsageError(f"each file can be asked for once. Received: {', '.join(names)}", hint="leave the second one out")
        if self.search is Search.CANDIDATES and self.tuning.name not in BUILT_IN:
            raise UsageError(
                f"candidates begin with a tuning that ships with edgekit. Received: {self.tuning.name}", hint=f"choose from: {', '.join(BUILT_IN)}"
            )
        _ = self.options  # which refuse a precision that a format has not

    @property
    def options(self) -> tuple[ExportOptions, ...]:
        """What each file is made with, in the order of the files."""
        return tuple(
            OPTIONS_FOR[kind](precision=precision, head=self.head, input_size=self.input_size, tuning=self.tuning) for kind, precision in self.files
        )

    @property
    def by_table(self) -> tuple[ExportOptions, ...]:
        """The options of the first file for each table of the tuning that any file is made by."""
        return tuple({options.table: options for options in reversed(self.options)}.values())

    def tuned(self, tuning: Tuning) -> ExportPlan:
        """Return the same plan with another tuning, which nothing more is searched from."""
        return msgspec.structs.replace(self, tuning=tuning, search=Search.NONE)
