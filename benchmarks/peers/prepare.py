"""Every contender's files from one run: the stock converters as their documentation calls them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import onnx

from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan
from edgekit.exporting.source.source import of_run
from edgekit.spec.format import Format, Precision
from edgekit.spec.progress import Silent
from edgekit.spec.tuning import built_in
from peers.host import preprocessed
from sidebyside.contender import FOR_OPENVINO, store_images
from sidebyside.stock import onnx_from
from sidebyside.ungated import let_int8_lose

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.store.run import Run

OURS = (ExportPlan(), ExportPlan(files=((Format.ONNX, Precision.INT8),), tuning=built_in(FOR_OPENVINO)))


def prepare(run: Run, folder: Path, *, test_images: int) -> None:
    """Write the bundles, the peers' files and the images into ``folder``."""
    whole = of_run(run)
    let_int8_lose()
    subject = replace(whole, images=replace(whole.images, more=()))  # nothing is refused
    for plan in OURS:
        export(subject, plan, folder, progress=Silent())
    model = subject.model
    image_px = model.input.shape[1]
    calibration = [preprocessed(example.picture.pixels(), image_px) for example in subject.images.calibration]
    _stock_tflite(model, folder, calibration)
    _stock_onnx(folder)
    _openvino(folder, calibration)
    store_images(folder, subject.images.test, test_images, image_px)


def _stock_tflite(model: keras.Model, folder: Path, calibration: list[NDArray[np.float32]]) -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    (folder / "stock-float32.tflite").write_bytes(converter.convert())
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image] for image in calibration)
    (folder / "stock-int8.tflite").write_bytes(converter.convert())


def _stock_onnx(folder: Path) -> None:
    onnx.save(onnx_from((folder / "stock-float32.tflite").read_bytes(), folder), folder / "stock-float32.onnx")


def _openvino(folder: Path, calibration: list[NDArray[np.float32]]) -> None:
    import nncf
    import openvino as ov

    model = ov.Core().read_model(folder / "stock-float32.onnx")
    model.reshape([1, *calibration[0].shape[1:]])
    ov.save_model(model, folder / "openvino-float32.xml", compress_to_fp16=False)
    quantized = nncf.quantize(model, nncf.Dataset(calibration), subset_size=len(calibration))
    ov.save_model(quantized, folder / "openvino-int8.xml", compress_to_fp16=False)
