"""What stands in a TFLite file beside its graph: a zip behind the flatbuffer."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from edgekit.errors import StoreError
from edgekit.spec.format import Format
from edgekit.store.containers.entries import FOREIGN_HINT, MOST_ENTRIES, MOST_ENTRY_BYTES, without_contract
from edgekit.store.containers.seal import at_the_end
from edgekit.store.files import opened

if TYPE_CHECKING:
    import mmap
    from pathlib import Path

    from edgekit.store.containers.protobuf import Span


def read(path: Path, data: mmap.mmap) -> tuple[dict[str, bytes], Span | None]:
    """Read the zip behind a flatbuffer. Entries are stored, never deflated, so a zip bomb is refused by its first entry.

    Raises:
        StoreError: the file is damaged or hostile, or has no entries.

    """
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_ENTRIES or any(info.compress_type != zipfile.ZIP_STORED or info.file_size > MOST_ENTRY_BYTES for info in infos):
                raise StoreError(f"hostile metadata: too many, too large or compressed entries. Received: {path}", hint=FOREIGN_HINT)
            return {info.filename: archive.read(info) for info in infos}, at_the_end(data)
    except zipfile.BadZipFile as error:
        if Format.TFLITE.spec.begins(data):
            raise without_contract(path, data) from error
        raise StoreError(f"a model without a contract inside, or a damaged one. Received: {path} ({error})", hint=FOREIGN_HINT) from error
    except (NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise StoreError(f"a model without a contract inside, or a damaged one. Received: {path} ({error})", hint=FOREIGN_HINT) from error
