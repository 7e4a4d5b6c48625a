"""Where an exported file is to open."""

from __future__ import annotations

from enum import StrEnum


class Target(StrEnum):
    """A kind of app; `edgekit verify --for` knows what each asks of a file."""

    MEDIAPIPE = "mediapipe"
    LITERT = "litert"
    ONNXRUNTIME = "onnxruntime"
    OPENCV = "opencv"
    WEB = "web"
    MICROCONTROLLER = "microcontroller"
