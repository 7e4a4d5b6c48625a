"""``edgekit export``: a run becomes a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import EXPORTED, RUNS, Backend, Json, use_backend
from edgekit.cli.output import Listener, print_json, print_line, print_table
from edgekit.errors import MissingPackageError
from edgekit.spec.export import DEFAULT_PRECISIONS, PRECISIONS, Format, Head, OnnxOptions, Precision, TFLiteOptions, parse_input_size
from edgekit.spec.tuning import DEFAULT_TUNING, tuning_named
from edgekit.spec.units import percent, size


def command(
    run: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="A run's folder; by default the newest in runs/.")] = None,
    formats: Annotated[list[Format] | None, typer.Option("--format", help="May be repeated; by default both.")] = None,
    precisions: Annotated[list[Precision] | None, typer.Option("--precision", help="May be repeated; by default float32 and int8.")] = None,
    head: Annotated[Head, typer.Option(help="What the file answers.")] = Head.LOGITS,
    input_size: Annotated[str, typer.Option(metavar="any|HxW", help="Image sizes that the file accepts.")] = "any",
    tuned_for: Annotated[
        str, typer.Option(metavar="portable|x86-vnni|none|FILE.toml", help="Which exact rewrites the network gets.")
    ] = DEFAULT_TUNING,
    calibration: Annotated[Path | None, typer.Option(metavar="DIR", help="Images for int8; by default the run's training images.")] = None,
    golden: Annotated[Path | None, typer.Option(metavar="DIR", help="Images that travel with the bundle; by default from the test set.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where bundles go.")] = EXPORTED,
    as_json: Json = False,
) -> None:
    """Export a run to TFLite and ONNX, prove each file equal to the trained model, and write exported/NAME.

    Example: edgekit export --format tflite --precision int8
    """
    from edgekit.store.run import newest_run, open_run

    wanted_size, tuning = parse_input_size(input_size), tuning_named(tuned_for)
    opened = open_run(run) if run else newest_run(RUNS)
    makers = {Format.TFLITE: TFLiteOptions, Format.ONNX: OnnxOptions}
    options = [
        makers[kind](precision=precision, head=head, input_size=wanted_size, tuning=tuning)
        for precision in dict.fromkeys(precisions or DEFAULT_PRECISIONS)
        for kind in dict.fromkeys(formats or Format)
        if formats or precision in PRECISIONS[kind]
    ]
    listener = Listener()
    use_backend(Backend.TENSORFLOW)
    try:
        from edgekit.export import pipeline
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"exporting needs a package that is not installed: {error.name}", hint="pip install edgekit[train]") from error
    images = pipeline.images_of(opened, calibration=calibration, golden=golden)
    bundle = pipeline.export(opened, options, images, out, progress=listener)
    if as_json:
        from edgekit.store.record import builtins

        print_json({"bundle": str(bundle.folder), **builtins(bundle.manifest)})
        return
    sizes = {entry.file: entry.bytes for entry in bundle.manifest.artifacts}
    print_table(
        ["file", "size", "runtime", "against", "difference", "agrees", "top-1"],
        [
            [
                record.file,
                size(sizes[record.file]),
                record.runtime,
                record.against,
                f"{record.share:.1e}",
                percent(record.agreement_of_all),
                "" if record.accuracy is None else percent(record.accuracy),
            ]
            for record in bundle.manifest.checks.parity
        ],
    )
    first = bundle.manifest.checks.parity[0]
    print_line(f"differences: the largest on {first.golden_images} golden images, as a share of the range; top-1: on {first.test_images} test images")
    print_line(str(bundle.folder))
    print_line("next: edgekit verify, edgekit bench")
