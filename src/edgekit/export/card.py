"""The bundle's README: a model card of measured data alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.units import percent, size

if TYPE_CHECKING:
    from edgekit.export.subject import Subject
    from edgekit.store.bundle import Manifest


def card(subject: Subject, manifest: Manifest) -> str:
    """Return the card as Markdown."""
    first = manifest.artifacts[0]
    files = [f"| {entry.file} | {entry.precision.value} | {size(entry.bytes)} | `{entry.sha256}` |" for entry in manifest.artifacts]
    parity = [
        f"| {entry.file} | {entry.runtime} {entry.version} | {entry.against} | {entry.share:.1e} "
        f"| {percent(entry.agreement_of_all)} | {'' if entry.accuracy is None else percent(entry.accuracy)} |"
        for entry in manifest.checks.parity
    ]
    return "\n".join(
        [
            f"# {subject.name}",
            "",
            subject.story,
            "",
            "## Input and output",
            "",
            f"In: `{first.input.name}`, uint8 {list(first.input.shape)} (-1: any), raw RGB, 0 to 255. The graph resizes to "
            f"{first.preprocessing.image_px} px by itself ({first.preprocessing.resize}). Out: `{first.output.name}`, "
            f"float32 {list(first.output.shape)}.",
            "",
            "```python",
            "import edgekit",
            'print(edgekit.load(".").predict("photo.jpg").label)',
            "```",
            "",
            "## Files",
            "",
            "| file | precision | size | sha256 |",
            "|---|---|---|---|",
            *files,
            "",
            "## Parity",
            "",
            f"Largest score difference over {manifest.checks.parity[0].golden_images} golden images as a share of the range; top-1 agreement and "
            f"accuracy with {manifest.checks.parity[0].test_images} test images. Measured on {manifest.checks.machine}.",
            "",
            "| file | runtime | against | difference | agreement | accuracy |",
            "|---|---|---|---|---|---|",
            *parity,
            "",
        ]
    )
