"""The data dictionary says of each table what of the world it holds."""

import pandas as pd
import pytest

from analysis.book.directives import completeness_markdown, dictionary_markdown, protocol_markdown
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


def test_one_table_alone_has_a_licence_of_its_own() -> None:
    licences = {name: table.licence for name, table in read_schema(paths.DATAPACKAGE).items() if table.licence}
    assert licences == {"plover_gold": "CC-BY-SA-4.0, https://creativecommons.org/licenses/by-sa/4.0/"}


# --- who coded


def test_the_protocol_says_of_every_round_who_coded_what() -> None:
    coders, texts = load("coders"), load("coded_texts")
    titles = {name: table.title for name, table in read_schema(paths.DATAPACKAGE).items()}
    lines = protocol_markdown(coders, texts, titles).splitlines()
    rounds = coders[["table", "round"]].drop_duplicates()
    assert [line for line in lines if line.startswith("- ")] == [
        f"- **{titles[table]}, round {number}**" for table, number in rounds.itertuples(index=False, name=None)
    ]
    told = "\n".join(lines)
    assert "  - *Units:* E144 to E227; given: the row of the event.\n" in told
    assert "  - *Coders a, b and c:* language model; family: not recorded; version: not recorded.\n" in told
    assert all(f"`{name}`" in told for name in texts["document_id"] if name)


def test_coders_of_whom_different_things_are_on_record_stand_apart() -> None:
    coders, texts = load("coders").iloc[:3], load("coded_texts").iloc[:1]
    coders = coders.assign(saw=["a *text*", "a *text*", "nothing"], not_recorded="")
    told = protocol_markdown(coders, texts, {"codings_alignment": "T"})
    assert "*Coders a and b:*" in told
    assert "*Coder c:*" in told
    assert "*Saw:* a \\*text\\*." in told
    assert told.count("*Not recorded:* nothing else.") == 2
