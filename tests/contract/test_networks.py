"""What holds for every network: it learns, it is kept whole, its head comes off, and all its files answer as it does, with every tuning."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import keras
import msgspec
import numpy as np
import onnx
import pytest
from onnx.shape_inference import infer_shapes

import again
from edgekit.datasets.selection import balanced
from edgekit.exporting import pipeline
from edgekit.exporting.parity.images import parity_images
from edgekit.exporting.pipeline import export
from edgekit.exporting.plan import ExportPlan, files_in
from edgekit.exporting.source.source import of_run
from edgekit.models.head import without_head
from edgekit.models.saved import load_model
from edgekit.spec.export import Head, file_name
from edgekit.spec.format import Format, Precision
from edgekit.spec.limits import LIMITS
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.spec.rewrites import SplitConvolutions
from edgekit.spec.tuning import built_in
from edgekit.store.bundle import open_bundle
from edgekit.store.run import MODEL_FILE, Run
from foreign_models import SMALL as SMALL_FOREIGN
from stepped import few_images, stepped

WIDTH = 0.125
FEW_IMAGES = 60
SMALL = changed(RECIPES["quick"], image_px=64, width=WIDTH)
FULL_SIZE = changed(RECIPES["quick"], image_px=224)
EVERY, SOME, FLOAT = tuple(Precision), (Precision.FLOAT32, Precision.INT8), (Precision.FLOAT32,)
# MobileNet in every precision is trained for longer, in test_exports: of two steps it has too little to be turned into 8 bits.
PRECISIONS_OF = {"mobilenet": FLOAT, "resnet50": SOME, "densenet121": SOME}
# Networks of which it is told below which rewrites each file of theirs has.
TOLD = {"alexnet", "vgg16", "googlenet", "resnet50", "densenet121", "mobilenet"}
CASES = [
    *(pytest.param(row, SMALL, PRECISIONS_OF.get(row.name, EVERY), id=row.name) for row in NETWORKS.values()),
    pytest.param(NETWORKS["mobilenet"], FULL_SIZE, FLOAT, id="mobilenet-full-size", marks=pytest.mark.slow),
]


def narrowed(rewrites, width):
    """A tuning's thresholds for networks of that share of their width and small images: what is skipped, nobody would look at."""

    def of(settings, **others):
        return settings and msgspec.structs.replace(settings, least_channels=max(1, int(settings.least_channels * width)), **others)

    split = rewrites.split_convolutions
    if split:  # weights go with the width of what a layer reads and of what it gives
        split = SplitConvolutions(
            least_kib=split.least_kib * width**2, part_kib=split.part_kib * width**2, multiple=max(1, int(split.multiple * width))
        )
    return msgspec.structs.replace(
        rewrites,
        pad_channels=of(rewrites.pad_channels),
        use_winograd=of(rewrites.use_winograd, least_px=1, least_row=1),
        split_convolutions=split,
    )


def tuning(name, width):
    whole = built_in(name)
    return msgspec.structs.replace(
        whole,
        **{
            form.value: msgspec.structs.replace(
                getattr(whole, form), float=narrowed(getattr(whole, form).float, width), int8=narrowed(getattr(whole, form).int8, width)
            )
            for form in Format
        },
    )


def holds_what_is_told(network, entry):
    """Of a network of which nothing is told here, whatever helps may be rewritten; each network's input norm is folded."""
    found = set(entry.rewrites)
    return found == expected_rewrites(network, entry) if network in TOLD else "fold-input-norm" in found


def expected_rewrites(network, entry):
    """By what each network is made of. A name stands here for a reason, so this is no copy of the passes' own conditions."""
    integer = entry.precision in (Precision.INT8, Precision.DYNAMIC)
    found = of_network(network, entry.format, integer, entry.tuning)
    if entry.precision is Precision.DYNAMIC:  # sums and averages are computed in float32
        found -= {"use-winograd", "average-as-convolution", "cast-image"}
    if entry.tuning != "openvino":
        return found
    found |= {"openvino-image"}
    if not integer:
        return found
    # Steps where OpenVINO's kernels end: its norms stay behind activations, and nothing else pays.
    found -= {"activate-after-max-pool", "stem-on-blocks", "pad-channels", "norm-as-convolution", "average-as-convolution", "leaky-as-sum"}
    return found | {"openvino-steps"} | ({"fold-pre-activation"} if network == "densenet121" else set())


