import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from PIL import Image

from image_folders import noise_folder

EDGEKIT = [sys.executable, "-m", "edgekit"]


def one_line(err, *words):
    lines = [line for line in err.splitlines() if line.startswith(("error:", "hint:"))]
    assert len(lines) == 2, err
    assert all(word in lines[0] for word in words), err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("bogus",), 2, ("bogus",)),
        (("train", "--recipe", "quik"), 2, ("quik",)),
        (("train", "--network", "mobilnet"), 2, ("mobilnet",)),
        (("train", "--network", "all", "--network", "mobilnet"), 2, ("mobilnet",)),
        (("data", "sample", "."), 2, (".",)),
        (("train", "/nonexistent"), 1, ("/nonexistent",)),
        (("train", "--epochs", "0"), 2, ("epochs",)),
        (("export", "/nonexistent"), 1, ("/nonexistent",)),
        (("export", "--format", "tflight"), 2, ("tflight",)),
        (("export", "--input-size", "big"), 2, ("big",)),
        (("export", "--tune", "--candidates"), 2, ("--tune", "--candidates")),
        (("export", "--candidates", "--tuned-for", "mine.toml"), 2, ("mine.toml",)),
        (("export", "--tuned-for", "/nonexistent.jsonl"), 1, ("/nonexistent.jsonl",)),
        (("verify", "/nonexistent"), 1, ("/nonexistent",)),
        (("bench", "/nonexistent"), 1, ("/nonexistent",)),
        (("bench", "--runtime", "litter", "."), 1, ("nothing to measure",)),
        (("bench", "--rate", "0"), 2, ("rate",)),
        (("bench", "--roofline", "--threads", "4"), 2, ("--threads 4",)),
        (("bench", "--resume"), 1, ("no result",)),
        (("bench", "--resume", "--budget", "full"), 2, ("--resume",)),
        (("report", "/nonexistent.jsonl"), 1, ("/nonexistent.jsonl",)),
        (("export", "--licence", "do what you want"), 2, ("do what you want",)),
        (("report", "."), 1, ("no result",)),
        (("compare", "."), 1, ("a folder",)),
        (("report", "--format", "pdf"), 2, ("pdf",)),
        (("select", "/nonexistent.jsonl"), 1, ("/nonexistent.jsonl",)),
        (("select", "--max-latency", "10"), 2, ("Received: 10",)),
        (("select", "--max-size", "big"), 2, ("Received: big",)),
        (("select", "--percentile", "75"), 2, ("Received: 75",)),
        (("select", "--max-drop", "-1"), 2, ("--max-drop",)),
        (("select", "--runtime", "litter"), 2, ("litter",)),
        (("predict", "/nonexistent", "photo.jpg"), 1, ("/nonexistent",)),
        (("data", "inspect", "/nonexistent"), 1, ("/nonexistent",)),
    ],
)
def test_one_line_a_hint_and_the_status(edgekit_cli, tmp_path, monkeypatch, arguments, status, words):
    monkeypatch.chdir(tmp_path)
    got, out, err = edgekit_cli(*arguments)
    assert (got, out) == (status, "")
    one_line(err, *words)
    assert os.listdir(tmp_path) == []


def test_the_nearest_name_is_in_the_hint(edgekit_cli):
    assert "mobilenet" in edgekit_cli("train", "--network", "mobilnet")[2]
    assert "quick" in edgekit_cli("train", "--recipe", "quik")[2]


def small(root, bad=None):
    noise_folder(root, {"train/a": 6, "train/b": 6, "test/a": 6, "test/b": 6}, px=40)
    if bad is not None:
        (root / "train/a/bad.jpg").write_bytes(bad)
    return root


@pytest.mark.parametrize("bad", [b"a text file", b"\xff\xd8\xff\xe0\x00\x10JFIF"])
def test_a_bad_image_among_good_ones_is_named(edgekit_cli, tmp_path, bad):
    status, _, err = edgekit_cli("train", small(tmp_path / "data", bad), "--out", tmp_path / "runs")
    assert status == 1
    one_line(err, "train/a/bad.jpg")
    assert "--skip-bad-images" in err
    assert not (tmp_path / "runs").exists()


def test_bad_images_can_be_left_out(edgekit_cli, tmp_path):
    folder = small(tmp_path / "data", b"a text file")
    arguments = ("--recipe", "quick", "--epochs", 1, "--image-size", 32, "--batch-size", 4, "--skip-bad-images", "--out", tmp_path / "runs", "--json")
    status, out, err = edgekit_cli("train", folder, *arguments)
    assert status == 0, err
    run = json.loads(out)[0]["run"]
    record = json.loads((tmp_path / "runs/mobilenet/run.json").read_text())
    assert run.endswith("mobilenet")
    assert record["dataset"]["skipped"] == ["train/a/bad.jpg"]


