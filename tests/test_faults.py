"""The machinery of `make faults` works: faults are made one at a time, noticed by the right layer, and one survives."""

import os
from pathlib import Path

import pytest
from faults import data_faults, mutants, places, suite
from faults.suite import Finding

from analysis.core import paths

FAULTS = data_faults.all_faults(paths.DATA)
MUTANTS = mutants.all_mutants(suite.CODE)


def number_of(kind: str, file: str) -> int:
    """The number of the first fault of a kind in a file."""
    return next(n for n, fault in enumerate(FAULTS) if (fault.kind, fault.file) == (kind, file))


def quiet(*_: object) -> None:
    """No progress."""


def test_there_are_hundreds_of_faults_in_every_table_and_measure() -> None:
    assert len(FAULTS) >= 300
    assert {fault.kind for fault in FAULTS} >= {data_faults.name_of(kind) for kind in data_faults.KINDS}
    filled = {file.name for file in paths.DATA.glob("*.csv") if file.read_text("utf-8").count("\n") > 1}
    assert {fault.file for fault in FAULTS} >= filled
    assert all(fault.content != (paths.DATA / fault.file).read_bytes() for fault in FAULTS)
    drawn = mutants.drawn(MUTANTS)
    assert len(drawn) >= 300
    assert {MUTANTS[number].module for number in drawn} == set(mutants.MODULES)


def test_the_same_faults_are_drawn_again() -> None:
    assert mutants.drawn(MUTANTS) == mutants.drawn(MUTANTS)
    data_faults.all_faults.cache_clear()
    assert data_faults.all_faults(paths.DATA) == FAULTS


SOURCE = """\
def place(values, limit=3):
    \"\"\"Where a value lies.\"\"\"
    if not values:
        raise ValueError(f"{1 + 1} is more than {limit}")
    return max(v - 1 for v in values if v < limit and v in values)
"""


def test_mutants_of_a_function_by_hand() -> None:
    made = mutants.mutants_of("x", SOURCE)
    assert [(m.line, m.before, m.after) for m in made] == [
        (1, "3", "(4)"),
        (3, "not values", "(values)"),
        (5, "max((v - 1 for v in values if v < limit and v in values))", MAX),
        (5, "v - 1", "(v + 1)"),
        (5, "1", "(2)"),
        (5, "v < limit", "(v <= limit)"),
        (5, "v < limit and v in values", "(v < limit or v in values)"),
        (5, "v in values", "(v not in values)"),
    ]
    assert {m.function for m in made} == {1}
    assert "if (values):" in made[1].applied(SOURCE)
    assert "for v in values if (v <= limit) and v in values)" in made[5].applied(SOURCE)


MAX = "(min((v - 1 for v in values if v < limit and v in values)))"


def test_an_explanation_of_a_mutant_that_is_no_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.equivalents(MUTANTS)
    table = tmp_path / "equivalent.csv"
    table.write_text("module,text,before,after,why\ntext,x = 1,1,(2),nobody reads x\n", encoding="utf-8")
    monkeypatch.setattr(mutants, "EQUIVALENT", table)
    with pytest.raises(ValueError, match=r"text\.py has no “1” in the line “x = 1” any more"):
        mutants.equivalents(MUTANTS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_answers_fails_or_is_ended() -> None:
    assert places.in_child(lambda: [1, 2], 10) == [1, 2]
    assert places.in_child(lambda: __import__("time").sleep(60), 0.2) == places.TIMED_OUT
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        places.in_child(lambda: 1 // 0, 10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_mutants_are_killed_by_their_tests_and_survive_others() -> None:
    wanted = [("core/wording", "value % 100", "(value * 100)"), ("core/wording", "len(items) < 2", "(len(items) <= 2)")]
    numbers = [n for n, m in enumerate(MUTANTS) if (m.module, m.before, m.after) in wanted]
    assert len(numbers) == len(wanted)
    whole, listing = "tests/test_text.py", "tests/test_text.py::test_days_and_lists"
    both = [["core/wording", MUTANTS[number].function] for number in numbers]

    killed = suite.code_findings(numbers, {whole: (1.0, both)}, {}, 1, quiet)
    assert [finding.caught_by for finding in killed] == ["tests", "tests"]
    assert all(finding.where.startswith(whole) for finding in killed)
    [survivor, killed_too] = suite.code_findings(numbers, {listing: (1.0, both)}, {}, 1, quiet)
    assert (survivor.caught_by, survivor.where) == ("nothing", "")
    assert killed_too.where == listing
    told = list(suite.summary([survivor, killed_too]))
    assert told[0] == "code: 1 of 2 caught (50.0%): tests 1, nothing 1"
    assert told[1].startswith("  survived: src/analysis/core/wording.py, line ")
    assert told[1].endswith("value % 100 becomes (value * 100) (not explained)")
    assert suite.missed([survivor, killed_too]) == [
        "at least 90% of the mutants must be caught",
        "every mutant that survives must be explained in tests/faults/equivalent.csv",
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_faults_of_the_data_are_noticed_by_rule_chapter_or_record() -> None:
    numbers = [
        number_of("unknown id", "claims.csv"),
        number_of("swap two headers", "governments.csv"),
        number_of("swap two ids", "strategy_sections.csv"),
        number_of("shift a date", "searches.csv"),
    ]
    files = {FAULTS[number].file for number in numbers}
    before = {file: (paths.DATA / file).read_bytes() for file in files}
    found = suite.data_findings(numbers, 1, quiet)
    assert [finding.caught_by for finding in found] == ["check", "nbval", "nbval", "record"]
    assert found[0].where.startswith("claims.csv, row ")
    assert found[2].where.startswith("chapter 03, cell ")
    assert {file: (paths.DATA / file).read_bytes() for file in files} == before
    assert suite.missed(found) == []
    survivor = Finding("data", "data/x.csv", "drop a row", "row 2 is dropped", "nothing", "")
    assert suite.missed([*found, survivor]) == ["every fault of the data must be caught"]
