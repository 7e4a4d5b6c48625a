"""Frameworks and runtimes as edgekit imports them: no file where the user does not expect one, and no call."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import edgekit
from edgekit.host.frameworks import cache_folder, keep_files_together

SOURCE = Path(edgekit.__file__).parent
# What each package's ``__init__`` calls before a module of it, or one below, imports a library.
NEEDS = {
    "keras": "keep_files_together",
    "tensorflow": "keep_files_together",
    "matplotlib": "keep_files_together",
    "mediapipe": "keep_files_together",
    "onnxruntime": "stop_calls",
    "openvino": "stop_calls",
}


def imported_in(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name.partition(".")[0] for name in [*names, *(node.module or "" for node in nodes if isinstance(node, ast.ImportFrom))]}


def called_before(path: Path) -> str:
    """Return the text of every ``__init__`` that Python runs before the module."""
    return "".join((folder / "__init__.py").read_text() for folder in path.parents if folder.is_relative_to(SOURCE))


def test_no_module_imports_a_framework_that_was_not_told_first() -> None:
    importing = [(path, name) for path in SOURCE.rglob("*.py") for name in imported_in(path) & set(NEEDS)]
    assert {name for _, name in importing} >= {"keras", "tensorflow", "matplotlib", "onnxruntime", "openvino"}
    assert [(path.name, name) for path, name in importing if f"\n{NEEDS[name]}()\n" not in called_before(path)] == []


def run_at_home(home: Path, code: str, **variables: str) -> list[str]:
    """Run Python with another home and return the files that are there afterwards."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "ORT_DISABLE_TELEMETRY")
    }
    home.mkdir()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=kept | {"HOME": str(home)} | variables, cwd=home)
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("library", ["onnxruntime", "openvino"])
def test_a_runtime_leaves_nothing_at_home(tmp_path: Path, library: str) -> None:
    pytest.importorskip(library)
    assert run_at_home(tmp_path / "home", f"from edgekit.runtimes.base import load_adapter\nimport edgekit.runtimes.{library}") == []


def test_the_machines_peaks_are_measured_without_a_call(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    assert run_at_home(tmp_path / "home", "from edgekit.benchmarking.product import integer_product\ninteger_product(8)()") == []


@pytest.mark.sweep
def test_keras_and_matplotlib_keep_their_files_in_edgekits_folder(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code = "import edgekit.training.pictures\nimport keras\nfrom matplotlib.figure import Figure\nFigure().savefig('/dev/null', format='png')"
    found = run_at_home(tmp_path / "home", code)
    assert ".cache/edgekit/keras/keras.json" in found
    assert [name for name in found if not name.startswith(".cache/edgekit/")] == []


@pytest.mark.parametrize("package", ["networks", "models", "training", "exporting"])
def test_what_imports_keras_and_matplotlib_leads_them_first(tmp_path: Path, package: str) -> None:
    home = tmp_path / "home"
    wanted = [str(home / ".cache" / "edgekit" / name) for name in ("keras", "matplotlib")]
    code = f"import os, sys, edgekit.{package}\nassert 'keras' not in sys.modules\nassert [os.environ[name] for name in ('KERAS_HOME', 'MPLCONFIGDIR')] == {wanted}"
    assert run_at_home(home, code) == []


def test_where_the_user_has_put_keras_is_where_it_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KERAS_HOME", "/somewhere")
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    keep_files_together()
    assert (os.environ["KERAS_HOME"], os.environ["MPLCONFIGDIR"]) == ("/somewhere", str(tmp_path / "edgekit" / "matplotlib"))


def test_an_app_that_only_loads_a_model_keeps_its_own_keras(tmp_path: Path) -> None:
    code = "import os\nfrom edgekit import load\nassert 'KERAS_HOME' not in os.environ and 'MPLCONFIGDIR' not in os.environ"
    assert run_at_home(tmp_path / "home", code) == []


def test_a_folder_of_caches_that_is_no_absolute_path_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for named in ("", "caches"):
        monkeypatch.setenv("XDG_CACHE_HOME", named)
        assert cache_folder() == tmp_path / ".cache" / "edgekit"
