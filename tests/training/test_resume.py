"""A run that was killed goes on, and ends as one that never was."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from edgekit.datasets.folder import open_folder
from edgekit.store.run import open_run

EDGEKIT = [sys.executable, "-m", "edgekit"]
TOML = 'image_px = 57\nwidth = 0.0625\nepochs = 4\nschedule = "cosine"\naugment = "light"\ndropout_rate = 0.3\nbatch_size = 20\n'
# Comes to harm as it is about to save the checkpoint of an epoch; that of epoch 0 is the first.
COMES_TO_HARM = """
import os, resource, signal, sys, threading
import numpy as np
from edgekit.cli.main import run
real, saved = np.savez, []
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def savez(file, **arrays):
    epoch = len(saved)
    saved.append(epoch)
    {harm}
    real(file, **arrays)
np.savez = savez
sys.exit(run(sys.argv[1:]))
"""
IN_AN_EPOCH = "if epoch == 1: threading.Timer(0.05, die).start()"
WHILE_SAVING = "if epoch == 3: file.write(b'half a checkpoint'), file.flush(), die()"
DISK_IS_FULL = "if epoch == 2: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"


@pytest.fixture(scope="module")
def folder(small_folder, tmp_path_factory):
    """Three letters: 90 training images."""
    root = tmp_path_factory.mktemp("resume") / "data"
    for split, count in (("train", 30), ("test", 6)):
        for source in sorted((small_folder / split).iterdir())[:3]:
            (root / split / source.name).mkdir(parents=True)
            for file in sorted(source.iterdir())[:count]:
                shutil.copy(file, root / split / source.name)
    return root


def arguments(folder, out):
    recipe = folder.parent / "tiny.toml"
    recipe.write_text(TOML)
    return [str(part) for part in ("train", folder, "--network", "alexnet", "--recipe", recipe, "--out", out)]


@pytest.fixture(scope="module")
def uninterrupted(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "runs"
    subprocess.run([*EDGEKIT, *arguments(folder, out)], check=True, capture_output=True)
    return open_run(out / "alexnet")


def weights(run):
    import keras

    return keras.models.load_model(run.model_file, compile=False).get_weights()


def harmed(harm, folder, out):
    command = [sys.executable, "-c", COMES_TO_HARM.format(harm=harm), *arguments(folder, out)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def assert_same(run, whole):
    assert [entry.loss for entry in run.record.history] == [entry.loss for entry in whole.record.history]
    assert all(np.array_equal(a, b) for a, b in zip(weights(run), weights(whole), strict=True))
    assert run.record.test_accuracy == whole.record.test_accuracy
    assert sorted(path.name for path in run.folder.iterdir()) == ["answers.json", "confusion.png", "curves.png", "logs", "model.keras", "run.json"]


def resume(out):
    done = subprocess.run([*EDGEKIT, "train", "--resume", "--out", str(out), "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["run"] == str(out / "alexnet")
    return open_run(out / "alexnet")


@pytest.mark.slow
def test_killed_in_the_middle_of_an_epoch(folder, uninterrupted, tmp_path):
    out = tmp_path / "runs"
    assert harmed(IN_AN_EPOCH, folder, out).returncode == -signal.SIGKILL
    assert list((out / "alexnet/checkpoints").glob("*.npz"))
    assert not (out / "alexnet/run.json").exists()
    assert_same(resume(out), uninterrupted)


@pytest.mark.slow
def test_killed_while_a_checkpoint_is_written(folder, uninterrupted, tmp_path):
    out = tmp_path / "runs"
    assert harmed(WHILE_SAVING, folder, out).returncode == -signal.SIGKILL
    assert (out / "alexnet/checkpoints/epoch-0002.npz").exists()
    assert not (out / "alexnet/checkpoints/epoch-0003.npz").exists()
    assert_same(resume(out), uninterrupted)


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_checkpoint(folder, uninterrupted, tmp_path):
    out = tmp_path / "runs"
    process = harmed(DISK_IS_FULL, folder, out)
    assert process.returncode == 1
    lines = [line for line in process.stderr.splitlines() if line.startswith(("error:", "hint:"))]
    assert "cannot be written" in lines[0]
    assert "disk is full" in lines[1]
    assert [path.name for path in (out / "alexnet/checkpoints").iterdir()] == ["epoch-0001.npz"]
    assert_same(resume(out), uninterrupted)


def test_resume_refuses_what_it_cannot_do(edgekit_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = edgekit_cli("train", "--resume")
    assert (status, "no unfinished run" in err) == (1, True)
    status, _, err = edgekit_cli("train", "--resume", "--epochs", 3)
    assert (status, "settings that the run began with" in err) == (2, True)


@pytest.mark.slow
def test_a_changed_data_set_and_a_damaged_checkpoint_are_refused(folder, edgekit_cli, tmp_path):
    data, out = tmp_path / "data", tmp_path / "runs"
    shutil.copytree(folder, data)
    died = harmed(WHILE_SAVING, data, out)
    assert died.returncode == -signal.SIGKILL
    removed = open_folder(data).train[0].picture.path
    content = removed.read_bytes()
    removed.unlink()
    status, _, err = edgekit_cli("train", "--resume", "--out", out)
    assert (status, "the data set has changed" in err) == (1, True)
    removed.write_bytes(content)
    checkpoint = out / "alexnet/checkpoints/epoch-0002.npz"
    damaged = bytearray(checkpoint.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    checkpoint.write_bytes(damaged)
    status, _, err = edgekit_cli("train", "--resume", "--out", out)
    assert (status, "the checkpoint cannot be used" in err) == (1, True)