def of_network(network, form, integer, tuned_for):
    portable = {"fold-batch-norm", "fold-input-norm"}
    if network != "mobilenet":  # all others have a max pool behind an activation
        portable |= {"activate-after-max-pool"}
    of_blocks = {"resnet50": {"skip-unread-pixels"}, "densenet121": {"pool-before-pointwise", "fold-pre-activation"}}
    portable |= of_blocks.get(network, set())
    if tuned_for == "portable":
        return portable | ({"narrow-weights"} if form is Format.ONNX and integer else set())
    found = set(portable)
    if network not in ("mobilenet", "vgg16") and (form is Format.TFLITE or integer):  # the stems of 7 × 7 or 11 × 11
        found |= {"stem-on-blocks"}
    if not (form is Format.TFLITE and integer):
        found |= {"pad-channels"}
    if not integer and network != "mobilenet":  # all others have wide convolutions of 3 × 3, DenseNet's padded in ONNX
        found |= {"use-winograd"}
    if not integer and form is Format.TFLITE:  # at this width each has one large enough; at full width GoogLeNet has none
        found |= {"split-convolutions"}
    if network == "resnet50" and form is Format.ONNX and not integer:  # the identity behind its sums
        found |= {"norm-as-convolution"}
    if network == "densenet121" and (form is Format.ONNX or integer):
        found = found - {"fold-pre-activation"} | {"norm-as-convolution"}
    return found | expected_in_integers(network, form, tuned_for) if integer else found


def expected_in_integers(network, form, tuned_for):
    found = {"cast-image" if form is Format.TFLITE else "leaky-as-sum"}
    if form is Format.TFLITE and tuned_for == "x86-vnni" and network not in ("mobilenet", "densenet121"):  # DenseNet's are narrow
        found |= {"use-winograd"}
    if tuned_for == "x86-amx" and network == "vgg16":  # a stem of stride 1
        found |= {"four-pixels-at-once"}
    if network == "densenet121":  # the pools between its blocks
        found |= {"average-as-convolution"}
    return found


def on_few_images(subject):
    few = balanced(subject.images.test, FEW_IMAGES, seed=0)
    return replace(subject, images=replace(subject.images, test=few, golden=few))


@pytest.fixture(scope="module")
def batch(small_folder):
    return few_images(small_folder)


@pytest.mark.parametrize(("network", "recipe", "precisions"), CASES)
def test_from_the_first_step_to_proved_files(network, recipe, precisions, batch, small_run, tmp_path, monkeypatch):
    model, images = stepped(network, recipe, batch)
    model.save(tmp_path / MODEL_FILE)
    kept = load_model(tmp_path / MODEL_FILE)
    answers = {head: np.asarray(without_head(kept, head)(images[:2])) for head in Head}
    assert np.array_equal(np.asarray(model(images[:2])), answers[Head.PROBABILITIES])
    assert answers[Head.LOGITS].shape == (2, 5)
    assert answers[Head.FEATURES].shape == (2, model.get_layer("logits").kernel.shape[0])
    assert np.allclose(keras.ops.softmax(answers[Head.LOGITS]), answers[Head.PROBABILITIES], atol=1e-6)

    run = Run(tmp_path, msgspec.structs.replace(small_run.record, network=network, recipe=recipe))
    # The second has the rewrites of the first, and more.
    tunings = [tuning(name, WIDTH) for name in ("portable", "x86-vnni", "x86-amx", "openvino")] if recipe is SMALL else [tuning("x86-vnni", 1)]
    plans = [ExportPlan(files=files, tuning=tuned) for tuned in tunings if (files := files_by(tuned, precisions))]
    # After two steps the classes lie close together, and fewer bits turn more of them than of a network that has learnt.
    for precision in set(Precision) - {Precision.FLOAT32}:
        limits = LIMITS[precision]
        agreement = 0.6 if precision in (Precision.INT8, Precision.DYNAMIC) else limits.agreement
        score = limits.score and 3 * limits.score
        monkeypatch.setitem(LIMITS, precision, msgspec.structs.replace(limits, agreement=agreement, accuracy_drop=0.1, score=score))
    # What is beyond a limit of the gate ends it here.
    subject = on_few_images(of_run(run))
    ask_once(monkeypatch)
    for plan in plans:
        assert_proved(export(subject, plan, tmp_path / "exported", progress=Silent()), plan, network, as_expected=recipe is SMALL)


