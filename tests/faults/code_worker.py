"""A worker that puts one mutant into its copy of the code at a time and runs tests or chapters that call it."""

import functools
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import altair  # noqa: F401  (what the tests import is imported once, before the children begin)
import hypothesis  # noqa: F401
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pybtex.database  # noqa: F401
import pytest
import scipy.sparse
import scipy.stats  # noqa: F401
import threadpoolctl  # noqa: F401
import vl_convert  # noqa: F401

from faults import places
from faults.mutants import MODULES, all_mutants

CODE = places.ROOT / "src" / "analysis"
ALREADY = "ignore::pytest.PytestAssertRewriteWarning"  # plugins are imported before pytest begins
OPTIONS = ["-q", "-p", "no:cacheprovider", "-W", ALREADY, "--hypothesis-seed=0", f"--rootdir={places.ROOT}"]
TRACING_LIMIT, LIMIT = 900, 40  # seconds, the second beside twice what the tests take without a fault


Called = list[tuple[str, int]]  # functions: module and first line


class Calls:
    """Notes the functions of the measures that a piece of work calls; a plugin that does so for every test that passes.

    tests: by id the seconds of a test, with those of the fixtures that it shares with others, and the functions.
    """

    def __init__(self) -> None:
        self.tests: dict[str, tuple[float, Called]] = {}
        self._fixtures: dict[str, float] = {}  # seconds of what tests share
        self._files = {str(CODE / f"{module}.py"): module for module in MODULES}
        self._called: set[tuple[str, int]] = set()
        self._shared: set[tuple[str, int]] = set()

    def trace(self, frame: FrameType, event: str, argument: Any) -> None:
        """Note a call."""
        module = self._files.get(frame.f_code.co_filename)
        if module:
            self._called.add((module, frame.f_code.co_firstlineno))

    @contextmanager
    def noted(self) -> Iterator[set[tuple[str, int]]]:
        """Note the calls of a block."""
        self._called = set()
        sys.settrace(self.trace)
        threading.settrace(self.trace)
        try:
            yield self._called
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Note the calls of one test with its fixtures."""
        with self.noted():
            result = yield
        if item.nodeid in self.tests:
            seconds, called = self.tests[item.nodeid]
            names = getattr(item, "fixturenames", ())
            self.tests[item.nodeid] = seconds + sum(self._fixtures.get(name, 0) for name in names), called
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        """Note what a fixture calls that several tests share, and costs: only the first of them is seen to do so."""
        before, started = set(self._called), time.perf_counter()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._shared |= self._called - before
                self._fixtures[fixturedef.argname] = time.perf_counter() - started

    def with_shared(self) -> dict[str, tuple[float, Called]]:
        """The tests, each with what shared fixtures call as well."""
        return {test: (seconds, sorted({*called, *self._shared})) for test, (seconds, called) in self.tests.items()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a test that passes."""
        if report.when == "call" and report.passed:
            self.tests[report.nodeid] = (report.duration, sorted(self._called))


class FirstFailure:
    """A plugin that notes the test that failed first."""

    def __init__(self) -> None:
        self.test = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the test."""
        if report.failed and not self.test:
            self.test = report.nodeid


def calls(file: str) -> Any:
    """The tests of a file that pass, with their seconds and the functions of the measures that they call."""
    plugin = Calls()
    pytest.main([*OPTIONS, f"tests/{file}"], plugins=[plugin])
    return plugin.with_shared()


def verdict(tests: list[str]) -> str:
    """The test that fails, or "" where all pass."""
    plugin = FirstFailure()
    code = pytest.main([*OPTIONS, "-x", *tests], plugins=[plugin])
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED) and not plugin.test:
        return "the tests cannot be collected"
    return plugin.test or ("" if code == pytest.ExitCode.OK else "the tests cannot be collected")


def chapters_as_they_are() -> dict[str, tuple[float, Called, dict[int, str]]]:
    """What each chapter shows without a fault, by the name of its file: seconds, functions that it calls, and cells."""
    from analysis.runs.notebooks import notebook_files
    from faults import chapters

    chapters.without_pictures()
    found = {}
    for notebook in notebook_files():
        started = time.perf_counter()
        with Calls().noted() as called:
            shown = dict(chapters.cells_shown(notebook))
        found[notebook.relative_to(notebook_files()[0].parent).as_posix()] = (
            time.perf_counter() - started,
            sorted(called),
            shown,
        )
    return found


def difference(names: list[str], before: list[dict[str, str]]) -> str:
    """Where one of these chapters first shows something else than before; "" where none does."""
    from faults import chapters

    chapters.without_pictures()
    for name, shown in zip(names, before, strict=True):
        cells = {int(number): digest for number, digest in shown.items()}
        if found := chapters.first_difference(places.ROOT / "notebooks" / name, cells):
            return found
    return ""


def answer(task: dict[str, Any]) -> Any:
    """Trace the tests of a file or the chapters, or try a mutant with tests or with chapters."""
    os.chdir(places.ROOT)
    if "chapters" in task and "mutant" not in task:
        return places.in_child(chapters_as_they_are, TRACING_LIMIT)
    if "trace" in task:
        return places.in_child(lambda: calls(task["trace"]), TRACING_LIMIT)
    mutant = all_mutants(CODE)[task["mutant"]]
    file = CODE / f"{mutant.module}.py"
    sound = file.read_bytes()
    try:
        file.write_text(mutant.applied(sound.decode()), encoding="utf-8")
        if "chapters" in task:
            work = functools.partial(difference, task["chapters"], task["shown"])
        else:
            work = functools.partial(verdict, task["tests"])
        return places.in_child(work, LIMIT + 3 * task["seconds"])
    finally:
        file.write_bytes(sound)


if __name__ == "__main__":
    places.answer_tasks(answer)
