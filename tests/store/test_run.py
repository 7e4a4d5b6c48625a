"""A run begins whole, or leaves nothing."""

import os
import resource

import msgspec
import numpy as np
import pytest

from edgekit.errors import StoreError
from edgekit.spec.network import DEFAULT_NETWORK
from edgekit.spec.recipe import RECIPES
from edgekit.store import run as module
from edgekit.store.record import encode
from edgekit.store.run import (
    ANSWERS_FILE,
    CHECKPOINTS,
    PLAN_FILE,
    RUN_FILE,
    PlanRecord,
    Run,
    RunRecord,
    begin_run,
    end_run,
    finished_runs,
    keep_answers,
    newest_run,
    newest_unfinished,
    open_run,
)
from handmade_run import run_record
from whole_records import WHOLE


def test_a_plan_that_finds_no_room_leaves_no_folder(small_folder, tmp_path):
    record = run_record(small_folder, DEFAULT_NETWORK, RECIPES["quick"])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            begin_run(tmp_path, record)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.listdir(tmp_path) == []
    assert begin_run(tmp_path, record).folder.name == "mobilenet"


RUN, PLAN = WHOLE[RunRecord], WHOLE[PlanRecord]


def run_in(folder, record=RUN, age=0):
    folder.mkdir(parents=True)
    (folder / RUN_FILE).write_bytes(encode(record))
    os.utime(folder / RUN_FILE, (age, age))
    return folder


def test_a_folder_without_its_record_is_no_run(tmp_path):
    with pytest.raises(StoreError, match=f"no finished run: it has no {RUN_FILE}") as caught:
        open_run(tmp_path)
    assert "edgekit train" in caught.value.hint
    for find in (newest_run, finished_runs):
        with pytest.raises(StoreError, match="there is no finished run"):
            find(tmp_path)
    with pytest.raises(StoreError, match="there is no unfinished run"):
        newest_unfinished(tmp_path)


def test_the_newest_and_all_that_are_finished(tmp_path):
    for name, age in (("b", 20), ("a", 30), ("c", 30), (".hidden", 90)):
        run_in(tmp_path / name, age=age)
    (tmp_path / "empty").mkdir()
    assert newest_run(tmp_path).name == "c"  # of two as new, the last by name
    assert open_run(tmp_path / "b").record == RUN
    assert [path.name for path in finished_runs(tmp_path)] == ["a", "b", "c"]
    assert open_run(tmp_path / "b").model_file == tmp_path / "b/model.keras"


def test_a_run_that_ended_is_unfinished_no_more(tmp_path):
    first, second = begin_run(tmp_path, PLAN), begin_run(tmp_path, PLAN)
    name = PLAN.network.name
    assert [first.folder.name, second.folder.name] == [name, f"{name}-2"]
    for age, begun in ((50, first), (40, second)):
        os.utime(begun.folder / PLAN_FILE, (age, age))
    assert newest_unfinished(tmp_path) == first
    (first.folder / CHECKPOINTS).mkdir()
    assert end_run(first, RUN).record == open_run(first.folder).record == RUN
    assert sorted(os.listdir(first.folder)) == [RUN_FILE]
    assert newest_unfinished(tmp_path) == second


def test_what_a_training_left_that_was_killed_at_its_last_step_is_dropped(tmp_path):
    begun = begin_run(tmp_path, PLAN)
    (begun.folder / CHECKPOINTS).mkdir()
    (begun.folder / RUN_FILE).write_bytes(encode(RUN))
    with pytest.raises(StoreError, match="no unfinished run"):
        newest_unfinished(tmp_path)
    assert os.listdir(begun.folder) == [RUN_FILE]


def test_answers_are_kept_beside_the_run_and_are_those_of_its_model(tmp_path):
    run = open_run(run_in(tmp_path / "a"))
    assert run.answers() == {}
    scores = np.array([[1, 2], [3, 4.5]], np.float32)
    keep_answers(run, ["x", "y"], scores)
    assert run.answers() == {"x": (1, 2), "y": (3, 4.5)}
    with pytest.raises(ValueError, match="longer than"):
        keep_answers(run, ["x"], scores)
    other = Run(run.folder, msgspec.structs.replace(RUN, model_sha256="0" * 64))
    assert other.answers() == {}
    path = run.folder / ANSWERS_FILE
    path.write_bytes(path.read_bytes().replace(b"4.5", b"4.5, 6"))
    assert run.answers() == {}


def test_very_many_answers_are_not_kept(tmp_path, monkeypatch):
    run = open_run(run_in(tmp_path / "a"))
    for most, kept in ((3, False), (4, True)):
        monkeypatch.setattr(module, "_MOST_SCORES", most)
        keep_answers(run, ["x", "y"], np.zeros((2, 2), np.float32))
        assert bool(run.answers()) is kept
