"""The table of networks: one row each, builders in `edgekit.networks` in a file of the same name."""

from __future__ import annotations

import msgspec

from edgekit.errors import UsageError, nearest


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network as data; `edgekit.networks.build` turns it into a Keras model.

    ``depth`` counts weighted layers as the network's own paper does; ``width`` multiplies every channel count.
    """

    name: str
    title: str
    depth: int
    width: float
    citation: str


_TABLE = (
    NetworkSpec(
        name="mobilenet",
        title="MobileNet 1.2",
        depth=28,
        width=1.2,
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
