"""Keras' settings of a process: edgekit's own, whatever the user's ``keras.json`` says.

Another order of channels, or half precision, would be that of every layer that is made without saying so, those of edgekit's own
networks and those that a file names alike.
"""

from __future__ import annotations

import keras

# Keras' own defaults, by which files that do not say are meant.
_FLOATX, _EPSILON, _DATA_FORMAT = "float32", 1e-7, "channels_last"


def settle() -> None:
    """Set what a ``keras.json`` may have set otherwise."""
    keras.config.set_floatx(_FLOATX)
    keras.config.set_epsilon(_EPSILON)
    keras.config.set_image_data_format(_DATA_FORMAT)


settle()
