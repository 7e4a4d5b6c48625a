from importlib import import_module

import numpy as np
import pytest

from edgekit.analysis.differences import differences
from edgekit.analysis.preprocessing import preprocessing_share
from edgekit.datasets.decode import decode
from edgekit.errors import MissingPackageError, SessionError, UsageError
from edgekit.host import cpu
from edgekit.runtimes import base
from edgekit.runtimes.base import installed_for, is_installed, open_session, preferred_for, profile, version_of
from edgekit.runtimes.interpreter import InterpreterSession
from edgekit.spec.format import Format
from edgekit.spec.limits import LIMITS
from edgekit.spec.runtime import RUNTIMES, runtime_named, runtimes_for
from edgekit.store.bundle import Artifact, open_artifact
from edgekit.verifying.answers import answers
from edgekit.verifying.bundle import verify_bundle
from edgekit.verifying.clients.known import KNOWN

# Every format of every runtime.
OPENED = [(runtime, kind) for runtime in RUNTIMES.values() for kind in runtime.formats]
EVERY = pytest.mark.parametrize(("runtime", "kind"), OPENED, ids=[f"{runtime.name}-{kind}" for runtime, kind in OPENED])
BFLOAT16 = "openvino-bfloat16"


def artifact(bundle, kind):
    return open_artifact(bundle.folder / f"mobilenet-float32.{kind}")


def serving(runtime):
    """The runtime, if it can serve here; else the reason why this test says nothing."""
    if not is_installed(runtime):
        pytest.skip(f"{runtime.name} is not installed here (make test-tflite-runtime has an environment for tflite-runtime)")
    if runtime.name == BFLOAT16 and not computes_in_bfloat16():
        pytest.skip("this CPU has no bfloat16")
    return runtime


def computes_in_bfloat16():
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@EVERY
def test_a_session_answers_a_copy_that_the_next_image_leaves_alone(exported, runtime, kind):
    session = open_session(artifact(exported, kind), serving(runtime))
    black, white = (np.full((1, 60, 50, 3), value, np.uint8) for value in (0, 255))
    first = session.run(black)
    kept = first.copy()
    second = session.run(white)
    assert first.dtype == np.float32
    assert first.shape == (1, 5)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    assert np.array_equal(session.run(black), kept)


@EVERY
def test_the_three_steps_are_what_run_does(exported, runtime, kind):
    session = open_session(artifact(exported, kind), serving(runtime))
    image = np.random.default_rng(0).integers(0, 256, (1, 48, 48, 3), np.uint8)
    whole = session.run(image).copy()
    session.put(image)
    session.invoke()
    assert np.array_equal(session.take(), whole)


@EVERY
def test_an_image_without_pixels_is_a_session_error(exported, runtime, kind):
    session = open_session(artifact(exported, kind), serving(runtime))
    for shape in ((1, 0, 0, 3), (1, 0, 5, 3)):
        with pytest.raises(SessionError, match=r"image of \(1, 0") as caught:
            session.run(np.zeros(shape, np.uint8))
        assert caught.value.hint


@EVERY
def test_two_threads_do_not_change_the_answer(exported, runtime, kind):
    image = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3), np.uint8)
    one, two = (open_session(artifact(exported, kind), serving(runtime), threads=threads).run(image) for threads in (1, 2))
    assert np.allclose(one, two, atol=1e-4 * np.ptp(one))


@EVERY
def test_every_file_answers_as_the_trained_model_does(exported, runtime, kind):
    pictures = [decode(exported.golden_path(image)) for image in exported.golden.images]
    wanted = np.array([image.scores for image in exported.golden.images], np.float32)
    for entry in exported.manifest.artifacts:
        if entry.format is kind and runtime.name not in ("fake", BFLOAT16) and (runtime.name, kind, entry.precision) not in KNOWN:
            found = differences(wanted, answers(exported.artifact(entry), serving(runtime), pictures), margin=LIMITS[entry.precision].margin)
            assert found.agreement >= LIMITS[entry.precision].agreement, entry.file
            assert found.share <= (LIMITS[entry.precision].score or np.inf), entry.file


