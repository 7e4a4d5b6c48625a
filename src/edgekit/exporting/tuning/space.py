"""What a search tries: the changes of a tuning's table that may help beyond the portable rewrites, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

import msgspec

from edgekit.spec.format import Format
from edgekit.spec.rewrites import (
    REWRITES,
    AverageAsConvolution,
    NormAsConvolution,
    PadChannels,
    Rewrites,
    SpaceToDepth,
    SplitConvolutions,
    Winograd,
    name_of,
)
from edgekit.spec.tuning import Arithmetic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgekit.spec.export import ExportOptions


_NOTHING = Rewrites()


@dataclass(frozen=True, slots=True)
class Change:
    """Some rewrites in place of those of a table: what is switched ``on``, and by its names what is switched ``off``.

    ``name`` is that of the candidate, in file names and records.
    """

    name: str
    on: Rewrites = _NOTHING
    off: tuple[str, ...] = ()

    def of(self, rewrites: Rewrites) -> Rewrites:
        """Return the rewrites with this change."""
        fields = {each.field: getattr(self.on, each.field) for each in REWRITES if each.is_in(self.on)}
        return msgspec.structs.replace(rewrites.kept(lambda each: each.name not in self.off), **fields)


Step = tuple[Change, ...]
"""Alternatives, of which one is kept at most."""

_STEMS: Step = (Change(name_of(Rewrites.stem_on_blocks), Rewrites(stem_on_blocks=SpaceToDepth(least_kernel=3))),)
_PIXELS: Step = (Change(name_of(Rewrites.four_pixels_at_once), Rewrites(four_pixels_at_once=True)),)
_NORMS: Step = (
    Change(
        name_of(Rewrites.norm_as_convolution),
        Rewrites(norm_as_convolution=NormAsConvolution(behind_sums=False)),
        off=(name_of(Rewrites.fold_pre_activation),),
    ),
)
_NORMS_AND_SUMS: Step = tuple(
    Change(
        f"{name_of(Rewrites.norm_as_convolution)}{suffix}",
        Rewrites(norm_as_convolution=NormAsConvolution(behind_sums=True, leaky_in_two=in_two)),
        off=(name_of(Rewrites.fold_pre_activation),),
    )
    for suffix, in_two in (("", False), ("-in-two", True))
)
_AVERAGES: Step = (Change(name_of(Rewrites.average_as_convolution), Rewrites(average_as_convolution=AverageAsConvolution(most_size=5))),)
_CASTS: Step = (Change(name_of(Rewrites.cast_image), Rewrites(cast_image=True)),)
_LEAKY: Step = (Change(name_of(Rewrites.leaky_as_sum), Rewrites(leaky_as_sum=True)),)
_PADS: Step = tuple(Change(f"pad-{multiple}", Rewrites(pad_channels=PadChannels(multiple=multiple))) for multiple in (8, 16, 32))
_TILES_AND_CHANNELS: tuple[tuple[Literal[2, 4], int], ...] = ((2, 64), (4, 32), (4, 64), (4, 128))
# For a base with tiles that are slower than plain convolutions on the CPU at hand, as those of int8 are with AMX.
_NO_TILES: Step = (Change("no-winograd", off=(name_of(Rewrites.use_winograd),)),)
_TILES: Step = (
    *_NO_TILES,
    *(
        Change(f"winograd-{tile}-{channels}", Rewrites(use_winograd=Winograd(tile=tile, least_channels=channels, least_px=8)))
        for tile, channels in _TILES_AND_CHANNELS
    ),
)
# The last as x86-vnni has it.
_TILES_OF_INTEGERS: Step = (
    *_NO_TILES,
    Change("winograd-2-128", Rewrites(use_winograd=Winograd(tile=2, least_channels=128, least_px=13))),
    Change("winograd-4-96", Rewrites(use_winograd=Winograd(tile=4, least_channels=96, least_px=13, two_below_px=20))),
)
# As x86-vnni has it for ONNX: few channels on large images alone.
_ROWS: Step = (Change("winograd-4-32-rows", Rewrites(use_winograd=Winograd(tile=4, least_channels=32, least_px=8, least_row=896))),)
# Parts of 256 KiB for second-level caches of 1 MiB, of 512 for 2 MiB; from what does not fit beside the image on.
_PARTS: Step = tuple(
    Change(f"split-{kib}", Rewrites(split_convolutions=SplitConvolutions(least_kib=2.5 * kib, part_kib=kib, multiple=32, least_px=4)))
    for kib in (256, 512)
)


def steps(options: ExportOptions) -> tuple[Step, ...]:
    """Return what may help beyond the portable rewrites, step by step."""
    in_integers = options.table.arithmetic is Arithmetic.INT8
    match options.format:
        case Format.TFLITE:
            return (_STEMS, _NORMS, _AVERAGES, _PADS, _PIXELS, _TILES_OF_INTEGERS, _CASTS) if in_integers else (_STEMS, _PADS, _TILES, _PARTS)
        case Format.ONNX:
            return (_STEMS, _NORMS, _AVERAGES, _PADS, _LEAKY) if in_integers else (_NORMS_AND_SUMS, _PADS, (*_TILES, *_ROWS))
        case _:
            assert_never(options.format)


def candidates(options: ExportOptions) -> Iterator[ExportOptions]:
    """Yield the options with each change alone that may help; the tuning has the change's name."""
    for change in (change for step in steps(options) for change in step):
        rewrites = change.of(options.rewrites)
        if rewrites != options.rewrites:
            yield options.with_rewrites(rewrites, name=change.name)
