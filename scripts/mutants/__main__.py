"""Mutation testing: a seeded sample of small changes to `src/`, each of which some test should notice.

    python scripts/mutants [--count 400] [--seed 0] [--only src/edgekit/analysis] [--again]

Works on a copy below `.cache/mutants`. What was tried is kept there, so that a run may stop and go on: only what changed since is tried again, and
with `--again` what lived. `scripts/mutants/living.toml` says why each that lives may. Ends with 1 where less than 90 % are noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import gc
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from changes import Change, sample
from chosen_tests import Tests, watch

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache/mutants"
TREE = WORK / "tree"
BUNDLE = ROOT / ".cache/tests/bundle"
FOLDERS = tuple(f"src/edgekit/{name}" for name in ("analysis", "benchmarking", "store", "datasets", "verifying", "spec", "exporting/parity"))
LEFT_OUT = ("benchmarks", "cli", "contract", "e2e", "examples", "exporting", "graph", "models", "networks", "passes", "training")
# What is done in other processes, which nothing watches, and what takes long: tests that are asked where all others noticed nothing.
ASKED_LAST = {
    "src/edgekit/": ("tests/spec/test_records.py",),
    "src/edgekit/benchmarking/": ("tests/benchmarking/test_faults.py",),
    "src/edgekit/verifying/clients/": ("tests/contract/test_clients.py",),
    "src/edgekit/verifying/lint/": ("tests/contract/test_targets.py",),
}
ENOUGH = 0.9
USAGE_ERROR, NO_TESTS = 4, 5  # of pytest.ExitCode
# Processor time of the tests of a change at most; and how many times as long they may take by the clock, of a machine with other work.
TESTS_S = 6.0
LIMIT, START_S, LAST_S = 5.0, 25.0, 600.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="src/")
    parser.add_argument("--again", action="store_true", help="try those that live again")
    parser.add_argument("--as-is", action="store_true", help="go on with the copy that is there, whatever changed since")
    parser.add_argument("--fresh", action="store_true", help="watch all tests anew")
    options = parser.parse_args()
    os.nice(10)
    if not options.as_is:
        copy_tree()
    tests = Tests(TREE, watched(options.fresh))
    kept = read_results()
    taken = [pair for pair in sample(TREE, FOLDERS, options.count, options.seed) if pair[0].path.startswith(options.only)]
    for change, source in taken:
        key = keyed(change, source)
        if key not in kept or (options.again and kept[key] == "lived"):
            kept[key] = quick_outcome(change, source, tests)
            keep(key, kept[key], change)
    sound: dict[str, bool] = {}
    for change, source in taken:
        key = keyed(change, source)
        if kept[key] == "asked last":
            kept[key] = last_outcome(change, source, sound)
            keep(key, kept[key], change)
    return summary(len(taken), [(change, told(change, source)) for change, source in taken if kept[keyed(change, source)] == "lived"])


def keyed(change: Change, source: str) -> str:
    return f"{change.path}\n{told(change, source)}"


def keep(key: str, outcome: str, change: Change) -> None:
    with (WORK / "results.jsonl").open("a") as file:
        file.write(json.dumps({"key": key, "outcome": outcome}) + "\n")
    print(time.strftime("%H:%M:%S"), outcome, f"{change.path}:{change.line}", flush=True)
    if outcome == "lived":
        print(*key.split("\n")[1:], sep="\n", flush=True)


def watched(fresh: bool) -> list[Path]:
    """Run each file of tests once, under the digest of what it is: one that is new, or changed in the copy, is watched alone."""
    folder = WORK / "watched"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "known.json"
    digests: dict[str, str] = json.loads(known.read_text()) if known.is_file() else {}
    now = {name: sha256((TREE / name).read_bytes()).hexdigest() for name in test_files()}
    if new := [name for name, digest in now.items() if digests.get(name) != digest]:
        in_child(watch, TREE, [*new, f"--bundle={BUNDLE}"], folder / f"{time.time_ns()}.json", limit_s=3600)
        known.write_text(json.dumps(now))
    return sorted(folder.glob("[0-9]*.json"))


def summary(tried: int, lived: list[tuple[Change, str]]) -> int:
    reasons = {
        (each["path"], each["change"].strip()): each for each in tomllib.loads((Path(__file__).parent / "living.toml").read_text()).get("lives", [])
    }
    listed = [reasons.get((change.path, text)) for change, text in lived]
    equivalent = sum(each is not None and each.get("equivalent", False) for each in listed)
    for (change, text), reason in zip(lived, listed, strict=True):
        print(f"\n{change.path}:{change.line} {'' if reason is None else reason['why']}\n{text}")
    noticed = tried - len(lived)
    share = noticed / max(1, tried)
    print(
        f"\n{tried} changes, {noticed} noticed ({share:.1%}); of those that live {equivalent} change nothing, and {listed.count(None)} are not listed"
    )
    return 0 if share >= ENOUGH else 1


def quick_outcome(change: Change, source: str, tests: Tests) -> str:
    with changed(change, source):
        for some in tests.of_line(change.path, change.line, most_s=TESTS_S):
            limit_s = START_S + LIMIT * sum(tests.seconds[test] for test in some)
            status = in_child(run_tests, some, limit_s=limit_s)
            # A parameter that is no more, since the change took it from the table: then all of the test.
            if status == USAGE_ERROR:
                status = in_child(run_tests, sorted({test.partition("[")[0] for test in some}), limit_s=limit_s)
            if status not in (0, NO_TESTS):
                return "noticed (time)" if status is None else "noticed"
    return "asked last" if last_of(change) else "lived"


def last_outcome(change: Change, source: str, sound: dict[str, bool]) -> str:
    """``sound`` are the files of tests that pass where nothing is changed: one that fails then notices nothing."""
    for file in last_of(change):
        if file not in sound:
            sound[file] = in_child(run_tests, [file], limit_s=LAST_S) == 0
        if sound[file]:
            with changed(change, source):
                status = in_child(run_tests, [file], limit_s=LAST_S)
            if status not in (0, NO_TESTS):
                return "noticed (time)" if status is None else "noticed"
    return "lived"


def last_of(change: Change) -> list[str]:
    return [file for folder, files in ASKED_LAST.items() if change.path.startswith(folder) for file in files]


@contextlib.contextmanager
def changed(change: Change, source: str) -> Iterator[None]:
    path = TREE / change.path
    before = path.read_text()
    path.write_text(source)
    try:
        yield
    finally:
        path.write_text(before)


def run_tests(chosen: list[str]) -> int:
    return importlib.import_module("pytest").main(
        ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not sweep", f"--bundle={BUNDLE}", *chosen]
    )


def in_child(work, *arguments, limit_s: float) -> int | None:
    """Do it in a fork of this process, which has imported no edgekit; return its status, or ``None`` if it took too long."""
    child = multiprocessing.get_context("fork").Process(target=_child, args=(work, arguments))
    child.start()
    child.join(limit_s)
    late = child.is_alive()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.join()
    return None if late else child.exitcode


def _child(work, arguments) -> None:
    os.setsid()
    os.chdir(TREE)
    os.environ |= {"PYTHONPATH": str(TREE / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(TREE / "src"))
    log = os.open(WORK / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.exit(work(*arguments))


def copy_tree() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, files.stdout.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def test_files() -> list[str]:
    last = {file for files in ASKED_LAST.values() for file in files}
    files = [path.relative_to(TREE / "tests") for path in sorted((TREE / "tests").rglob("test_*.py"))]
    wanted = [path for path in files if path.parts[0] not in LEFT_OUT or path.parts[:2] == ("exporting", "parity")]
    return [f"tests/{path}" for path in wanted if f"tests/{path}" not in last]


def told(change: Change, source: str) -> str:
    """Return the lines that differ, as a diff without numbers."""
    before, after = (TREE / change.path).read_text().splitlines(), source.splitlines()
    lines = difflib.unified_diff(before, after, n=0, lineterm="")
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith(("---", "+++", "@@")))


def read_results() -> dict[str, str]:
    file = WORK / "results.jsonl"
    return {each["key"]: each["outcome"] for each in map(json.loads, file.read_text().splitlines())} if file.is_file() else {}


if __name__ == "__main__":
    # What takes longest to import is there in every fork; edgekit itself is not.
    for heavy in (
        "pytest",
        "scipy.stats",
        "PIL.Image",
        "hypothesis",
        "msgspec",
        "rich.console",
        "typer",
        "onnx",
        "onnxruntime",
        "tensorflow",
        "keras",
    ):
        importlib.import_module(heavy)
    gc.freeze()  # else each fork that collects garbage copies all of that
    sys.exit(main())