@EVERY
def test_a_file_that_the_runtime_refuses_is_a_session_error(exported, tmp_path, runtime, kind):
    if runtime.name in ("fake", "tflite-runtime"):
        pytest.skip("the fake reads no file, and tflite-runtime 2.14 does not check what it reads: its process dies")
    whole = artifact(exported, kind)
    path = tmp_path / whole.path.name
    path.write_bytes(whole.path.read_bytes()[:2000])
    with pytest.raises(SessionError, match="cannot open"):
        open_session(Artifact(path, whole.contract, ""), serving(runtime))


@EVERY
def test_the_time_of_operators_tells_the_preprocessing_from_the_network(exported, runtime, kind):
    if not runtime.profiles:
        pytest.skip(f"{runtime.name} does not tell the time of operators")
    images = [np.full((1, 48, 48, 3), value, np.uint8) for value in range(8)]
    operators = profile(artifact(exported, kind), serving(runtime), images)
    assert len({operator.name for operator in operators}) == len(operators)
    # The stem and the pointwise ones; the quickest of the others take OpenVINO less than the microsecond that it counts.
    assert sum("conv" in operator.type.lower() and "convert" not in operator.type.lower() for operator in operators) >= 14
    if not runtime.name.startswith("openvino"):
        # A first run, which prepares things, has the same operators as the others.
        assert len(profile(artifact(exported, kind), runtime, images[:1])) == len(operators) > 20
    assert 0 < preprocessing_share(operators) < 0.6


def test_a_file_opens_in_the_runtime_that_it_was_made_for_if_it_is_installed(monkeypatch):
    monkeypatch.setattr(base, "installed_for", runtimes_for)
    assert [preferred_for(Format.ONNX, name).name for name in (None, "openvino", "unknown")] == ["onnxruntime", "openvino", "onnxruntime"]
    assert preferred_for(Format.TFLITE).name == "litert"
    monkeypatch.setattr(base, "installed_for", lambda kind: (runtime_named("onnxruntime"),))
    assert preferred_for(Format.ONNX, "openvino").name == "onnxruntime"


def test_bfloat16_is_refused_where_the_cpu_would_only_pretend(exported):
    runtime = runtime_named(BFLOAT16)
    if is_installed(runtime) and computes_in_bfloat16():
        pytest.skip("this CPU has bfloat16")
    with pytest.raises((SessionError, MissingPackageError), match=r"bfloat16|not installed"):
        open_session(artifact(exported, "tflite"), runtime)


def test_a_runtime_opens_its_own_formats_alone(exported):
    with pytest.raises(SessionError, match="does not open onnx"):
        open_session(open_artifact(exported.folder / "mobilenet-float32.onnx"), runtime_named("litert"))


def test_what_serves_only_when_named_is_never_chosen():
    chosen = [row.name for kind in Format for row in installed_for(kind)]
    assert chosen
    assert not {"fake", BFLOAT16} & set(chosen)
    assert list(RUNTIMES)[:2] == ["litert", "onnxruntime"]  # the formats' own runtimes are preferred


@pytest.mark.parametrize(("name", "module"), [("litert", "ai_edge_litert"), ("onnxruntime", "onnxruntime"), ("openvino", "openvino")])
def test_versions_are_those_that_serve(name, module):
    serving(runtime_named(name))
    assert import_module(module).__version__.startswith(version_of(runtime_named(name)))


def test_a_package_that_cannot_be_imported_is_a_session_error(exported, monkeypatch):
    def broken(name):
        raise ImportError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(base, "is_installed", lambda runtime: True)
    monkeypatch.setattr(base, "import_module", broken)
    with pytest.raises(SessionError, match="litert is installed and cannot be imported: libgomp") as caught:
        open_session(artifact(exported, "tflite"), RUNTIMES["litert"])
    assert caught.value.hint


