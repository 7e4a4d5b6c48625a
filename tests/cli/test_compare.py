import json

import msgspec
import numpy as np
import pytest

from edgekit.spec.protocol import BUDGETS
from edgekit.store.measurement import Block, ImageRecord, ResultHeader
from edgekit.store.result import RESULT_SCHEMA


def written(path, levels, *, cpu="a cpu", threads=1, seed=0, **environment):
    rng = np.random.default_rng(seed)
    protocol = msgspec.structs.replace(BUDGETS["quick"], threads=threads)
    header = ResultHeader(
        schema=RESULT_SCHEMA,
        protocol=protocol,
        started_at="now",
        environment={"cpu": cpu, **environment},
        images={"exported/a": (ImageRecord(name="0.png"),)},
    )
    lines = [header]
    for file, level in levels.items():
        for process in range(5):
            timed = tuple(int(value) for value in rng.normal(level, level / 100, 100))
            lines.append(
                Block(
                    source="exported/a", file=file, sha256="", bytes=1, precision="int8", runtime="litert", version="1", threads=threads,
                    process=process, timed_ns=timed, visited=(0,) * 100,
                )
            )  # fmt: skip
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return path


def test_within_one_result_each_against_the_fastest(edgekit_cli, tmp_path):
    result = written(tmp_path / "a.jsonl", {"slow.tflite": 3_000_000, "fast.tflite": 2_000_000})
    status, out, _ = edgekit_cli("compare", result, "--json")
    assert status == 0
    (pair,) = json.loads(out)
    assert (pair["base"], pair["other"]) == ("fast.tflite in litert", "slow.tflite in litert")
    assert pair["ratio"] == pytest.approx(1.5, rel=0.01)
    assert (pair["verdict"], pair["findings"]) == ("slower", [])
    lines = edgekit_cli("compare", result)[1].splitlines()
    assert "slow.tflite in litert  1.5" in lines[-3]
    assert lines[-2] == "each against fast.tflite in litert, the fastest"


def test_two_results_each_artifact_with_itself(edgekit_cli, tmp_path):
    before = written(tmp_path / "a.jsonl", {"m.tflite": 2_000_000, "gone.tflite": 1_000_000})
    after = written(tmp_path / "b.jsonl", {"m.tflite": 1_800_000}, seed=1)
    (pair,) = json.loads(edgekit_cli("compare", before, after, "--json")[1])
    assert (pair["other"], pair["verdict"], pair["findings"]) == ("m.tflite in litert", "faster", ["not-interleaved"])
    assert f"each against the same in {before}" in edgekit_cli("compare", before, after)[1]


@pytest.mark.parametrize(("change", "words"), [({"cpu": "another"}, "different machines"), ({"threads": 2}, "different threads")])
def test_what_does_not_compare_is_refused_unless_forced(edgekit_cli, tmp_path, change, words):
    before = written(tmp_path / "a.jsonl", {"m.tflite": 2_000_000})
    after = written(tmp_path / "b.jsonl", {"m.tflite": 1_000_000}, **change)
    status, _, err = edgekit_cli("compare", before, after)
    assert (status, words in err) == (2, True)
    assert edgekit_cli("compare", before, after, "--force")[0] == 0


def test_one_measurement_alone_cannot_be_compared(edgekit_cli, tmp_path):
    status, _, err = edgekit_cli("compare", written(tmp_path / "a.jsonl", {"m.tflite": 2_000_000}))
    assert (status, "no two measurements" in err) == (1, True)


def test_a_ratio_of_figures_in_doubt_says_so(edgekit_cli, tmp_path):
    result = written(tmp_path / "a.jsonl", {"slow.tflite": 3_000_000, "fast.tflite": 2_000_000}, load_1min=10.0, usable=2)
    (pair,) = json.loads(edgekit_cli("compare", result, "--json")[1])
    assert pair["unstable"] == ["busy"]
    out = edgekit_cli("compare", result)[1]
    assert "slower, unstable" in out
    assert "unstable: other programs were running when it began: a load of 10" in out
