"""A bundle or a model file in an app written in Python: ``edgekit.load(path).predict(image)``. No TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray  # noqa: TC002 (msgspec reads the annotations)
from PIL import Image

from edgekit.datasets.decode import decode, decode_image
from edgekit.datasets.resize import as_input
from edgekit.errors import ImageError, MissingPackageError, UsageError
from edgekit.runtimes.base import installed_for, open_session, preferred_for, version_of
from edgekit.runtimes.thread_safe import ThreadSafeSession
from edgekit.spec.export import Head
from edgekit.spec.format import Format, Precision
from edgekit.spec.runtime import RuntimeSpec, packages_for, runtime_named
from edgekit.spec.task import Task
from edgekit.store.bundle import Artifact, Bundle, open_artifact, open_bundle
from edgekit.store.files import reading

if TYPE_CHECKING:
    from edgekit.runtimes.base import Opener

    ImageLike = str | Path | bytes | Image.Image | NDArray[np.uint8]


_UINT8 = np.dtype(np.uint8)


# A struct, not a dataclass: it is made for every frame, right after the network has emptied the CPU's caches.
class Prediction(msgspec.Struct, frozen=True, eq=False):
    """An answer. ``scores`` is float32 (scores,): logits or probabilities, as the file's ``head`` says.

    ``label``, ``index`` and ``score`` are those of the class; of several labels, each by itself, those of the strongest, whether it is
    above its threshold or not. ``labels`` are all that hold, in the file's order: of classes one. Of two labels by one score, that is
    ``score`` whichever it means. ``elapsed_ns`` is the runtime's own time: image in, scores out.
    """

    label: str
    index: int
    score: float
    scores: NDArray[np.float32]
    head: Head
    elapsed_ns: int
    task: Task = Task.CLASSES
    labels: tuple[str, ...] = ()

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """A probability for each label, float32 (labels,), for display: a file of logits leaves softmax or sigmoid to the app.

        Those of classes add up to 1, and so do those of two labels by one score. One score alone that is said to be of classes
        is a number: it has none, NaN.
        """
        if self.task is not Task.CLASSES:
            each = sigmoid(self.scores) if self.head is Head.LOGITS else self.scores
            return each if self.task is Task.MULTILABEL else np.array([1 - each[0], each[0]], np.float32)
        if len(self.scores) == 1:
            return np.full(1, np.nan, np.float32)
        if self.head is not Head.LOGITS:
            return self.scores
        powers: NDArray[np.float32] = np.exp(self.scores - self.scores.max())
        powers /= powers.sum()
        return powers

    @property
    def probability(self) -> float:
        """That of the class, or of the strongest of several labels."""
        return float(self.probabilities[self.index])


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return 1 / (1 + exp(-logit)) of each, without an overflow."""
    powers = np.exp(-np.abs(logits))
    found: NDArray[np.float32] = np.where(logits >= 0, 1, powers) / (1 + powers)
    return found


class Classifier:
    """A loaded model, for any number of threads. ``path``, ``runtime`` and ``runtime_version`` say which file and which package serve.

    ``labels`` are all that it knows, ``task`` and ``thresholds`` how scores become an answer.
    """

    def __init__(self, artifact: Artifact, runtime: RuntimeSpec, threads: int, opener: Opener = open_session) -> None:
        self._input = artifact.contract.input
        self._fixed_size = -1 not in self._input.shape
        self._session = ThreadSafeSession(opener(artifact, runtime, threads=threads))
        self.path = artifact.path
        self.labels = artifact.contract.labels
        self.head = artifact.contract.head
        self.task = artifact.contract.task
        self.thresholds = artifact.contract.thresholds
        self._cuts = np.array(artifact.contract.decision.cuts)
        self.runtime = runtime.name
        self.runtime_version = version_of(runtime)

    def predict(self, image: ImageLike) -> Prediction:
        """Name the class of an image: a path, a file's bytes, a Pillow image, or uint8 (height, width, 3) RGB."""
        if self.head is Head.FEATURES:
            raise UsageError("this file answers features, not classes", hint="use embed(image), or export with --head logits")
        scores, elapsed_ns = self._answer(image)
        if self.task is Task.BINARY:
            index = int(scores[0] > self._cuts[0])
            return Prediction(self.labels[index], index, float(scores[0]), scores, self.head, elapsed_ns, self.task, (self.labels[index],))
        index = int(scores.argmax())
        label = self.labels[index]
        named = (label,) if self.task is Task.CLASSES else tuple(self.labels[place] for place in np.flatnonzero(scores > self._cuts))
        return Prediction(label, index, float(scores[index]), scores, self.head, elapsed_ns, self.task, named)

    def embed(self, image: ImageLike) -> NDArray[np.float32]:
        """Return the feature vector, float32 (features,), of an image; for files with the head ``features``."""
        if self.head is not Head.FEATURES:
            raise UsageError(f"this file answers {self.head.value}, not features", hint="export with --head features")
        return self._answer(image)[0]

    def _answer(self, image: ImageLike) -> tuple[NDArray[np.float32], int]:
        pixels = _pixels(image)
        # A frame of any size needs nothing: not even to be asked for its size.
        batch = as_input(pixels, self._input) if self._fixed_size else pixels[np.newaxis]
        scores, elapsed_ns = self._session.run(batch)
        return scores[0], elapsed_ns


