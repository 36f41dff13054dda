"""The data dictionary says of each table what of the world it holds."""

import pandas as pd
import pytest

from analysis.book.directives import completeness_markdown, dictionary_markdown
from analysis.core import paths
from analysis.data.schema import read_schema
from analysis.data.tables import load

ROW = {
    "table": "contacts", "status": "complete", "column": "", "values": (), "dyads": (), "first": pd.NaT, "last": pd.NaT,
    "found": pd.NA, "of": pd.NA, "benchmark": "", "note": "",
}  # fmt: skip
YEAR = {"first": pd.Timestamp("2024-01-01"), "last": pd.Timestamp("2024-12-31")}


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({}, "- **Complete**: all rows."),
        ({"status": "selection"}, "- *A selection*: all rows."),
        (YEAR, "- **Complete** from 1 January 2024 to 31 December 2024: all rows."),
        (
            {"column": "level", "values": ("leader", "foreign minister"), "dyads": ("JPN-CHN", "JPN-USA")},
            "- **Complete**: level leader and foreign minister, JPN-CHN and JPN-USA.",
        ),
        (
            {"found": 33, "of": 42, "benchmark": "a chronology", "note": "Remarks are missing."},
            "- **Complete**: all rows. Recall: 33 of 42 (a chronology). Remarks are missing.",
        ),
        ({"found": 0, "of": 2, "benchmark": "b"}, "- **Complete**: all rows. Recall: 0 of 2 (b)."),
        ({"note": "A *mark* stays one."}, "- **Complete**: all rows. A \\*mark\\* stays one."),
        ({"status": "own", "note": "Nothing of the world."}, ""),
    ],
)
def test_a_declaration_in_words(row: dict[str, object], line: str) -> None:
    assert completeness_markdown(pd.DataFrame([ROW | row])) == line


def test_a_table_has_a_line_for_each_declaration_in_order() -> None:
    rows = load("completeness")
    lines = completeness_markdown(rows[rows["table"] == "contacts"]).splitlines()
    assert len(lines) == (rows["table"] == "contacts").sum()
    words = ["**Complete**" if status == "complete" else "*A selection*" for status in load("completeness")["status"]]
    of_contacts = [word for word, table in zip(words, rows["table"], strict=True) if table == "contacts"]
    assert [line.split(" from ")[0].removeprefix("- ") for line in lines] == of_contacts


def test_what_a_table_holds_stands_between_its_meaning_and_its_columns() -> None:
    table = read_schema(paths.DATAPACKAGE)["contacts"]
    section = dictionary_markdown(table, "- **Complete**: all rows.")
    places = [section.index(part) for part in (table.description, "- **Complete**: all rows.", "| `contact_id` (key)")]
    assert places == sorted(places)
    assert section == dictionary_markdown(table).replace(
        f"{table.description}\n\n", f"{table.description}\n\n- **Complete**: all rows.\n\n"
    )


def test_every_table_says_what_it_holds_or_that_it_is_our_own() -> None:
    declared = load("completeness")
    assert set(declared["table"]) == set(read_schema(paths.DATAPACKAGE))
    for name, rows in declared.groupby("table"):
        own = set(rows["status"]) == {"own"}
        assert bool(completeness_markdown(rows)) != own, name
