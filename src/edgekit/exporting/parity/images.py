"""The pictures that the files of an export are held against, with what the trained model answers to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.exporting.parity.reference import Evidence, golden_evidence, hesitation, test_evidence, with_truth
from edgekit.exporting.source.golden import choose_golden
from edgekit.exporting.source.trained import Reference
from edgekit.spec.export import Head
from edgekit.spec.limits import judged_by_counts
from edgekit.spec.tensor import DType, TensorSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from edgekit.exporting.plan import ExportPlan
    from edgekit.exporting.source.golden import GoldenPicture
    from edgekit.exporting.source.source import Subject


@dataclass(frozen=True, slots=True)
class ParityImages:
    """``pictures`` are the golden ones, ``golden`` and ``test`` what the trained model answers to those and to test images.

    ``part`` are the first of the test images: every file answers these, and only those that are judged by counts all others.
    """

    pictures: Sequence[GoldenPicture]
    golden: Evidence
    test: Evidence
    part: Evidence


def parity_images(subject: Subject, network: keras.Model, plan: ExportPlan) -> ParityImages:
    """Choose the pictures, and run ``network``, the part of the subject's model that is exported, on them: minutes for a large one."""
    size, images = plan.input_size, subject.images
    decision = subject.decision(plan.head)
    reference = Reference(network, decision, subject.front)
    accepts = TensorSpec(name="image", shape=(1, size.height_px or -1, size.width_px or -1, 3), dtype=DType.UINT8)
    # A run keeps what its own network answered, before the softmax, to pictures as they are.
    kept = subject.answers if plan.head is Head.LOGITS and size.is_any else {}
    counted = any(judged_by_counts(precision, decision, network.output.shape[-1]) for _, precision in plan.files)
    examples = images.more if images.more and counted else images.test
    test = test_evidence(examples, accepts, reference, kept, labelled=images.labelled)
    if images.truth is not None and plan.head is not Head.FEATURES:
        test = with_truth(test, examples, images.truth)
    part = test.first(len(images.test))
    pictures = choose_golden(images.golden, subject.seed, hesitation(images, part, reference))
    return ParityImages(pictures, golden_evidence(pictures, accepts, reference), test, part)
