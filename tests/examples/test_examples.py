"""Every example is built and run, as its README says, on small bundles: `make check` there is the app's own golden check."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import edgekit
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.source import of_run
from edgekit.spec.export import Head, InputSize
from edgekit.spec.format import Precision
from edgekit.spec.progress import Silent

ROOT = Path(__file__).parents[2]
# What an example needs of the machine, beside Python.
NEEDS = {"python": (), "new-classes": (), "web": ("node", "npm", "chromium"), "node": ("node", "npm"), "c": ("cc",), "mediapipe": ()}
OPENS = {"web": ("tflite", "onnx"), "node": ("onnx",), "c": ("tflite", "onnx"), "mediapipe": ("tflite",), "python": ("tflite", "onnx")}
FAR = 1.0


@pytest.fixture(scope="module")
def features(small_run, tmp_path_factory):
    return export(of_run(small_run), ExportPlan(head=Head.FEATURES), tmp_path_factory.mktemp("features"), progress=Silent())


def check(example, bundle, *, passes=True):
    """Run an example's check, and return what it printed."""
    missing = [program for program in NEEDS[example] if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    command = ["make", "--no-print-directory", "-C", str(ROOT / "examples" / example), "check", f"BUNDLE={bundle}", f"PYTHON={sys.executable}"]
    # The tests' own make, if one runs them, tells its children how.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, env=surroundings, timeout=1800)
    assert (ended.returncode == 0) is passes, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_each_example_is_listed_with_a_page():
    folders = {path.name for path in (ROOT / "examples").iterdir() if path.is_dir()}
    assert folders == set(NEEDS)
    listed = (ROOT / "examples/README.md").read_text()
    for name in folders:
        assert f"]({name})" in listed
        assert len((ROOT / "examples" / name / "README.md").read_text().splitlines()) > 25


@pytest.mark.slow
@pytest.mark.parametrize("example", OPENS)
def test_answers_are_the_recorded_ones(exported, example):
    told = check(example, exported.folder)
    files = [entry.file for entry in exported.manifest.artifacts if entry.format.value in OPENS[example]]
    for file in files:
        lines = [line for line in told.splitlines() if line.startswith(file) and "tolerance" in line]
        assert lines, told
        assert all(line.endswith("ok") for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("example", ["python", "node", "c"])
def test_a_file_that_answers_otherwise_is_caught(bundle_copy, example):
    path = bundle_copy / "golden.json"
    golden = json.loads(path.read_text())
    for own in golden["own"].values():
        own["scores"][3][1] += FAR + own["tolerances"][3]
    path.write_text(json.dumps(golden))
    told = check(example, bundle_copy, passes=False)
    assert "FAILED, worst at golden/03.png" in told


@pytest.mark.slow
@pytest.mark.parametrize("example", ["new-classes", "mediapipe", "c"])
def test_features_are_the_recorded_ones(features, example):
    told = check(example, features.folder)
    assert "mobilenet-features-float32.tflite" in told
    if example == "new-classes":
        [known] = [line for line in told.splitlines() if line.startswith("classes known")]
        [new] = [line for line in told.splitlines() if line.startswith("classes new")]
        assert "out of 28 names" in known
        assert share(new) > 0.15  # a network of five letters knows little of the others; chance is 1 in 28


def share(line):
    return int(line.split(": ")[1].split("%")[0]) / 100


@pytest.mark.parametrize("example", ["python", "node", "c", "mediapipe"])
def test_what_is_no_bundle_is_one_line(tmp_path, example):
    told = check(example, tmp_path, passes=False)
    assert "Traceback" not in told
    [line] = [line for line in told.splitlines() if str(tmp_path) in line]
    assert line


@pytest.mark.parametrize("example", NEEDS)
def test_a_bundle_must_be_named(example):
    told = check(example, "", passes=False)
    assert "BUNDLE" in told


C_AROUND = """
#include <stdio.h>
#include "ppm.h"
int main(void) {
struct ppm photo;
if (ppm_read("photo.ppm", &photo) != NULL) return 1;
unsigned char *rgb = photo.rgb; int width = photo.width, height = photo.height;
%s
const float *found = scores; int best = 0;
for (int i = 1; i < (int)%d; i++) if (found[i] > found[best]) best = i;
printf("%%d\\n", best);
}
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["any", "fixed"])
def test_the_cards_code_in_other_languages_runs(exported, small_run, small_folder, tmp_path, kind):
    """By the examples' Node packages, and their reader of images in C."""
    check("node", exported.folder)
    check("c", exported.folder)
    plan = ExportPlan(files=files_in(precisions=[Precision.FLOAT32]), input_size=InputSize(48, 40))
    folder = exported.folder if kind == "any" else export(of_run(small_run), plan, tmp_path, progress=Silent()).folder
    here = Path(shutil.copytree(folder, tmp_path / "here"))
    with Image.open(sorted((small_folder / "test/kaf").iterdir())[0]) as photo:
        ready = photo.convert("RGB").resize((40, 48)) if kind == "fixed" else photo.convert("RGB")
    ready.save(here / "photo.png")
    ready.save(here / "photo.ppm")
    text = (here / "README.md").read_text()
    wanted = edgekit.load(here).predict(here / "photo.png").index

    (here / "node_modules").symlink_to(ROOT / "examples" / "node/node_modules")
    (here / "snippet.mjs").write_text(block(text, "js").replace("photo.jpg", "photo.png"))
    assert printed("node", "snippet.mjs", cwd=here) == str(wanted)

    package = Path(importlib.util.find_spec("openvino").origin).parent
    head, _, body = block(text, "c").partition("\n\n")
    (here / "snippet.c").write_text(head + C_AROUND % (body, len((here / "labels.txt").read_text().splitlines())))
    [library] = package.glob("libs/libopenvino_c.so.*")
    sources = ["snippet.c", ROOT / "examples" / "c/ppm.c"]
    printed(
        "cc", "-std=gnu11", f"-I{package}/include", f"-I{ROOT}/examples/c", *sources, library, f"-Wl,-rpath,{package}/libs", "-o", "snippet", cwd=here
    )
    assert printed("./snippet", cwd=here) == str(wanted)


def block(text, language):
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


def printed(*command, cwd):
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
