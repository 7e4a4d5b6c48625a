"""Fully connected kernels of eight bits in a model in float32."""

import keras
from keras import layers

from edgekit.exporting.conversion import Conversion
from edgekit.exporting.tflite.model import TFLiteModel
from edgekit.exporting.tflite.operator import Kind
from edgekit.spec.export import TFLiteOptions
from edgekit.spec.format import Precision


def converted(images, body, precision):
    """The file of a network around ``body``."""
    image = keras.Input((48, 48, 3))
    network = keras.Model(image, layers.Dense(5)(body(image)))
    return Conversion(network, lambda: images[:4]).convert(TFLiteOptions(precision=precision)).data


def test_layers_that_share_a_kernel_quantise_their_inputs_alike(images):
    def twice(image):
        shared = layers.Dense(8, use_bias=False)
        return shared(layers.LeakyReLU()(shared(layers.Dense(8)(layers.GlobalAveragePooling2D()(image)))))

    dense = TFLiteModel.read(converted(images, twice, Precision.MIXED)).operators_of(Kind.FULLY_CONNECTED)
    assert len({operator.inputs[1] for operator in dense}) == 3
    assert [operator.options.asymmetricQuantizeInputs for operator in dense] == [True] * 4
