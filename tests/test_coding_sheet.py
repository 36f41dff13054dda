"""The sheet for a further coder: what it shows, and that only a whole and correct one is taken in."""

import csv
from pathlib import Path

import pytest

from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.schema import read_schema
from analysis.data.tables import load
from analysis.validation import coding_sheet
from analysis.validation.check import check

TABLE = read_schema(paths.DATAPACKAGE)[coding_sheet.TABLE]


def filled(place: Path, **changes: dict[str, str]) -> Path:
    """A sheet of coder z, filled as coder a did, but for the reasons; changes by provision."""
    file = place / "sheet.csv"
    coding_sheet.write_sheet(coding_sheet.sheet(load("provisions"), TABLE, "z"), file)
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with (paths.DATA / TABLE.file).open(encoding="utf-8", newline="") as stream:
        known = {row["provision_id"]: row for row in csv.DictReader(stream) if row["coder"] == "a"}
    for row in rows:
        own = known[row["provision_id"]]
        row |= {name: own[name] for name in own if name not in ("coder", "provision_id")}
        row["rationale"] = f"{own['rationale']} So z."
        row |= changes.get(row["provision_id"], {})
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file


def test_a_sheet_has_every_unit_and_shows_no_coding() -> None:
    frame = coding_sheet.sheet(load("provisions"), TABLE, "z")
    assert frame["provision_id"].to_list() == load("provisions")["provision_id"].to_list()
    assert list(frame.columns) == [*(field.name for field in TABLE.fields), *coding_sheet.AIDS]
    empty = [field.name for field in TABLE.fields if field.name not in ("provision_id", "coder")]
    assert (frame[empty] == "").all().all()
    assert set(frame["coder"]) == {"z"}
    assert "strength: a whole number from 0 to 3" in coding_sheet.guide(TABLE)


def test_a_filled_sheet_becomes_a_further_coder(data: Path, tmp_path: Path) -> None:
    before = (data / TABLE.file).read_text("utf-8")
    assert coding_sheet.add_sheet(filled(tmp_path), data) == 60
    after = (data / TABLE.file).read_text("utf-8")
    assert after.startswith(before)
    assert after.count(",z,") == 60
    assert check(data) == []
    assert load("codings_alignment", data)["coder"].nunique() == 4


def test_faults_are_named_by_the_row_of_the_sheet_and_nothing_is_added(data: Path, tmp_path: Path) -> None:
    before = (data / TABLE.file).read_bytes()
    sheet = filled(tmp_path, P02={"strength": "5"}, P05={"section_id": "III-9"})
    with pytest.raises(DataError) as caught:
        coding_sheet.add_sheet(sheet, data)
    message = str(caught.value)
    assert "sheet.csv, row 3, column strength: “5”; allowed: a whole number from 0 to 3" in message
    assert (data / TABLE.file).read_bytes() == before

    with pytest.raises(DataError, match=r"sheet.csv, row 6, column section_id: “III-9”"):
        coding_sheet.add_sheet(filled_again(tmp_path, P05={"section_id": "III-9"}), data)


def filled_again(place: Path, **changes: dict[str, str]) -> Path:
    (place / "sheet.csv").unlink()
    return filled(place, **changes)


def test_an_unfinished_sheet_is_refused(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    coding_sheet.write_sheet(coding_sheet.sheet(load("provisions"), TABLE, "z"), file)
    with pytest.raises(DataError, match=r"sheet.csv, row 2, column approach: the cell is empty; required"):
        coding_sheet.add_sheet(file, data)
    lines = filled_again(tmp_path).read_text("utf-8").splitlines()
    (tmp_path / "short.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="coder z has no row for P60"):
        coding_sheet.add_sheet(tmp_path / "short.csv", data)
    (tmp_path / "headless.csv").write_text("provision_id,coder\nP01,z\n", encoding="utf-8")
    with pytest.raises(DataError, match="lacks the columns approach"):
        coding_sheet.add_sheet(tmp_path / "headless.csv", data)
    with pytest.raises(DataError, match="cannot be read as CSV"):
        coding_sheet.add_sheet(tmp_path / "none.csv", data)


def test_the_same_sheet_cannot_be_added_twice(data: Path, tmp_path: Path) -> None:
    sheet = filled(tmp_path)
    coding_sheet.add_sheet(sheet, data)
    with pytest.raises(DataError, match="stands already in row"):
        coding_sheet.add_sheet(sheet, data)


def test_a_sheet_that_is_that_of_another_coder_is_refused(data: Path, tmp_path: Path) -> None:
    sheet = filled(tmp_path)
    sheet.write_text(sheet.read_text("utf-8").replace(" So z.", ""), encoding="utf-8")
    with pytest.raises(DataError, match="all 60 rows of z are those of a; each coder once, under one name"):
        coding_sheet.add_sheet(sheet, data)


def test_a_sheet_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(["coding-sheet", "--coder", "z"]) == 0
    assert "coding-sheet-z.csv: fill in these columns" in capsys.readouterr().out
    assert command.main(["coding-sheet", "--coder", "z"]) == 1
    assert "exists already" in capsys.readouterr().err


def test_the_command_adds_a_sheet(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[Path] = []

    def add(file: Path) -> int:
        done.append(file)
        return 60

    monkeypatch.setattr(coding_sheet, "add_sheet", add)
    assert command.main(["coding-sheet", "--add", str(tmp_path / "x.csv")]) == 0
    assert done == [tmp_path / "x.csv"]
    assert "added 60 codings" in capsys.readouterr().out