def files_by(tuned, precisions):
    """Other precisions have the rewrites of these two, the files for OpenVINO that are others' are in ONNX, and by x86-amx others are those by x86-vnni."""
    files = files_in(precisions=[precision for precision in precisions if tuned.name == "x86-vnni" or precision in SOME])
    if tuned.name == "openvino":
        return tuple(file for file in files if file[0] is Format.ONNX)
    return tuple(file for file in files if tuned.name != "x86-amx" or file == (Format.TFLITE, Precision.INT8))


def ask_once(monkeypatch):
    """Run the trained model for the first of several exports, whose pictures are those of all."""
    asked = []

    def once(*of):
        asked.append(asked[0] if asked else parity_images(*of))
        return asked[0]

    monkeypatch.setattr(pipeline, "parity_images", once)


def assert_proved(bundle, plan, network, *, as_expected):
    files = {file_name(network.name, options): options for options in plan.options}
    assert {entry.file for entry in bundle.manifest.artifacts} == set(files)
    assert {record.file for record in bundle.manifest.checks.parity if record.against == "keras"} == set(files)
    for record in bundle.manifest.checks.parity:
        limits = LIMITS[files[record.file].precision]
        assert record.agreement >= limits.agreement
        # The gate measures by the range of the test images too.
        assert limits.score is None or record.share <= 1.1 * limits.score
        assert record.tested.images == FEW_IMAGES
    for entry in bundle.manifest.artifacts:
        if as_expected:
            assert holds_what_is_told(network.name, entry), (entry.file, entry.rewrites)
        if entry.format is Format.TFLITE:
            assert "CUSTOM" not in entry.operators
        else:
            assert_clean(onnx.load(bundle.folder / entry.file), entry)


def assert_clean(model, entry):
    graph = model.graph
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 18)]
    assert ([value.name for value in graph.input], [value.name for value in graph.output]) == (["image"], ["logits"])
    assert [dim.dim_param or dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [1, "height", "width", 3]
    if entry.tuning != "openvino":
        # The image's turn; a float32 network has no other.
        assert Counter(node.op_type for node in graph.node)["Transpose"] == 1, entry.file
        assert next(node for node in graph.node if node.op_type == "Transpose").input[0] == "image"
    onnx.checker.check_model(infer_shapes(model, check_type=True, strict_mode=True), full_check=True)
    known = {value.name for value in (*graph.value_info, *graph.output)}
    assert {output for node in graph.node for output in node.output} <= known
    for value in graph.value_info:
        assert value.type.tensor_type.HasField("shape")


def test_another_process_writes_the_same_bytes(small_run, small_folder, exported, tmp_path):
    """Other hashes of strings, other counters of names, another day."""
    SMALL_FOREIGN["squeeze_and_excite"]().save(tmp_path / "net.keras")
    places = (tmp_path / "net.keras", small_folder / "test")
    here = [exported, *again.made(small_run.folder, again.TUNED, *places, tmp_path / "here")]
    done = subprocess.run(
        [sys.executable, again.__file__, small_run.folder, *places, tmp_path / "there"],
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Tehran"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr
    there = [open_bundle(path) for path in sorted((tmp_path / "there").iterdir())]
    first, second = ({entry.file: entry.sha256 for bundle in bundles for entry in bundle.manifest.artifacts} for bundles in (here, there))
    assert len(second) == sum(len(plan.files) for plan in (again.EVERY, *again.TUNED)) + 1
    assert second == first
    ours = next(bundle for bundle in there if bundle.manifest.network == "mobilenet")
    assert (ours.golden.images, ours.labels) == (exported.golden.images, exported.labels)
    assert {name: own.scores for name, own in ours.golden.own.items() if name in exported.golden.own} == {
        name: own.scores for name, own in exported.golden.own.items()
    }
