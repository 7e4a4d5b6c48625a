"""The main job through the command line, as a user types it."""

import json

import numpy as np
import pytest

import edgekit


def test_export_verify_bench_report_select_predict(edgekit_cli, small_run, small_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert edgekit_cli("export", small_run.folder, "--format", "tflite", "--licence", "Apache-2.0")[0] == 0
    assert 'license: "apache-2.0"' in (tmp_path / "exported/mobilenet/README.md").read_text()
    status, out, _ = edgekit_cli("verify")
    assert status == 0
    assert out.count("litert") == 2
    status, out, err = edgekit_cli("bench", "--budget", "smoke", "--profile")
    assert status == 0, err
    assert all(f"operators of mobilenet-int8.tflite in {runtime}" in out for runtime in ("litert", "openvino"))
    (told,) = (
        row
        for row in json.loads(edgekit_cli("bench", "--resume", "--profile", "--json")[1])["rows"]
        if row["runtime"] == "litert" and "int8" in row["file"]
    )
    assert all(operator["type"] and operator["time_ns"] >= 0 for operator in told["operators"])
    assert sum(operator["time_ns"] for operator in told["operators"]) > 1000
    status, out, _ = edgekit_cli("report", "--json")
    assert status == 0
    rows = json.loads(out)
    files, runtimes = ("mobilenet-float32.tflite", "mobilenet-int8.tflite"), ("litert", "openvino")
    assert {(row["file"], row["runtime"], row["processes"]) for row in rows} == {(file, runtime, 1) for file in files for runtime in runtimes}
    for row in rows:
        assert row["samples"] >= 64
        assert row["images"] == 32
        assert row["agreement"] >= 0.9
        assert 0 < row["p50_ns"] <= row["p90_ns"] <= row["p90_bound_ns"]
        assert 0 < row["invoke_ns"] < 20 * row["p50_ns"]  # the unit is right; the two are timed apart, on a machine with other work
        assert 0 < row["rss_bytes"] < row["peak_rss_bytes"]
        assert 0 < row["preprocessing"] < 0.6
        assert row["test_images"] == 165
        assert row["drop_interval"][0] <= row["drop"] <= row["drop_interval"][1]
    assert "mobilenet-int8.tflite" in (tmp_path / "results/report.html").read_text()
    assert edgekit_cli("report", "--format", "md", "--out", "page.md")[0] == 0
    assert "| mobilenet-int8.tflite | litert |" in (tmp_path / "page.md").read_text()
    assert edgekit_cli("report", "--card", "exported/mobilenet")[0] == 0
    assert "## Latency" in (tmp_path / "exported/mobilenet/README.md").read_text()
    status, out, err = edgekit_cli("select", "--max-drop", 5, "--max-latency", "1s", "--percentile", 90, "--out", "chosen")
    assert status == 0, err
    assert "the fastest of 4 that fit" in out
    assert "(p90 " in out
    status, out, err = edgekit_cli("verify", "chosen")
    assert (status, out.count("mobilenet-")) == (0, 4), err  # the file, its contract, and two runtimes
    status, out, err = edgekit_cli("select", "--max-latency", "1us")
    assert status == 1
    assert "change --max-latency" in err
    picture = sorted((small_folder / "test/kaf").iterdir())[0]
    status, out, _ = edgekit_cli("predict", "exported/mobilenet", picture, "--json", "--csv", "answers.csv")
    assert status == 0
    assert json.loads(out)[0]["class"] in ("alef", "heh", "kaf", "meem", "sheen")
    assert (tmp_path / "answers.csv").read_text().startswith("image,class,score,probability\n")


def test_what_stands_in_the_result_is_every_sample(edgekit_cli, exported, tmp_path):
    path = tmp_path / "a.jsonl"
    assert edgekit_cli("bench", exported.folder, "--runtime", "fake", "--budget", "smoke", "--out", path)[0] == 0
    header, *blocks = [json.loads(line) for line in path.read_text().splitlines()]
    assert header["schema"] == 2
    assert header["environment"]["architecture"]
    files = len(exported.manifest.artifacts)
    assert [block["purpose"] for block in blocks] == ["timing"] * files + ["memory"] * files
    assert all(len(block["timed_ns"]) == len(block["visited"]) for block in blocks)
    assert all(len(block["scores"]) == 32 for block in blocks[:files])


def test_a_torn_last_line_is_ignored(edgekit_cli, exported, tmp_path):
    path = tmp_path / "a.jsonl"
    edgekit_cli("bench", exported.folder, "--runtime", "fake", "--budget", "smoke", "--out", path)
    path.write_bytes(path.read_bytes()[:-40])
    status, out, _ = edgekit_cli("report", path, "--json")
    assert status == 0
    rows = json.loads(out)
    assert len(rows) == len(exported.manifest.artifacts)
    assert sum(row["peak_rss_bytes"] is None for row in rows) == 1


def test_other_feeds_are_rows_of_their_own(edgekit_cli, exported, tmp_path):
    arguments = ("--runtime", "fake", "--budget", "smoke", "--sizes", "mixed", "--rate", 200, "--out", tmp_path / "a.jsonl")
    file, images = exported.folder / "mobilenet-float32.tflite", exported.folder / "golden"
    status, out, err = edgekit_cli("bench", file, "--images", images, *arguments)
    assert status == 0, err
    for words in ("fake (mixed sizes)", "fake (200 Hz)", "images had another size"):
        assert words in out
    rows = json.loads(edgekit_cli("report", tmp_path / "a.jsonl", "--json")[1])
    assert len(rows) == 3
    assert [row["reallocations"] > 0 for row in rows] == [row["sizes"] == "mixed" for row in rows]
    assert sorted({(row["sizes"], row["rate_hz"]) for row in rows}, key=str) == [("declared", 200.0), ("declared", None), ("mixed", None)]


def test_images_of_ones_own(edgekit_cli, exported, small_folder, tmp_path):
    arguments = ("--images", small_folder, "--runtime", "litert", "--budget", "smoke", "--out", tmp_path / "a.jsonl", "--json")
    status, out, err = edgekit_cli("bench", exported.folder / "mobilenet-float32.tflite", *arguments)
    assert status == 0, err
    (row,) = json.loads(out)["rows"]
    assert row["images"] >= 64
    assert row["accuracy"] > 0.7


def test_the_sample_is_written_and_described(edgekit_cli, tmp_path):
    assert edgekit_cli("data", "sample", tmp_path / "letters")[0] == 0
    status, out, _ = edgekit_cli("data", "inspect", tmp_path / "letters", "--json")
    found = json.loads(out)
    assert status == 0
    assert (len(found["classes"]), found["unreadable"], found["in_both_splits"]) == (28, [], [])
    assert found["classes"]["ain"] == {"train": 95, "test": 33}
    assert edgekit_cli("data", "sample", tmp_path / "letters")[0] == 2


def test_load_takes_what_an_app_has(exported):
    classifier = edgekit.load(exported.folder)
    assert (classifier.path.name, classifier.runtime) == ("mobilenet-float32.tflite", "litert")
    path = exported.golden_path(exported.golden.images[0])
    from PIL import Image

    with Image.open(path) as image:
        answers = [classifier.predict(given).scores for given in (path, str(path), path.read_bytes(), image, np.asarray(image.convert("RGB")))]
    assert all(np.array_equal(answers[0], other) for other in answers)
    with pytest.raises(edgekit.EdgekitError, match="not an image"):
        classifier.predict(np.zeros((3, 3), np.uint8))
    assert edgekit.load(exported.folder, precision="int8", runtime="onnxruntime").path.name == "mobilenet-int8.onnx"


def test_doctor_names_what_is_there(edgekit_cli):
    status, out, _ = edgekit_cli("doctor", "--json")
    told = json.loads(out)
    assert status == 0
    assert all(not part["missing"] for part in told["parts"])
    there = set(told["machine"]["instructions"].split())
    assert (told["tuning"] == "x86-amx") == ("amx_int8" in there)
    assert (told["tuning"] == "portable") == there.isdisjoint({"avx512_vnni", "avx_vnni", "amx_int8"})
    assert f"--tuned-for {told['tuning']}" in edgekit_cli("doctor")[1]
