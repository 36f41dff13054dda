"""What a further coder is given and gives back: the whole package, and that only a whole and correct sheet counts."""

import csv
import datetime
import re
from pathlib import Path

import pytest

from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.schema import read_schema
from analysis.data.tables import load
from analysis.measures.agreement import agreement_table
from analysis.signals import coding
from analysis.validation import coding_sheet
from analysis.validation.check import check
from analysis.validation.coding_sheet import CODEBOOKS, Who

SCHEMA = read_schema(paths.DATAPACKAGE)
TABLE = SCHEMA["codings_alignment"]
DAY = datetime.date(2026, 12, 1)
HUMAN = Who("human")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def fill(place: Path, letter: str = "A", coder: str = "z", **changes: dict[str, str]) -> Path:
    """A sheet of a package, filled as coder a did, but for the reasons; changes by the first column."""
    package = place / "package"
    coding_sheet.write_package(letter, coder, package)
    file = package / coding_sheet.SHEET
    rows, table = read(file), SCHEMA[CODEBOOKS[letter].table]
    aids = [name for name in rows[0] if name not in {field.name for field in table.fields}]
    keys = [name for name in coding_sheet.given(letter) if name in rows[0] and name not in ("coder", "signal_no")]
    known: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in read(paths.DATA / table.file):
        if row["coder"] == "a":
            known.setdefault(tuple(row[name] for name in keys), []).append(row)
    filled = []
    for row in rows:
        for own in known[tuple(row[name] for name in keys)]:
            done = {**own, "coder": coder, **{name: row[name] for name in aids}}
            if "rationale" in done:
                done["rationale"] = f"{own['rationale']} So z."
            filled.append(done | changes.get(row[next(iter(row))], {}))
    if letter == "B":
        filled[0]["emphasis"] = "2"  # it has no reasons that could differ
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(filled)
    return file


