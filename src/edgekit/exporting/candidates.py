"""The files that a search tries: made, opened where they look right, and gone from the disk when the search lets go of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary, finalize

from edgekit.errors import ExportError
from edgekit.exporting.tuning.search import OpenedFile
from edgekit.runtimes.base import open_session
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import giving_way
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import Artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edgekit.exporting.conversion import Converted
    from edgekit.exporting.parity.gate import Gate
    from edgekit.spec.export import ExportOptions
    from edgekit.spec.rewrites import Rewrites
    from edgekit.spec.runtime import RuntimeSpec
    from edgekit.store.contract import Contract


class CandidateFiles:
    """Opens a file with other rewrites than those of ``options`` in ``runtime``, or tells that it is no candidate.

    Files are written into ``folder``. Only what the search still holds stays open, and on disk: candidates are as large as the
    network. ``convert`` makes one, and ``contract_of`` gives what it says of itself.
    """

    def __init__(
        self,
        options: ExportOptions,
        runtime: RuntimeSpec,
        convert: Callable[[ExportOptions], Converted],
        contract_of: Callable[[ExportOptions, Converted], Contract],
        gate: Gate,
        folder: Path,
        say: Callable[[str], None],
    ) -> None:
        self._options, self._runtime, self._convert, self._contract_of = options, runtime, convert, contract_of
        self._gate, self._folder, self._say = gate, folder, say
        self._opened: WeakValueDictionary[str, OpenedFile] = WeakValueDictionary()
        self._refused: set[str] = set()

    def __call__(self, rewrites: Rewrites) -> OpenedFile | None:
        """Return the file with these rewrites, the same one for the same bytes, or ``None`` if it cannot be made or does not look right."""
        options = self._options.with_rewrites(rewrites)
        try:
            converted = self._convert(options)
        except ExportError as error:
            self._say(error.message)
            return None
        key = hashlib.sha256(converted.data).hexdigest()
        if key in self._refused:
            return None
        opened = self._opened.get(key) or self._open(key, options, converted)
        if opened is None:
            self._refused.add(key)
        else:
            self._opened[key] = opened
        return opened

    def _open(self, key: str, options: ExportOptions, converted: Converted) -> OpenedFile | None:
        path = self._folder / f"{key}{options.format.suffix}"
        write_whole(path, converted.data)
        artifact = Artifact(path, self._contract_of(options, converted), "")
        if not self._looks_right(artifact, options, converted):
            path.unlink()
            return None
        opened = OpenedFile(open_session(artifact, self._runtime), lambda: self._gate.passes(artifact))
        finalize(opened, path.unlink, missing_ok=True)
        return opened

    def _looks_right(self, artifact: Artifact, options: ExportOptions, converted: Converted) -> bool:
        """Return whether a file may go on: one that an export would leave a rewrite out of again must pass as it is.

        All other rewrites stay in a file that loses too much: layers are in float32 then.
        """
        if options.precision is Precision.INT8 and giving_way(converted.rewrites):
            return self._gate.passes(artifact)
        return self._gate.looks_right(artifact, self._runtime)
