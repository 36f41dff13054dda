"""Parameters: declared once in the cell of a notebook, and read with one clear message where a value is not allowed."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from analysis.core.errors import ParameterError, RunError
from analysis.data.tables import load
from analysis.runs.notebooks import notebook_files
from analysis.runs.parameters import (
    Parameter,
    changes,
    declared,
    find_parameter,
    require_declared,
    require_window,
)

CELL = """\
# what a reader may set
times: int = 2  # how often the share is counted: 1 once, 2 twice [1 to 10,000]
share: float = 0.5  # share that counts [0 to 1]
strict: bool = False  # whether the run is strict
start: str = "2025-01-20"  # first day [a day]
end: str = "2025-02-07"  # last day [a day up to 2026-06-30]
unit: str = "sentence"  # what a passage is [one of sentence, paragraph]
coders: str = "a,b"  # whose codings count [some of codings_alignment.coder]
statement: str = "us-jpn-2025-02-07"  # the text [one of documents.document_id where kind is statement]
title: str = "a=b # c"  # any text
count: int = 3
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_notebook(source: str) -> Path:
        cells = [nbformat.v4.new_markdown_cell("# One"), nbformat.v4.new_code_cell(source)]
        cells[1].metadata["tags"] = ["parameters"]
        file = tmp_path / "01-one.ipynb"
        file.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
        return file

    return write_notebook


def test_a_parameter_has_type_default_meaning_and_what_is_allowed(write: Write) -> None:
    parameters = {parameter.name: parameter for parameter in declared(write(CELL))}
    assert ",".join(parameters) == "times,share,strict,start,end,unit,coders,statement,title,count"
    meaning = "how often the share is counted: 1 once, 2 twice"
    assert parameters["times"] == Parameter("times", "int", 2, meaning, "1 to 10,000")
    assert parameters["strict"] == Parameter("strict", "bool", False, "whether the run is strict")
    assert parameters["title"] == Parameter("title", "str", "a=b # c", "any text")
    assert parameters["count"] == Parameter("count", "int", 3, "")


def test_defaults_are_read_as_typed_values(write: Write) -> None:
    parameters = declared(write(CELL))
    assert {parameter.name: parameter.read(parameter.default) for parameter in parameters} == {
        "times": 2,
        "share": 0.5,
        "strict": False,
        "start": pd.Timestamp("2025-01-20"),
        "end": pd.Timestamp("2025-02-07"),
        "unit": "sentence",
        "coders": ["a", "b"],
        "statement": "us-jpn-2025-02-07",
        "title": "a=b # c",
        "count": 3,
    }
    for parameter in parameters:
        assert parameter.plain(str(parameter.default)) == parameter.default


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("times", "10000", 10_000),
        ("share", 1, 1.0),
        ("share", "0", 0.0),
        ("strict", "TRUE", True),
        ("end", "2026-06-30", pd.Timestamp("2026-06-30")),
        ("coders", "c, a", ["c", "a"]),
        ("coders", ["b", "c"], ["b", "c"]),
        ("count", "-12", -12),
    ],
)
def test_a_value_or_its_text_is_read(write: Write, name: str, value: object, expected: object) -> None:
    [parameter] = [parameter for parameter in declared(write(CELL)) if parameter.name == name]
    typed = parameter.read(value)
    assert typed == expected
    assert type(typed) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tmes", 1, "there is no parameter “tmes” (nearest: times); known: times, share"),
        ("times", 0, "parameter times: 0; allowed: a whole number from 1 to 10,000"),
        ("times", 10_001, "parameter times: 10001; allowed"),
        ("times", 2.0, "parameter times: 2.0; allowed: a whole number"),
        ("times", True, "parameter times: True; allowed: a whole number"),
        ("times", "2.5", "parameter times: '2.5'; allowed: a whole number"),
        ("share", 1.5, "parameter share: 1.5; allowed: a number from 0 to 1"),
        ("share", float("nan"), "parameter share: nan; allowed"),
        ("share", "half", "parameter share: 'half'; allowed: a number"),
        ("share", 10**400, "parameter share: 1000"),
        ("strict", "yes", "parameter strict: 'yes'; allowed: True or False"),
        ("start", "2025-02-30", "parameter start: '2025-02-30' is not a day; write YYYY-MM-DD"),
        ("end", "2026-07-01", "parameter end: '2026-07-01'; allowed: days up to 2026-06-30"),
        ("unit", "sentense", "parameter unit: 'sentense' (nearest: sentence); allowed: sentence, paragraph"),
        ("coders", "a,z", "parameter coders: 'z'; allowed: a, b, c"),
        ("coders", "a,a", "parameter coders: 'a,a' names a value twice"),
        ("coders", [], "parameter coders: [] names no value"),
        ("statement", "jpn-nds-2022", "parameter statement: 'jpn-nds-2022'"),
        ("title", 3, "parameter title: 3; allowed: text"),
        ("count", "many", "parameter count: 'many'; allowed: a whole number"),
    ],
)
def test_a_value_that_is_not_allowed_has_one_message(write: Write, name: str, value: object, message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        find_parameter(name, declared(write(CELL))).read(value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x: dict = {}", "01-one.ipynb: parameter x: type dict; allowed: int, float, bool, str"),
        ("x: int = 1  # depth [one of 1, 2]", "01-one.ipynb: parameter x: [one of 1, 2] says nothing of type int"),
        ("x: str = ''  # [1 to 2]", "[1 to 2] says nothing of type str"),
        ("x: str = ''  # [some of events.event_ids]", "events.csv has no column event_ids (nearest: event_id)"),
        ("x: str = ''  # [some of events.event_id where sort is call]", "events.csv has no column sort"),
    ],
)
def test_a_parameter_that_is_wrongly_declared_is_refused(write: Write, line: str, message: str) -> None:
    with pytest.raises(RunError, match=re.escape(message)):
        find_parameter("x", declared(write(line))).read("E001")


