"""MNN, Alibaba's runtime: a file is converted to its own format first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

# The converter itself: the module around it, MNN.tools.mnnconvert, installs a package over the network when it is imported.
import _tools
import numpy as np
from MNN import expr, nn

from edgekit.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


def open_client(artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Convert and open a file."""
    with tempfile.TemporaryDirectory() as folder:
        converted = Path(folder) / "model.mnn"
        kind = artifact.contract.format.value.upper()
        _tools.mnnconvert(["mnnconvert", "-f", kind, "--modelFile", str(artifact.path), "--MNNModel", str(converted), "--bizCode", "edgekit"])
        if not converted.is_file():
            raise SessionError("MNN's converter refuses the file")
        model = nn.load_module_from_file(str(converted), [artifact.contract.input.name], [artifact.contract.output.name])

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        answered = model.forward([expr.const(image, list(image.shape), expr.NHWC, expr.uint8)])
        if not answered:
            raise SessionError("MNN cannot compute the file")
        return np.array(expr.convert(answered[0], expr.NCHW).read(), np.float32)

    return run
