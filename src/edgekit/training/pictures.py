"""Pictures of a finished run: the curves of its epochs, and what it takes for what."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from edgekit.store.atomic import write_whole
from edgekit.text.markup import in_terminal
from edgekit.training.fonts import fonts_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.run import EpochRecord

CURVES_FILE, CONFUSION_FILE = "curves.png", "confusion.png"
# Told apart by colour-blind people too (Okabe and Ito's palette).
_BLUE, _ORANGE = "#0072B2", "#E69F00"
_DPI = 120
# Beyond this many classes neither names nor counts can be read.
_MOST_NAMES, _MOST_COUNTS = 60, 40
# Of a name, beside which the matrix still has room.
_MOST_CHARACTERS = 40


def draw_curves(run: Path, history: Sequence[EpochRecord]) -> None:
    """Draw loss and accuracy over the epochs, of the training and the validation images."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [entry.epoch for entry in history]
    panels = {
        "loss": ([entry.loss for entry in history], [entry.validation_loss for entry in history]),
        "accuracy": ([entry.accuracy for entry in history], [entry.validation_accuracy for entry in history]),
    }
    for axes, (name, (training, validation)) in zip(figure.subplots(1, 2), panels.items(), strict=True):
        axes.plot(epochs, training, color=_BLUE, marker=".", label="training")
        if None not in validation:
            axes.plot(epochs, validation, color=_ORANGE, marker=".", label="validation")
        axes.set(xlabel="epoch", title=name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()
    _save(figure, run / CURVES_FILE)


def draw_confusion(run: Path, matrix: NDArray[np.int64], names: Sequence[str]) -> None:
    """Draw the confusion matrix of the test images: rows are the true classes, each in shares of its images."""
    with fonts_for("".join(names)):
        figure = _confusion(matrix, names)
        _save(figure, run / CONFUSION_FILE)


def _confusion(matrix: NDArray[np.int64], names: Sequence[str]) -> Figure:
    classes, names = len(names), [in_terminal(name, _MOST_CHARACTERS) for name in names]
    side = min(16.0, 3.0 + 0.28 * classes)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    shares = matrix / matrix.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="answered", ylabel="true class", title=f"{int(matrix.trace())} of {int(matrix.sum())} test images right")
    if classes <= _MOST_NAMES:
        # A name with dollar signs is no formula.
        axes.set_xticks(range(classes), names, rotation=90, parse_math=False)
        axes.set_yticks(range(classes), names, parse_math=False)
    if classes <= _MOST_COUNTS:
        for row, column in zip(*matrix.nonzero(), strict=True):
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(matrix[row, column]), ha="center", va="center", color=colour, fontsize=7)
    return figure


def _save(figure: Figure, path: Path) -> None:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    write_whole(path, buffer.getvalue())