def load(path: str | Path, *, precision: str | Precision | None = None, runtime: str | None = None, threads: int = 1) -> Classifier:
    """Load a bundle, or one model file alone, in a runtime that is installed: the one that the file was made for, if it is among them.

    Of a bundle, float32 is taken unless ``precision`` says otherwise, TFLite before ONNX, by what is installed.

    Raises:
        StoreError: the file or bundle is missing, damaged or hostile.
        MissingPackageError: no runtime for it is installed.

    """
    return load_with(open_session, path, precision=precision, runtime=runtime, threads=threads)


def load_with(opener: Opener, path: str | Path, *, precision: str | Precision | None, runtime: str | None, threads: int = 1) -> Classifier:
    """Load as `load` does, with a session that ``opener`` opens."""
    place = Path(path)
    wanted = runtime_named(runtime) if runtime else None
    chosen = _precision(precision)
    with reading(place):
        is_bundle = place.is_dir()
    artifact = _choose(open_bundle(place), chosen, wanted) if is_bundle else open_artifact(place)
    if chosen not in (None, artifact.contract.precision):
        raise UsageError(f"the file is {artifact.contract.precision.value}. Received: {precision}", hint="leave the precision out for a single file")
    return Classifier(artifact, wanted or preferred_for(artifact.contract.format, artifact.contract.made_for), threads, opener)


def _precision(text: str | Precision | None) -> Precision | None:
    try:
        return Precision(text) if text else None
    except ValueError as error:
        raise UsageError(f"there is no such precision. Received: {text}", hint=f"choose from: {', '.join(Precision)}") from error


def _choose(bundle: Bundle, wanted: Precision | None, runtime: RuntimeSpec | None) -> Artifact:
    fitting = [entry for entry in bundle.manifest.artifacts if wanted is None or entry.precision is wanted]
    if not fitting:
        there = ", ".join(sorted({entry.precision.value for entry in bundle.manifest.artifacts}))
        raise UsageError(f"the bundle has no {wanted} file. Received: {bundle.folder}", hint=f"it has: {there}")
    usable = [entry for entry in fitting if (entry.format in runtime.formats if runtime else installed_for(entry.format))]
    if not usable:
        raise MissingPackageError(f"no runtime here opens the files of {bundle.folder}", hint=packages_for(entry.format for entry in fitting))
    precisions, formats = list(Precision), list(Format)
    return bundle.artifact(min(usable, key=lambda entry: (precisions.index(entry.precision), formats.index(entry.format))))


def _pixels(image: ImageLike) -> NDArray[np.uint8]:
    # A camera's frame first: it has no time to lose. Its dtype is NumPy's own object but for one with metadata.
    if isinstance(image, np.ndarray) and (image.dtype is _UINT8 or image.dtype == _UINT8) and image.ndim == 3 and image.shape[2] == 3 and image.size:
        return image
    if isinstance(image, str | Path):
        return decode(Path(image))
    if isinstance(image, bytes):
        return decode(image)
    if isinstance(image, Image.Image):
        return decode_image(image)
    received = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    raise ImageError(f"not an image. Received: {received}", hint="give a path, bytes, a Pillow image, or a uint8 array (height, width, 3) in RGB")
