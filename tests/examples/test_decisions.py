"""What the apps make of scores, against what edgekit makes of them: every task, both heads, thresholds of one's own."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgekit.spec.export import Head
from edgekit.spec.task import Decision, Task, labels_of

ROOT = Path(__file__).parents[2] / "examples"
THRESHOLDS = {Task.CLASSES: (), Task.BINARY: (0.3,), Task.MULTILABEL: (0.5, 0.9, 0.2, 0.5)}
CASES = [(task, head) for task in Task for head in (Head.LOGITS, Head.PROBABILITIES)]


def scores_of(task, head):
    """Random answers to eight images, and one of nothing at all."""
    logits = np.random.default_rng(0).normal(0, 2, (8, 1 if task is Task.BINARY else 4))
    logits = np.concatenate([logits, np.full((1, logits.shape[1]), -9.0)])
    if head is Head.LOGITS:
        return logits.astype(np.float32)
    each = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) if task is Task.CLASSES else 1 / (1 + np.exp(-logits))
    return each.astype(np.float32)


def wanted(task, head, labels):
    decision = Decision(task, head, THRESHOLDS[task])
    return [[labels[index] for index in decision.answer(row.tolist())] for row in scores_of(task, head)]


def contract(task, head):
    labels = [f"label {index}" for index in range(labels_of(task, 4))]
    labels[1] = 'a "task": "binary" in a label'
    return {"network": "net", "head": head.value, "labels": labels, "task": task.value, "thresholds": list(THRESHOLDS[task])}


def run(*command, **options):
    if shutil.which(command[0]) is None:
        pytest.skip(f"needs {command[0]}")
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_onnx(told):
    """As an entry of an ONNX file's metadata has it: a key, and behind a tag the length of the value."""
    value = json.dumps(told, indent=2).encode()
    return b"\n\x0cedgekit.json\x12" + bytes([len(value) & 127 | 128, len(value) >> 7]) + value


@pytest.mark.parametrize(("task", "head"), CASES)
def test_node_and_the_web_page(tmp_path, task, head):
    told = contract(task, head)
    (tmp_path / "net.onnx").write_bytes(b"weights \x00\xff" * 9 + in_onnx(told))
    script = f"""
        import {{ readFileSync }} from 'node:fs';
        import {{ contractOf, decide }} from '{ROOT / "node/decision.mjs"}';
        import {{ answer }} from '{ROOT / "web/src/scores.js"}';
        const contract = contractOf(readFileSync('{tmp_path / "net.onnx"}'));
        const rows = {json.dumps(scores_of(task, head).tolist())};
        const node = rows.map((scores) => decide(Float32Array.from(scores), contract));
        const web = rows.map((scores) => answer(Float32Array.from(scores), '{head.value}', {json.dumps(told)}, {json.dumps(told["labels"])}, 2));
        console.log(JSON.stringify([node, web]));
    """
    (tmp_path / "asked.mjs").write_text(script)
    node, web = json.loads(run("node", tmp_path / "asked.mjs"))
    assert [answer["labels"] for answer in node] == wanted(task, head, told["labels"])
    assert [[said["label"] for said in answer["said"]] for answer in web] == wanted(task, head, told["labels"])
    for answer, shown in zip(node, web, strict=True):
        assert 0 <= answer["probability"] <= 1
        assert answer["label"] in (shown["best"][0]["label"], *answer["labels"])


def test_apps_refuse_a_task_that_they_do_not_know(tmp_path):
    told = contract(Task.CLASSES, Head.LOGITS) | {"task": "ranking"}
    (tmp_path / "asked.mjs").write_text(f"""
        import {{ decide }} from '{ROOT / "node/decision.mjs"}';
        import {{ answer }} from '{ROOT / "web/src/scores.js"}';
        const told = {json.dumps(told)};
        for (const ask of [() => decide([1, 2, 3, 4], told), () => answer([1, 2, 3, 4], 'logits', told, told.labels, 2)]) {{
          try {{ ask(); console.log('answered'); }} catch (error) {{ console.log(error.message); }}
        }}
    """)
    lines = run("node", tmp_path / "asked.mjs").splitlines()
    assert [line.endswith("of the task ranking") for line in lines] == [True, True]


C_AROUND = """
#include "decision.h"
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    struct decision decision;
    const char *problem = decision_read(argv[1], &decision);
    if (problem != NULL) { puts(problem); return 0; }
    float scores[8]; size_t count = (size_t)argc - 2;
    for (size_t i = 0; i < count; i++) scores[i] = strtof(argv[i + 2], NULL);
    for (size_t i = 0; i < decision_labels(&decision, count); i++)
        if (decision_holds(&decision, scores, count, i)) printf("%zu ", i);
    decision_free(&decision);
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("c")
    (folder / "asked.c").write_text(C_AROUND)
    run("cc", "-std=c11", "-Wall", "-Wextra", f"-I{ROOT}/c", folder / "asked.c", ROOT / "c/decision.c", "-lm", "-o", folder / "asked")
    return folder / "asked"


@pytest.mark.parametrize(("task", "head"), CASES)
def test_c(tmp_path, program, task, head):
    told = contract(task, head)
    (tmp_path / "net").write_bytes(b"weights \x00\xff" * 9 + json.dumps(told, indent=2).encode() + b"\nPK\5\6")
    found = [run(program, tmp_path / "net", *(repr(float(score)) for score in row)) for row in scores_of(task, head)]
    labels = told["labels"]
    assert [[labels[int(index)] for index in line.split()] for line in found] == wanted(task, head, labels)


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"task": "ranking"}, "does not know what to make of its task"), ({"thresholds": [0.5, 7]}, "thresholds cannot be read")],
)
def test_c_refuses_what_it_does_not_know(tmp_path, program, changed, words):
    (tmp_path / "net").write_text(json.dumps(contract(Task.MULTILABEL, Head.LOGITS) | changed, indent=2))
    assert words in run(program, tmp_path / "net", "1", "2", "3", "4")


def test_what_an_older_edgekit_wrote_is_of_classes(tmp_path, program):
    told = contract(Task.CLASSES, Head.LOGITS)
    del told["task"], told["thresholds"], told["labels"]
    (tmp_path / "net").write_text(json.dumps(told, indent=2))
    assert run(program, tmp_path / "net", "1", "3", "2").split() == ["1"]