def tables(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.csv")}


# --- what is given


def test_a_sheet_has_every_unit_and_shows_no_coding() -> None:
    frame = coding_sheet.sheet("A", "z")
    assert frame["provision_id"].to_list() == load("provisions")["provision_id"].to_list()
    assert list(frame.columns) == [*(field.name for field in TABLE.fields), *CODEBOOKS["A"].aids]
    assert "strength: a whole number from 0 to 3" in coding_sheet.guide("A")


@pytest.mark.parametrize(("letter", "units"), [("A", 60), ("B", 58 * 5), ("C", 230), ("D", 60 * 4)])
def test_every_codebook_has_a_sheet_with_its_units_alone(letter: str, units: int) -> None:
    frame = coding_sheet.sheet(letter, "z")
    table = SCHEMA[CODEBOOKS[letter].table]
    assert len(frame) == units
    assert not frame.duplicated(list(table.primary_key)).any()
    assert set(frame["coder"]) == {"z"}
    empty = [field.name for field in table.fields if field.name not in coding_sheet.given(letter)]
    assert len(empty) >= 2
    assert (frame[empty] == "").all().all()


def test_an_event_is_coded_in_its_last_round() -> None:
    frame = coding_sheet.sheet("C", "z").set_index("event_id")
    assert (frame.at["E001", "round"], frame.at["E144", "round"]) == (3, 2)


@pytest.mark.parametrize("letter", CODEBOOKS)
def test_the_instructions_hold_the_codebook_to_the_letter_and_every_column(letter: str) -> None:
    told, page = coding_sheet.instructions(letter, "z"), paths.CODEBOOK.read_text("utf-8")
    [section] = re.findall(rf"(?ms)^## {letter}\. .*?(?=^## |\Z)", page)
    assert section.strip() in told
    assert "| `confidence` | `1`, `2`, `3` |" in told
    sections = re.findall(r"(?m)^## ([A-D])\. ", told)
    assert sections == ({"D": ["A", "D"]}.get(letter, [letter]))  # D takes up the strengths of A
    assert all(f"- {line}" in told for line in coding_sheet.guide(letter))
    assert "{" not in told.replace(r"\d{", "")
    for document in CODEBOOKS[letter].texts:
        assert f"- `{document}`: " in told
    if letter == "A":
        assert load("documents").set_index("document_id").at["jpn-nds-2022", "sha256"] in told
        assert all(f"- `{name}` " in told for name in load("strategy_sections")["section_id"])


def test_without_a_name_the_instructions_say_which_are_taken() -> None:
    assert "taken are a, b, c." in coding_sheet.instructions("A")
    assert set(coding_sheet.sheet("A", "")["coder"]) == {""}


# --- round trip


@pytest.mark.parametrize(("letter", "variable"), [("A", "strength"), ("B", "emphasis"), ("D", "strength")])
def test_a_package_that_is_filled_in_becomes_a_further_coder(
    data: Path, tmp_path: Path, letter: str, variable: str
) -> None:
    table = SCHEMA[CODEBOOKS[letter].table]
    before = {name: (data / name).read_text("utf-8") for name in (table.file, "coders.csv")}
    units = coding_sheet.add_sheet(fill(tmp_path, letter), HUMAN, letter, data, DAY)
    for name, text in before.items():
        assert (data / name).read_text("utf-8").startswith(text)
    assert check(data) == []
    codings = load(table.name, data)
    assert (codings["coder"] == "z").sum() == units
    unit = [name for name in table.primary_key if name != "coder"]
    [row] = agreement_table(codings, unit, {variable: "ordinal"}, unit[0], draws=10).to_dict("records")
    assert (row["coders"], row["units"]) == (load(table.name)["coder"].nunique() + 1, units)
    [added] = load("coders", data).query("coder == 'z'").to_dict("records")
    assert (added["table"], added["round"], added["kind"], added["family"]) == (table.name, 1, "human", "none")
    assert added["recorded"].date() == DAY


def test_a_further_coder_of_signals_joins_the_last_rounds(data: Path, tmp_path: Path) -> None:
    who = Who("language model", "a family", "1.0")
    coding_sheet.add_sheet(fill(tmp_path, "C"), who, "C", data, DAY)
    assert check(data) == []
    rows = load("coders", data).query("coder == 'z'")
    assert rows["round"].to_list() == [2, 3, 4]
    assert set(rows["version"]) == {"1.0"}
    scored = coding.load_scored(load("codings_signals", data), load("events"), load("scales"))
    of_three = coding.agreement(scored, draws=10, seed=1)
    assert set(of_three["coders"]) == {3}


# --- refusals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"P02": {"strength": "5"}}, "sheet.csv, row 3, column strength: “5”; allowed: a whole number from 0 to 3"),
        ({"P05": {"section_id": "III-9"}}, "sheet.csv, row 6, column section_id: “III-9”"),
        ({"P05": {"coder": "y"}}, "sheet.csv, row 6, column coder: “y”; allowed: z, as in row 2"),
        ({"P02": {"strength": "0"}}, "sheet.csv, row 3, column section_id: “III-1-(2)-a”; allowed at strength 0: no"),
        ({"P60": {"provision_id": "P61"}}, "sheet.csv, row 61, column provision_id: “P61”"),
    ],
)
def test_faults_are_named_by_the_row_of_the_sheet_and_nothing_is_added(
    data: Path, tmp_path: Path, changes: dict[str, dict[str, str]], message: str
) -> None:
    before = tables(data)
    with pytest.raises(DataError) as caught:
        coding_sheet.add_sheet(fill(tmp_path, **changes), HUMAN, "A", data, DAY)
    assert message in str(caught.value)
    assert tables(data) == before


@pytest.mark.parametrize(
    ("who", "message"),
    [
        (Who("martian"), "--kind: “martian” (nearest: human); allowed: one of language model, human, other"),
        (Who("human", "a family"), "--family: “a family”; allowed for the kind human: none"),
        (Who("other", "none"), "--family: “none”; allowed for the kind other: its name, or “not recorded”"),
        (Who("language model", version="1\x07"), "--version: “1\\u0007”"),
    ],
)
def test_a_coder_of_no_kind_is_refused_by_the_option(data: Path, tmp_path: Path, who: Who, message: str) -> None:
    before = tables(data)
    with pytest.raises(DataError) as caught:
        coding_sheet.add_sheet(fill(tmp_path), who, "A", data, DAY)
    assert str(caught.value).startswith(message)
    assert tables(data) == before


def test_one_id_is_one_coder_in_all_codebooks(data: Path, tmp_path: Path) -> None:
    coding_sheet.add_sheet(fill(tmp_path), HUMAN, "A", data, DAY)
    (tmp_path / "package").rename(tmp_path / "first")
    sheet = fill(tmp_path, "D")
    with pytest.raises(DataError, match=r"^--kind: “other”; allowed: human, as in row 19 for z"):
        coding_sheet.add_sheet(sheet, Who("other"), "D", data, DAY)