def test_a_notebook_without_parameters_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "01-bare.ipynb"
    file.write_text(nbformat.writes(nbformat.v4.new_notebook()), encoding="utf-8")
    with pytest.raises(RunError, match=r"01-bare\.ipynb has no cell with the tag “parameters”"):
        declared(file)
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match=r"01-bare\.ipynb is not a readable notebook"):
        declared(file)


@pytest.mark.parametrize("file", notebook_files(), ids=lambda path: path.stem)
def test_every_chapter_declares_its_parameters_and_its_defaults_pass(file: Path) -> None:
    parameters = declared(file)
    for parameter in parameters:
        parameter.read(parameter.default)
        assert parameter.meaning


INJECTED = "# Parameters\ntimes = 3\ncoders = [\n    'a'\n]\n"
UNKNOWN = "# Parameters\ntims = 3\n"
OPEN = "chapter = Chapter('01-one', globals())"


@pytest.mark.parametrize(
    "cells",
    [
        [CELL, OPEN],
        ["import pandas", CELL, INJECTED, OPEN],
        [CELL, "# Parameters\nPAPERMILL_INPUT_PATH = 'in'\nPAPERMILL_OUTPUT_PATH = 'out'\n", OPEN],
        [CELL, "# Parameters\n", OPEN],
        [UNKNOWN, CELL, OPEN],  # of another notebook, or before the cell of the parameters was run again
        [CELL, UNKNOWN, OPEN, INJECTED, OPEN],  # mended by hand
        [CELL, "# my own\ntims = 3", OPEN],
        [CELL, "tims = 3", OPEN],
        [CELL, "# Parameters\nimport altair\ncolour = 'red'", OPEN],
        [f"{CELL}mine: int = 1\n", "# Parameters\nmine = 2\n", OPEN],  # a copy with a parameter of its own
        [f"# Parameters\n{CELL}", OPEN],
        ["%matplotlib inline", "!ls", CELL, "%time x = 1", INJECTED, OPEN],
        [UNKNOWN, OPEN],
        [],
    ],
)
def test_cells_that_set_only_parameters_pass(write: Write, cells: list[str]) -> None:
    require_declared(cells, declared(write(CELL)))


@pytest.mark.parametrize(
    "cells",
    [
        [CELL, UNKNOWN, OPEN],
        ["import pandas", CELL, "# Parameters\ntimes = 3\ntims = float('nan')\n", "%time x = 1", OPEN],
        [CELL, INJECTED, OPEN, UNKNOWN, OPEN],
        [CELL, UNKNOWN, OPEN, CELL, UNKNOWN, OPEN],
    ],
)
def test_a_name_that_papermill_sets_and_that_is_no_parameter_is_refused(write: Write, cells: list[str]) -> None:
    message = r"there is no parameter “tims” \(nearest: times\); known: times, share"
    with pytest.raises(ParameterError, match=message):
        require_declared(cells, declared(write(CELL)))


def test_what_was_changed_stands_beside_its_default(write: Write) -> None:
    parameters = declared(write(CELL))
    values = {parameter.name: parameter.default for parameter in parameters}
    assert changes(parameters, values) == {}
    assert changes(parameters, values | {"coders": ["a", "b"], "share": "0.50", "strict": "false"}) == {}
    given = values | {"coders": ["c", "a"], "share": 1, "end": "2025-02-08", "title": "a *b*"}
    assert changes(parameters, given) == {
        "share": ("0.5", "1.0"),
        "end": ("2025-02-07", "2025-02-08"),
        "coders": ("a,b", "c,a"),
        "title": ("a=b # c".replace("#", "\\#"), "a \\*b\\*"),
    }
    with pytest.raises(ParameterError, match="parameter times: 0"):
        changes(parameters, values | {"times": 0})


def days(*texts: str) -> list[Any]:
    return [pd.Timestamp(text) for text in texts]


def test_a_window_has_its_days_in_order_and_something_to_count() -> None:
    first, last = days("2025-02-07", "2024-10-01")
    with pytest.raises(ParameterError, match="parameter end: 2024-10-01 lies before start"):
        require_window("start", first, "end", last, {})
    on_record = {"event": load("events")["date"]}
    require_window("start", last, "end", first, on_record)
    first, last = days("1990-01-01", "1991-01-01")
    with pytest.raises(ParameterError, match="parameter start and end: no event from 1990-01-01 to 1991-01-01"):
        require_window("start", first, "end", last, on_record)
