"""LiteRT's newer interface, CompiledModel, on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ai_edge_litert.compiled_model import CompiledModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edgekit.store.bundle import Artifact


_SIGNATURE = "serving_default"


def open_client(artifact: Artifact) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Open a TFLite file. Buffers have the size of an image: another size asks for others."""
    model = CompiledModel.from_file(str(artifact.path))
    count = artifact.contract.output.shape[-1]
    shape = tuple(model.get_input_tensor_details(_SIGNATURE)[artifact.contract.input.name]["shape"])
    inputs, outputs = model.create_input_buffers(0), model.create_output_buffers(0)

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        nonlocal shape, inputs, outputs
        if image.shape != shape:
            model.resize_input_tensor(0, image.shape)
            shape, inputs, outputs = image.shape, model.create_input_buffers(0), model.create_output_buffers(0)
        inputs[0].write(image)
        model.run_by_index(0, inputs, outputs)
        return np.asarray(outputs[0].read(count, np.float32)).reshape(1, count)

    return run
