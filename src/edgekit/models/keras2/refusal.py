"""What of a Keras 2 file cannot be read, in one sentence."""

from __future__ import annotations

from edgekit.errors import StoreError

_NEWER = "build the model from Keras' own layers, load its weights, and model.save('NAME.keras')"


class UnreadableError(StoreError):
    """A layer, a function or an argument that is not known here; it says which."""

    def __init__(self, message: str, *, hint: str = _NEWER) -> None:
        super().__init__(message, hint=hint)


class CodeError(UnreadableError):
    """A layer or a function that is code of whoever built the model."""
