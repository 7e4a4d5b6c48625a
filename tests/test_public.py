import subprocess
import sys

import edgekit

HEAVY = ("tensorflow", "keras", "onnxruntime", "ai_edge_litert", "numpy", "PIL", "onnx", "tf2onnx", "cpuinfo")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(' '.join(name for name in {HEAVY!r} if name in sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()[-1].split())


def test_the_public_names_are_those_that_are_listed():
    assert sorted(edgekit.__all__) == ["Classifier", "EdgekitError", "Prediction", "__version__", "load"]
    assert all(hasattr(edgekit, name) for name in edgekit.__all__)


def test_importing_edgekit_loads_no_framework():
    assert loaded_by("import edgekit") == set()


def test_help_loads_no_framework():
    assert loaded_by("from edgekit.cli.main import run\nrun(['--help'])") == set()


def test_the_device_side_loads_no_training_framework():
    modules = "edgekit.classifier, edgekit.verifying.bundle, edgekit.benchmarking.bench, edgekit.benchmarking.worker, edgekit.report.rows"
    assert loaded_by(f"import {modules}") == {"numpy", "PIL", "cpuinfo"}


def test_what_opens_a_file_does_not_ask_the_cpu_by_other_programs():
    """It is part of the time that a process takes to start, which is measured."""
    assert loaded_by("import edgekit.classifier, edgekit.runtimes.onnxruntime") == {"numpy", "PIL", "onnxruntime"}
