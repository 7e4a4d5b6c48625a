"""A contender is a file in a runtime, and its name says which: ``FILE in RUNTIME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.spec.format import Format
from edgekit.spec.tuning import table_of
from sidebyside.contender import Contender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edgekit.spec.tuning import Tuning
    from sidebyside.contender import Answer

STOCK = "stock"
STOCK_INT8 = f"{STOCK}-int8.tflite in litert"
NNCF = f"{STOCK}-nncf-int8.xml"
RUNTIMES = {Format.TFLITE: "litert", Format.ONNX: "onnxruntime"}


def file_of(folder: Path, tuning: str, precision: str, kind: Format) -> str:
    """Return edgekit's file by a tuning, from the prepared folder on."""
    (path,) = (folder / tuning).glob(f"*-{precision}{kind.suffix}")
    return str(path.relative_to(folder))


def files_by(folder: Path, tunings: Iterable[Tuning], precision: str, kind: Format) -> list[Path]:
    """Return what is there of edgekit's files by ``tunings``."""
    return [path for tuning in tunings for path in (folder / tuning.name).glob(f"*-{precision}{kind.suffix}")]


def runtime_of(tuning: Tuning, kind: Format, precision: str) -> str:
    """Return the runtime that a tuning's files are for."""
    return tuning.at(table_of(kind, precision)).made_for or RUNTIMES[kind]


def named(file: str, runtime: str, precision: str, against: str) -> Contender:
    """Return a file of the prepared folder in a runtime, held against another contender."""
    return Contender(f"{file} in {runtime}", precision, _opener(file, runtime), against)


def parts_of(name: str) -> tuple[str, str]:
    """Return the file and the runtime that a contender's name says; of another name itself, and no runtime."""
    file, _, runtime = name.partition(" in ")
    return file, runtime


class _ByName(dict[str, Contender]):
    """Contenders for a process of its own, which knows their names alone."""

    def __missing__(self, name: str) -> Contender:
        return named(*parts_of(name), "", "")


CONTENDERS = _ByName()


def _opener(file: str, runtime: str) -> Callable[[Path, int], Answer]:
    def open_it(folder: Path, image_px: int) -> Answer:
        path = folder / file
        if runtime == "openvino":
            return _openvino(path, image_px)
        if not file.startswith(STOCK):
            return _ours(path, runtime)
        return _litert(path) if runtime == "litert" else _onnxruntime(path)

    return open_it


def _ours(path: Path, runtime: str) -> Answer:
    from edgekit.runtimes.base import open_session
    from edgekit.spec.runtime import runtime_named
    from edgekit.store.bundle import open_artifact

    return open_session(open_artifact(path), runtime_named(runtime), threads=1).run


def _litert(path: Path) -> Answer:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    shape: tuple[int, ...] = ()

    def run(image: NDArray[np.uint8]) -> NDArray[np.float32]:
        nonlocal shape
        if image.shape != shape:
            interpreter.resize_tensor_input(source, image.shape, strict=True)
            interpreter.allocate_tensors()
            shape = image.shape
        interpreter.set_tensor(source, image)
        interpreter.invoke()
        return interpreter.get_tensor(target)

    return run


def _onnxruntime(path: Path) -> Answer:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda image: session.run(None, {name: image})[0]


def _openvino(path: Path, image_px: int) -> Answer:
    import openvino as ov

    settings = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
    core = ov.Core()
    model = core.read_model(path)
    extent = image_px or -1  # without one it takes any
    model.reshape([1, extent, extent, 3])
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda image: request.infer([image])[0]
