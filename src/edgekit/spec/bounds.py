"""How large numbers and how long texts in records may be: what is beyond is damage, and refused where it is read.

No byte count, image count or time in nanoseconds comes near 2^53, up to which a float has every integer: nothing overflows later.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""Bytes, images, nanoseconds, places in a list."""

AtLeastOne = Annotated[int, Meta(ge=1, le=2**53)]

Share = Annotated[float, Meta(ge=0, le=1)]
"""Of images, of a range."""

Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""What is only shown."""

Extent = Annotated[int, Meta(ge=1, le=2**16)]
"""Pixels along a side, threads, processes."""

Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]

# What ends a line for one program or another: a list of names, one a line, would be read differently by each.
LINE_ENDS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"

MOST_LABEL_CHARACTERS, MOST_LABELS = 255, 100_000
Label = Annotated[str, Meta(max_length=MOST_LABEL_CHARACTERS, pattern=rf"\A[^{LINE_ENDS}]*\Z")]
"""The name of a class, on one line. As a rule it is a folder's, and file systems allow 255 bytes."""

Labels = Annotated[tuple[Label, ...], Meta(max_length=MOST_LABELS)]
"""In the order of a model's scores. ImageNet, as the largest list that people train on, has 21,841."""

Text = Annotated[str, Meta(max_length=2**16)]
"""Sentences and paths."""

Texts = Annotated[tuple[Text, ...], Meta(max_length=2**16)]

Name = Annotated[str, Meta(max_length=255)]
"""Of a network, a tuning, an operator, a version."""

Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{0,64}\Z")]
"""In hexadecimal digits; empty where it is not known."""

Folder = Annotated[str, Meta(max_length=255, pattern=r"\A[\w+-][\w.+ -]*\Z")]
"""A name that files and folders are made with."""

FileName = Annotated[str, Meta(max_length=255, pattern=r"\A[\w./+ -]+\Z")]
"""A model file's name in its bundle, which stands in snippets of code."""

TensorName = Annotated[str, Meta(max_length=255, pattern=r"\A[\w.:/;-]+\Z")]
"""What stands in snippets of code, too."""

Side = Annotated[int, Meta(ge=1, le=2**13)]
"""The side of a network's image."""

Places = Annotated[tuple[Count, ...], Meta(max_length=MOST_LABELS)]
"""Of labels in their list."""

Thresholds = Annotated[tuple[Annotated[float, Meta(gt=0, lt=1)], ...], Meta(max_length=MOST_LABELS)]
"""Probabilities, whose odds have a logarithm."""

Scores = Annotated[tuple[float, ...], Meta(max_length=2**24)]
"""JSON has no number that is not finite."""
