"""Model files of one subject: converted, embedded, and held against the trained model while they are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgekit.datasets.resize import as_input
from edgekit.errors import EdgekitError
from edgekit.exporting.candidates import CandidateFiles
from edgekit.exporting.conversion import Conversion, Converted
from edgekit.exporting.formats import embed, hold_to_precision
from edgekit.exporting.manifest import artifact_record, calibration_record, contract, sample
from edgekit.exporting.parity.gate import Gate
from edgekit.exporting.source.golden import choose_samples
from edgekit.exporting.tuning.search import Trial, search, serving
from edgekit.runtimes.base import preferred_for
from edgekit.spec.export import ExportOptions, file_name
from edgekit.spec.format import Precision
from edgekit.spec.rewrites import giving_way
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.store.atomic import write_whole
from edgekit.store.bundle import Artifact, open_artifact
from edgekit.store.golden import PLAIN
from edgekit.verifying.answers import answers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras

    from edgekit.exporting.parity.images import ParityImages
    from edgekit.exporting.plan import ExportPlan
    from edgekit.exporting.source.golden import GoldenPicture
    from edgekit.exporting.source.source import Subject
    from edgekit.spec.progress import Progress
    from edgekit.spec.rewrites import Rewrites
    from edgekit.store.contract import Contract, Sample
    from edgekit.store.manifest import ArtifactRecord, Calibration

# How many of the layers that lose most stay in float32, one try after the other, where int8 loses too much.
_LAYERS_IN_FLOAT = (1, 2, 4, 8)
_TUNING_IMAGES = 16


@dataclass(frozen=True, slots=True)
class Made:
    """A file in the bundle, the options it was asked for with, and its entry in the manifest. Its bytes are on disk alone."""

    artifact: Artifact
    options: ExportOptions
    record: ArtifactRecord


class Maker:
    """Makes files of ``network``, the part of ``subject``'s model that is exported, into ``folder``.

    They are held against what the trained model answers to ``images``. The constructor does no work.
    """

    def __init__(self, subject: Subject, network: keras.Model, plan: ExportPlan, images: ParityImages, folder: Path, progress: Progress) -> None:
        self.progress, self.images = progress, images
        self.gate = Gate(subject.labels, images.golden, images.test, part=len(images.part.names))
        self._subject, self._network, self._plan, self._folder = subject, network, plan, folder
        self._conversion = Conversion(
            network, lambda: [as_input(example.picture.pixels(), self._spec) for example in subject.images.calibration], subject.front
        )

    def make(self, options: ExportOptions) -> Made:
        """Return a file that passes, if one can be had.

        Where int8 loses too much, it does without what rounds more than a layer, and then layers stay in float32 until it passes, or no more may.
        """
        self.progress.say(f"converting {options.precision.value} to {options.format.value}")
        made = self._made(options, self._converted(options))
        if options.precision is not Precision.INT8:
            return made
        plan, refusal = options, self.gate.refusal(made.artifact)
        left_out = giving_way(made.record.rewrites)
        if refusal and left_out:
            self.progress.say(f"{refusal}; leaving {' and '.join(left_out)} out")
            plan = options.with_rewrites(options.rewrites.kept(lambda each: each.name not in left_out))
            made = self._made(options, self._converted(plan), left_out=left_out)
            refusal = self.gate.refusal(made.artifact)
        for count in _LAYERS_IN_FLOAT:
            if refusal is None:
                break
            converted = self._converted(plan, layers_in_float=count)
            if len(converted.in_float) <= len(made.record.layers_in_float):
                break
            self.progress.say(f"{refusal}; keeping {', '.join(converted.in_float)} in float32")
            made = self._made(options, converted, left_out=made.record.left_out)
            refusal = self.gate.refusal(made.artifact)
        return made

    def candidate(self, options: ExportOptions) -> Made:
        """Return a file among many, of which nothing is kept in memory: each is as large as the network. What cannot be made leaves no file."""
        try:
            return self.make(options)
        except EdgekitError:
            (self._folder / file_name(self._subject.network, options)).unlink(missing_ok=True)
            raise
        finally:
            self._conversion.forget()

    def search(self, options: ExportOptions, scratch: Path) -> tuple[Rewrites, tuple[Trial, ...]]:
        """Return the rewrites that are fastest on this machine, and every trial; candidates are written into ``scratch``."""
        runtime = serving(options)
        self.progress.say(f"tuning {options.precision.value} for {runtime.name} on this machine")
        made = CandidateFiles(options, runtime, self._converted_alone, self._contract, self.gate, scratch, self.progress.say)
        plain = [as_input(picture.pixels, self._spec) for picture in self.images.pictures if picture.variant == PLAIN]
        return search(options, made, plain[:_TUNING_IMAGES], say=self.progress.say)

    def _converted(self, options: ExportOptions, *, layers_in_float: int = 0) -> Converted:
        """Return what the conversion gives, if it is of the precision that was asked for."""
        converted = self._conversion.convert(options, layers_in_float=layers_in_float)
        hold_to_precision(converted.data, options.format, options.precision, whole=not converted.in_float)
        return converted

    def _converted_alone(self, options: ExportOptions) -> Converted:
        """Return what the conversion gives, of which it keeps nothing in memory."""
        try:
            return self._converted(options)
        finally:
            self._conversion.forget()

    def _contract(self, options: ExportOptions, converted: Converted, samples: tuple[Sample, ...] = ()) -> Contract:
        return contract(self._subject, options, self._network, converted, samples)

    def _made(self, options: ExportOptions, converted: Converted, *, left_out: tuple[str, ...] = ()) -> Made:
        """Write a file twice: bare, to ask it what it answers to the samples, then with the contract that holds the answers."""
        path = self._folder / file_name(self._subject.network, options)
        write_whole(path, converted.data)
        bare = Artifact(path, self._contract(options, converted), "")
        scores = answers(bare, preferred_for(options.format), [picture.pixels for picture in self._samples])
        own = tuple(sample(self._subject, picture, row) for picture, row in zip(self._samples, scores, strict=True))
        whole = embed(converted.data, self._contract(options, converted, own), [picture.png for picture in self._samples])
        write_whole(path, whole)
        artifact = open_artifact(path)
        calibration = self._calibration if options.precision is Precision.INT8 else None
        return Made(artifact, options, artifact_record(artifact, options, converted, left_out=left_out, calibration=calibration))

    @property
    def _spec(self) -> TensorSpec:
        """What the calibration and the tuning show a file: images of the network's own size, where the file takes any."""
        size, image_px = self._plan.input_size, self._network.input.shape[1]
        return TensorSpec(name="image", shape=(1, size.height_px or image_px, size.width_px or image_px, 3), dtype=DType.UINT8)

    @cached_property
    def _samples(self) -> Sequence[GoldenPicture]:
        return choose_samples(self.images.pictures)

    @cached_property
    def _calibration(self) -> Calibration:
        return calibration_record(self._subject)
