"""Which runtimes a Python interpreter has: this one's, or another's whose packages do not go together with ours.

Run as ``python -m edgekit.benchmarking.interpreter`` it answers for itself, as JSON.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

import edgekit
from edgekit.errors import UsageError
from edgekit.host.child import ask, end_with_parent
from edgekit.runtimes.base import is_installed, version_of
from edgekit.spec.runtime import RUNTIMES

_LONGEST_S = 60


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """``runtimes`` gives the version of each that is installed; ``python`` is empty for the one that runs edgekit."""

    edgekit: str
    runtimes: dict[str, str]
    python: str = ""


def this_interpreter() -> Interpreter:
    """Return what is installed here."""
    return Interpreter(edgekit=edgekit.__version__, runtimes={row.name: version_of(row) for row in RUNTIMES.values() if is_installed(row)})


def other_interpreter(python: Path) -> Interpreter:
    """Ask another interpreter; edgekit must be installed there, in the same version."""
    found_at = shutil.which(python)
    if found_at is None:
        raise UsageError(f"there is no such interpreter. Received: {python}", hint="--python takes the path of a Python")
    hint = f"install the same edgekit there, with a runtime: {found_at} -m pip install 'edgekit[litert]=={edgekit.__version__}'"
    try:
        done = ask([found_at, "-m", "edgekit.benchmarking.interpreter"], limit_s=_LONGEST_S)
    except OSError as error:
        raise UsageError(f"that interpreter cannot be started: {error}. Received: {python}", hint="--python takes the path of a Python") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"that interpreter did not answer within {_LONGEST_S} s. Received: {python}", hint="try it again") from error
    try:
        found = msgspec.json.decode(done.out, type=Interpreter)
    except msgspec.MsgspecError as error:
        last = " ".join(done.err.decode("utf-8", "replace").strip().splitlines()[-1:])
        raise UsageError(f"edgekit does not run in that interpreter. Received: {python} ({last})", hint=hint) from error
    if found.edgekit != edgekit.__version__:
        raise UsageError(f"that interpreter has another edgekit. Received: {python} with edgekit {found.edgekit}", hint=hint)
    return msgspec.structs.replace(found, python=str(Path(found_at).absolute()))


if __name__ == "__main__":
    end_with_parent()
    sys.stdout.buffer.write(msgspec.json.encode(this_interpreter()))
