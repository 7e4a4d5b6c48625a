"""Which tests execute a line: all that are quick are run once, and watched."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

_SLOW_S = 4.0
_GIVEN_UP_S = 60.0
_MOST_FILES = 3
_TRAINS = {"small_run", "small_folder", "small_dataset"}


def _give_up(*_: object) -> None:
    raise TimeoutError("not a quick test")


class _Watch:
    """A plugin for pytest that tells coverage whose lines they are, and how much processor time each test takes."""

    def __init__(self, coverage: Any) -> None:
        self.coverage, self.seconds, self.failed = coverage, dict[str, float](), set[str]()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        kept = [item for item in items if not ({"slow", "sweep"} & {mark.name for mark in item.iter_markers()} or _TRAINS & set(item.fixturenames))]
        items[:] = kept

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        begun = sum(os.times()[:4])  # not by the clock, which other programs slow down
        signal.setitimer(signal.ITIMER_PROF, 1.5 * _SLOW_S)
        signal.setitimer(signal.ITIMER_REAL, _GIVEN_UP_S)
        yield
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.seconds[item.nodeid] = sum(os.times()[:4]) - begun
        self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def watch(tree: Path, arguments: list[str], out: Path) -> None:
    """Run the tests once, in this process, and write which of them execute which lines of which file."""
    from coverage import Coverage

    coverage = Coverage(data_file=None, source=[str(tree / "src/edgekit")], config_file=False)
    for each in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(each, _give_up)
    coverage.start()
    plugin = _Watch(coverage)
    pytest.main(["-v", "-p", "no:cacheprovider", *arguments], plugins=[plugin])
    coverage.stop()
    data = coverage.get_data()
    lines = {str(Path(file).relative_to(tree)): data.contexts_by_lineno(file) for file in data.measured_files()}
    seconds = {test: round(time_s, 2) for test, time_s in plugin.seconds.items() if test not in plugin.failed and time_s < _SLOW_S}
    sources = {path: (tree / path).read_text() for path in lines}
    out.write_text(json.dumps({"lines": lines, "seconds": seconds, "sources": sources}))


def _renamed(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Return where each file is now; one that is gone is taken for the new one that has most of its lines."""
    found = {path: path for path in before if path in after}
    for path in before.keys() - found.keys():
        lines = set(before[path].splitlines())
        shares = {new: len(lines & set(after[new].splitlines())) / len(lines) for new in after.keys() - before.keys()}
        if shares and max(shares.values()) > 0.5:
            found[path] = max(shares, key=shares.__getitem__)
    return found


def _moved(before: str, after: str) -> dict[int, list[int]]:
    """Return where each line of a source stands in a later one of it; lines that are new belong to the one before them."""
    found: dict[int, list[int]] = {}
    for _, start, end, first, last in SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False).get_opcodes():
        for line in range(first, last):
            found.setdefault(max(1, min(start + line - first, end - 1) + 1), []).append(line + 1)
    return found


class Tests:
    """The tests of a line, the quickest first, of so many seconds together at most."""

    def __init__(self, tree: Path, watched: list[Path]) -> None:
        self._sources = {str(path.relative_to(tree)): path.read_text() for path in sorted((tree / "src/edgekit").rglob("*.py"))}
        self.seconds, self._lines = dict[str, float](), dict[str, dict[int, set[str]]]()
        for read in (json.loads(path.read_text()) for path in watched):
            self.seconds |= read["seconds"]
            for before, path in _renamed(read["sources"], self._sources).items():
                moved, own = _moved(read["sources"][before], self._sources[path]), self._lines.setdefault(path, {})
                for line, executed in read["lines"][before].items():
                    for now in moved.get(int(line), ()):
                        own.setdefault(now, set()).update(executed)

    def of_line(self, path: str, line: int, *, most_s: float) -> list[list[str]]:
        """Return those of the module's own file of tests, then those of the files that are nearest, of so many seconds together at most."""
        # What is done on import no test executes: then those that execute the lines where its name stands.
        found = self._executing(path, self._statement(path, line)) or self._naming(path, line)
        folder = f"tests/{path.removeprefix('src/edgekit/').rpartition('/')[0]}/"
        own = f"{folder}test_{Path(path).stem}.py"
        found |= {test for test in self.seconds if test.startswith(f"{own}::" if found else folder)}
        by_file = defaultdict(list)
        for test in sorted(found & self.seconds.keys(), key=self.seconds.__getitem__):
            by_file[test.partition("::")[0]].append(test)
        # To import a file of tests may take longer than its tests do.
        near = {file: len(Path(os.path.commonpath([file, own])).parts) for file in by_file}
        others = sorted(by_file.keys() - {own}, key=lambda file: (Path(path).stem not in file, -near[file], -len(by_file[file])))[:_MOST_FILES]
        quickest = sorted((test for file in others for test in by_file[file]), key=self.seconds.__getitem__)
        return [self._within(tests, most_s) for tests in (by_file[own], quickest) if tests]

    def _within(self, tests: list[str], most_s: float) -> list[str]:
        summed = accumulate(self.seconds[test] for test in tests)
        return [test for test, passed_s in zip(tests, summed, strict=True) if passed_s <= most_s]

    def _executing(self, path: str, lines: range) -> set[str]:
        return {test for line in lines for test in self._lines.get(path, {}).get(line, ()) if test}

    def _around(self, path: str, line: int) -> list[ast.stmt]:
        """Return the statements that a line lies in, the innermost last."""
        inside = (node for node in ast.walk(ast.parse(self._sources[path])) if isinstance(node, ast.stmt))
        around = [
            node
            for node in inside
            if min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))]) <= line <= (node.end_lineno or 0)
        ]
        return sorted(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)))

    def _statement(self, path: str, line: int) -> range:
        inner = self._around(path, line)[-1]
        compound = isinstance(inner, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match)
        return range(inner.lineno, (line if compound else inner.end_lineno or line) + 1)

    def _naming(self, path: str, line: int) -> set[str]:
        names = set[str]()
        for statement in self._around(path, line):
            names |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            names |= {statement.name} if isinstance(statement, ast.ClassDef | ast.FunctionDef) else set()
        word = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b") if names else None
        return {
            test
            for other, source in self._sources.items()
            for number, text in enumerate(source.splitlines(), 1)
            if word and word.search(text)
            for test in self._executing(other, range(number, number + 1))
        }
