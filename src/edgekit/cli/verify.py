"""``edgekit verify``: does an artifact answer as it did when it was exported?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.options import EXPORTED, MEMORY_LIMIT, TIME_LIMIT_S, Json, MemoryLimit, TimeLimit
from edgekit.cli.output import Listener, print_error, print_json, print_table
from edgekit.errors import ExitStatus, ForeignFileError, ImageError, MissingPackageError, StoreError, UsageError
from edgekit.spec.target import Target
from edgekit.text.units import byte_count

if TYPE_CHECKING:
    from edgekit.runtimes.apart import Apart
    from edgekit.verifying.check import Check

_FOREIGN = "edgekit did not make this file"


def command(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Bundles or model files; by default all in exported/.")] = None,
    target: Annotated[
        Target | None, typer.Option("--for", help="Instead: check files against what this target asks of them; it need not be here.")
    ] = None,
    clients: Annotated[
        bool, typer.Option("--clients", help="Instead: try files in every other runtime that is installed, OpenCV and tract among them.")
    ] = False,
    time_limit: TimeLimit = TIME_LIMIT_S,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    as_json: Json = False,
) -> int:
    """Check hashes, labels, contract and the recorded scores, in every runtime that is installed. Needs no TensorFlow.

    Files are opened in a process of their own: one that is damaged may end it, or keep it busy for ever.

    Example: edgekit verify exported/mobilenet
    """
    if target and clients:
        raise UsageError("--for and --clients are two things to do", hint="run the command twice")
    from edgekit.host.companion import Limits
    from edgekit.runtimes.apart import Apart

    listener = Listener()
    try:
        with Apart(Limits(time_limit, byte_count(memory_limit))) as apart:
            found = [
                (path.parent if path.is_file() else path, check)
                for path in _everything(paths or [EXPORTED])
                for check in _checks(path, target, listener, apart, clients=clients)
            ]
    finally:
        listener.close()
    if as_json:
        print_json(
            [
                {"place": str(place), "artifact": check.artifact, "subject": check.subject, "passed": check.passed, "detail": check.detail}
                for place, check in found
            ]
        )
    else:
        _print(found)
    failed = [(place, check) for place, check in found if check.passed is False]
    if failed and all(check.detail == _FOREIGN for _, check in failed):
        # The table says why.
        print_error(
            f"{len(failed)} of {len(found)} checks failed",
            "nothing inside says what to hold it to; `edgekit verify --for TARGET` tells where it fits",
        )
        return ExitStatus.VERIFICATION
    if failed:
        place, check = failed[0]
        hint = "the table says what to do" if target or clients else "copy or export it again"
        print_error(f"{len(failed)} of {len(found)} checks failed, the first: {place / check.artifact}: {check.detail}", hint)
        return ExitStatus.VERIFICATION
    if target and not any(check.passed for _, check in found):
        raise MissingPackageError("no file was checked: what reads them is not here", hint="pip install edgekit[lint]")
    if not target and not any(check.compared for _, check in found):
        raise MissingPackageError("no scores were compared: no runtime here opens these files", hint="pip install edgekit[litert,onnxruntime]")
    return ExitStatus.DONE


def _checks(path: Path, target: Target | None, listener: Listener, apart: Apart, *, clients: bool) -> list[Check]:
    """Return what was found of a bundle, or of one file."""
    from edgekit.store.bundle import open_bundle
    from edgekit.verifying.check import Check

    try:
        if target:
            from edgekit.verifying.lint.lint import lint_bundle, lint_file

            return lint_file(path, target) if path.is_file() else lint_bundle(open_bundle(path), target)
        if clients:
            from edgekit.verifying.clients.examine import examine_bundle, examine_file

            if path.is_file():
                return examine_file(path, listener, memory_bytes=apart.limits.memory_bytes)
            return examine_bundle(open_bundle(path), listener, memory_bytes=apart.limits.memory_bytes)
        from edgekit.verifying.bundle import verify_bundle, verify_file

        opener = apart.open_session
        return verify_file(path, opener=opener) if path.is_file() else verify_bundle(open_bundle(path), opener=opener)
    except ForeignFileError:
        return [Check(path.name, "file", False, _FOREIGN)]
    except (StoreError, ImageError) as error:
        return [Check(path.name, "file" if path.is_file() else "bundle", False, f"{error.message}{'; ' + error.hint if error.hint else ''}")]


def _print(found: list[tuple[Path, Check]]) -> None:
    words = {True: "ok", False: "FAILED", None: "–"}
    several = len({place for place, _ in found}) > 1
    rows = [[str(place / check.artifact) if several else check.artifact, check.subject, words[check.passed], check.detail] for place, check in found]
    print_table(["artifact", "checked", "", "detail"], rows)


def _everything(paths: list[Path]) -> list[Path]:
    from edgekit.store.bundle import MANIFEST_FILE, bundles_below

    found = []
    for path in paths:
        if not path.exists():
            raise StoreError(f"there is nothing there. Received: {path}", hint="`edgekit export` writes bundles into exported/")
        below = [path] if path.is_file() or (path / MANIFEST_FILE).is_file() else bundles_below(path)
        if not below:
            raise StoreError(f"there is no bundle. Received: {path}", hint="`edgekit export` writes bundles into exported/")
        found += below
    return found
