"""Files held against the rules of a target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from edgekit.errors import MissingPackageError, StoreError
from edgekit.spec.format import Format
from edgekit.store.contract import format_of
from edgekit.verifying.check import Check
from edgekit.verifying.lint.targets import problems, wrong_format

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.spec.target import Target
    from edgekit.store.bundle import Bundle
    from edgekit.verifying.lint.facts import Facts


def lint_bundle(bundle: Bundle, target: Target) -> list[Check]:
    """Check every file of a bundle. Where one fits, the others need not; what is damaged is said all the same."""
    checks, damaged = [], []
    for entry in bundle.manifest.artifacts:
        try:
            checks += lint_file(bundle.artifact(entry).path, target)
        except StoreError as error:
            damaged.append(Check(entry.file, "file", False, error.message))
        except MissingPackageError as error:
            checks.append(Check(entry.file, f"for {target.value}", None, f"not checked: {error.message} ({error.hint})"))
    if any(check.passed for check in checks):
        checks = [check if check.passed else replace(check, passed=None) for check in checks]
    return checks + damaged


def lint_file(path: Path, target: Target) -> list[Check]:
    """Return a check for each rule of ``target`` that the file breaks, or one that passed.

    Raises:
        StoreError: the file is none, or damaged.
        MissingPackageError: what reads its format is not installed.

    """
    other = wrong_format(format_of(path), target)
    found = [other] if other else problems(_facts(path), target)
    subject = f"for {target.value}"
    return [Check(path.name, subject, False, problem) for problem in found] or [Check(path.name, subject, True, "fits")]


def _facts(path: Path) -> Facts:
    """Read a file by its format's own package, which is asked for here alone."""
    match kind := format_of(path):
        case Format.TFLITE:
            from edgekit.verifying.lint.tflite import read as read_tflite

            return read_tflite(path)
        case Format.ONNX:
            from edgekit.verifying.lint.onnx import read as read_onnx

            return read_onnx(path)
        case _:
            assert_never(kind)
