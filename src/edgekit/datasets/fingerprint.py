"""What tells one data set from another: the names, classes and contents of its pictures."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edgekit.datasets.dataset import Dataset, Example

_WORKERS = 4
T = TypeVar("T")


def fingerprint(dataset: Dataset) -> str:
    """Return the fingerprint of a data set whose pictures can all be read: of those that are trained on, and of the test split.

    None is decoded.
    """
    return held(dataset)[1]


def held(dataset: Dataset) -> tuple[Dataset, str]:
    """Return the data set with pictures of both splits that refuse any other content from now on, and its fingerprint."""
    parts = {"train": dataset.train, "test": dataset.test}
    hashed = _hashed(parts)
    train, test = in_parts([replace(example, picture=example.picture.holding(sha256)) for _, example, sha256 in hashed], [*parts.values()])
    return replace(dataset, train=train, test=test), digest_of(hashed)


def fingerprint_of(parts: Mapping[str, Sequence[Example]]) -> str:
    """Return sha256 over the names, classes and contents of pictures, part by part, in their order."""
    return digest_of(_hashed(parts))


def digest_of(pictures: Iterable[tuple[str, Example, str]]) -> str:
    """Return sha256 over (part, example, sha256 of its content), in their order."""
    digest = hashlib.sha256()
    for split, example, sha256 in pictures:
        digest.update(f"{split}\0{example.picture.name}\0{example.label}\0{sha256}\n".encode())
    return digest.hexdigest()


def in_parts(items: Sequence[T], parts: Sequence[Sequence[object]]) -> list[tuple[T, ...]]:
    """Return ``items`` cut into parts as long as ``parts`` are."""
    left = iter(items)
    return [tuple(next(left) for _ in part) for part in parts]


def sha256_of(content: bytes) -> str:
    """Return the digest by which a picture's content is known."""
    return hashlib.sha256(content).hexdigest()


def _hashed(parts: Mapping[str, Sequence[Example]]) -> list[tuple[str, Example, str]]:
    examples = [(part, example) for part, some in parts.items() for example in some]
    with ThreadPoolExecutor(_WORKERS) as pool:
        hashes = pool.map(lambda pair: sha256_of(pair[1].picture.content()), examples)
        return [(split, example, sha256) for (split, example), sha256 in zip(examples, hashes, strict=True)]
