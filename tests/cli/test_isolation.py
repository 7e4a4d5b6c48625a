"""Commands that open a file which harms its process, or keeps it busy for ever: one line, a status, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import onnx
import psutil
import pytest

from edgekit.store.containers.seal import SEAL_KEY, digest

STEPS = 2**40
EDGEKIT = [sys.executable, "-m", "edgekit"]


def endless(source, path):
    """A copy of an ONNX file whose scores wait for a loop of 2**40 steps, with the digest that it should have."""
    model = onnx.load(source)
    graph = model.graph
    scores = graph.output[0].name
    for node in graph.node:
        node.output[:] = ["before" if name == scores else name for name in node.output]
    value = onnx.helper.make_tensor_value_info
    one = onnx.numpy_helper.from_array(np.float32(1), "one")
    body = onnx.helper.make_graph(
        [onnx.helper.make_node("Sin", ["x"], ["y"]), onnx.helper.make_node("Identity", ["go"], ["on"])],
        "body",
        [value("step", onnx.TensorProto.INT64, []), value("go", onnx.TensorProto.BOOL, []), value("x", onnx.TensorProto.FLOAT, [])],
        [value("on", onnx.TensorProto.BOOL, []), value("y", onnx.TensorProto.FLOAT, [])],
    )
    graph.initializer.extend([one, onnx.numpy_helper.from_array(np.int64(STEPS), "steps")])
    graph.node.extend(
        [
            onnx.helper.make_node("Loop", ["steps", "", "one"], ["last"], body=body),
            onnx.helper.make_node("Add", ["before", "last"], [scores]),
        ]
    )
    data = model.SerializeToString()
    (old,) = [entry.value.encode() for entry in model.metadata_props if entry.key == SEAL_KEY]
    place = data.index(old), data.index(old) + len(old)
    path.write_bytes(data[: place[0]] + digest(data, place) + data[place[1] :])
    return path


@pytest.fixture(scope="module")
def loop(exported, tmp_path_factory):
    return endless(exported.folder / "mobilenet-float32.onnx", tmp_path_factory.mktemp("loop") / "loop.onnx")


def commands(loop, exported):
    image = exported.golden_path(exported.golden.images[0])
    return {"verify": ["verify", str(loop)], "predict": ["predict", str(loop), str(image), "--runtime", "onnxruntime"]}


def test_a_model_that_never_ends_is_ended(loop, exported):
    arguments = commands(loop, exported)["predict"]
    done = subprocess.run([*EDGEKIT, *arguments, "--time-limit", "3"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    told(done.stderr)


def told(err):
    error, hint = err.strip().splitlines()
    assert error.startswith("error: ")
    assert "loop.onnx" in error
    assert "no answer within 3 s: stopped" in error
    assert hint.startswith("hint: ")


@pytest.mark.parametrize("command", ["verify", "predict"])
def test_sigterm_ends_the_command_and_its_child_at_once(loop, exported, command, tmp_path):
    arguments = commands(loop, exported)[command]
    with subprocess.Popen(
        [*EDGEKIT, *arguments, "--time-limit", "600"], stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    ) as parent:
        child = busy_child(psutil.Process(parent.pid))
        parent.send_signal(signal.SIGTERM)
        _, err = parent.communicate(timeout=60)
    assert parent.returncode == 130, err
    assert err.startswith("error: interrupted")
    assert not child.is_running()
    assert [*tmp_path.iterdir()] == []


def test_a_model_that_ends_its_process_is_one_line(loop, exported):
    """As a fault in a kernel would: with SIGSEGV, while it computes."""
    with subprocess.Popen([*EDGEKIT, *commands(loop, exported)["predict"]], stderr=subprocess.PIPE, text=True) as parent:
        busy_child(psutil.Process(parent.pid)).send_signal(signal.SIGSEGV)
        _, err = parent.communicate(timeout=60)
    assert parent.returncode == 1
    error, hint = err.strip().splitlines()
    assert error.startswith("error: loop.onnx in onnxruntime: the process was killed by signal 11 (SIGSEGV)")
    assert hint.startswith("hint: ")


def busy_child(parent):
    """The child that has begun to compute."""
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        for child in parent.children():
            if child.cpu_times().user > 1.5:
                return child
        time.sleep(0.05)
    raise AssertionError("no child computes")


def test_what_one_file_does_to_its_process_leaves_the_others_alone(loop, exported):
    whole = exported.folder / "mobilenet-float32.tflite"
    command = [*EDGEKIT, "verify", str(loop), str(whole), "--time-limit", "3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 4
    told(done.stderr)
    passed = {name: [check["passed"] for check in json.loads(done.stdout) if check["artifact"] == name] for name in (loop.name, whole.name)}
    assert False in passed[loop.name]
    assert len(passed[whole.name]) > 1
    assert all(passed[whole.name])
