"""Mutation testing: a seeded sample of small changes to `src/`, each of which some test should notice.

    python scripts/mutants [--count 420] [--seed 0] [--only src/edgekit/analysis] [--again]

Works on a copy below `.cache/mutants`. What was tried is kept there, so that a run may stop and go on: only what changed since is tried again, and
with `--again` what lived. `scripts/mutants/living.toml` says why each that lives may. Ends with 1 where less than 90 % are noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
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
ENOUGH = 0.9
# Processor time of the tests of a change at most; and how many times as long they may take by the clock, of a machine with other work.
TESTS_S = 20.0
LIMIT, START_S = 6.0, 40.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="src/")
    parser.add_argument("--again", action="store_true", help="try those that live again")
    parser.add_argument("--fresh", action="store_true", help="watch all tests anew")
    options = parser.parse_args()
    os.nice(10)
    copy_tree()
    tests = Tests(TREE, watched(options.fresh))
    kept = read_results()
    lived, tried = [], 0
    for change, source in sample(TREE, FOLDERS, options.count, options.seed):
        if not change.path.startswith(options.only):
            continue
        key = f"{change.path}\n{told(change, source)}"
        if key not in kept or (options.again and kept[key] == "lived"):
            kept[key] = outcome(change, source, tests)
            with (WORK / "results.jsonl").open("a") as file:
                file.write(json.dumps({"key": key, "outcome": kept[key]}) + "\n")
            print(
                time.strftime("%H:%M:%S"),
                kept[key],
                f"{change.path}:{change.line}",
                *(told(change, source).split("\n") if kept[key] == "lived" else ()),
                sep="\n  " if kept[key] == "lived" else " ",
                flush=True,
            )
        tried += 1
        lived += [(change, told(change, source))] if kept[key] == "lived" else []
    return summary(tried, lived)


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


def outcome(change: Change, source: str, tests: Tests) -> str:
    chosen = tests.of_line(change.path, change.line, most_s=TESTS_S)
    if not chosen:
        return "lived"
    path = TREE / change.path
    before = path.read_text()
    path.write_text(source)
    try:
        seconds = sum(tests.seconds[test] for test in chosen)
        status = in_child(run_tests, chosen, limit_s=LIMIT * seconds + START_S)
        # A parameter that is no more, since the change took it from the table: then all of the test.
        if status == pytest_exit().USAGE_ERROR:
            status = in_child(run_tests, sorted({test.partition("[")[0] for test in chosen}), limit_s=LIMIT * seconds + START_S)
    finally:
        path.write_text(before)
    return {0: "lived", 5: "lived", None: "noticed (time)"}.get(status, "noticed")


def pytest_exit():
    return importlib.import_module("pytest").ExitCode


def run_tests(chosen: list[str]) -> int:
    return importlib.import_module("pytest").main(["-x", "-q", "-p", "no:cacheprovider", f"--bundle={BUNDLE}", *chosen])


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
    files = [path.relative_to(TREE / "tests") for path in sorted((TREE / "tests").rglob("test_*.py"))]
    return [f"tests/{path}" for path in files if path.parts[0] not in LEFT_OUT or path.parts[:2] == ("exporting", "parity")]


def told(change: Change, source: str) -> str:
    """Return the lines that differ, as a diff without numbers."""
    before, after = (TREE / change.path).read_text().splitlines(), source.splitlines()
    lines = difflib.unified_diff(before, after, n=0, lineterm="")
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith(("---", "+++", "@@")))


def read_results() -> dict[str, str]:
    file = WORK / "results.jsonl"
    return {each["key"]: each["outcome"] for each in map(json.loads, file.read_text().splitlines())} if file.is_file() else {}


if __name__ == "__main__":
    for heavy in ("pytest", "numpy", "scipy.stats", "PIL.Image", "hypothesis", "msgspec", "rich.console", "typer"):
        importlib.import_module(heavy)
    sys.exit(main())
