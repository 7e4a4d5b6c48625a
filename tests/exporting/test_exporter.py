"""What an int8 file gives up, in which order, until it answers as the trained model does."""

from dataclasses import replace

import keras
import msgspec
import numpy as np
import pytest
from keras import layers

from edgekit.datasets.folder import open_folder
from edgekit.errors import ExportError, SessionError, VerificationError
from edgekit.exporting import exporter as module
from edgekit.exporting import pipeline
from edgekit.exporting.conversion import Conversion
from edgekit.exporting.exporter import Maker
from edgekit.exporting.parity.gate import Gate
from edgekit.exporting.parity.images import parity_images
from edgekit.exporting.plan import ExportPlan
from edgekit.exporting.source.source import of_run
from edgekit.exporting.tflite import convert as tflite
from edgekit.exporting.tuning.space import candidates
from edgekit.models.head import without_head
from edgekit.spec.export import OPTIONS_FOR, Head, OnnxOptions, TFLiteOptions
from edgekit.spec.format import PRECISIONS, Format, Precision
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.spec.rewrites import Winograd
from edgekit.spec.tuning import Search, built_in
from fitted import fitted_run, pictures_of, settle
from listening import Listener

NETWORK, RECIPE = NETWORKS["alexnet"], changed(RECIPES["quick"], image_px=64, width=0.125)
X86 = TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-vnni"))
WITH, PLAIN = (X86.with_rewrites(msgspec.structs.replace(X86.rewrites, use_winograd=tiles)) for tiles in (Winograd(tile=2, least_channels=8), None))
CONVOLUTIONS = 5


@pytest.fixture(scope="module")
def run(small_folder, tmp_path_factory):
    return fitted_run(NETWORK, RECIPE, small_folder, tmp_path_factory.mktemp("alexnet"))


def plan_of(options, search=Search.NONE):
    return ExportPlan(files=((options.format, options.precision),), tuning=options.tuning, search=search)


def exporter(subject, options, folder, progress):
    """What makes one file; the trained model is run for it."""
    plan, network = plan_of(options), without_head(subject.model, options.head)
    return Maker(subject, network, plan, parity_images(subject, network, plan), folder, progress)


@pytest.fixture
def make(run, tmp_path, monkeypatch):
    """Make a file that the gate refuses so many times."""

    def made(options, refusals):
        refused = []

        def refusal(gate, artifact):
            refused.append(artifact)
            return VerificationError("loses too much", hint="") if len(refused) <= refusals else None

        monkeypatch.setattr(Gate, "refusal", refusal)
        listener = Listener()
        return exporter(of_run(run), options, tmp_path, listener).make(options), listener.said[1:]

    return made


def test_a_file_that_passes_is_computed_by_winograd(make):
    made, said = make(WITH, 0)
    assert ("use-winograd" in made.record.rewrites, made.record.left_out, made.record.layers_in_float, said) == (True, (), (), [])


def test_winograd_goes_before_a_layer_does(make):
    made, said = make(WITH, 1)
    assert ("use-winograd" in made.record.rewrites, made.record.left_out, made.record.layers_in_float) == (False, ("use-winograd",), ())
    assert said == ["loses too much; leaving use-winograd out"]
    assert made.options == WITH  # what was asked for names the file


@pytest.mark.parametrize(("options", "refusals", "left_out"), [(WITH, 2, ("use-winograd",)), (OnnxOptions(precision=Precision.INT8), 1, ())])
def test_then_a_layer_does(make, options, refusals, left_out):
    made, said = make(options, refusals)
    assert "use-winograd" not in made.record.rewrites
    assert (made.record.left_out, len(made.record.layers_in_float)) == (left_out, 1)
    assert said[-1] == f"loses too much; keeping {made.record.layers_in_float[0]} in float32"


def refuse_winograd(monkeypatch):
    """Let the gate refuse files that are computed by Winograd: they have its products."""
    monkeypatch.setattr(Gate, "refusal", lambda gate, artifact: VerificationError("loses", hint="") if has_products(artifact) else None)


def has_products(artifact):
    return tflite.operators(artifact.path.read_bytes())["CONV_2D"] > CONVOLUTIONS


