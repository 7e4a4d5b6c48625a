"""What of a folder of photographs is not used: told with its count, never passed over."""

from __future__ import annotations

import msgspec

from edgekit.spec.bounds import Count, Text  # noqa: TC001 (msgspec reads the annotations)


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """``count`` files or folders that are not used: ``what`` they are (singular), ``where`` they lie, what to do or why in ``hint``."""

    count: Count
    what: Text
    where: Text = ""
    hint: Text

    def __str__(self) -> str:
        """Return it as a sentence: "3 HEIC photographs are not read: pip install edgekit[heif]"."""
        noun = self.what if self.count == 1 else f"{self.what}s"
        place = f" {self.where}" if self.where else ""
        return f"{self.count} {noun}{place} {'is' if self.count == 1 else 'are'} not read: {self.hint}"


def some_of(names: list[str], most: int = 3) -> str:
    """Return the first names, and a sign that there are more."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
