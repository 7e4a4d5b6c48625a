"""The bundle's README: a model card of measured data alone. What was not measured is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edgekit.analysis.accuracy import drop_interval, share_interval
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.rewrites import Rewrites, name_of
from edgekit.spec.runtime import RUNTIMES
from edgekit.spec.task import ACCURACY, rule
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import LABELS_FILE
from edgekit.store.files import read_text
from edgekit.store.latency import read_latency
from edgekit.store.manifest import KERAS
from edgekit.text.markup import in_code, in_json, in_markdown, without_tags
from edgekit.text.units import milliseconds, percent, points_between, size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgekit.store.contract import Provenance
    from edgekit.store.latency import LatencyRecord
    from edgekit.store.manifest import ArtifactRecord, Manifest

CARD_FILE = "README.md"
_MOST_BYTES = 64 * 1024 * 1024


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write the card of the bundle in ``folder``, with what was measured of its files so far."""
    labels = tuple(read_text(folder / LABELS_FILE, _MOST_BYTES).splitlines())
    write_whole(folder / CARD_FILE, card(manifest, read_latency(folder), labels).encode())


def card(manifest: Manifest, measured: Sequence[LatencyRecord], labels: Sequence[str] = ()) -> str:
    """Return the card as Markdown, with the header that model hubs read; ``labels`` are told where scores are not of classes."""
    first = manifest.artifacts[0]
    files = {kind.value: _first(manifest, kind) for kind in Format}
    # Of the formats that OpenVINO opens, the last of its row is the one to take: ONNX before TFLite.
    in_openvino = next((found for kind in reversed(RUNTIMES["openvino"].formats) if (found := files[kind])), None)
    # Of several runtimes the format's own stands first, and for the file.
    tested = {record.file: record.tested for record in reversed(manifest.checks.parity) if record.against == KERAS and record.tested}
    own = {entry.sha256 for entry in manifest.artifacts}
    text: str = (
        _environment()
        .get_template(CARD_FILE)
        .render(
            manifest=manifest,
            tags=sorted({entry.format.value for entry in manifest.artifacts} | {entry.precision.value for entry in manifest.artifacts}),
            tested=tested,
            calibrations=dict.fromkeys(entry.calibration for entry in manifest.artifacts if entry.calibration),
            dataset=first.provenance.dataset,
            input=first.input,
            output=first.output,
            preprocessing=first.preprocessing,
            classifies=first.head is not Head.FEATURES,
            task=manifest.task.value,
            accuracy=ACCURACY[manifest.task],
            rule=rule(manifest.decision, labels),
            cut=_cut(manifest.decision.cuts),
            agrees=manifest.decision.decides(first.output.shape[-1]),
            fixed=-1 not in first.input.shape,
            files=files,
            in_openvino=in_openvino,
            narrow=_narrow(in_openvino),
            measured=[row for row in measured if row.sha256 in own],
            parity=manifest.checks.parity,
            origin=_origin(first.provenance, classes=len(manifest.classes), licence=manifest.licence),
        )
    )
    return text


def _cut(cuts: Sequence[float]) -> str:
    """Return what scores are compared with, as a program has it: one number, or where they differ a list."""
    return repr(cuts[0] if len(set(cuts)) == 1 else list(cuts)) if cuts else ""


def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("edgekit"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: value if isinstance(value, Markup) else in_markdown(str(value)),
    )
    found.filters |= {
        "bytes": size,
        "code": lambda text: Markup(in_code(text)),
        "prose": lambda text: Markup(without_tags(text)),
        "yaml": lambda text: Markup(in_json(json.dumps(text, ensure_ascii=False))),
        "ms": milliseconds,
        "percent": percent,
        "drop": lambda counts: points_between(counts.drop, drop_interval(counts)),
        "interval": lambda hits, images: " to ".join(percent(end) for end in share_interval(hits, images)),
    }
    return found


def _first(manifest: Manifest, wanted: Format) -> ArtifactRecord | None:
    return next((entry for entry in manifest.artifacts if entry.format is wanted), None)


def _narrow(entry: ArtifactRecord | None) -> bool:
    """Whether OpenVINO's 8-bit kernels, if it takes them for this file, are right on every CPU."""
    return entry is None or entry.precision is not Precision.INT8 or name_of(Rewrites.narrow_weights) in entry.rewrites


def _origin(provenance: Provenance, *, classes: int, licence: str | None) -> list[tuple[str, object]]:
    told = {
        "licence": licence,
        "run": provenance.run,
        "Keras file": provenance.file,
        "recipe": provenance.recipe,
        "epochs": provenance.epochs,
        "data set": provenance.dataset,
        "its fingerprint": provenance.dataset_fingerprint,
        "classes": classes or None,
        "sha256 of the Keras model": provenance.model_sha256,
        "made with": ", ".join(f"{name} {version}" for name, version in provenance.versions.items()),
    }
    return [(name, value) for name, value in told.items() if value is not None]
