"""``edgekit networks``: the networks that can be trained."""

from __future__ import annotations

from edgekit.cli.options import Json
from edgekit.cli.output import print_json, print_line, print_table
from edgekit.spec.network import NETWORKS, NetworkSpec
from edgekit.spec.recipe import RECIPES
from edgekit.text.units import size

_PAPER = RECIPES["paper"]
_BYTES_FLOAT32, _BYTES_INT8 = 4, 1


def command(as_json: Json = False) -> None:
    """List the networks with what they cost.

    Example: edgekit networks
    """
    if as_json:
        print_json([_figures(row) for row in NETWORKS.values()])
        return
    print_table(
        ["network", "title", "depth", "parameters", "mult-adds", "epochs", "float32", "int8"],
        [
            [
                row.name,
                row.title,
                str(row.depth),
                f"{row.parameters / 1e6:.1f} M",
                f"{row.multiply_adds / 1e6:,.0f} M",
                str(_PAPER.epochs_for(row)),
                size(_BYTES_FLOAT32 * row.parameters),
                size(_BYTES_INT8 * row.parameters),
            ]
            for row in NETWORKS.values()
        ],
    )
    print_line("mult-adds: multiply-adds of one image at 224 px; sizes: about, of the weights, with 28 classes; epochs: by the paper's recipe")
    print_line("next: edgekit train --network NAME")


def _figures(row: NetworkSpec) -> dict[str, object]:
    return {
        "network": row.name,
        "title": row.title,
        "depth": row.depth,
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
        "epochs": _PAPER.epochs_for(row),
        "float32_bytes": _BYTES_FLOAT32 * row.parameters,
        "int8_bytes": _BYTES_INT8 * row.parameters,
        "citation": row.citation,
    }
