"""How a network is trained, as data. The defaults are the paper's settings and our readings of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from edgekit.errors import UsageError
from edgekit.spec.bounds import Name  # noqa: TC001 (msgspec reads the annotation)

if TYPE_CHECKING:
    from edgekit.spec.network import NetworkSpec

_DEEP_LAYERS = 100
_EPOCHS_SHALLOW, _EPOCHS_DEEP = 60, 80
# Nobody waits for more; what is larger is a slip of the hand.
MOST_EPOCHS, _MOST_IN_A_BATCH = 100_000, 65_536
SMALLEST_IMAGE_PX, LARGEST_IMAGE_PX = 32, 1024


class Augment(StrEnum):
    """Random changes of the training images.

    ``LIGHT``: shift, zoom, turn, shear. ``STRONG``: half as much again, thinner or thicker strokes, brightness, contrast.
    ``FIGURES``: of letters, signs and the like some are drawn as outlines, beside all that.
    """

    NONE = "none"
    LIGHT = "light"
    STRONG = "strong"
    FIGURES = "figures"


class Schedule(StrEnum):
    """How the learning rate goes over the training."""

    CONSTANT = "constant"
    COSINE = "cosine"


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides how a network is trained, but for the network and the data.

    ``epochs`` of ``None`` means by depth: 60 for networks of fewer than 100 layers, 80 for the others. ``width`` of
    ``None`` means the network's own. ``class_weights`` lets every class weigh the same, however many images it has.
    ``validation_share`` of the training images is for validation, never trained on.
    """

    name: Name = "paper"
    image_px: int = 224
    epochs: int | None = None
    width: float | None = None
    batch_size: int = 30
    learning_rate: float = 0.001
    schedule: Schedule = Schedule.CONSTANT
    dropout_rate: float = 0.001
    leaky_slope: float = 0.2
    batch_norm_momentum: float = 0.99
    augment: Augment = Augment.NONE
    class_weights: bool = False
    validation_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "image_px": (SMALLEST_IMAGE_PX <= self.image_px <= LARGEST_IMAGE_PX, f"{SMALLEST_IMAGE_PX} to {LARGEST_IMAGE_PX}"),
            "epochs": (self.epochs is None or 1 <= self.epochs <= MOST_EPOCHS, f"1 to {MOST_EPOCHS}"),
            "width": (self.width is None or 0 < self.width <= 4, "above 0, at most 4"),
            "batch_size": (2 <= self.batch_size <= _MOST_IN_A_BATCH, f"2, since batch normalisation needs a batch, to {_MOST_IN_A_BATCH}"),
            "learning_rate": (0 < self.learning_rate <= 1, "above 0, at most 1"),
            "dropout_rate": (0 <= self.dropout_rate < 1, "0 to below 1"),
            "leaky_slope": (0 <= self.leaky_slope < 1, "0 to below 1"),
            "batch_norm_momentum": (0 <= self.batch_norm_momentum < 1, "0 to below 1"),
            "validation_share": (0 <= self.validation_share <= 0.5, "0 to 0.5"),
            "seed": (0 <= self.seed < 2**31, "0 to 2147483647"),
        }
        for field, (holds, wanted) in checks.items():
            if not holds:
                raise ValueError(f"{field} must be {wanted}. Received: {getattr(self, field)}")

    def epochs_for(self, network: NetworkSpec) -> int:
        """Return the epochs to train ``network``."""
        if self.epochs is not None:
            return self.epochs
        return _EPOCHS_SHALLOW if network.depth < _DEEP_LAYERS else _EPOCHS_DEEP

    def width_for(self, network: NetworkSpec) -> float:
        """Return what the channels of ``network`` are multiplied by."""
        return network.width if self.width is None else self.width

    def check_for(self, network: NetworkSpec) -> None:
        """Raise a `UsageError` if ``network`` cannot be trained so."""
        if self.image_px < network.least_px:
            raise UsageError(
                f"{network.title} needs images of {network.least_px} px or more. Received: {self.image_px}",
                hint=f"--image-size {network.least_px}, or another --network",
            )


RECIPES = {
    "paper": Recipe(),
    "quick": Recipe(
        name="quick",
        image_px=80,
        epochs=10,
        schedule=Schedule.COSINE,
        batch_norm_momentum=0.9,
        augment=Augment.LIGHT,
    ),
}


def changed(recipe: Recipe, **fields: object) -> Recipe:
    """Return ``recipe`` with ``fields`` replaced, checked as if it had been read from a file."""
    try:
        return msgspec.convert({**msgspec.to_builtins(recipe), **fields}, Recipe)
    except (ValueError, OverflowError) as error:  # msgspec's own is a ValueError
        raise UsageError(f"the recipe does not hold: {error}", hint="see the README's table of readings for each setting") from error
