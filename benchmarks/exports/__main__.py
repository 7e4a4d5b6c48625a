"""What the rewrites bring, in two steps, so that nothing else runs while it is measured (``make bench-export``).

``PYTHONPATH=benchmarks python -m exports prepare RUN...`` writes the files into the cache, edgekit's as it publishes them, and what
they answer to the test set; ``… -m exports measure PAGE RUN...`` measures them and writes the page. Both belong on one machine: the files
are by the tuning for its CPU, and by the portable one. With ``--without-each TUNING`` (before the step) both are of that tuning, and the
same without each of its rewrites, all layers in int8, instead of tunings against stock.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.analysis.machine import tuning_for
from edgekit.benchmarking.environment import environment
from edgekit.cli.output import Listener
from edgekit.spec.format import DEFAULT_PRECISIONS, Format, Precision
from edgekit.spec.tuning import BUILT_IN, DEFAULT_TUNING, built_in
from edgekit.store.atomic import write_whole
from edgekit.store.run import open_run
from exports import answered, speed
from exports.contenders import NNCF, RUNTIMES, STOCK, STOCK_INT8, file_of, files_by, named, runtime_of
from exports.prepare import prepare, prepare_without
from exports.without import without_each
from sidebyside.contender import FOR_OPENVINO
from sidebyside.measuring import PROCESSES, machine, measured, table
from trained import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgekit.spec.tuning import Tuning
    from edgekit.store.run import Run
    from sidebyside.contender import Contender

_AGAINST_STOCK = """\
# Exports against the stock converters

The same trained weights and the same graph. *Stock* is what TensorFlow's converter gives for the deployable graph, and tf2onnx for that file;
NNCF has its default preset and the same calibration images. edgekit's files are as it publishes them: where int8 lost too much in any runtime,
layers are in float32, and the tables say which. The first table says how many times as fast they are as the stock file in the same runtime, and
the fastest of them as OpenVINO, with the 95 % interval."""
_AGAINST_EACH = """\
# Exports without each rewrite

The same trained weights by a tuning, and by the same tuning without one of its rewrites. All layers of int8 files are in int8, also where an
export would keep some in float32. The first table says how many times as fast the file with all rewrites is, with the 95 % interval."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-each", metavar="TUNING", choices=[name for name in BUILT_IN if name != "none"])
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("prepare").add_argument("runs", type=Path, nargs="+", metavar="RUN")
    measure = steps.add_parser("measure")
    measure.add_argument("--processes", type=int, default=PROCESSES, help="fresh processes each; more of them give narrower intervals")
    measure.add_argument("page", type=Path)
    measure.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    options = parser.parse_args()
    runs = [open_run(path) for path in options.runs]
    whole = built_in(options.without_each) if options.without_each else None
    without = without_each(whole) if whole else {}
    tunings = [whole, *without.values()] if whole else _tunings_here()
    cache = CACHE / (f"without-each/{whole.name}" if whole else "files")
    if options.step == "prepare":
        for run in runs:
            if whole:
                prepare_without(run, whole, without, cache / run.name, progress=Listener())
            else:
                prepare(run, tunings, cache / run.name, progress=Listener())
    else:
        for folder in (cache / run.name for run in runs):
            if not (folder / tunings[0].name).is_dir() or not (folder / answered.ANSWERED_FILE).is_file():
                parser.error(f"prepare the files on this machine first, those by {tunings[0].name} and others: {folder} lacks some")
        _measure(options.page, runs, tunings, cache, options.processes, stock=not whole)


def _tunings_here() -> list[Tuning]:
    """Return the tuning that suits this machine's CPU, and the default."""
    names = dict.fromkeys((tuning_for(str(environment()["instructions"])), DEFAULT_TUNING))
    return [built_in(name) for name in names]


def _measure(page: Path, runs: Sequence[Run], tunings: Sequence[Tuning], cache: Path, processes: int, *, stock: bool) -> None:
    """Write the page after each run anew: what was measured is there, whatever happens to the next."""
    sections: list[str] = []
    summaries: list[speed.Summary] = []
    for run in runs:
        folder = cache / run.name
        rows = list(_against_stock(folder, tunings) if stock else _against_first(folder, tunings))
        contenders = {row.name: row for row in rows}
        found = measured("exports.contenders", contenders, folder, processes)
        title = run.record.network.title
        sections += [
            f"## {title}, {run.record.recipe.image_px} px",
            "",
            *table(contenders, found),
            "",
            *answered.table(folder, base=STOCK_INT8 if stock else None),
            "",
        ]
        summed, listed = (speed.Summary.of, tunings) if stock else (speed.Summary.without, tunings[1:])
        summaries += [summed(title, tuning.name, contenders, found) for tuning in listed]
        write_whole(page, "\n".join([*_head(processes, stock=stock), *speed.table(summaries), *sections]).encode())


def _against_stock(folder: Path, tunings: Sequence[Tuning]) -> Iterator[Contender]:
    for precision in DEFAULT_PRECISIONS:
        for kind, runtime in RUNTIMES.items():
            base = f"{STOCK}-{precision}{kind.suffix}"
            yield named(base, runtime, precision, f"{base} in {runtime}")
            for tuning in tunings:
                yield named(file_of(folder, tuning.name, precision, kind), runtime, precision, f"{base} in {runtime}")
        base = NNCF if precision is Precision.INT8 else f"{STOCK}-{precision}.onnx"
        yield named(base, "openvino", precision, f"{base} in openvino")
        for kind in Format:
            yield named(file_of(folder, tunings[0].name, precision, kind), "openvino", precision, f"{base} in openvino")
        yield named(file_of(folder, FOR_OPENVINO, precision, Format.ONNX), "openvino", precision, f"{base} in openvino")


def _against_first(folder: Path, tunings: Sequence[Tuning]) -> Iterator[Contender]:
    for precision in DEFAULT_PRECISIONS:
        for kind in Format:
            whole, *others = files_by(folder, tunings, precision, kind)
            runtime = runtime_of(tunings[0], kind, precision)
            against = f"{whole.relative_to(folder)} in {runtime}"
            yield named(str(whole.relative_to(folder)), runtime, precision, against)
            for file in others:
                if file.read_bytes() != whole.read_bytes():
                    yield named(str(file.relative_to(folder)), runtime, precision, against)


def _head(processes: int, *, stock: bool) -> list[str]:
    return [
        _AGAINST_STOCK if stock else _AGAINST_EACH,
        f"{processes} fresh processes each, interleaved; raw uint8 image in, logits out, one image at a time, one thread. A share below 1 is faster;",
        "n/a: fewer samples than the percentile asks for.",
        "",
        *machine(),
    ]


if __name__ == "__main__":
    main()
