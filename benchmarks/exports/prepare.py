"""The files: the stock converters' of the deployable graph, NNCF's from the same calibration images, and edgekit's as it publishes them."""

from __future__ import annotations

import shutil
from itertools import product
from typing import TYPE_CHECKING

import onnx

from edgekit.datasets.resize import as_input
from edgekit.export.evidence import test_evidence
from edgekit.export.graph.onnx_nodes import OPSET
from edgekit.export.head import without_head
from edgekit.export.model import Reference, deployable
from edgekit.export.pipeline import export
from edgekit.export.subject import of_run
from edgekit.spec.export import ANY_SIZE, DEFAULT_PRECISIONS, Format, Head, OnnxOptions, Precision, TFLiteOptions
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.spec.tuning import built_in
from exports import answered
from exports.contenders import NNCF, STOCK, STOCK_INT8, file_of, runtime_of
from exports.without import proved_on_few
from sidebyside.contender import ANY_IMAGE, FOR_OPENVINO, store_images
from sidebyside.stock import onnx_from
from sidebyside.ungated import let_int8_lose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.export.subject import Subject
    from edgekit.spec.export import ExportOptions
    from edgekit.spec.progress import Progress
    from edgekit.spec.tuning import Tuning
    from edgekit.store.run import Run

TIMED_IMAGES = 64


def prepare(run: Run, tunings: Sequence[Tuning], folder: Path, *, progress: Progress, stock: bool) -> None:
    """Write all files and the timed images into ``folder``, edgekit's of a tuning into a folder of its name; ``stock`` as well if asked for.

    Beside stock an int8 file does without what an export leaves out, and has those layers in float32 that it keeps so; tunings against each
    other have all.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole = of_run(run)
    if not stock:
        let_int8_lose()  # layers in float32 would tell of chance, not of a rewrite
    subject = whole if stock else proved_on_few(whole)
    network = without_head(subject.model, Head.LOGITS)
    image_px = network.input.shape[1]
    spec = TensorSpec(name="image", shape=(1, image_px, image_px, 3), dtype=DType.UINT8)
    names = []
    if stock:
        calibration = [as_input(example.picture.pixels(), spec) for example in whole.images.calibration]
        _stock(deployable(network, ANY_SIZE), calibration, folder)
        _nncf(folder, calibration)
        names += [STOCK_INT8, f"{NNCF} in openvino"]
    for tuning in tunings:
        options = [maker(precision=precision, tuning=tuning) for precision in DEFAULT_PRECISIONS for maker in (TFLiteOptions, OnnxOptions)]
        _export(subject, options, folder / tuning.name, progress)
        names += [
            f"{file_of(folder, tuning.name, precision, kind)} in {runtime_of(tunings[0], kind, precision)}"
            for precision, kind in product(DEFAULT_PRECISIONS, Format)
        ]
    if stock:
        options = [OnnxOptions(precision=precision, tuning=built_in(FOR_OPENVINO)) for precision in DEFAULT_PRECISIONS]
        _export(subject, options, folder / FOR_OPENVINO, progress)
        names += [f"{file_of(folder, FOR_OPENVINO, precision, Format.ONNX)} in openvino" for precision in DEFAULT_PRECISIONS]
    store_images(folder, whole.images.test, TIMED_IMAGES, image_px, spec)
    test = (whole.images.more if stock else ()) or whole.images.test
    answered.ask(folder, names, test_evidence(test, ANY_IMAGE, Reference(network), whole.answers, labelled=True), base=STOCK_INT8 if stock else None)


def _export(subject: Subject, options: Sequence[ExportOptions], folder: Path, progress: Progress) -> None:
    begun = folder.with_suffix(".begun")
    export(subject, options, begun, progress=progress).folder.rename(folder)
    begun.rmdir()


def _stock(graph: keras.Model, calibration: list[NDArray[np.uint8]], folder: Path) -> None:
    import tensorflow as tf

    for precision in DEFAULT_PRECISIONS:
        converter = tf.lite.TFLiteConverter.from_keras_model(graph)
        if precision is Precision.INT8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = lambda: ([image] for image in calibration)
            converter.inference_input_type, converter.inference_output_type = tf.uint8, tf.float32
        data = converter.convert()
        (folder / f"{STOCK}-{precision}.tflite").write_bytes(data)
        onnx.save(onnx_from(data, folder, opset=OPSET), folder / f"{STOCK}-{precision}.onnx")


def _nncf(folder: Path, calibration: list[NDArray[np.uint8]]) -> None:
    import nncf
    import openvino as ov

    model = ov.Core().read_model(folder / f"{STOCK}-float32.onnx")
    model.reshape(list(calibration[0].shape))
    ov.save_model(nncf.quantize(model, nncf.Dataset(calibration), subset_size=len(calibration)), folder / NNCF, compress_to_fp16=False)
