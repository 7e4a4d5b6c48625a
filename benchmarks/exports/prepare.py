"""The files: the stock converters' of the deployable graph, NNCF's from the same calibration images, and edgekit's as it publishes them."""

from __future__ import annotations

import shutil
from itertools import product
from typing import TYPE_CHECKING

import onnx

from edgekit.datasets.resize import as_input
from edgekit.exporting.onnx.nodes import OPSET
from edgekit.exporting.parity.reference import test_evidence
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.deployable import deployable
from edgekit.exporting.source.source import of_run
from edgekit.exporting.source.trained import Reference
from edgekit.models.head import without_head
from edgekit.spec.export import ANY_SIZE, Head
from edgekit.spec.format import DEFAULT_PRECISIONS, Format, Precision
from edgekit.spec.tensor import DType, TensorSpec
from edgekit.spec.tuning import built_in
from edgekit.store.bundle import open_bundle
from exports import answered
from exports.contenders import NNCF, STOCK, STOCK_INT8, file_of, files_by, runtime_of
from exports.without import proved_on_few
from sidebyside.contender import ANY_IMAGE, FOR_OPENVINO, store_images
from sidebyside.stock import onnx_from
from sidebyside.ungated import let_int8_lose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import keras
    import numpy as np
    from numpy.typing import NDArray

    from edgekit.exporting.source.source import Subject
    from edgekit.spec.progress import Progress
    from edgekit.spec.tuning import Tuning
    from edgekit.store.run import Run

TIMED_IMAGES = 64


def prepare(run: Run, tunings: Sequence[Tuning], folder: Path, *, progress: Progress) -> None:
    """Write stock's files, edgekit's of each tuning into a folder of its name, and the timed images into ``folder``."""
    _emptied(folder)
    subject = of_run(run)
    network, spec = _network_of(subject)
    calibration = [as_input(example.picture.pixels(), spec) for example in subject.images.calibration]
    _stock(deployable(network, ANY_SIZE), calibration, folder)
    _nncf(folder, calibration)
    for tuning in tunings:
        _export(subject, ExportPlan(tuning=tuning), folder / tuning.name, progress)
    _export(subject, ExportPlan(files=files_in([Format.ONNX]), tuning=built_in(FOR_OPENVINO)), folder / FOR_OPENVINO, progress)
    names = [
        STOCK_INT8,
        f"{NNCF} in openvino",
        *(
            f"{file_of(folder, tuning.name, precision, kind)} in {runtime_of(tunings[0], kind, precision)}"
            for tuning, precision, kind in product(tunings, DEFAULT_PRECISIONS, Format)
        ),
        *(f"{file_of(folder, FOR_OPENVINO, precision, Format.ONNX)} in openvino" for precision in DEFAULT_PRECISIONS),
    ]
    _ask(subject, network, spec, folder, names, base=STOCK_INT8)


def prepare_without(run: Run, whole: Tuning, without: Mapping[str, Tuning], folder: Path, *, progress: Progress) -> None:
    """Write the files by ``whole`` into ``folder``, and those by each tuning ``without`` a rewrite where that changed something."""
    _emptied(folder)
    let_int8_lose()  # layers in float32 would tell of chance, not of a rewrite
    subject = proved_on_few(of_run(run))
    _export(subject, ExportPlan(tuning=whole), folder / whole.name, progress)
    applied = {(entry.format, entry.precision): entry.rewrites for entry in open_bundle(folder / whole.name).manifest.artifacts}
    for rewrite, tuning in without.items():
        files = tuple(file for file in files_in() if rewrite in applied[file])
        if files:
            _export(subject, ExportPlan(files=files, tuning=tuning), folder / tuning.name, progress)
    names = [
        f"{file.relative_to(folder)} in {runtime_of(whole, kind, precision)}"
        for precision, kind in product(DEFAULT_PRECISIONS, Format)
        for file in files_by(folder, [whole, *without.values()], precision, kind)
    ]
    network, spec = _network_of(subject)
    _ask(subject, network, spec, folder, names, base=None)


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _network_of(subject: Subject) -> tuple[keras.Model, TensorSpec]:
    """Return what is deployed, and an image of its own size."""
    network = without_head(subject.model, Head.LOGITS)
    image_px = network.input.shape[1]
    return network, TensorSpec(name="image", shape=(1, image_px, image_px, 3), dtype=DType.UINT8)


def _export(subject: Subject, plan: ExportPlan, folder: Path, progress: Progress) -> None:
    begun = folder.with_suffix(".begun")
    export(subject, plan, begun, progress=progress).folder.rename(folder)
    begun.rmdir()


def _ask(subject: Subject, network: keras.Model, spec: TensorSpec, folder: Path, names: Sequence[str], *, base: str | None) -> None:
    """Keep the images that are timed, and what is answered to all that the subject has for that."""
    store_images(folder, subject.images.test, TIMED_IMAGES, spec.shape[1], spec)
    test = test_evidence(subject.images.more or subject.images.test, ANY_IMAGE, Reference(network), subject.answers, labelled=True)
    answered.ask(folder, names, test, base=base)


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
