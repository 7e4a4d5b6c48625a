import shutil
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from benchmarking.jobs import FLOAT32, QUICK, served
from edgekit.benchmarking.interpreter import Interpreter, other_interpreter, this_interpreter
from edgekit.benchmarking.plan import jobs_of, plan
from edgekit.benchmarking.workloads import MOST_IMAGES, _file, _given_images, _golden, find_workloads
from edgekit.errors import MissingPackageError, StoreError, UsageError
from edgekit.spec.environment import Environment
from edgekit.spec.export import Head
from edgekit.spec.protocol import BACK_TO_BACK, Feed, Purpose, Sizes
from edgekit.spec.runtime import runtime_named
from edgekit.spec.task import Decision, Task
from edgekit.store.measurement import ImageRecord, ResultHeader
from edgekit.store.result import RESULT_SCHEMA

HERE = Interpreter(edgekit="0", runtimes={"litert": "2", "onnxruntime": "1", "fake": "0"})
THERE = Interpreter(edgekit="0", runtimes={"tflite-runtime": "2.14.0", "litert": "1", "fake": "0"}, python="/other/python")


def planned(bundle, *names, interpreters=(HERE,)):
    return plan(find_workloads([bundle.folder], None), [runtime_named(name) for name in names], interpreters)


def test_what_is_installed_is_planned_and_the_fake_only_when_named(exported):
    assert {(entry.file.rpartition(".")[2], entry.runtime, entry.version) for entry in planned(exported)} == {
        ("tflite", "litert", "2"),
        ("onnx", "onnxruntime", "1"),
    }
    assert {entry.runtime for entry in planned(exported, "fake")} == {"fake"}


def test_another_interpreter_serves_what_this_one_lacks(exported):
    found = {(entry.runtime, entry.version, entry.python) for entry in planned(exported, interpreters=(HERE, THERE))}
    assert found == {("litert", "2", ""), ("onnxruntime", "1", ""), ("tflite-runtime", "2.14.0", "/other/python")}


def test_what_is_named_and_missing_is_planned_with_its_problem(exported):
    assert {entry.problem for entry in planned(exported, "openvino")} == {"openvino is not installed (pip install edgekit[openvino])"}


def test_nothing_to_plan_is_an_error(exported):
    with pytest.raises(MissingPackageError, match="no runtime here"):
        planned(exported, interpreters=(Interpreter(edgekit="0", runtimes={}),))
    with pytest.raises(UsageError, match="can be opened"):
        plan(find_workloads([exported.folder / FLOAT32], exported.folder / "golden"), [runtime_named("onnxruntime")], [HERE])


def test_jobs_are_processes_of_each_feed_and_one_each_beside(exported):
    feeds = (BACK_TO_BACK, Feed(sizes=Sizes.MIXED), Feed(rate_hz=5.0))
    protocol = msgspec.structs.replace(QUICK, processes=3, feeds=feeds)
    entries = planned(exported)
    fixed = msgspec.structs.replace(entries[0], any_size=False)
    source = entries[0].source
    header = ResultHeader(
        schema=RESULT_SCHEMA,
        protocol=protocol,
        started_at="",
        environment=Environment(),
        images={source: ()},
        roots={source: source},
        plan=(*entries[1:], fixed),
    )
    jobs = jobs_of(header)
    assert len({job.key for job in jobs}) == len(jobs)
    counts = {entry.file: [sum(job.purpose is purpose for job in jobs if job.planned is entry) for purpose in Purpose] for entry in header.plan}
    # A file of a fixed size has no mixed sizes; the fake tells no operators.
    assert counts[fixed.file] == [6, 1, 1]
    assert all(counts[entry.file] == [9, 1, 1] for entry in entries[1:])
    fake = msgspec.structs.replace(header, plan=planned(exported, "fake"))
    assert Purpose.OPERATORS not in {job.purpose for job in jobs_of(fake)}


def test_this_interpreter_tells_what_is_here():
    assert served() in this_interpreter().runtimes


def test_an_interpreter_without_edgekit_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such interpreter"):
        other_interpreter(tmp_path / "python")
    script = tmp_path / "python3"
    script.write_text("#!/bin/sh\necho no module named edgekit >&2; exit 1\n")
    script.chmod(0o755)
    with pytest.raises(UsageError, match="does not run in that interpreter"):
        other_interpreter(script)
    script.write_text('#!/bin/sh\necho \'{"edgekit": "0.0.1", "runtimes": {}}\'\n')
    with pytest.raises(UsageError, match=r"another edgekit.*0\.0\.1"):
        other_interpreter(script)


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(StoreError, match="nothing to measure"):
        find_workloads([tmp_path], None)


