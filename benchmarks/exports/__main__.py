"""Measure exports and write the table: ``PYTHONPATH=benchmarks python -m exports PAGE [--without-each] RUN...`` (``make bench-export``).

``--without-each`` measures the portable tuning, and the same without each of its rewrites, instead of tunings against stock.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from edgekit.analysis.comparison import compare
from edgekit.spec.export import DEFAULT_PRECISIONS, Format, Precision
from edgekit.spec.tuning import FormatRewrites, Rewrites, Tuning, built_in
from edgekit.store.atomic import write_whole
from edgekit.store.run import open_run
from exports.contenders import STOCK, named
from exports.prepare import NNCF, prepare
from sidebyside.measuring import PROCESSES, SEED, Measured, machine, measured, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.store.run import Run
    from sidebyside.contender import Contender

TEST_IMAGES = 200
TUNINGS = ("portable", "x86-vnni")
RUNTIMES = {Format.TFLITE: "litert", Format.ONNX: "onnxruntime"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--without-each", action="store_true")
    options = parser.parse_args()
    tunings = _without_each(built_in("portable")) if options.without_each else [built_in(name) for name in TUNINGS]
    sections: list[str] = []
    for path in options.runs:
        sections += _section(open_run(path), tunings, stock=not options.without_each)
        write_whole(options.page, "\n".join([*_head(), *sections]).encode())


def _section(run: Run, tunings: Sequence[Tuning], *, stock: bool) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(run, tunings, folder, test_images=TEST_IMAGES)
        rows = list(_against_stock(folder, tunings) if stock else _against_first(folder, tunings))
        contenders = {row.name: row for row in rows}
        found = measured("exports.contenders", contenders, folder)
    title = f"## {run.record.network.title}, {run.record.recipe.image_px} px"
    return [title, "", *table(contenders, found), "", *(_best(contenders, found) if stock else []), ""]


def _against_stock(folder: Path, tunings: Sequence[Tuning]) -> Iterator[Contender]:
    for precision in DEFAULT_PRECISIONS:
        for kind, runtime in RUNTIMES.items():
            base = f"{STOCK}-{precision}{kind.suffix}"
            yield named(base, runtime, precision, f"{base} in {runtime}")
            for tuning in tunings:
                yield named(_file(folder, tuning, precision, kind), runtime, precision, f"{base} in {runtime}")
        base = NNCF if precision is Precision.INT8 else f"{STOCK}-{precision}.onnx"
        yield named(base, "openvino", precision, f"{base} in openvino")
        for tuning in tunings:
            for kind in Format:
                yield named(_file(folder, tuning, precision, kind), "openvino", precision, f"{base} in openvino")


def _against_first(folder: Path, tunings: Sequence[Tuning]) -> Iterator[Contender]:
    for precision in DEFAULT_PRECISIONS:
        for kind, runtime in RUNTIMES.items():
            whole, *others = (_file(folder, tuning, precision, kind) for tuning in tunings)
            yield named(whole, runtime, precision, f"{whole} in {runtime}")
            for file in others:
                if (folder / file).read_bytes() != (folder / whole).read_bytes():
                    yield named(file, runtime, precision, f"{whole} in {runtime}")


def _file(folder: Path, tuning: Tuning, precision: Precision, kind: Format) -> str:
    (path,) = (folder / tuning.name).glob(f"*-{precision}{kind.suffix}")
    return str(path.relative_to(folder))


def _best(contenders: dict[str, Contender], found: Measured) -> list[str]:
    """Return a line for each precision: the fastest of edgekit's against OpenVINO."""
    lines = []
    for precision in DEFAULT_PRECISIONS:
        rows = [name for name, row in contenders.items() if row.precision == precision]
        base = next(name for name in rows if name.endswith("openvino") and name.startswith(STOCK))
        ratios = {name: compare(found.samples[base], found.samples[name], seed=SEED, interleaved=True) for name in rows if not name.startswith(STOCK)}
        best = min(ratios, key=lambda name: ratios[name].ratio)
        times, low, high = (1 / share for share in (ratios[best].ratio, *reversed(ratios[best].interval)))
        lines.append(f"- {precision}, the fastest of edgekit's: {best}, {times:.2f} × ({low:.2f}–{high:.2f}) as fast as {base}")
    return lines


def _without_each(whole: Tuning) -> list[Tuning]:
    """Return ``whole``, and a tuning without each rewrite that is in any of its tables."""
    tables = (whole.tflite.float, whole.tflite.int8, whole.onnx.float, whole.onnx.int8)
    fields = [field for field in Rewrites.__struct_fields__ if any(getattr(rewrites, field) for rewrites in tables)]
    nothing = Rewrites()

    def without(rewrites: Rewrites, field: str) -> Rewrites:
        return msgspec.structs.replace(rewrites, **{field: getattr(nothing, field)})

    def formats(of: FormatRewrites, field: str) -> FormatRewrites:
        return FormatRewrites(float=without(of.float, field), int8=without(of.int8, field))

    return [
        whole,
        *(
            Tuning(name=f"without-{field.replace('_', '-')}", tflite=formats(whole.tflite, field), onnx=formats(whole.onnx, field))
            for field in fields
        ),
    ]


def _head() -> list[str]:
    return [
        "# Exports against the stock converters",
        "",
        "The same trained weights and the same graph: raw uint8 image in, logits out, one image at a time, one thread. *Stock* is what TensorFlow's",
        "converter gives for the deployable graph, and tf2onnx for that file; NNCF has its default preset and the same calibration images.",
        f"{PROCESSES} fresh processes each, interleaved; a share below 1 is faster; top-1 on {TEST_IMAGES} test images.",
        "",
        *machine(),
    ]


if __name__ == "__main__":
    main()
