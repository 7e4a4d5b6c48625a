"""``edgekit predict``: the class of each image, without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import MEMORY_LIMIT, TIME_LIMIT_S, Json, MemoryLimit, RuntimeName, TimeLimit
from edgekit.cli.output import Listener, print_json, print_line, print_table, print_text
from edgekit.errors import DataError, ImageError, UsageError
from edgekit.spec.format import Precision
from edgekit.spec.task import Decision, rule
from edgekit.text.units import byte_count

_STANDARD_OUTPUT = Path("-")


def command(
    path: Annotated[Path, typer.Argument(help="A bundle, or a model file.")],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Images, or folders of them.")],
    table: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the answers as CSV, too; - prints them as CSV alone.")] = None,
    precision: Annotated[Precision | None, typer.Option(help="Which of a bundle's files; by default float32.")] = None,
    runtime: RuntimeName = None,
    time_limit: TimeLimit = TIME_LIMIT_S,
    memory_limit: MemoryLimit = MEMORY_LIMIT,
    as_json: Json = False,
) -> None:
    """Name the class of each image; of a model of several labels all that are above their thresholds.

    Example: edgekit predict exported/mobilenet photo.jpg
    """
    from edgekit.classifier import load_with
    from edgekit.cli.answers import as_csv, as_plain, as_table
    from edgekit.host.companion import Limits
    from edgekit.runtimes.apart import Apart
    from edgekit.store.atomic import write_whole

    printed = table == _STANDARD_OUTPUT
    if printed and as_json:
        raise UsageError("--csv - and --json would both have standard output to themselves", hint="leave one of them out, or name a file: --csv FILE")
    files = _files(images)
    answers, failed = [], []
    with Apart(Limits(time_limit, byte_count(memory_limit))) as apart:
        classifier = load_with(apart.open_session, path, precision=precision, runtime=runtime)
        for file in files:
            try:
                answers.append((file, classifier.predict(file)))
            except ImageError as error:
                failed.append(error)
    if not answers:
        raise failed[0]
    if table and not printed:
        write_whole(table, as_csv(answers).encode())
    if printed:
        print_text(as_csv(answers))
    elif as_json:
        print_json(as_plain(answers))
    else:
        print_table(*as_table(answers))
        said = rule(Decision(classifier.task, classifier.head, classifier.thresholds), classifier.labels)
        print_line(f"{classifier.path} ({classifier.head.value}) in {classifier.runtime} {classifier.runtime_version}{f': {said}' if said else ''}")
    if failed:
        raise DataError(f"{len(failed)} of {len(files)} images have no answer, the first: {failed[0].message}", hint=failed[0].hint)


def _files(images: list[Path]) -> list[Path]:
    """Return the images, and those in folders among them; what is not read there is told."""
    from edgekit.datasets.formats import READ
    from edgekit.datasets.photographs import photographs_in

    folders = {image: photographs_in(image) for image in images if image.is_dir()}
    files = [file for image in images for file in (folders[image].files if image in folders else [image])]
    told = [line for folder in folders.values() for line in folder.told()]
    if not files:
        raise DataError(f"no images there. Received: {', '.join(map(str, images))}", hint="; ".join(told) or READ)
    listener = Listener()
    for line in told:
        listener.say(line)
    return files
