"""What `verify --for` says of other people's files is what the target itself does with them: each client that is installed is asked."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from edgekit.spec.target import Target
from edgekit.verifying.lint.lint import lint_file
from foreign_files import lite, onnx_file

ASKING = Path(__file__).parents[1] / "asking.py"
IMPORTED = {
    Target.MEDIAPIPE: "mediapipe",
    Target.LITERT: "ai_edge_litert",
    Target.MICROCONTROLLER: "tflite_micro",
    Target.ONNXRUNTIME: "onnxruntime",
    Target.OPENCV: "cv2",
}
SIGNED = {"mean": [127.5], "std": [127.5]}
TFLITE = {
    "uint8": {},
    "quantised-mobilenet": {"given": "uint8", "classes": 1001, "told": {}, "labels": 1001},
    "quantised-without-metadata": {"given": "uint8"},
    "int8": {"taken": "int8", "given": "int8"},
    "float": {"taken": "float32"},
    "float-normalised": {"taken": "float32", "told": SIGNED},
    "float-normalised-alike": {"taken": "float32", "told": {"mean": [127.5] * 3, "std": [127.5] * 3}},
    "float-normalised-by-channel": {"taken": "float32", "told": {"mean": [124.0, 117.0, 104.0], "std": [58.0, 57.0, 57.0]}},
    "float-with-metadata-alone": {"taken": "float32", "told": {}},
    "float16": {"taken": "float16"},
    "without-a-signature": {"signed": False},
    "labels": {"told": {}, "labels": 5},
    "labels-too-few": {"told": {}, "labels": 4},
    "metadata-without-labels": {"told": {}},
    "two-heads": {"outputs": 2, "told": {}},
    "one-score": {"classes": 1},
    "scores-as-an-image": {"as_image": True},
    "scores-in-int8": {"rewritten": "int8"},
    "scores-in-uint8": {"rewritten": "uint8"},
    "channels-first": {"shape": (1, 3, 8, 8)},
    "grey": {"shape": (1, 8, 8, 1)},
    "four-channels": {"shape": (1, 8, 8, 4)},
    "batch-of-4": {"shape": (4, 8, 8, 3)},
    "open-batch": {"signature": (-1, 8, 8, 3)},
    "open-size": {"signature": (1, -1, -1, 3)},
    "flex": {"custom": b"FlexErf"},
    "custom": {"custom": b"Mine"},
    "weights-in-8-bits": {"taken": "float32", "weights": "int8", "told": SIGNED},
    "pose": {"taken": "float32", "maps": True, "outputs": 2, "told": SIGNED},
    "one-map": {"maps": True},
    "size-not-said": {"shape": (1, 1, 1, 3), "signature": (1, -1, -1, 3)},
}
ONNX = {
    "channels-first": {},
    "uint8": {"taken": "uint8", "shape": (1, 8, 8, 3)},
    "float16": {"taken": "float16"},
    "open-batch": {"shape": ("N", 3, 8, 8)},
    "open-all": {"taken": "uint8", "shape": ("N", "height", "width", 3)},
    "open-size": {"shape": (1, 3, "height", "width")},
    "batch-of-4": {"shape": (4, 3, 8, 8)},
    "two-heads": {"outputs": 2},
    "old-operators": {"opset": 11},
    "operators-to-come": {"opset": 99},
    "a-version-to-come": {"ir": 99},
    "own-domain": {"domain": "com.example", "kind": "Mine"},
    "onnxruntimes-domain": {"domain": "com.microsoft", "kind": "Gelu"},
}
OF_TFLITE = (Target.MEDIAPIPE, Target.LITERT, Target.MICROCONTROLLER)
# MediaPipe runs these, and answers with as many classes as a map has numbers, or of an image of one pixel.
RUNS_AND_MEANS_NOTHING = {(Target.MEDIAPIPE, name) for name in ("pose", "one-map", "size-not-said")}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    made = {Target.MEDIAPIPE: {name: lite(folder / f"{name}.tflite", **fields) for name, fields in TFLITE.items()}}
    made |= dict.fromkeys(OF_TFLITE, made[Target.MEDIAPIPE])
    onnx_files = {name: onnx_file(folder / f"{name}.onnx", **fields) for name, fields in ONNX.items()}
    return made | dict.fromkeys((Target.ONNXRUNTIME, Target.OPENCV), onnx_files)


def fits(path, target):
    return all(check.passed for check in lint_file(path, target))


@pytest.mark.parametrize("target", IMPORTED)
def test_a_file_fits_where_its_client_runs_it(files, target):
    if not find_spec(IMPORTED[target]):
        pytest.skip(f"{IMPORTED[target]} is not installed")
    asked = subprocess.run([sys.executable, ASKING, target.value, *files[target].values()], capture_output=True, text=True, check=True, timeout=600)
    ran = json.loads(asked.stdout.splitlines()[-1])
    told = {name: fits(path, target) for name, path in files[target].items()}
    wanted = {name: ran[str(path)] and (target, name) not in RUNS_AND_MEANS_NOTHING for name, path in files[target].items()}
    assert any(wanted.values())
    assert not all(wanted.values())
    assert told == wanted, asked.stderr[-2000:]


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        ("pose", Target.MEDIAPIPE, "a score for each class is wanted, not a map. Received: (1, 8, 8, 3), (1, 8, 8, 3)"),
        ("float", Target.MEDIAPIPE, "others need normalisation options. Received: float32"),
        ("float-normalised-by-channel", Target.MEDIAPIPE, "all channels alike"),
        ("scores-in-int8", Target.MEDIAPIPE, "in uint8 or float32 is wanted. Received: int8"),
        ("batch-of-4", Target.MEDIAPIPE, "Received: (4, 8, 8, 3)"),
        ("flex", Target.LITERT, "not built in. Received: FlexErf"),
        ("uint8", Target.MICROCONTROLLER, "no cast of an image"),
        ("quantised-mobilenet", Target.MICROCONTROLLER, "int8, not uint8. Received: FULLY_CONNECTED, MEAN"),
        ("weights-in-8-bits", Target.MICROCONTROLLER, "weights in int8 beside float32"),
        ("operators-to-come", Target.ONNXRUNTIME, "too new for releases in use. Received: 99"),
        ("a-version-to-come", Target.ONNXRUNTIME, "its file version is too new. Received: 99"),
        ("own-domain", Target.OPENCV, "does not have. Received: com.example.Mine"),
    ],
)
def test_what_does_not_fit_is_said(files, name, target, words):
    assert words in " ".join(check.detail for check in lint_file(files[target][name], target))


def test_the_command_says_of_a_foreign_file_that_it_fits(files, edgekit_cli):
    status, out, err = edgekit_cli("verify", files[Target.LITERT]["without-a-signature"], "--for", "litert")
    assert (status, err) == (0, "")
    assert "fits" in out
