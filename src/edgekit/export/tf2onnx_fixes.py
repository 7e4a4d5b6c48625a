"""Mistakes of tf2onnx 1.17, mended by registering handlers of our own. Importing this module is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from tf2onnx import utils
from tf2onnx.handler import tfl_op
from tf2onnx.tflite_handlers.tfl_math import TflFullyConnectedOp


@tfl_op(["TFL_FULLY_CONNECTED"])
class FullyConnectedKeepsItsBias:
    """A fully connected layer that reads more than two dimensions keeps its bias.

    TensorFlow's converter drops the reshape before such a layer where the image is 1 × 1 by then. tf2onnx puts it
    back, and loses the bias. Remove once its handler replaces the first input alone.
    """

    @classmethod
    def to_tf(cls, ctx: Any, node: Any, **kwargs: Any) -> None:
        """Flatten the input first, so that the original handler finds nothing to do."""
        if node.attr["keep_num_dims"].i == 0 and ctx.get_rank(node.input[0]) != 2:
            extent = ctx.get_shape(node.input[1])[1]
            shape = ctx.make_const(utils.make_name("flat"), np.array([-1, extent], np.int64))
            inputs = [node.input[0], shape.output[0]]
            flat = ctx.make_node("Reshape", inputs, shapes=[[-1, extent]], dtypes=[ctx.get_dtype(node.input[0])])
            flat.skip_conversion = True
            ctx.replace_inputs(node, [flat.output[0], *node.input[1:]])
        TflFullyConnectedOp.to_tf(ctx, node, **kwargs)