def test_a_candidate_that_had_to_leave_its_change_out_is_none(run, tmp_path, monkeypatch):
    """It would be measured, and kept, under the name of what it does without."""
    of_winograd = [option for option in candidates(WITH) if option.tuning.name.startswith("winograd")]
    monkeypatch.setattr(pipeline, "candidates", lambda option: of_winograd)
    refuse_winograd(monkeypatch)
    without = WITH.with_rewrites(msgspec.structs.replace(WITH.rewrites, use_winograd=Winograd(tile=4, least_channels=1)))
    bundle = pipeline.export(of_run(run), plan_of(without, Search.CANDIDATES), tmp_path, progress=Silent())
    assert [(entry.tuning, entry.left_out) for entry in bundle.manifest.artifacts] == [("x86-vnni", ("use-winograd",))]


def test_the_search_keeps_no_winograd_that_an_export_would_leave_out(run, tmp_path, monkeypatch):
    asked = []
    refuse_winograd(monkeypatch)
    monkeypatch.setattr(module, "search", lambda options, made, images, say: asked.extend(made(tried) for tried in (WITH.rewrites, PLAIN.rewrites)))
    exporter(of_run(run), WITH, tmp_path, Silent()).search(WITH, tmp_path)
    assert [session is None for session in asked] == [True, False]


def test_a_candidate_that_a_runtime_refuses_leaves_no_file(run, tmp_path, monkeypatch):
    of_padding = [option for option in candidates(WITH) if option.tuning.name in ("pad-8", "pad-16")]
    monkeypatch.setattr(pipeline, "candidates", lambda option: of_padding)
    monkeypatch.setattr(Gate, "refusal", lambda gate, artifact: None)
    asked = module.answers

    def refused(artifact, *others):
        if "pad-8" in artifact.path.name:
            raise SessionError("cannot allocate")
        return asked(artifact, *others)

    monkeypatch.setattr(module, "answers", refused)
    listener = Listener()
    made = exporter(of_run(run), WITH, tmp_path, listener)
    files = pipeline._candidates(made, plan_of(WITH), [])
    assert [file.options.tuning.name for file in files] == ["pad-16"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [files[0].artifact.path.name]
    assert "pad-8: cannot allocate" in listener.said


def test_the_search_goes_on_where_the_converter_refuses_one(run, tmp_path, monkeypatch):
    asked, convert = [], Conversion.convert

    def refused(conversion, options, **others):
        if options.rewrites == WITH.rewrites:
            raise ExportError("TensorFlow's converter failed")
        return convert(conversion, options, **others)

    monkeypatch.setattr(Conversion, "convert", refused)
    monkeypatch.setattr(Gate, "refusal", lambda gate, artifact: None)
    monkeypatch.setattr(Gate, "looks_right", lambda gate, artifact, runtime: True)
    monkeypatch.setattr(module, "search", lambda options, made, images, say: asked.extend(made(tried) for tried in (WITH.rewrites, PLAIN.rewrites)))
    exporter(of_run(run), WITH, tmp_path, Silent()).search(WITH, tmp_path)
    assert [candidate is None for candidate in asked] == [True, False]


def test_a_file_that_the_search_lets_go_of_is_gone_from_the_disk(run, tmp_path, monkeypatch):
    monkeypatch.setattr(Gate, "refusal", lambda gate, artifact: None)
    monkeypatch.setattr(Gate, "looks_right", lambda gate, artifact, runtime: True)
    there = []

    def search(options, made, images, say):
        for _ in range(2):
            candidate = made(PLAIN.rewrites)
            there.append((candidate is made(PLAIN.rewrites), len(list(tmp_path.iterdir()))))
            del candidate
            there.append(len(list(tmp_path.iterdir())))

    monkeypatch.setattr(module, "search", search)
    exporter(of_run(run), PLAIN, tmp_path, Silent()).search(PLAIN, tmp_path)
    assert there == [(True, 1), 0, (True, 1), 0]


PX, CHANNELS, ONE = 64, 32, 3


def small_network():
    """Three convolutions, which take nearly all the time, so that none of them may stay in float32, and three light layers behind them."""
    image = keras.Input((PX, PX, 3))
    x = layers.Rescaling(1 / 255)(image)
    for channels, strides in ((16, 2), (CHANNELS, 2), (CHANNELS, 1)):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(channels, 3, strides=strides, padding="same")(x)))
    x = layers.Conv2D(CHANNELS, 1, activation="relu", name="write")(layers.AveragePooling2D(4)(x))
    x = layers.Conv2D(CHANNELS, 1, activation="relu", name="read")(x)
    return keras.Model(image, layers.Dense(5, activation="softmax")(layers.Flatten()(x)))


