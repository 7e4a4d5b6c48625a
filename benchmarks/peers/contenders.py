"""Each contender: from uint8 (1, height, width, 3) in memory to scores, on one thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.runtimes.base import open_session
from edgekit.spec.format import Format, Precision
from edgekit.spec.runtime import runtime_named
from edgekit.spec.tuning import DEFAULT_TUNING
from edgekit.store.bundle import bundles_below, open_bundle
from peers.host import preprocessed
from sidebyside.contender import FOR_OPENVINO, Contender

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from sidebyside.contender import Answer

BASE = "TFLiteConverter, LiteRT"


def _ours(kind: Format, precision: Precision, runtime: str, tuning: str = DEFAULT_TUNING) -> Callable[[Path, int], Answer]:
    def open_it(folder: Path, image_px: int) -> Answer:
        (artifact,) = (
            bundle.artifact(entry)
            for bundle in map(open_bundle, bundles_below(folder))
            for entry in bundle.manifest.artifacts
            if (entry.format, entry.precision, entry.tuning) == (kind, precision, tuning)
        )
        return open_session(artifact, runtime_named(runtime), threads=1).run

    return open_it


def _tflite(file: str) -> Callable[[Path, int], Answer]:
    def open_it(folder: Path, image_px: int) -> Answer:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(model_path=str(folder / file))
        interpreter.allocate_tensors()
        source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

        def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
            interpreter.set_tensor(source, preprocessed(image[0], image_px))
            interpreter.invoke()
            return interpreter.get_tensor(target)

        return run

    return open_it


def _onnx(folder: Path, image_px: int) -> Answer:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(folder / "stock-float32.onnx", options)
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: preprocessed(image[0], image_px)})[0]


def _openvino(file: str) -> Callable[[Path, int], Answer]:
    def open_it(folder: Path, image_px: int) -> Answer:
        import openvino as ov

        settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"}
        request = ov.Core().compile_model(folder / file, "CPU", settings).create_infer_request()
        return lambda image: request.infer([preprocessed(image[0], image_px)])[0]

    return open_it


def _keras(folder: Path, image_px: int) -> Answer:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    model = keras.models.load_model(folder / "model.keras", compile=False)
    return lambda image: model(preprocessed(image[0], image_px), training=False).numpy()


_ROWS = (
    ("edgekit, TFLite in LiteRT", "float32", _ours(Format.TFLITE, Precision.FLOAT32, "litert")),
    ("edgekit, TFLite in OpenVINO", "float32", _ours(Format.TFLITE, Precision.FLOAT32, "openvino")),
    ("edgekit, ONNX in ONNX Runtime", "float32", _ours(Format.ONNX, Precision.FLOAT32, "onnxruntime")),
    ("edgekit, int8 TFLite in LiteRT", "int8", _ours(Format.TFLITE, Precision.INT8, "litert")),
    ("edgekit, int8 ONNX in ONNX Runtime", "int8", _ours(Format.ONNX, Precision.INT8, "onnxruntime")),
    ("edgekit, int8 ONNX tuned for OpenVINO", "int8", _ours(Format.ONNX, Precision.INT8, "openvino", tuning=FOR_OPENVINO)),
    ("TFLiteConverter, LiteRT", "float32", _tflite("stock-float32.tflite")),
    ("TFLiteConverter int8, LiteRT", "int8", _tflite("stock-int8.tflite")),
    ("tf2onnx, ONNX Runtime", "float32", _onnx),
    ("OpenVINO from ONNX", "float32", _openvino("openvino-float32.xml")),
    ("OpenVINO int8 by NNCF", "int8", _openvino("openvino-int8.xml")),
    ("Keras, model(x)", "float32", _keras),
)
CONTENDERS = {name: Contender(name, precision, open_it, BASE) for name, precision, open_it in _ROWS}
