"""A tuning, and the same without each of its rewrites: what each of them brings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.datasets.selection import balanced
from edgekit.spec.rewrites import REWRITES
from edgekit.spec.tuning import FormatRewrites, Tuning

if TYPE_CHECKING:
    from edgekit.exporting.source.source import Subject
    from edgekit.spec.rewrites import Rewrite

# Class-balanced: five of each of letters28's.
_PROVING_IMAGES = 140


def without_each(whole: Tuning) -> dict[str, Tuning]:
    """Return a tuning without each rewrite that is in any table of ``whole``, by the rewrite's name."""
    tables = (whole.tflite.float, whole.tflite.int8, whole.onnx.float, whole.onnx.int8)

    def formats(of: FormatRewrites, left_out: Rewrite) -> FormatRewrites:
        return FormatRewrites(float=of.float.kept(lambda each: each != left_out), int8=of.int8.kept(lambda each: each != left_out))

    return {
        rewrite.name: Tuning(name=f"without-{rewrite.name}", tflite=formats(whole.tflite, rewrite), onnx=formats(whole.onnx, rewrite))
        for rewrite in REWRITES
        if any(rewrite.is_in(table) for table in tables)
    }


def proved_on_few(subject: Subject) -> Subject:
    """Return ``subject`` with few images to prove on, and to ask afterwards: there are many files."""
    part = balanced(subject.images.test, _PROVING_IMAGES, subject.seed)
    return replace(subject, images=replace(subject.images, test=part, golden=part, more=()))
