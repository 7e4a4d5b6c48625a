"""edgekit: from a folder of photographs to a verified image classifier in a device app, with a latency to be trusted."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgekit.classifier import Classifier, Prediction, load
    from edgekit.errors import EdgekitError

__all__ = ["Classifier", "EdgekitError", "Prediction", "__version__", "load"]
__version__ = "0.1.0"

_HOMES = {
    "Classifier": "edgekit.classifier",
    "EdgekitError": "edgekit.errors",
    "Prediction": "edgekit.classifier",
    "load": "edgekit.classifier",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: importing edgekit itself loads no framework, not even NumPy."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'edgekit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
