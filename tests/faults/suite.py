"""All faults of a kind, what noticed each, and the shares that were noticed."""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

from analysis.core import paths
from faults import places
from faults.data_faults import all_faults
from faults.mutants import MODULES, all_mutants, equivalents

CODE = paths.ROOT / "src" / "analysis"
TESTS = paths.ROOT / "tests"
MOST = 25.0  # seconds of tests, the quick ones first, that are asked about a mutant; slower ones might catch more
BAR = 0.9  # share of mutants that must be killed
CHECK, CHAPTERS, RECORD, TEST, NOTHING = "check", "nbval", "record", "tests", "nothing"


@dataclass(frozen=True)
class Finding:
    """A fault in words, what notices it first (`caught_by`), and where, or why nothing has to."""

    part: str
    place: str
    kind: str
    fault: str
    caught_by: str
    where: str


Progress = Callable[[str, int, int], None]


# --- data


def data_findings(numbers: Sequence[int], workers: int, progress: Progress) -> list[Finding]:
    """What notices each of these faults of the data: check, then the outputs of chapters, then the record of files."""
    faults, found = all_faults(paths.DATA), {}
    for number, seen in places.work_through("faults.data_worker", numbers, workers):
        fault = faults[number]
        if "check" in seen:
            by, where = CHECK, seen["check"]
        elif "chapters" in seen:
            by, where = CHAPTERS, seen["chapters"]
        else:
            by, where = (RECORD, "hash in datapackage.json") if seen["record"] else (NOTHING, "")
        found[number] = Finding("data", f"data/{fault.file}", fault.kind, fault.words, by, where)
        progress("data", len(found), len(numbers))
    return [found[number] for number in numbers]


# --- code


@cache
def files_of_tests() -> dict[str, set[str]]:
    """The files of tests that import a measure by name, with the measures."""
    found = {}
    for file in sorted(TESTS.glob("test_*.py")):
        names = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("analysis."):
                module = str(node.module).removeprefix("analysis.").replace(".", "/")
                names |= {module, *(f"{module}/{alias.name}" for alias in node.names)}
        if measures := names & set(MODULES):
            found[file.name] = measures
    return found


Calls = Mapping[str, tuple[float, Sequence[Sequence[Any]]]]


def _calls(called: Sequence[Sequence[Any]], module: str, function: int) -> bool:
    """Whether a function of a module, or where it is 0 any of them, is among those called."""
    return any(m == module and (line == function or not function) for m, line in called)


def tests_for(module: str, function: int, calls: Calls) -> list[tuple[str, float]]:
    """The tests that call a function of a module, with their seconds, quick first.

    Where function is 0, those that call any of it, or whose file imports it: they may read what stands outside.
    """
    imports = {f"tests/{file}" for file, measures in files_of_tests().items() if module in measures}
    fitting = sorted(
        (seconds, test)
        for test, (seconds, called) in calls.items()
        if _calls(called, module, function) or (not function and test.partition("::")[0] in imports)
    )
    sums = accumulate(seconds for seconds, _ in fitting)
    return [(test, seconds) for (seconds, test), so_far in zip(fitting, sums, strict=True) if so_far <= MOST]


def code_findings(
    numbers: Sequence[int], calls: Calls, chapters: Mapping[str, Sequence[Any]], workers: int, progress: Progress
) -> list[Finding]:
    """What notices each of these mutants first: a test, or a chapter that shows something else.

    calls: as `traced` gives them; chapters: as `traced_chapters` does.
    """
    mutants, caught = all_mutants(CODE), {}
    explained = equivalents(mutants)
    tasks = []
    for number in numbers:
        tests = tests_for(mutants[number].module, mutants[number].function, calls)
        if tests:
            tasks.append({"mutant": number, "tests": [t for t, _ in tests], "seconds": sum(s for _, s in tests)})
    for done, (task, test) in enumerate(places.work_through("faults.code_worker", tasks, workers), 1):
        caught[task["mutant"]] = (TEST, test)
        progress("mutants and tests", done, len(tasks))
    left = [number for number in numbers if not caught.get(number, ("", ""))[1]]
    tasks = []
    for number in left:
        mutant = mutants[number]
        names = sorted(
            (name for name, (_, called, _) in chapters.items() if _calls(called, mutant.module, mutant.function)),
            key=lambda name: chapters[name][0],
        )
        if names:
            seconds = sum(chapters[name][0] for name in names)
            shown = [chapters[name][2] for name in names]
            tasks.append({"mutant": number, "chapters": names, "shown": shown, "seconds": seconds})
    for done, (task, where) in enumerate(places.work_through("faults.code_worker", tasks, workers), 1):
        caught[task["mutant"]] = (CHAPTERS, where)
        progress("mutants and chapters", done, len(tasks))
    found = []
    for number in numbers:
        mutant, (by, where) = mutants[number], caught.get(number, ("", ""))
        why = explained.get((mutant.module, mutant.text, mutant.before, mutant.after), "")
        by, where = (by, where) if where else (NOTHING, why)
        found.append(Finding("code", f"src/analysis/{mutant.module}.py", "mutant", mutant.words, by, where))
    return found


def traced_chapters() -> Mapping[str, Sequence[Any]]:
    """The chapters by the names of their files: seconds, the functions that they call, and what their cells show."""
    [(_, found)] = places.work_through("faults.code_worker", [{"chapters": []}], 1)
    if found == places.TIMED_OUT:
        raise RuntimeError("the chapters do not end")
    chapters: Mapping[str, Sequence[Any]] = found
    return chapters


def traced(workers: int, progress: Progress) -> dict[str, tuple[float, list[list[Any]]]]:
    """The tests of the measures by their ids, with their seconds and the functions that they call."""
    tasks = [{"trace": file} for file in files_of_tests()]
    found: dict[str, tuple[float, list[list[Any]]]] = {}
    for done, (task, calls) in enumerate(places.work_through("faults.code_worker", tasks, workers), 1):
        if calls == places.TIMED_OUT or not calls:
            raise RuntimeError(f"no test of {task['trace']} passes in a copy of the repository")
        found |= {test: tuple(value) for test, value in calls.items()}
        progress("tests", done, len(tasks))
    return found


# --- reporting


def summary(findings: Sequence[Finding]) -> Iterator[str]:
    """The shares in words, and every survivor."""
    for part in dict.fromkeys(finding.part for finding in findings):
        own = [finding for finding in findings if finding.part == part]
        counts = Counter(finding.caught_by for finding in own)
        caught = len(own) - counts[NOTHING]
        layers = ", ".join(f"{by} {counts[by]}" for by in (CHECK, CHAPTERS, RECORD, TEST, NOTHING) if counts[by])
        yield f"{part}: {caught} of {len(own)} caught ({caught / len(own):.1%}): {layers}"
        for finding in own:
            if finding.caught_by == NOTHING:
                yield f"  survived: {finding.place}, {finding.fault} ({finding.where or 'not explained'})"


def missed(findings: Sequence[Finding]) -> list[str]:
    """The targets that are missed, in words."""
    found = []
    data = [finding for finding in findings if finding.part == "data"]
    code = [finding for finding in findings if finding.part == "code"]
    if any(finding.caught_by == NOTHING for finding in data):
        found.append("every fault of the data must be caught")
    if code and sum(finding.caught_by != NOTHING for finding in code) < BAR * len(code):
        found.append(f"at least {BAR:.0%} of the mutants must be caught")
    if any(finding.caught_by == NOTHING and not finding.where for finding in code):
        found.append("every mutant that survives must be explained in tests/faults/equivalent.csv")
    return found
