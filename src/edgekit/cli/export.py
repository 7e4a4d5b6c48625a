"""``edgekit export``: a run, or a Keras model that was trained elsewhere, becomes a bundle."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.cli.export_options import (
    Calibration,
    Candidates,
    Every,
    Formats,
    Golden,
    HeadName,
    ImageSize,
    Labels,
    Licence,
    Out,
    Precisions,
    Preprocessing,
    Size,
    Sources,
    TaskName,
    Thresholds,
    Truth,
    Tune,
    TunedFor,
    Unsafe,
)
from edgekit.cli.exported import print_bundles
from edgekit.cli.options import EXPORTED, RUNS, Backend, Json, backend_chosen
from edgekit.cli.output import Listener, print_error
from edgekit.errors import EdgekitError, ExitStatus, MissingPackageError, UsageError
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.foreign import ForeignOptions
from edgekit.spec.export import Head, parse_input_size
from edgekit.spec.pixels import PIXELS, parse_pixels
from edgekit.spec.tuning import DEFAULT_TUNING, Search
from edgekit.store.model_kinds import is_keras_file, refuse_other

if TYPE_CHECKING:
    from edgekit.exporting.source.source import Subject
    from edgekit.spec.tuning import Tuning
    from edgekit.store.bundle import Bundle
    from edgekit.store.manifest import TrialRecord

_RESULT_SUFFIX = ".jsonl"
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")


def command(
    sources: Sources = None,
    every: Every = False,
    formats: Formats = None,
    precisions: Precisions = None,
    head: HeadName = Head.LOGITS,
    input_size: Size = "any",
    tuned_for: TunedFor = DEFAULT_TUNING,
    tune: Tune = False,
    candidates: Candidates = False,
    calibration: Calibration = None,
    golden: Golden = None,
    licence: Licence = None,
    labels: Labels = None,
    task: TaskName = None,
    thresholds: Thresholds = None,
    truth: Truth = None,
    preprocessing: Preprocessing = None,
    image_size: ImageSize = None,
    unsafe: Unsafe = False,
    out: Out = EXPORTED,
    as_json: Json = False,
) -> int:
    """Export to every format, prove each file equal to the trained model, and write exported/NAME.

    Example: edgekit export --format tflite --precision int8

    A model trained elsewhere: edgekit export net.keras --labels labels.txt --preprocessing signed --golden photos

    For a device: edgekit export --candidates; edgekit bench there; then edgekit export --tuned-for results/NAME.jsonl
    """
    if licence is not None and not _SPDX.fullmatch(licence):
        raise UsageError(f"a licence is told by its SPDX identifier. Received: {licence}", hint="for example --licence Apache-2.0")
    search = _search(tune=tune, candidates=candidates)
    tuning, trials = _tuning(tuned_for)
    plan = ExportPlan(
        files=files_in(formats or (), precisions or ()), head=head, input_size=parse_input_size(input_size), tuning=tuning, search=search
    )
    foreign = ForeignOptions(
        pixels=parse_pixels(preprocessing) if preprocessing else PIXELS["raw"],
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
    chosen = _sources(sources or [], every=every)
    of_foreign: dict[str, object] = {"--labels": labels, "--preprocessing": preprocessing, "--image-size": image_size, "--unsafe": unsafe}
    of_foreign |= {"--task": task, "--threshold": thresholds, "--truth": truth}
    _refuse_of_runs(chosen, [name for name, value in of_foreign.items() if value])
    bundles, failures = _exported(chosen, plan, foreign, licence, trials, out)
    print_bundles(bundles, as_json=as_json)
    statuses = [error.exit_status for error in failures]
    return ExitStatus.VERIFICATION if ExitStatus.VERIFICATION in statuses else next(iter(statuses), ExitStatus.DONE)


def _search(*, tune: bool, candidates: bool) -> Search:
    if tune and candidates:
        raise UsageError("--tune measures here, --candidates are measured elsewhere", hint="leave one of them out")
    return Search.HERE if tune else Search.CANDIDATES if candidates else Search.NONE


def _tuning(text: str) -> tuple[Tuning, tuple[TrialRecord, ...]]:
    from edgekit.store.settings import tuning_named

    if not text.endswith(_RESULT_SUFFIX):
        return tuning_named(text), ()
    from edgekit.exporting.tuning.from_results import tuning_of
    from edgekit.store.result import read_result

    return tuning_of(read_result(Path(text)))


def _refuse_of_runs(chosen: list[Path], given: list[str]) -> None:
    """Refuse options, ``given`` by their names, that are for models trained elsewhere, if one of the chosen is a run."""
    if given and not all(map(is_keras_file, chosen)):
        raise UsageError(
            f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} for models that were trained elsewhere: a run knows its own",
            hint="leave that out, or give FILE.keras",
        )


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


def _exported(
    chosen: list[Path], plan: ExportPlan, foreign: ForeignOptions, licence: str | None, trials: tuple[TrialRecord, ...], out: Path
) -> tuple[list[Bundle], list[EdgekitError]]:
    """Return the bundles, and what was wrong with the others: one model's failure leaves the others to be had."""
    try:
        with backend_chosen(Backend.TENSORFLOW):
            from edgekit.exporting import pipeline
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"exporting needs a package that is not installed: {error.name}", hint="pip install edgekit[train]") from error
    listener = Listener()
    bundles: list[Bundle] = []
    failures: list[EdgekitError] = []
    for source in chosen:
        try:
            subject = replace(_subject(source, foreign, listener), licence=licence)
            bundles.append(pipeline.export(subject, plan, out, progress=listener, trials=trials))
        except EdgekitError as error:
            if len(chosen) == 1:
                raise
            failures.append(error)
            print_error(f"{source}: {error.message}", error.hint)
    return bundles, failures
