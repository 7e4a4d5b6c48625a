"""``edgekit data``: the embedded sample, and a look at any image folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgekit.cli.options import Json
from edgekit.cli.output import Listener, print_json, print_line, print_table
from edgekit.errors import UsageError

_HELP = "Look at image folders, or write a sample one.\n\nExample: edgekit data inspect photos"
app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)


@app.command()
def sample(directory: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet, or is empty.")]) -> None:
    """Write letters28, the embedded sample: 28 Arabic letters in many typefaces, as an image folder.

    Example: edgekit data sample letters
    """
    from edgekit.datasets.sample import open_sample, write_sample
    from edgekit.store.atomic import staged_folder

    if directory.resolve() == Path.cwd():
        raise UsageError("the folder that one is in cannot be replaced. Received: .", hint="give a name: edgekit data sample letters")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(f"the folder is there already, and not empty. Received: {directory}", hint="give another name")
    with staged_folder(directory.resolve().parent, directory.resolve().name) as stage:
        written = write_sample(stage.path)
        if directory.is_dir():
            directory.rmdir()
    print_line(f"{written} images in {len(open_sample().classes)} classes: {directory}")


@app.command()
def inspect(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="An image folder: ROOT/train/<class>/* and ROOT/test/<class>/*, or ROOT/<class>/*.")
    ],
    as_json: Json = False,
) -> None:
    """Describe an image folder: classes, counts, sizes, unreadable files, images in two splits or classes, what is not used.

    Example: edgekit data inspect letters
    """
    from edgekit.datasets.dataset import GIVEN, SEEDED
    from edgekit.datasets.folder import open_folder
    from edgekit.datasets.survey import survey
    from edgekit.store.record import builtins

    listener = Listener()
    try:
        found = survey(open_folder(directory), tick=lambda done, total: listener.advance("reading images", done, total))
    finally:
        listener.close()
    sizes, validated = found.sizes.most_common(), found.validation_counts
    if as_json:
        print_json(
            {
                "classes": {
                    name: {"train": train, **({"validation": validated[name]} if found.validation else {}), "test": test}
                    for name, (train, test) in found.counts.items()
                },
                "split": found.dataset.split,
                "validation": GIVEN if found.validation else SEEDED,
                "left_out": [builtins(entry) for entry in found.dataset.left_out],
                "sizes": [{"height_px": height, "width_px": width, "images": count} for (height, width), count in sizes],
                "unreadable": [{"file": look.picture.name, "error": str(look.error)} for look in found.unreadable],
                "in_both_splits": [list(pair) for pair in found.leaked],
                "in_two_classes": [list(pair) for pair in found.in_two_classes],
                "repeated": found.repeated,
                "fingerprint": found.fingerprint,
            }
        )
        return
    given = [[str(validated[name])] if found.validation else [] for name in found.counts]
    rows = [[name, str(train), *some, str(test)] for (name, (train, test)), some in zip(found.counts.items(), given, strict=True)]
    print_table(["class", "train", *(["validation"] if found.validation else []), "test"], rows)
    how = "as given" if found.dataset.split == GIVEN else "a seeded fifth, since there is no test/"
    validation = f", {len(found.validation)} validation" if found.validation else ""
    print_line(f"{len(found.train)} training{validation} and {len(found.test)} test images in {len(found.counts)} classes; test split: {how}")
    for entry in found.dataset.left_out:
        print_line(str(entry))
    print_line("sizes: " + ", ".join(f"{width} × {height} ({count})" for (height, width), count in sizes[:5]) + (", …" if len(sizes) > 5 else ""))
    two_classes = found.in_two_classes
    print_line(
        f"unreadable: {len(found.unreadable)}; repeated within a split: {found.repeated}, in two classes of it: {len(two_classes)}; "
        f"in both splits: {len(found.leaked)}"
    )
    for look in found.unreadable[:10]:
        print_line(f"  {look.error}")
    for earlier, later in (*two_classes[:10], *found.leaked[:10]):
        print_line(f"  {later} is {earlier}")
