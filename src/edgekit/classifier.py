"""A bundle or a model file in an app written in Python: ``edgekit.load(path).predict(image)``. No TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray  # noqa: TC002 (msgspec reads the annotations)
from PIL import Image

from edgekit.datasets.decode import decode, to_rgb
from edgekit.datasets.resize import as_input
from edgekit.errors import ImageError, MissingPackageError, UsageError
from edgekit.runtimes.base import installed_for, open_session, preferred_for, version_of
from edgekit.runtimes.thread_safe import ThreadSafeSession
from edgekit.spec.export import Head, Precision
from edgekit.spec.runtime import RuntimeSpec, runtime_named
from edgekit.store.bundle import Artifact, Bundle, open_artifact, open_bundle

if TYPE_CHECKING:
    from edgekit.runtimes.base import Opener

    ImageLike = str | Path | bytes | Image.Image | NDArray[np.uint8]


_UINT8 = np.dtype(np.uint8)


# A struct, not a dataclass: it is made for every frame, right after the network has emptied the CPU's caches.
class Prediction(msgspec.Struct, frozen=True, eq=False):
    """An answer. ``scores`` is float32 (classes,): logits or probabilities, as the file's ``head`` says.

    ``elapsed_ns`` is the runtime's own time: image in, scores out.
    """

    label: str
    index: int
    score: float
    scores: NDArray[np.float32]
    head: Head
    elapsed_ns: int

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """The scores as probabilities, float32 (classes,), for display: a file of logits leaves the softmax to the app."""
        if self.head is not Head.LOGITS:
            return self.scores
        powers: NDArray[np.float32] = np.exp(self.scores - self.scores.max())
        powers /= powers.sum()
        return powers

    @property
    def probability(self) -> float:
        """That of the class."""
        return float(self.probabilities[self.index])


class Classifier:
    """A loaded model, for any number of threads. ``path``, ``runtime`` and ``runtime_version`` say which file and which package serve."""

    def __init__(self, artifact: Artifact, runtime: RuntimeSpec, threads: int, opener: Opener = open_session) -> None:
        self._input = artifact.contract.input
        self._fixed_size = -1 not in self._input.shape
        self._session = ThreadSafeSession(opener(artifact, runtime, threads=threads))
        self.path = artifact.path
        self.labels = artifact.contract.labels
        self.head = artifact.contract.head
        self.runtime = runtime.name
        self.runtime_version = version_of(runtime)

    def predict(self, image: ImageLike) -> Prediction:
        """Name the class of an image: a path, a file's bytes, a Pillow image, or uint8 (height, width, 3) RGB."""
        if self.head is Head.FEATURES:
            raise UsageError("this file answers features, not classes", hint="use embed(image), or export with --head logits")
        scores, elapsed_ns = self._answer(image)
        index = int(scores.argmax())
        return Prediction(self.labels[index], index, float(scores[index]), scores, self.head, elapsed_ns)

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
    artifact = _choose(open_bundle(place), chosen, wanted) if place.is_dir() else open_artifact(place)
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
        raise MissingPackageError(f"no runtime here opens the files of {bundle.folder}", hint="pip install edgekit[litert] or edgekit[onnxruntime]")
    precisions, formats = list(Precision), [*type(usable[0].format)]
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
        return to_rgb(image)
    received = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    raise ImageError(f"not an image. Received: {received}", hint="give a path, bytes, a Pillow image, or a uint8 array (height, width, 3) in RGB")