def test_an_unfinished_sheet_is_refused(data: Path, tmp_path: Path) -> None:
    coding_sheet.write_package("A", "z", tmp_path / "empty")
    with pytest.raises(DataError, match=r"sheet.csv, row 2, column approach: the cell is empty; required"):
        coding_sheet.add_sheet(tmp_path / "empty" / "sheet.csv", HUMAN, "A", data)
    lines = fill(tmp_path).read_text("utf-8").splitlines()
    short = tmp_path / "short.csv"
    short.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="coder z has no row for P60"):
        coding_sheet.add_sheet(short, HUMAN, "A", data)
    short.write_text("provision_id,coder\nP01,z\n", encoding="utf-8")
    with pytest.raises(DataError, match="lacks the columns approach"):
        coding_sheet.add_sheet(short, HUMAN, "A", data)
    with pytest.raises(DataError, match="cannot be read as CSV"):
        coding_sheet.add_sheet(tmp_path / "none.csv", HUMAN, "A", data)


def test_a_sheet_of_another_codebook_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks the columns .*; make a sheet with `.* --codebook B --coder NAME`"):
        coding_sheet.add_sheet(fill(tmp_path), HUMAN, "B", data)


def test_a_unit_of_precedents_that_is_left_out_is_missed(data: Path, tmp_path: Path) -> None:
    file = fill(tmp_path, "D")
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(DataError, match="coder z has no row for unit 60 of us-jpn-2017-02-10; each coder codes every"):
        coding_sheet.add_sheet(file, HUMAN, "D", data)


def test_the_same_sheet_cannot_be_added_twice(data: Path, tmp_path: Path) -> None:
    sheet = fill(tmp_path)
    coding_sheet.add_sheet(sheet, HUMAN, "A", data)
    before = tables(data)
    with pytest.raises(DataError, match="stands already in row"):
        coding_sheet.add_sheet(sheet, HUMAN, "A", data)
    assert tables(data) == before


def test_a_sheet_that_is_that_of_another_coder_is_refused(data: Path, tmp_path: Path) -> None:
    sheet = fill(tmp_path)
    sheet.write_text(sheet.read_text("utf-8").replace(" So z.", ""), encoding="utf-8")
    with pytest.raises(DataError, match="all 60 rows of z are those of a; each coder once, under one name"):
        coding_sheet.add_sheet(sheet, HUMAN, "A", data)


def test_neither_table_is_written_where_one_cannot_be(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = tables(data), coding_sheet.write_whole
    done: list[str] = []

    def full(place: Path, content: bytes) -> None:
        done.append(place.name)
        if done == [TABLE.file, "coders.csv"]:
            raise OSError(28, "No space left on device")
        write(place, content)

    monkeypatch.setattr(coding_sheet, "write_whole", full)
    with pytest.raises(DataError, match=r"coders.csv cannot be written \(No space left on device\); nothing was added"):
        coding_sheet.add_sheet(fill(tmp_path), HUMAN, "A", data, DAY)
    assert tables(data) == before


# --- the command


def test_a_sheet_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["coding-sheet", "--coder", "z"]) == 0
    assert "coding-sheet-z.csv: fill in these columns" in capsys.readouterr().out
    assert command.main(["coding-sheet", "--coder", "z"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert command.main(["coding-sheet", "--instructions", "--codebook", "C"]) == 0
    assert capsys.readouterr().out == "coding-C/ holds instructions.md and sheet.csv\n"
    assert sorted(file.name for file in (tmp_path / "coding-C").iterdir()) == ["instructions.md", "sheet.csv"]
    assert command.main(["coding-sheet", "--instructions", "--codebook", "C"]) == 1
    assert "coding-C exists already; move it, or name another folder" in capsys.readouterr().err


def test_a_package_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(coding_sheet, "write_sheet", broken)
    with pytest.raises(DataError, match="cannot be written"):
        coding_sheet.write_package("A", "z", tmp_path / "package")
    assert list(tmp_path.iterdir()) == []


def test_the_command_adds_a_sheet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[object] = []

    def add(*given: object) -> int:
        done.extend(given)
        return 60

    monkeypatch.setattr(coding_sheet, "add_sheet", add)
    file = tmp_path / "x.csv"
    assert command.main(["coding-sheet", "--add", str(file), "--kind", "human"]) == 0
    assert done == [file, HUMAN, "A"]
    assert "added 60 codings to data/codings_alignment.csv, and the coder" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--add", "x.csv"],
        ["--coder", "z", "--kind", "human"],
        ["--coder", "z", "--family", "a"],
        ["--add", "x.csv", "--instructions", "--kind", "human"],
        ["--codebook", "E", "--coder", "z"],
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["coding-sheet", *arguments])
    assert "coding-sheet" in capsys.readouterr().err