def test_a_bundle_of_a_future_schema(edgekit_cli, bundle_copy):
    manifest = json.loads((bundle_copy / "manifest.json").read_text())
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest | {"schema": 99}))
    status, _, err = edgekit_cli("predict", bundle_copy, bundle_copy / "golden/00.png")
    assert status == 1
    one_line(err, "schema 99")
    assert "upgrade" in err
    assert edgekit_cli("verify", bundle_copy)[0] == 4


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda golden: golden["images"].clear(), "images"),
        (lambda golden: golden["own"]["mobilenet-int8.onnx"]["scores"][0].pop(), "as many scores"),
        (lambda golden: golden["own"]["mobilenet-int8.onnx"]["tolerances"].pop(), "every golden image"),
    ],
)
def test_a_golden_table_that_does_not_fit(edgekit_cli, bundle_copy, damage, words):
    golden = json.loads((bundle_copy / "golden.json").read_text())
    damage(golden)
    data = json.dumps(golden).encode()
    manifest = json.loads((bundle_copy / "manifest.json").read_text()) | {"golden_sha256": hashlib.sha256(data).hexdigest()}
    (bundle_copy / "golden.json").write_bytes(data)
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest))
    for command in (["verify"], ["predict", bundle_copy / "golden/00.png"]):
        status, _, err = edgekit_cli(command[0], bundle_copy, *command[1:])
        assert status == (4 if command[0] == "verify" else 1)
        one_line(err, words)


@pytest.mark.parametrize("name", ["../outside.tflite", "/etc/passwd"])
def test_a_manifest_that_leads_outside_its_bundle(edgekit_cli, bundle_copy, name):
    shutil.copy(bundle_copy / "mobilenet-float32.tflite", bundle_copy.parent / "outside.tflite")
    text = (bundle_copy / "manifest.json").read_text().replace('"file": "mobilenet-float32.tflite"', f'"file": "{name}"', 1)
    (bundle_copy / "manifest.json").write_text(text)
    status, _, err = edgekit_cli("predict", bundle_copy, bundle_copy / "golden/00.png", "--runtime", "litert")
    assert status == 1
    one_line(err, "outside its bundle")
    assert edgekit_cli("verify", bundle_copy)[0] == 4


@pytest.mark.parametrize(("make", "words"), [(lambda path: path.symlink_to("/dev/zero"), "a device"), (os.mkfifo, "a pipe"), (os.mkdir, "a folder")])
@pytest.mark.parametrize("name", ["golden.json", "labels.txt"])
def test_what_is_no_file_is_not_waited_for(edgekit_cli, bundle_copy, name, make, words):
    (bundle_copy / name).unlink()
    make(bundle_copy / name)
    status, _, err = edgekit_cli("predict", bundle_copy, bundle_copy / "golden/00.png")
    assert status == 1
    one_line(err, words, name)


@pytest.mark.parametrize(
    ("data", "words"), [(b"x" * 4_000_000, "255"), ("a\n".encode("utf-16"), "UTF-16"), (b"\xff\n", "no UTF-8"), (b"a\x1b[2J\n", "U+001B")]
)
def test_labels_that_cannot_be(edgekit_cli, bundle_copy, data, words):
    (bundle_copy / "labels.txt").write_bytes(data)
    manifest = json.loads((bundle_copy / "manifest.json").read_text()) | {"labels_sha256": hashlib.sha256(data).hexdigest()}
    (bundle_copy / "manifest.json").write_text(json.dumps(manifest))
    status, _, err = edgekit_cli("predict", bundle_copy, bundle_copy / "golden/00.png")
    assert status == 1
    one_line(err, words, "labels.txt")


def test_a_folder_whose_name_is_no_utf8(edgekit_cli, bundle_copy, tmp_path):
    place = os.fsdecode(bytes(tmp_path) + b"/b\xff")
    bundle_copy.rename(place)
    for command in (
        ["predict", place, f"{place}/golden/00.png"],
        ["bench", place, "--runtime", "fake", "--budget", "smoke", "--out", tmp_path / "r.jsonl"],
    ):
        status, _, err = edgekit_cli(*command)
        assert status == 1
        one_line(err, "not UTF-8", r"b\udcff")
    assert not (tmp_path / "r.jsonl").exists()


def flip_a_byte(path):
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)


def test_a_flipped_byte_is_refused_by_every_command(edgekit_cli, bundle_copy, tmp_path):
    flip_a_byte(bundle_copy / "mobilenet-float32.tflite")
    status, _, err = edgekit_cli("verify", bundle_copy)
    assert status == 4
    one_line(err, "sha256 differs")
    # The other files are measured all the same.
    status, out, err = edgekit_cli("bench", bundle_copy, "--runtime", "fake", "--budget", "smoke", "--out", tmp_path / "a.jsonl")
    assert status == 0
    assert "(mobilenet-float32.tflite in fake)" in out
    assert "sha256 differs" in out
    for path in bundle_copy.glob("mobilenet-*"):
        if path.name != "mobilenet-float32.tflite":
            flip_a_byte(path)
    status, _, err = edgekit_cli("bench", bundle_copy, "--out", tmp_path / "b.jsonl")
    assert status == 1
    one_line(err, "sha256 differs")
    assert not (tmp_path / "b.jsonl").exists()


