"""What frameworks and runtimes would do by themselves when they are imported: write below the home folder, and call home.

The packages that import them call this in their ``__init__``, before any of it is imported.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from types import ModuleType

# What names the folder of each library's own files, and that folder's name below edgekit's.
_FOLDERS = {"KERAS_HOME": "keras", "MPLCONFIGDIR": "matplotlib"}


def stop_calls() -> None:
    """Keep ONNX Runtime and OpenVINO from telling anybody what they run, and from giving this machine a name for it."""
    # Else ONNX Runtime writes an identifier of the machine as it is imported, and what it is about to send.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # OpenVINO asks no setting, but does without this package where it is not there: None says so. An app that has it already keeps it.
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))


def keep_files_together() -> None:
    """Let Keras and Matplotlib keep their settings and caches in edgekit's folder, unless the user says where they belong."""
    for variable, name in _FOLDERS.items():
        os.environ.setdefault(variable, str(cache_folder() / name))


def cache_folder() -> Path:
    """Return where edgekit, and what it imports, may keep files of its own: ``edgekit`` in the user's folder of caches.

    Nothing is made here. https://specifications.freedesktop.org/basedir-spec/ has the variable; a relative path in it is none.
    """
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "edgekit"
