"""A bundle: model files with labels, golden images and a manifest. What an export gives, and all that a device needs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import SchemaError, StoreError
from edgekit.store import record
from edgekit.store.bundle_rules import contradiction
from edgekit.store.contract import Contract, read_embedded
from edgekit.store.files import inside, opened, read_bytes, reading
from edgekit.store.golden import GOLDEN_FILE, GOLDEN_SCHEMA, Golden, GoldenImage
from edgekit.store.labels import labels_in
from edgekit.store.manifest import MANIFEST_SCHEMA, Manifest

if TYPE_CHECKING:
    from pathlib import Path

    from edgekit.store.manifest import ArtifactRecord

MANIFEST_FILE = "manifest.json"
LABELS_FILE = "labels.txt"
TUNED_FILE = "tuned.toml"
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model file that can be opened: its path, and the contract inside it."""

    path: Path
    contract: Contract
    sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's folder with its manifest, labels and golden images."""

    folder: Path
    manifest: Manifest
    labels: tuple[str, ...]
    golden: Golden

    def artifact(self, entry: ArtifactRecord) -> Artifact:
        """Open one of the manifest's files, if its bytes are those that were exported."""
        path = inside(self.folder, entry.file)
        found = sha256_of(path)
        if found != entry.sha256:
            raise StoreError(f"{path} is not the file that was exported: its sha256 differs", hint="copy the bundle again, or export again")
        return Artifact(path, read_embedded(path).contract, found)

    def golden_path(self, image: GoldenImage) -> Path:
        """Return the path of a golden image."""
        return inside(self.folder, image.file)


def open_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest, labels and golden table; model files are not opened yet."""
    if not (folder / MANIFEST_FILE).is_file():
        raise StoreError(f"this is no bundle: it has no {MANIFEST_FILE}. Received: {folder}", hint="`edgekit export` makes one in exported/")
    manifest = record.read(folder / MANIFEST_FILE, Manifest, schema=MANIFEST_SCHEMA)
    labels = labels_in(_checked(folder / LABELS_FILE, manifest.labels_sha256), str(folder / LABELS_FILE))
    golden = record.decode(_checked(folder / GOLDEN_FILE, manifest.golden_sha256), Golden, schema=GOLDEN_SCHEMA, name=str(folder / GOLDEN_FILE))
    problem = contradiction(manifest, labels, golden)
    if problem:
        raise SchemaError(f"{problem}. Received: {folder}", hint="copy the bundle again, or export again")
    return Bundle(folder, manifest, labels, golden)


def open_artifact(path: Path) -> Artifact:
    """Open a single model file by the contract inside it."""
    if not os.path.lexists(path):  # a pipe, a device, or links in a circle are refused as that
        raise StoreError(f"there is no such file. Received: {path}", hint="`edgekit export` writes model files into exported/")
    return Artifact(path, read_embedded(path).contract, sha256_of(path))


def bundles_below(parent: Path) -> list[Path]:
    """Return the folders of all bundles in ``parent``, sorted by name."""
    return sorted(path.parent for path in parent.glob(f"*/{MANIFEST_FILE}") if not path.parent.name.startswith("."))


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with opened(path) as file, reading(path):
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(path: Path, sha256: str) -> bytes:
    data = read_bytes(path, _MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise StoreError(f"{path} is not the file that was exported: its sha256 differs", hint="copy the bundle again, or export again")
    return data
