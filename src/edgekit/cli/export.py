"""``edgekit export``: a run, or a Keras model that was trained elsewhere, becomes a bundle."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgekit.cli.options import EXPORTED, RUNS, Backend, Json, backend_chosen, completing
from edgekit.cli.output import Listener, print_error, print_json, print_line, print_table
from edgekit.errors import EdgekitError, ExitStatus, MissingPackageError, UsageError
from edgekit.spec.export import OPTIONS_FOR, Head, parse_input_size
from edgekit.spec.format import DEFAULT_PRECISIONS, PRECISIONS, Format, Precision
from edgekit.spec.pixels import PIXELS, parse_pixels
from edgekit.spec.task import ACCURACY, Task, rule
from edgekit.spec.tuning import BUILT_IN, DEFAULT_TUNING, Search
from edgekit.store.model_kinds import is_keras_file, refuse_other
from edgekit.text.units import percent, size

if TYPE_CHECKING:
    from edgekit.exporting.source.foreign import ForeignOptions
    from edgekit.exporting.source.source import Subject
    from edgekit.spec.export import ExportOptions, InputSize
    from edgekit.spec.tuning import Tuning
    from edgekit.store.bundle import Bundle
    from edgekit.store.manifest import TrialRecord

_FOREIGN = "Of a model trained elsewhere"
_RESULT_SUFFIX = ".jsonl"
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")


def command(
    sources: Annotated[
        list[Path] | None, typer.Argument(metavar="[RUN… or FILE.keras|.h5]", help="Runs' folders, or Keras models; by default the newest in runs/.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All finished runs in runs/.")] = False,
    formats: Annotated[list[Format] | None, typer.Option("--format", help="May be repeated; by default both.")] = None,
    precisions: Annotated[list[Precision] | None, typer.Option("--precision", help="May be repeated; by default float32 and int8.")] = None,
    head: Annotated[Head, typer.Option(help="What the file answers.")] = Head.LOGITS,
    input_size: Annotated[str, typer.Option(metavar="any|HxW", help="Image sizes that the file accepts.")] = "any",
    tuned_for: Annotated[
        str,
        typer.Option(
            metavar="|".join([*BUILT_IN, "FILE.toml", "RESULT.jsonl"]),
            autocompletion=completing(BUILT_IN),
            help="Which exact rewrites the network gets; of a result of candidates the fastest.",
        ),
    ] = DEFAULT_TUNING,
    tune: Annotated[bool, typer.Option("--tune", help="Look for the rewrites that are fastest on this machine: minutes.")] = False,
    candidates: Annotated[
        bool, typer.Option("--candidates", help="Add a file for each rewrite that may help, for `edgekit bench` on another machine to choose from.")
    ] = False,
    calibration: Annotated[Path | None, typer.Option(metavar="DIR", help="Images for int8; by default the run's training images.")] = None,
    golden: Annotated[Path | None, typer.Option(metavar="DIR", help="Images that travel with the bundle; by default from the test set.")] = None,
    licence: Annotated[str | None, typer.Option(metavar="SPDX", help="Your model's licence, for its card: Apache-2.0, for example.")] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"{_FOREIGN}: its classes, one a line; of two labels a high score means the second.")
    ] = None,
    task: Annotated[
        Task | None,
        typer.Option(help=f"{_FOREIGN}: what its scores are of: one of several classes, one of two labels, or labels each by itself."),
    ] = None,
    thresholds: Annotated[
        list[str] | None,
        typer.Option("--threshold", metavar="P|NAME=P", help=f"{_FOREIGN}: above which probability a label counts, by default 0.5; may be repeated."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help=f"{_FOREIGN}: what the golden images show: IMAGE,LABEL;LABEL or a column a label.")
    ] = None,
    preprocessing: Annotated[
        str | None, typer.Option(metavar="|".join([*PIXELS, "'[bgr;]mean=…;std=…'"]), help=f"{_FOREIGN}: what its input expects; by default raw.")
    ] = None,
    image_size: Annotated[int | None, typer.Option(metavar="PX", min=1, help=f"{_FOREIGN}, if it takes any size: the side to use.")] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help=f"{_FOREIGN}: run code that the file holds. Only for files you trust.")] = False,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where bundles go.")] = EXPORTED,
    as_json: Json = False,
) -> int:
    """Export to TFLite and ONNX, prove each file equal to the trained model, and write exported/NAME.

    Example: edgekit export --format tflite --precision int8

    A model trained elsewhere: edgekit export net.keras --labels labels.txt --preprocessing signed --golden photos

    For a device: edgekit export --candidates; edgekit bench there; then edgekit export --tuned-for results/NAME.jsonl
    """
    if licence is not None and not _SPDX.fullmatch(licence):
        raise UsageError(f"a licence is told by its SPDX identifier. Received: {licence}", hint="for example --licence Apache-2.0")
    search = _search(tuned_for, tune=tune, candidates=candidates)
    tuning, trials = _tuning(tuned_for)
    options = _options(formats, precisions, head, parse_input_size(input_size), tuning)
    pixels = parse_pixels(preprocessing) if preprocessing else PIXELS["raw"]
    chosen = _sources(sources or [], every=every)
    of_foreign = {
        "--labels": labels,
        "--preprocessing": preprocessing,
        "--image-size": image_size,
        "--unsafe": unsafe,
        "--task": task,
        "--threshold": thresholds,
        "--truth": truth,
    }
    given = [name for name, value in of_foreign.items() if value]
    if given and not all(map(is_keras_file, chosen)):
        raise UsageError(
            f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} for models that were trained elsewhere: a run knows its own",
            hint="leave that out, or give FILE.keras",
        )
    listener = Listener()
    try:
        with backend_chosen(Backend.TENSORFLOW):
            from edgekit.exporting import pipeline
            from edgekit.exporting.source.foreign import ForeignOptions
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"exporting needs a package that is not installed: {error.name}", hint="pip install edgekit[train]") from error
    foreign = ForeignOptions(
        pixels=pixels,
        labels=labels,
        calibration=calibration,
        golden=golden,
        image_px=image_size,
        unsafe=unsafe,
        task=task,
        thresholds=tuple(thresholds or ()),
        truth=truth,
        head=head,
    )
    bundles: list[Bundle] = []
    failures: list[EdgekitError] = []
    for source in chosen:
        try:
            subject = replace(_subject(source, foreign, listener), licence=licence)
            bundles.append(pipeline.export(subject, options, out, progress=listener, search=search, trials=trials))
        except EdgekitError as error:
            if len(chosen) == 1:
                raise
            # The others can be had all the same.
            failures.append(error)
            print_error(f"{source}: {error.message}", error.hint)
    _print(bundles, as_json=as_json)
    statuses = [error.exit_status for error in failures]
    return ExitStatus.VERIFICATION if ExitStatus.VERIFICATION in statuses else next(iter(statuses), ExitStatus.DONE)


def _search(tuned_for: str, *, tune: bool, candidates: bool) -> Search:
    if tune and candidates:
        raise UsageError("--tune measures here, --candidates are measured elsewhere", hint="leave one of them out")
    if candidates and tuned_for not in BUILT_IN:
        raise UsageError(f"candidates begin with a tuning that ships with edgekit. Received: {tuned_for}", hint=f"choose from: {', '.join(BUILT_IN)}")
    return Search.HERE if tune else Search.CANDIDATES if candidates else Search.NONE


def _tuning(text: str) -> tuple[Tuning, tuple[TrialRecord, ...]]:
    from edgekit.store.settings import tuning_named

    if not text.endswith(_RESULT_SUFFIX):
        return tuning_named(text), ()
    from edgekit.exporting.tuning.from_results import tuning_of
    from edgekit.store.result import read_result

    return tuning_of(read_result(Path(text)))


def _options(
    formats: list[Format] | None, precisions: list[Precision] | None, head: Head, input_size: InputSize, tuning: Tuning
) -> list[ExportOptions]:
    return [
        OPTIONS_FOR[kind](precision=precision, head=head, input_size=input_size, tuning=tuning)
        for precision in dict.fromkeys(precisions or DEFAULT_PRECISIONS)
        for kind in dict.fromkeys(formats or Format)
        if formats or precision in PRECISIONS[kind]
    ]


def _sources(given: list[Path], *, every: bool) -> list[Path]:
    """Return what is to be exported; a run that does not exist is named before any work begins."""
    from edgekit.store.run import finished_runs, newest_run, open_run

    if every and given:
        raise UsageError(f"--all takes all runs in {RUNS}/. Received: {given[0]} as well", hint="leave one of them out")
    if every:
        return finished_runs(RUNS)
    for source in given:
        if not is_keras_file(source):
            refuse_other(source)
            open_run(source)
    return list(dict.fromkeys(given)) or [newest_run(RUNS).folder]


def _subject(source: Path, foreign: ForeignOptions, listener: Listener) -> Subject:
    from edgekit.exporting.source.keras_model import of_file
    from edgekit.exporting.source.source import of_run
    from edgekit.store.run import open_run

    if is_keras_file(source):
        return of_file(source, foreign, progress=listener)
    return of_run(open_run(source), calibration=foreign.calibration, golden=foreign.golden)


def _print(bundles: list[Bundle], *, as_json: bool) -> None:
    if as_json:
        from edgekit.store.record import builtins

        print_json([{"bundle": str(bundle.folder), **builtins(bundle.manifest)} for bundle in bundles])
        return
    for bundle in bundles:
        _print_bundle(bundle)
    if bundles:
        print_line("next: edgekit verify, edgekit bench")


def _print_bundle(bundle: Bundle) -> None:
    sizes = {entry.file: entry.bytes for entry in bundle.manifest.artifacts}
    decision = bundle.manifest.decision
    agrees = decision.decides(bundle.manifest.artifacts[0].output.shape[-1])
    accuracy = ACCURACY[decision.task]
    print_table(
        ["file", "size", "runtime", "against", "difference", "agrees" if agrees else "relative error", accuracy],
        [
            [
                record.file,
                size(sizes[record.file]),
                record.runtime,
                record.against,
                f"{record.share:.1e}",
                percent(record.agreement_of_all) if agrees else f"{record.relative_l2:.1e}",
                "" if record.tested is None else percent(record.tested.share),
            ]
            for record in bundle.manifest.checks.parity
        ],
    )
    for entry in bundle.manifest.artifacts:
        kept = [f"without {', '.join(entry.left_out)}"] if entry.left_out else []
        kept += [f"{', '.join(entry.layers_in_float)} in float32"] if entry.layers_in_float else []
        if kept:
            print_line(f"{entry.file}: {' and '.join(kept)}: it lost too much otherwise")
    first = bundle.manifest.checks.parity[0]
    images = " or ".join(map(str, bundle.manifest.checks.test_images))
    unknown = f"agrees: on {first.images} images, whose classes are not known" if agrees else "relative error: that of the worst image"
    told = f"{accuracy}: on {images} test images" if images else unknown
    print_line(f"differences: the largest on {first.golden_images} golden images, as a share of the range; {told}")
    if decision.task is not Task.CLASSES:
        print_line(f"{decision.task.value}: {rule(decision, bundle.labels)}")
    print_line(str(bundle.folder))
