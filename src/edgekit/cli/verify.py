"""``edgekit verify``: does an artifact answer as it did when it was exported?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import EXPORTED, Json
from edgekit.cli.output import print_error, print_json, print_table
from edgekit.errors import ExitStatus, MissingPackageError, StoreError


def command(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]...", help="Bundles or model files; by default all in exported/.")] = None,
    as_json: Json = False,
) -> int:
    """Check hashes, labels, contract and the recorded scores, in every runtime that is installed. Needs no TensorFlow.

    Example: edgekit verify exported/mobilenet
    """
    from edgekit.store.bundle import open_bundle
    from edgekit.verify.bundle import Check, verify_bundle, verify_file

    checks: list[tuple[Path, Check]] = []
    for path in _everything(paths or [EXPORTED]):
        try:
            if path.is_file():
                checks += [(path.parent, check) for check in verify_file(path)]
            else:
                checks += [(path, check) for check in verify_bundle(open_bundle(path))]
        except StoreError as error:
            checks.append((path, Check(path.name, "bundle", False, error.message)))
    failed = [(place, check) for place, check in checks if check.passed is False]
    if as_json:
        print_json(
            [
                {"place": str(place), "artifact": check.artifact, "subject": check.subject, "passed": check.passed, "detail": check.detail}
                for place, check in checks
            ]
        )
    else:
        words = {True: "ok", False: "FAILED", None: "–"}
        several = len({place for place, _ in checks}) > 1
        rows = [
            [str(place / check.artifact) if several else check.artifact, check.subject, words[check.passed], check.detail] for place, check in checks
        ]
        print_table(["artifact", "checked", "", "detail"], rows)
    if failed:
        place, check = failed[0]
        print_error(f"{len(failed)} of {len(checks)} checks failed, the first: {place / check.artifact}: {check.detail}", "copy or export it again")
        return ExitStatus.VERIFICATION
    if not any(check.compared for _, check in checks):
        raise MissingPackageError("no scores were compared: no runtime here opens these files", hint="pip install edgekit[litert,onnxruntime]")
    return ExitStatus.DONE


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
