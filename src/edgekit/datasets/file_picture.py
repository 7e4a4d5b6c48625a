"""An image file as a picture of a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgekit.datasets.decode import decode
from edgekit.datasets.door import file_bytes
from edgekit.datasets.fingerprint import sha256_of
from edgekit.errors import ImageError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FilePicture:
    """An image file; ``name`` is its path below the data set's root, ``sha256`` what it must hold where that is known."""

    path: Path
    name: str
    sha256: str = ""

    def content(self) -> bytes:
        """Return the file's bytes."""
        content = file_bytes(self.path)
        if self.sha256 and sha256_of(content) != self.sha256:
            raise ImageError(
                f"an image has changed since the data set was looked at. Received: {self.path}",
                hint="leave the photographs as they are until the command has ended, and start it again",
            )
        return content

    def decoded(self, content: bytes) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB, of the file's bytes."""
        return decode(content, name=self.name)

    def pixels(self) -> NDArray[np.uint8]:
        """Return uint8 (height, width, 3), RGB."""
        return decode(self.content(), name=str(self.path))

    def holding(self, sha256: str) -> FilePicture:
        """Return the picture that refuses any other content from now on."""
        return replace(self, sha256=sha256)
