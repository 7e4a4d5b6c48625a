import keras
import pytest
from keras import layers

from edgekit.errors import ExportError
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.tflite import convert as tflite
from edgekit.models.raw_input import prepared_model
from edgekit.spec.export import ANY_SIZE
from edgekit.spec.format import Precision
from edgekit.spec.pixels import RAW


def test_what_the_converter_cannot_do_is_told_by_its_layer():
    image = keras.Input((8, 8, 3))
    inverse = keras.ops.erfinv(image * 0.001)
    _, network = prepared_model(keras.Model(image, layers.Flatten()(inverse)), None, RAW)
    graph = tflite.frozen(deployable(network, ANY_SIZE))
    with pytest.raises(ExportError, match=r"no operator for a part of the layer erfinv\w*\. Received: Erfinv") as caught:
        tflite.convert(graph, Precision.FLOAT32)
    assert "/" not in caught.value.message
    assert "disk" not in caught.value.hint
