"""The table of networks: one row each, builders in `edgekit.networks` in a file of the same name."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edgekit.errors import UsageError, nearest
from edgekit.spec.bounds import Count, Extent, Folder, Name, Side, Text  # noqa: TC001 (msgspec reads the annotations)

_Width = Annotated[float, msgspec.Meta(gt=0, le=16)]


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network as data; `edgekit.networks.build` turns it into a Keras model.

    ``depth`` counts weighted layers as the network's own paper does; ``width`` multiplies every channel count;
    ``least_px`` is the smallest image that leaves its last layers something to see. ``parameters`` (batch norms'
    moving statistics included) and ``multiply_adds`` (of one image) are those of 28 classes, 224 px and this width.
    """

    name: Folder
    title: Name
    depth: Extent
    width: _Width
    least_px: Side
    parameters: Count
    multiply_adds: Count
    citation: Text


_TABLE = (
    NetworkSpec(
        name="alexnet",
        title="AlexNet",
        depth=8,
        width=1.0,
        least_px=57,
        parameters=58_400_200,
        multiply_adds=1_135_142_912,
        citation="Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012",
    ),
    NetworkSpec(
        name="vgg16",
        title="VGG-16",
        depth=16,
        width=1.0,
        least_px=32,
        parameters=134_387_944,
        multiply_adds=15_466_283_008,
        citation="Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014",
    ),
    NetworkSpec(
        name="googlenet",
        title="GoogLeNet",
        depth=22,
        width=1.0,
        least_px=32,
        parameters=6_024_104,
        multiply_adds=1_581_676_544,
        citation="Szegedy et al., Going Deeper with Convolutions, 2014",
    ),
    NetworkSpec(
        name="resnet50",
        title="ResNet-50",
        depth=50,
        width=1.0,
        least_px=32,
        parameters=23_618_536,
        multiply_adds=3_855_982_592,
        citation="He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015",
    ),
    NetworkSpec(
        name="densenet121",
        title="DenseNet-121",
        depth=121,
        width=1.0,
        least_px=32,
        parameters=7_066_216,
        multiply_adds=2_833_166_336,
        citation="Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks, 2016",
    ),
    NetworkSpec(
        name="mobilenet",
        title="MobileNet 1.2",
        depth=28,
        width=1.2,
        least_px=32,
        parameters=4_656_043,
        multiply_adds=807_731_078,
        citation="Howard et al., MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, 2017",
    ),
)

NETWORKS = {row.name: row for row in _TABLE}
DEFAULT_NETWORK = NETWORKS["mobilenet"]


def network_named(name: str) -> NetworkSpec:
    """Return the row of ``name``; a `UsageError` names the nearest one."""
    if name not in NETWORKS:
        raise UsageError(f"there is no network of that name. Received: {name}", hint=nearest(name, NETWORKS))
    return NETWORKS[name]