def test_an_interpreter_is_found_by_its_name_too(tmp_path, monkeypatch):
    name = Path(sys.executable).name
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert other_interpreter(Path(name)).python == str(Path(sys.executable).absolute())


def test_a_bundle_that_is_named_twice_is_measured_once(exported):
    assert len(find_workloads([exported.folder, exported.folder / "..", exported.folder / "." / ""], None)) == 1


def test_of_many_photographs_some_are_measured_with_and_a_name_of_two_classes_says_neither(exported, tmp_path):
    labels = ("crane", "heron", "crane")
    for label in set(labels):
        (tmp_path / label).mkdir()
        for index in range(MOST_IMAGES):
            shutil.copy(exported.golden_path(exported.golden.images[0]), tmp_path / label / f"{index:04}.png")
    root, images = _given_images(tmp_path, labels)
    assert (root, len(images)) == (str(tmp_path), MOST_IMAGES)
    assert (root, images) == _given_images(tmp_path, labels)
    assert {(image.name.partition("/")[0], image.label) for image in images} == {("crane", None), ("heron", 1)}


def test_photographs_are_chosen_evenly_and_the_same_for_files_of_any_classes(exported, tmp_path):
    counts = {"many": 500, "some": 120, "few": 30}
    for name, count in counts.items():
        (tmp_path / name).mkdir()
        for index in range(count):
            (tmp_path / name / f"{index:04}.png").symlink_to(exported.golden_path(exported.golden.images[0]))
    _, images = _given_images(tmp_path, ("few", "many", "some"))
    _, others = _given_images(tmp_path, ("many", "another"))
    assert [image.name for image in images] == [image.name for image in others]
    assert Counter(image.name.partition("/")[0] for image in images) == {"few": 30, "some": 120, "many": 150}
    assert Counter(image.name.partition("/")[0] for image in images[:60]) == {"few": 20, "some": 20, "many": 20}
    (workload,) = find_workloads([exported.folder], tmp_path)
    assert (len(workload.images), workload.photographs) == (MOST_IMAGES, 650)
    (golden,) = find_workloads([exported.folder], None)
    assert golden.photographs == 0


def test_of_several_labels_an_image_has_those_that_the_model_answers(exported):
    image = msgspec.structs.replace(exported.golden.plain[0], label=None, labels=(0, 3), scores=(2.0, -1.0, 0.5, -3.0, 0.1))
    several = Decision(Task.MULTILABEL, Head.LOGITS, (0.5,) * 5)
    assert _golden(image, several) == ImageRecord(name=image.file, labels=(0, 3), keras_labels=(0, 2, 4))
    one = msgspec.structs.replace(image, label=3, labels=None)
    assert _golden(one, Decision()) == ImageRecord(name=image.file, label=3, keras=0)


def test_a_file_alone_needs_photographs_and_has_their_classes(exported, tmp_path):
    with pytest.raises(UsageError, match="too few images to measure with") as caught:
        find_workloads([exported.folder / FLOAT32], None)
    assert "--images DIR" in caught.value.hint
    with pytest.raises(UsageError, match="no such folder"):
        find_workloads([exported.folder / FLOAT32], tmp_path / "none")
    for name, count in (("alef", 20), ("heh", 11)):
        (tmp_path / name).mkdir()
        for index in range(count):
            (tmp_path / name / f"{index}.png").symlink_to(exported.golden_path(exported.golden.images[0]))
    with pytest.raises(UsageError, match=r"at least 32 images are needed\. Received: 31"):
        find_workloads([exported.folder / FLOAT32], tmp_path)
    (tmp_path / "loose.png").symlink_to(exported.golden_path(exported.golden.images[0]))
    (found,) = find_workloads([exported.folder / FLOAT32], tmp_path)
    (file,) = found.files
    assert (file.file, file.precision, file.any_size, file.tuning, file.problem, file.tested) == (FLOAT32, "float32", True, "", "", ())
    assert file.bytes == (exported.folder / FLOAT32).stat().st_size
    assert (found.labels, found.photographs, len(found.images)) == (exported.labels, 32, 32)
    assert Counter(image.label for image in found.images) == {0: 20, 1: 11, None: 1}


@pytest.mark.parametrize(("shape", "any_size"), [((1, -1, -1, 3), True), ((1, 48, 48, 3), False), ((1, -1, 48, 3), True)])
def test_a_file_takes_any_size_where_an_extent_is_open(exported, shape, any_size):
    entry = exported.manifest.artifacts[0]
    changed = msgspec.structs.replace(entry, input=msgspec.structs.replace(entry.input, shape=shape))
    assert _file(exported, changed).any_size is any_size


def test_how_many_photographs_are_taken_is_what_the_documentation_says():
    page = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
    assert f"Of a larger folder {MOST_IMAGES} are taken" in page
    assert MOST_IMAGES == 300