class SmallMemory:
    """An interpreter that has no memory for images of more than 100 pixels a side."""

    def __init__(self):
        self.shape = self.ready = (1, 8, 8, 3)

    def resize_tensor_input(self, place, shape, strict):
        self.shape = shape

    def allocate_tensors(self):
        if max(self.shape) > 100:
            raise RuntimeError("no memory")
        self.ready = self.shape

    def set_tensor(self, place, image):
        if image.shape != self.ready or self.shape != self.ready:
            raise ValueError("dimension mismatch")

    def invoke(self):
        pass

    def get_input_details(self):
        return [{"index": 0, "shape": (1, 8, 8, 3)}]

    def get_output_details(self):
        return [{"index": 1}]

    def get_tensor(self, place):
        return np.zeros((1, 5), np.float32)


def test_an_image_there_is_no_memory_for_does_not_spoil_the_next():
    class InSmallMemory(InterpreterSession):
        title = "an interpreter"

    session = InSmallMemory(SmallMemory())
    small, large = np.zeros((1, 8, 8, 3), np.uint8), np.zeros((1, 200, 200, 3), np.uint8)
    assert session.run(small).shape == (1, 5)
    with pytest.raises(SessionError):
        session.run(large)
    assert session.run(small).shape == (1, 5)


def test_litert_without_its_library_tells_no_times(exported, monkeypatch, tmp_path):
    profiler = pytest.importorskip("edgekit.runtimes.litert_profiler")
    monkeypatch.setattr(profiler, "LIBRARY", tmp_path / "none.so")
    file = artifact(exported, "tflite")
    assert profile(file, RUNTIMES["litert"], [np.zeros((1, 48, 48, 3), np.uint8)], threads=1) == ()


def test_an_unknown_runtime_names_the_nearest():
    with pytest.raises(UsageError, match="litrt") as caught:
        runtime_named("litrt")
    assert "litert" in caught.value.hint


@pytest.mark.parametrize(
    ("machine", "flags", "saturates"),
    [
        ("x86_64", "flags : fpu avx2 avx512f avx512_vnni", False),
        ("x86_64", "flags : fpu avx2 avx_vnni", False),
        ("x86_64", "flags : fpu avx2 avx512f", True),
        ("AMD64", "", True),
        ("aarch64", "Features : asimd", False),
    ],
)
def test_exact_8_bit_kernels_are_asked_for_where_the_others_saturate(monkeypatch, tmp_path, machine, flags, saturates):
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{flags}\n")
    monkeypatch.setattr(cpu, "_FLAGS", tmp_path / "cpuinfo")
    monkeypatch.setattr(cpu.platform, "machine", lambda: machine)
    assert cpu.saturates_8_bit.__wrapped__() is saturates


@pytest.mark.parametrize(
    ("name", "saturates", "precision"), [("onnx", True, "u8"), ("onnx", False, "u8"), ("tflite", True, "f32"), ("tflite", False, "u8")]
)
def test_openvino_computes_in_8_bits_where_the_sums_have_room(exported, monkeypatch, name, saturates, precision):
    """Portable ONNX files have weights of seven bits; those of TFLite files have eight."""
    openvino = pytest.importorskip("edgekit.runtimes.openvino")
    monkeypatch.setattr(openvino, "saturates_8_bit", lambda: saturates)
    session = openvino.open_session(open_artifact(exported.folder / f"mobilenet-int8.{name}"), 1)
    facts = [operator.get_rt_info() for operator in session._request.get_compiled_model().get_runtime_model().get_ops()]
    found = {fact["runtimePrecision"].value for fact in facts if fact["layerType"].value == "Convolution"}
    assert ("u8" in found) is (precision == "u8")


def test_a_bundle_is_verified_in_every_runtime_that_is_installed(exported):
    checks = [check for check in verify_bundle(exported) if check.compared]
    wanted = [(entry, row.name) for entry in exported.manifest.artifacts for row in installed_for(entry.format)]
    opened = [(entry.file, name, True) for entry, name in wanted if (name, entry.format, entry.precision) not in KNOWN]
    assert [(check.artifact, check.subject.split()[0], check.passed) for check in checks] == opened