def test_a_result_that_exists_is_not_overwritten(edgekit_cli, bundle_copy, tmp_path):
    (tmp_path / "old.jsonl").write_text("kept")
    status, _, err = edgekit_cli("bench", bundle_copy, "--out", tmp_path / "old.jsonl")
    assert status == 2
    one_line(err, "old.jsonl")
    assert (tmp_path / "old.jsonl").read_text() == "kept"


@pytest.mark.slow
def test_a_full_disk_during_export_leaves_nothing(small_run, tmp_path):
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); from edgekit.cli.main import run; sys.exit(run(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "export", str(small_run.folder), "--out", str(tmp_path / "exported")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    one_line(done.stderr)
    assert not (tmp_path / "exported").exists() or os.listdir(tmp_path / "exported") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "wait_for", "folder"),
    [
        (("train", "--recipe", "quick", "--image-size", "32", "--out", "made"), "epochs will take", "made"),
        (("export", "RUN", "--out", "made"), "converting int8 to tflite", "made"),
        (("bench", "BUNDLE", "--out", "made/a.jsonl", "--budget", "full"), "", "made"),
    ],
)
def test_ctrl_c_leaves_nothing_half_written(small_run, exported, tmp_path, arguments, wait_for, folder):
    words = [{"RUN": str(small_run.folder), "BUNDLE": str(exported.folder)}.get(word, word) for word in arguments]
    with subprocess.Popen([*EDGEKIT, *words], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        heard = []
        if wait_for:
            for line in child.stderr:
                heard.append(line)
                if wait_for in line:
                    break
        else:
            while not (tmp_path / "made/a.jsonl").exists():
                time.sleep(0.001)  # at once: the file has no block for some seconds
                assert child.poll() is None
        child.send_signal(signal.SIGINT)
        heard += child.stderr.readlines()
    assert child.returncode == 130, heard
    one_line("".join(heard), "interrupted")
    assert not (tmp_path / folder).exists() or os.listdir(tmp_path / folder) == []


IN_A_DESTRUCTOR = """
import os, signal, time
from edgekit.cli import main

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

def hang():
    Swallows()
    time.sleep(20)

main.app.command("hang")(hang)
main.sys.argv = ["edgekit", "hang"]
main.main()
"""


def test_ctrl_c_within_a_destructor_is_heard():
    """Python swallows what a destructor raises, and a conversion runs many."""
    done = subprocess.run([sys.executable, "-c", IN_A_DESTRUCTOR], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 130, done.stderr
    one_line(done.stderr, "interrupted")


def test_a_zip_bomb_inside_a_model_is_refused_by_every_command(edgekit_cli, bundle_copy, tmp_path):
    path = tmp_path / "bomb.tflite"
    path.write_bytes((bundle_copy / "mobilenet-float32.tflite").read_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("edgekit/sample-9.png", bytes(200_000_000))
    for arguments in (("verify", path), ("predict", path, bundle_copy / "golden/00.png"), ("bench", path, "--images", bundle_copy / "golden")):
        status, _, err = edgekit_cli(*arguments)
        assert status in (1, 4)
        one_line(err, "bomb.tflite")


def test_an_image_above_100_megapixels_is_refused(edgekit_cli, bundle_copy, tmp_path):
    huge = tmp_path / "data/train/a/huge.png"
    small(tmp_path / "data")
    Image.new("1", (12_000, 9_000)).save(huge)
    for arguments in (("train", tmp_path / "data", "--out", tmp_path / "runs"), ("predict", bundle_copy, huge)):
        status, _, err = edgekit_cli(*arguments)
        assert status == 1
        one_line(err, "huge.png")
        assert "100 megapixels" in err
    status, out, _ = edgekit_cli("data", "inspect", tmp_path / "data")
    assert status == 0
    assert "huge.png" in out


def test_one_bad_image_does_not_lose_the_others_answers(edgekit_cli, bundle_copy, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"a text file")
    images = (bundle_copy / "golden/00.png", tmp_path / "bad.jpg", bundle_copy / "golden/01.png")
    status, out, err = edgekit_cli("predict", bundle_copy, *images, "--json", "--csv", tmp_path / "a.csv")
    assert status == 1
    one_line(err, "1 of 3 images have no answer", "bad.jpg")
    assert len(json.loads(out)) == 2
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3


def test_no_arguments_print_the_help_and_no_error(edgekit_cli):
    for arguments in ((), ("data",)):
        status, out, err = edgekit_cli(*arguments)
        assert status == 2
        assert "Usage: edgekit" in out
        assert "error" not in err


def test_what_is_piped_is_not_folded(edgekit_cli, bundle_copy, tmp_path):
    long = tmp_path / ("a" * 120) / ("b" * 120)
    long.mkdir(parents=True)
    picture = shutil.copy(bundle_copy / "golden/00.png", long)
    assert any(str(picture) in line for line in edgekit_cli("predict", bundle_copy, picture)[1].splitlines())
