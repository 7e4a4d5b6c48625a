"""The search keeps what is faster, and nothing that is not, on a clock that sessions move."""

import numpy as np
import pytest

from edgekit.exporting.tuning.search import OpenedFile, search, serving
from edgekit.runtimes import base
from edgekit.spec.export import OnnxOptions, TFLiteOptions
from edgekit.spec.format import Format, Precision
from edgekit.spec.runtime import runtime_named
from edgekit.spec.tuning import built_in

IMAGES = [np.full((1, 8, 8, 3), value, np.uint8) for value in range(3)]


class Machine:
    """A clock, and sessions that take the time which a table of rewrites has on it: in nanoseconds an image."""

    def __init__(self, cost, failing=(), refused=()):
        self.now = 0
        self.cost = cost
        self.failing = failing
        self.refused = refused
        self.made = []

    def clock(self):
        return self.now

    def made_with(self, rewrites):
        self.made.append(rewrites)
        if any(getattr(rewrites, field) for field in self.failing):
            return None
        machine = self

        class Session:
            def run(self, image):
                machine.now += machine.cost(rewrites)

        return OpenedFile(Session(), lambda: not any(getattr(rewrites, field) for field in self.refused))

    def search(self, options):
        return search(options, self.made_with, IMAGES, say=lambda text: None, clock=self.clock)


def test_the_fastest_of_each_step_is_kept_and_the_next_step_builds_on_it():
    def cost(rewrites):
        pad = rewrites.pad_channels.multiple if rewrites.pad_channels else 0
        tile = rewrites.use_winograd.tile if rewrites.use_winograd else 0
        return 10_000_000 + {0: 0, 8: -1_000_000, 16: -2_000_000, 32: 500_000}[pad] + (1_000_000 if rewrites.stem_on_blocks else 0) - 100_000 * tile

    machine = Machine(cost)
    best, trials = machine.search(TFLiteOptions())
    assert best.pad_channels.multiple == 16
    assert best.stem_on_blocks is None
    assert best.use_winograd.tile == 4
    kept = [trial.name for trial in trials if trial.kept]
    assert (kept[0], len(kept)) == ("pad-16", 2)
    assert kept[1].startswith("winograd-4")
    assert next(trial for trial in trials if trial.name == "pad-16") == type(trials[0])("pad-16", True, 10_000_000, 8_000_000)
    assert all(rewrites.pad_channels.multiple == 16 for rewrites in machine.made if rewrites.use_winograd)


@pytest.mark.parametrize("options", [TFLiteOptions(precision=Precision.INT8, tuning=built_in("x86-vnni")), OnnxOptions(tuning=built_in("x86-vnni"))])
def test_what_a_tuning_begins_with_is_left_out_where_that_is_faster(options):
    machine = Machine(lambda rewrites: 11_000_000 if rewrites.use_winograd else 10_000_000)
    best, trials = machine.search(options)
    assert (options.rewrites.use_winograd is None, best.use_winograd) == (False, None)
    assert [trial.name for trial in trials if trial.kept] == ["no-winograd"]
    assert all(one != other for index, one in enumerate(machine.made) for other in machine.made[:index])


def test_what_is_within_the_noise_is_not_kept():
    best, trials = Machine(lambda rewrites: 9_900_000 if rewrites.pad_channels else 10_000_000).search(OnnxOptions())
    assert best == OnnxOptions().rewrites
    assert not any(trial.kept for trial in trials)


def test_a_candidate_that_answers_otherwise_is_out_however_fast_it_is():
    best, trials = Machine(lambda rewrites: 1_000_000 if rewrites.use_winograd else 10_000_000, failing=["use_winograd"]).search(TFLiteOptions())
    assert best == TFLiteOptions().rewrites
    assert {(trial.kept, trial.candidate_ns) for trial in trials if trial.name.startswith("winograd")} == {(False, 0)}


def test_the_fastest_that_passes_on_every_image_is_kept():
    def cost(rewrites):
        pad = rewrites.pad_channels.multiple if rewrites.pad_channels else 0
        return 10_000_000 - 100_000 * pad - (1_000_000 if rewrites.use_winograd else 0)

    class Particular(Machine):
        def made_with(self, rewrites):
            made = super().made_with(rewrites)
            return OpenedFile(made.session, lambda: not (rewrites.pad_channels and rewrites.pad_channels.multiple == 32))

    best, trials = Particular(cost).search(TFLiteOptions())
    assert (best.pad_channels.multiple, best.use_winograd is None) == (16, False)
    assert {trial.name: trial.kept for trial in trials if trial.name.startswith("pad")} == {"pad-8": False, "pad-16": True, "pad-32": False}


def test_where_the_file_to_begin_with_does_not_pass_no_other_must():
    machine = Machine(lambda rewrites: 9_000_000 if rewrites.pad_channels else 10_000_000, refused=["fold_batch_norm"])
    assert machine.search(TFLiteOptions())[0].pad_channels is not None


def test_nothing_is_tried_from_a_file_that_answers_otherwise():
    machine, said = Machine(lambda rewrites: 10_000_000, failing=["fold_batch_norm"]), []
    best, trials = search(TFLiteOptions(), machine.made_with, IMAGES, say=said.append, clock=machine.clock)
    assert (best, trials) == (TFLiteOptions().rewrites, ())
    assert ["nothing is tried" in text for text in said] == [True]


@pytest.mark.parametrize(
    ("options", "runtime"),
    [
        (OnnxOptions(), "onnxruntime"),
        (TFLiteOptions(tuning=built_in("openvino")), "litert"),
        (OnnxOptions(tuning=built_in("openvino")), "openvino"),
        (OnnxOptions(tuning=built_in("openvino"), precision=Precision.INT8), "openvino"),
    ],
)
def test_the_search_is_for_the_runtime_that_a_tuning_is_made_for(options, runtime, monkeypatch):
    assert serving(options).name == runtime
    monkeypatch.setattr(base, "installed_for", lambda kind: (runtime_named("litert" if kind is Format.TFLITE else "onnxruntime"),))
    # Where it is not installed, a file that others open as well is tried in its format's own.
    assert serving(options).name == ("onnxruntime" if options == OnnxOptions(tuning=built_in("openvino")) else runtime)


def test_who_begins_a_round_changes_from_round_to_round():
    """Else whoever comes second would always find the caches and the clock rate as the first left them."""
    machine, ran = Machine(lambda rewrites: 100_000_000), []

    def made(rewrites):
        candidate = machine.made_with(rewrites)

        class Noted:
            def run(self, image):
                ran.append(rewrites)
                candidate.session.run(image)

        return OpenedFile(Noted(), candidate.passes)

    base = TFLiteOptions().rewrites
    search(TFLiteOptions(), made, IMAGES, say=lambda text: None, clock=machine.clock)
    trial = next(rewrites for rewrites in ran if rewrites != base)
    # Each is run once to warm up, then in nine rounds of three images each: of 0.1 s, until 0.2 s have passed and three are asked.
    own = [rewrites == base for rewrites in ran[: 2 + 9 * 6]]
    assert ran[1] == trial
    assert own[:2] == [True, False]
    rounds = [own[2 + 6 * turn : 8 + 6 * turn] for turn in range(9)]
    assert rounds == [[bool(turn % 2)] * 3 + [not turn % 2] * 3 for turn in range(9)]
