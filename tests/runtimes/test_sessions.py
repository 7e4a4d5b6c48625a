import numpy as np
import pytest

from edgekit.errors import SessionError, UsageError
from edgekit.runtimes import cpu
from edgekit.runtimes.base import installed_for, open_session, version_of
from edgekit.spec.export import Format
from edgekit.spec.runtime import RUNTIMES, runtime_named
from edgekit.store.bundle import Artifact, open_artifact
from edgekit.verify.bundle import verify_bundle


def artifact(bundle, runtime):
    return open_artifact(bundle.folder / f"mobilenet-float32.{runtime.formats[0]}")


@pytest.mark.parametrize("runtime", RUNTIMES.values(), ids=RUNTIMES)
def test_a_session_answers_a_copy_that_the_next_image_leaves_alone(exported, runtime):
    session = open_session(artifact(exported, runtime), runtime)
    black, white = (np.full((1, 60, 50, 3), value, np.uint8) for value in (0, 255))
    first = session.run(black)
    kept = first.copy()
    second = session.run(white)
    assert first.dtype == np.float32
    assert first.shape == (1, 5)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)
    assert np.array_equal(session.run(black), kept)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["litert", "onnxruntime"])
def test_threads_do_not_change_the_answer(exported, name, threads):
    runtime = runtime_named(name)
    image = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3), np.uint8)
    one = open_session(artifact(exported, runtime), runtime, threads=1).run(image)
    assert np.allclose(open_session(artifact(exported, runtime), runtime, threads=threads).run(image), one, atol=1e-4 * np.ptp(one))


@pytest.mark.parametrize("name", ["litert", "onnxruntime"])
def test_a_file_that_the_runtime_refuses_is_a_session_error(exported, tmp_path, name):
    runtime = runtime_named(name)
    whole = artifact(exported, runtime)
    path = tmp_path / whole.path.name
    path.write_bytes(whole.path.read_bytes()[:2000])
    with pytest.raises(SessionError, match="cannot open"):
        open_session(Artifact(path, whole.contract, ""), runtime)


def test_a_runtime_opens_its_own_formats_alone(exported):
    with pytest.raises(SessionError, match="does not open onnx"):
        open_session(open_artifact(exported.folder / "mobilenet-float32.onnx"), runtime_named("litert"))


def test_the_fake_serves_only_when_named():
    assert [[row.name for row in installed_for(kind)] for kind in Format] == [["litert"], ["onnxruntime"]]


def test_versions_are_those_that_serve():
    import ai_edge_litert

    assert version_of(runtime_named("litert")) == ai_edge_litert.__version__


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


def test_verify_says_what_an_app_must_set_on_such_a_cpu(exported, monkeypatch):
    monkeypatch.setattr("edgekit.verify.bundle.saturates_8_bit", lambda: True)
    notes = [check for check in verify_bundle(exported) if check.passed is None]
    assert [(note.artifact, note.subject) for note in notes] == [("mobilenet-int8.onnx", "8-bit sums")]
    assert "session.x64quantprecision" in notes[0].detail