def nothing(model, settled):
    settled(model)


def a_loud_channel(model, settled):
    """The same answers, but one channel speaks a thousand times as loud as its neighbours, until the next layer turns it down again."""
    settled(model)
    write, read = model.get_layer("write"), model.get_layer("read")
    write.kernel.assign(write.kernel * np.where(np.arange(CHANNELS) == ONE, 1000, 1))
    read.kernel.assign(read.kernel / np.where(np.arange(CHANNELS) == ONE, 1000, 1)[:, np.newaxis])


def loud_weights(model, settled):
    """One channel never speaks. The weights that wait for it are a thousand times as large as all others."""
    read, last = model.get_layer("read"), model.layers[-1]
    read.kernel.assign(read.kernel * (np.arange(CHANNELS) != ONE))
    settled(model)
    waiting = np.arange(last.kernel.shape[0])[:, np.newaxis] % CHANNELS == ONE
    last.kernel.assign(np.where(waiting, 1000 * np.abs(last.kernel).max(), last.kernel))


@pytest.fixture
def subject(run, small_folder, weaken):
    """The network's weights are drawn, and its last layer tells the images apart by wide margins: 8 bits lose nothing but by what is planted."""
    pictures, labels = pictures_of(open_folder(small_folder).test)
    model = small_network()
    weaken(model, lambda model: settle(model, pictures, labels, px=PX))
    return replace(of_run(run), model=model)


@pytest.mark.parametrize(("weaken", "found"), [(loud_weights, [{"logits"}]), (a_loud_channel, [{"write", "read"}, {"write", "read", "logits"}])])
@pytest.mark.parametrize(
    "options", [TFLiteOptions(precision=Precision.INT8), OnnxOptions(precision=Precision.INT8)], ids=lambda options: options.format.value
)
def test_what_8_bits_cannot_hold_is_found_and_stays_in_float32(subject, tmp_path, options, weaken, found):
    listener = Listener()
    maker = exporter(subject, options, tmp_path, listener)
    made = maker.make(options)
    assert set(made.record.layers_in_float) in found
    assert maker.gate.refusal(made.artifact) is None
    assert "agreement" in listener.said[1]
    assert listener.said[-1].endswith(f"keeping {', '.join(made.record.layers_in_float)} in float32")


@pytest.mark.parametrize("weaken", [nothing])
def test_a_network_that_8_bits_can_hold_keeps_no_layer_in_float32(subject, tmp_path):
    listener = Listener()
    made = exporter(subject, X86, tmp_path, listener).make(X86)
    assert made.record.layers_in_float == ()
    assert listener.said == ["converting int8 to tflite"]


@pytest.fixture(scope="module")
def careless(run, tmp_path_factory):
    """An exporter with its folder, and what a converter gives it in each format that ignores the precision."""
    folder = tmp_path_factory.mktemp("careless")
    conversion = Conversion(without_head(of_run(run).model, Head.LOGITS), list)
    return exporter(of_run(run), TFLiteOptions(), folder, Silent()), folder, {kind: conversion.convert(OPTIONS_FOR[kind]()) for kind in Format}


@pytest.mark.parametrize(
    ("kind", "precision"), [(kind, precision) for kind in Format for precision in Precision if precision is not Precision.FLOAT32], ids=str
)
def test_a_converter_that_ignores_its_precision_is_refused(careless, monkeypatch, kind, precision):
    """No comparison tells of it: such a file answers as the trained model does, and more exactly than it needs to."""
    monkeypatch.setitem(PRECISIONS, kind, tuple(Precision))
    maker, folder, in_float32 = careless
    monkeypatch.setattr(Conversion, "convert", lambda *_, **__: in_float32[kind])
    with pytest.raises(ExportError, match=f"the {kind.spec.title} file is not {precision.value} inside: .*(float32|8 bits)"):
        maker.make(OPTIONS_FOR[kind](precision=precision))
    assert list(folder.iterdir()) == []


def test_a_precision_that_is_declared_and_not_written_is_not_published(run, tmp_path, monkeypatch):
    monkeypatch.setitem(PRECISIONS, Format.ONNX, tuple(Precision))
    with pytest.raises(ExportError, match="dynamic"):
        pipeline.export(of_run(run), ExportPlan(files=((Format.ONNX, Precision.DYNAMIC),)), tmp_path, progress=Silent())
    assert list(tmp_path.iterdir()) == []
