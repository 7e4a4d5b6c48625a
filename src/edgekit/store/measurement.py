"""What is measured, as records: a header, and a block for each process of each file in each runtime."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edgekit.spec.accuracy import Accuracy  # noqa: TC001 (msgspec reads the annotations)
from edgekit.spec.bounds import Count, Extent, Labels, Name, Places, Scores, Sha256, Text  # noqa: TC001
from edgekit.spec.environment import Environment  # noqa: TC001
from edgekit.spec.format import Precision  # noqa: TC001
from edgekit.spec.protocol import BACK_TO_BACK, Feed, Protocol, Purpose
from edgekit.spec.task import Decision  # noqa: TC001
from edgekit.store.operators import OperatorTime  # noqa: TC001

# Of one thread; slower than one multiply-add a second, or faster than a supercomputer, is damage.
_Rate = Annotated[float, msgspec.Meta(ge=1, le=1e18)]
_Side = Annotated[int, msgspec.Meta(ge=0, le=2**16)]


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An image that was measured with: its label and Keras' top class, where they are known.

    Where an image may have several labels, those that it has are ``labels``, and those that Keras names ``keras_labels``.
    """

    name: Text
    label: Count | None = None
    keras: Count | None = None
    labels: Places | None = None
    keras_labels: Places | None = None

    @property
    def truth(self) -> tuple[int, ...] | None:
        """What is on the image, as `Decision.answer` says it; ``None`` where it is not known."""
        return (self.label,) if self.label is not None else self.labels

    @property
    def trained(self) -> tuple[int, ...] | None:
        """What the trained model answered, likewise."""
        return (self.keras,) if self.keras is not None else self.keras_labels


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact in a runtime that is to be measured.

    ``python`` is the interpreter that serves the runtime (empty: the one that runs edgekit). ``problem`` says why it
    cannot be measured at all. ``any_size`` says whether the file takes images of any size, ``tested`` how the file did on the
    test images that it was proved on: in this runtime, or where that was not there in the format's own.
    """

    source: Text
    file: Text
    sha256: Sha256
    bytes: Count
    precision: Precision
    tuning: Name
    runtime: Name
    version: Name
    network: Name = ""
    python: Text = ""
    any_size: bool = True
    multiply_adds: Count | None = None
    tested: Accuracy | None = None
    problem: str = ""


class Peaks(msgspec.Struct, frozen=True, kw_only=True):
    """What one thread of the machine can do: multiply-adds and bytes a second; ``None`` where it could not be measured."""

    float32: _Rate | None
    int8: _Rate | None
    bandwidth: _Rate


class ResultHeader(msgspec.Struct, frozen=True, kw_only=True):
    """How, on what machine, and with which images.

    ``images`` are those of each bundle or file, named below the folder in ``roots``; ``photographs`` is how many there were to
    choose them from, where they are no golden images; ``labels`` are its classes; ``plan`` is all that is to be measured.
    ``decisions`` is how scores of each become an answer, where that is not the highest logit.
    """

    schema: int
    protocol: Protocol
    started_at: Name
    environment: Environment
    images: dict[Text, tuple[ImageRecord, ...]]
    roots: dict[Text, Text] = msgspec.field(default_factory=dict)
    labels: dict[Text, Labels] = msgspec.field(default_factory=dict)
    decisions: dict[Text, Decision] = msgspec.field(default_factory=dict)
    photographs: dict[Text, Count] = msgspec.field(default_factory=dict)
    plan: Annotated[tuple[Planned, ...], msgspec.Meta(max_length=10_000)] = ()
    peaks: Peaks | None = None


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one artifact in one runtime.

    ``visited`` is the image of each timed sample; ``scores`` are those of each distinct image, once in a result unless two
    processes answered differently. ``start_ns`` is the process' own start, ``load_ns`` the opening of the file, ``invoke_ns``
    the call alone, without the copies, timed apart. ``reallocations`` counts timed images of another size than the one
    before, ``late`` those that began after their time at a given rate. ``other_cores`` is how many cores other programs kept
    busy meanwhile. ``rss_bytes`` is the memory of the process before the file was opened, ``peak_rss_bytes`` at most.
    ``error`` says why there are no samples.
    """

    source: Text
    file: Text
    sha256: Sha256
    bytes: Count
    precision: Precision
    runtime: Name
    version: Name
    threads: Extent
    process: Count
    purpose: Purpose = Purpose.TIMING
    feed: Feed = BACK_TO_BACK
    tuning: Name = ""
    python: Text = ""
    started_at: Name = ""
    input_px: tuple[_Side, _Side] = (0, 0)
    start_ns: Count = 0
    load_ns: Count = 0
    first_ns: Count = 0
    warmup_ns: tuple[Count, ...] = ()
    timed_ns: tuple[Count, ...] = ()
    visited: tuple[Count, ...] = ()
    invoke_ns: tuple[Count, ...] = ()
    reallocations: Count = 0
    late: Count = 0
    scores: dict[Count, Scores] = msgspec.field(default_factory=dict)
    involuntary_switches: Count = 0
    other_cores: Annotated[float, msgspec.Meta(ge=0)] | None = None
    rss_bytes: Count = 0
    peak_rss_bytes: Count = 0
    operators: tuple[OperatorTime, ...] = ()
    error: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells this block from every other of its result."""
        return (self.source, self.file, self.runtime, self.python, self.purpose, self.feed, self.process)
