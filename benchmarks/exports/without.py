"""A tuning, and the same without each of its rewrites: what each of them brings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from edgekit.datasets.selection import balanced
from edgekit.spec.rewrites import Rewrites
from edgekit.spec.tuning import FormatRewrites, Tuning

if TYPE_CHECKING:
    from edgekit.exporting.source.source import Subject

# Class-balanced: five of each of letters28's.
_PROVING_IMAGES = 140


def without_each(whole: Tuning) -> dict[str, Tuning]:
    """Return a tuning without each rewrite that is in any table of ``whole``, by the rewrite's name."""
    tables = (whole.tflite.float, whole.tflite.int8, whole.onnx.float, whole.onnx.int8)
    fields = [field for field in Rewrites.__struct_fields__ if any(getattr(rewrites, field) for rewrites in tables)]
    nothing = Rewrites()

    def without(rewrites: Rewrites, field: str) -> Rewrites:
        return msgspec.structs.replace(rewrites, **{field: getattr(nothing, field)})

    def formats(of: FormatRewrites, field: str) -> FormatRewrites:
        return FormatRewrites(float=without(of.float, field), int8=without(of.int8, field))

    return {
        rewrite: Tuning(name=f"without-{rewrite}", tflite=formats(whole.tflite, field), onnx=formats(whole.onnx, field))
        for field in fields
        for rewrite in [field.replace("_", "-")]
    }


def proved_on_few(subject: Subject) -> Subject:
    """Return ``subject`` with few images to prove on, and to ask afterwards: there are many files."""
    part = balanced(subject.images.test, _PROVING_IMAGES, subject.seed)
    return replace(subject, images=replace(subject.images, test=part, golden=part, more=()))
