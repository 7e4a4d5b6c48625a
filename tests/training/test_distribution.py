"""Training on several devices and in several processes, over loopback, is held against one process with one device."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import psutil
import pytest

from edgekit.datasets.decode import encode_png
from edgekit.datasets.letters28 import CLASSES
from edgekit.datasets.sample import open_sample

pytest.importorskip("jax")
pytestmark = pytest.mark.slow

EPOCHS = 8
# The paper's learning rate, 0.001, lets so small a network amplify rounding beyond the tolerance within a few steps.
RECIPE = f"""
image_px = 57
width = 0.125
epochs = {EPOCHS}
batch_size = 16
learning_rate = 0.0001
dropout_rate = 0.1
batch_norm_momentum = 0.8
augment = "light"
validation_share = 0.2
class_weights = true
"""
IMAGES = {"alef": (24, 6), "heh": (20, 6), "kaf": (20, 6)}
NETWORK = "alexnet"
SURVIVOR_ENDS_WITHIN_S = 120


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    root = tmp_path_factory.mktemp("distribution")
    dataset = open_sample()
    for split, examples in enumerate((dataset.train, dataset.test)):
        for name, counts in IMAGES.items():
            for example in [example for example in examples if CLASSES[example.label] == name][: counts[split]]:
                path = root / "letters" / example.picture.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_png(example.picture.pixels()))
    (root / "small.toml").write_text(RECIPE)
    return [str(root / "letters"), "--recipe", str(root / "small.toml"), "--network", NETWORK, "--backend", "jax"]


@pytest.fixture(scope="module", autouse=True)
def quick_compilation(tmp_path_factory):
    """Let the processes share what XLA has compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        yield


def begin(arguments, out, *, devices=1):
    """Start `edgekit train` in a fresh process; XLA compiles without its slow passes."""
    flags = f"--xla_backend_optimization_level=0 --xla_force_host_platform_device_count={devices}"
    words = [sys.executable, "-m", "edgekit", "train", *arguments, "--out", str(out), "--json"]
    return subprocess.Popen(
        words, env={**os.environ, "XLA_FLAGS": flags}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def begin_pair(arguments, out):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = ("--coordinator", f"127.0.0.1:{port}", "--processes", "2", "--process-id")
    return [begin([*arguments, *together, str(process_id)], out if process_id == 0 else out / "never") for process_id in (0, 1)]


def reached(out):
    return json.loads((out / NETWORK / "run.json").read_text())


def differences(record, other):
    return [
        abs(epoch[figure] - same[figure])
        for epoch, same in zip(record["history"], other["history"], strict=True)
        for figure in ("loss", "validation_loss", "accuracy", "validation_accuracy")
    ]


@pytest.fixture(scope="module")
def reference(arguments, tmp_path_factory):
    """The run of one process with one device."""
    out = tmp_path_factory.mktemp("one")
    with begin(arguments, out) as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    record = reached(out)
    assert len(record["history"]) == EPOCHS
    assert record["backend"] == "jax"
    # So that an epoch's last batch does not divide by two.
    assert record["dataset"]["train_images"] % 16 % 2 == record["dataset"]["validation_images"] % 16 % 2 == 1
    return record


def test_two_devices_of_one_process_train_as_one_and_the_run_exports_like_any(edgekit_cli, arguments, reference, tmp_path):
    with begin(arguments, tmp_path, devices=2) as process:
        out, err = process.communicate()
    assert process.returncode == 0, err
    assert "training on 2 devices of 1 process\n" in err
    assert json.loads(out)[0]["network"] == NETWORK
    assert max(differences(reached(tmp_path), reference)) <= 1e-4
    status, _, err = edgekit_cli("export", tmp_path / NETWORK, "--format", "tflite", "--precision", "float32", "--out", tmp_path / "exported")
    assert status == 0, err
    assert edgekit_cli("verify", tmp_path / "exported" / NETWORK)[0] == 0


def test_two_processes_train_as_one_even_after_one_of_them_died(arguments, reference, tmp_path):
    with ExitStack() as stack:
        leader, other = (stack.enter_context(process) for process in begin_pair(arguments, tmp_path))
        heard = []
        for line in leader.stderr:
            heard.append(line)
            if line.startswith(f"epoch 1/{EPOCHS}: loss"):
                break
        (child,) = psutil.Process(other.pid).children()
        os.kill(child.pid, signal.SIGKILL)
        begun = time.monotonic()
        heard += leader.stderr.readlines()
        assert leader.wait() == 1, heard
        assert time.monotonic() - begun < SURVIVOR_ENDS_WITHIN_S
        lines = [line for line in heard if line.startswith(("error:", "hint:"))]
        assert len(lines) == 2, heard
        assert "another process of this training has ended" in lines[0]
        _, err = other.communicate()
        assert other.returncode == 1
        assert "SIGKILL" in err
    assert not (tmp_path / NETWORK / "run.json").exists()

    with ExitStack() as stack:
        pair = [stack.enter_context(process) for process in begin_pair(["--resume"], tmp_path)]
        answers = [process.communicate() for process in pair]
    assert [process.returncode for process in pair] == [0, 0], answers
    said = "".join(err for _, err in answers)
    weights = re.findall(r"has ended with the weights (\w{16})\n", said)
    assert len(weights) == 2, said
    assert weights[0] == weights[1]
    assert [len(json.loads(out)) for out, _ in answers] == [1, 0]
    assert not (tmp_path / "never").exists()
    assert max(differences(reached(tmp_path), reference)) <= 1e-4
