"""What an int8 file gives up, in which order, until it answers as the trained model does."""

import msgspec
import numpy as np
import pytest

from edgekit.errors import ExportError, SessionError, VerificationError
from edgekit.export import making, pipeline, tflite
from edgekit.export.conversion import Conversion
from edgekit.export.making import Maker
from edgekit.export.parity import Gate
from edgekit.export.subject import of_run
from edgekit.export.tune import candidates
from edgekit.spec.export import OnnxOptions, Precision, TFLiteOptions
from edgekit.spec.network import NETWORKS
from edgekit.spec.progress import Silent
from edgekit.spec.recipe import RECIPES, changed
from edgekit.spec.rewrites import Winograd
from edgekit.spec.tuning import built_in
from edgekit.store.run import MODEL_FILE, Run
from listening import Listener
from stepped import few_images, stepped

NETWORK, RECIPE = NETWORKS["alexnet"], changed(RECIPES["quick"], image_px=64, width=0.125)
X86 = TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-vnni"))
WITH, PLAIN = (X86.with_rewrites(msgspec.structs.replace(X86.rewrites, use_winograd=tiles)) for tiles in (Winograd(tile=2, least_channels=8), None))
CONVOLUTIONS = 5


@pytest.fixture(scope="module")
def run(small_folder, small_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alexnet")
    model, _ = stepped(NETWORK, RECIPE, few_images(small_folder))
    model.save(folder / MODEL_FILE)
    return Run(folder, msgspec.structs.replace(small_run.record, network=NETWORK, recipe=RECIPE))


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
        return Maker(of_run(run), [options], tmp_path, listener).make(options), listener.said[1:]

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
    bundle = pipeline.export(of_run(run), [without], tmp_path, progress=Silent(), search=pipeline.Search.CANDIDATES)
    assert [(entry.tuning, entry.left_out) for entry in bundle.manifest.artifacts] == [("x86-vnni", ("use-winograd",))]


def test_the_search_keeps_no_winograd_that_an_export_would_leave_out(run, tmp_path, monkeypatch):
    asked = []
    refuse_winograd(monkeypatch)
    monkeypatch.setattr(making, "search", lambda options, made, images, say: asked.extend(made(tried) for tried in (WITH.rewrites, PLAIN.rewrites)))
    Maker(of_run(run), [WITH], tmp_path, Silent()).search(WITH, tmp_path)
    assert [session is None for session in asked] == [True, False]


def test_a_candidate_that_a_runtime_refuses_leaves_no_file(run, tmp_path, monkeypatch):
    of_padding = [option for option in candidates(WITH) if option.tuning.name in ("pad-8", "pad-16")]
    monkeypatch.setattr(pipeline, "candidates", lambda option: of_padding)
    monkeypatch.setattr(Gate, "refusal", lambda gate, artifact: None)
    asked = making.answers

    def refused(artifact, *others):
        if "pad-8" in artifact.path.name:
            raise SessionError("cannot allocate")
        return asked(artifact, *others)

    monkeypatch.setattr(making, "answers", refused)
    listener = Listener()
    made = Maker(of_run(run), [WITH], tmp_path, listener)
    files = pipeline._candidates(made, [WITH], [])
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
    monkeypatch.setattr(making, "search", lambda options, made, images, say: asked.extend(made(tried) for tried in (WITH.rewrites, PLAIN.rewrites)))
    Maker(of_run(run), [WITH], tmp_path, Silent()).search(WITH, tmp_path)
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

    monkeypatch.setattr(making, "search", search)
    Maker(of_run(run), [PLAIN], tmp_path, Silent()).search(PLAIN, tmp_path)
    assert there == [(True, 1), 0, (True, 1), 0]


def with_a_loud_channel(subject):
    """The same answers, but one channel speaks a thousand times as loud as its neighbours, until the next layer turns it down again."""
    norm, reader = (subject.model.get_layer(name) for name in ("pointwise_1_norm", "depthwise_2"))
    louder = np.where(np.arange(norm.gamma.shape[0]) == 3, 1000, 1).astype(np.float32)
    norm.gamma.assign(norm.gamma.numpy() * louder)
    norm.beta.assign(norm.beta.numpy() * louder)
    reader.kernel.assign(reader.kernel.numpy() / louder[:, np.newaxis])
    return subject


@pytest.mark.parametrize(
    "options", [TFLiteOptions(precision=Precision.INT8), OnnxOptions(precision=Precision.INT8)], ids=lambda options: options.format.value
)
def test_what_8_bits_cannot_hold_is_found_and_stays_in_float32(small_run, tmp_path, options):
    listener = Listener()
    maker = Maker(with_a_loud_channel(of_run(small_run)), [options], tmp_path, listener)
    made = maker.make(options)
    assert {"pointwise_1", "depthwise_2"} <= set(made.record.layers_in_float)
    assert maker.gate.refusal(made.artifact) is None
    assert "agreement" in listener.said[1]
    assert listener.said[-1].endswith(f"keeping {', '.join(made.record.layers_in_float)} in float32")
