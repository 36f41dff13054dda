"""Cases: a new one laid out, wrong input named, the shipped one checked, run, built and coded.

Everything runs in a copy of the repository, so that no case of the repository is touched.
"""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.cases import layout, rules
from analysis.cases import settings as cases
from analysis.cli import command as cli
from analysis.core import paths
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import read_results

SHIPPED = "us-kor-2023"
COPIED = (
    "src",
    "data",
    "notebooks",
    "book",
    "cases",
    "_config.yml",
    "_toc.yml",
    "CHANGELOG.md",
    "CITATION.cff",
    "uv.lock",
)
PAIR = ("--statement", "us-kor-2023-04-26", "--strategy", "kor-dwp-2022")
QUICK = {"curve": False, "matched_draws": 10}  # without what takes long in chapter 4
QUICKER = QUICK | {"unit": "paragraph", "draws": 100}


def copy_repository(target: Path) -> Path:
    """Copy what the command needs into a folder."""
    target.mkdir(parents=True)
    for name in COPIED:
        source = paths.ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return target


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the repository that a test may change."""
    return copy_repository(tmp_path / "home")


def start(home: Path, *arguments: str, case: str = "") -> subprocess.CompletedProcess[str]:
    """Call the command of a copy, in the environment that it makes for a case where one is named."""
    environment = {name: value for name, value in os.environ.items() if name != paths.CASE_VARIABLE}
    environment |= {"PYTHONPATH": str(home / "src"), **({paths.CASE_VARIABLE: case} if case else {})}
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call the command of a copy, with --case in one process instead of two."""
    if arguments[0] == "--case":
        return start(home, *arguments[2:], case=arguments[1])
    return start(home, *arguments)


def failed(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said that must have failed without a traceback."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def fails(home: Path, *arguments: str) -> str:
    """Call the command, which must fail without a traceback; returns what it says."""
    return failed(run(home, *arguments))


def succeeds(home: Path, *arguments: str) -> str:
    """Call the command, which must succeed; returns what it prints."""
    done = run(home, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def set_up(home: Path, **settings: Any) -> None:
    """Change settings of the shipped case."""
    file = home / "cases" / SHIPPED / "case.yml"
    before = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump(before | settings, allow_unicode=True), encoding="utf-8")


def results_of(home: Path, name: str = SHIPPED) -> dict[str, dict[str, Any]]:
    """The named results of the run of a case."""
    file = home / "build" / "cases" / name / "run" / "results.json"
    found: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return found


# --- a new case


def test_a_new_case_is_laid_out_and_check_guides_the_filling(home: Path) -> None:
    said = succeeds(home, "new-case", "my-case", *PAIR)
    assert "balancing-act --case my-case check" in said
    folder = home / "cases" / "my-case"
    for name in ("provisions", "provision_actors", "strategy_sections", "codings_alignment"):
        assert len((folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()) == 1
    names = {file.name for file in folder.iterdir()}
    assert "@misc{kor-dwp-2022,\n  title   = {Defense White Paper}" in (folder / "sources.bib").read_text(
        encoding="utf-8"
    )
    assert names >= {"case.yml", "sources.bib", "codebook.md", "index.md", "02-statement.md", "04-alignment.md"}
    assert "$" not in (folder / "case.yml").read_text(encoding="utf-8")

    said = fails(home, "--case", "my-case", "check")
    for table in ("provisions", "provision_actors", "strategy_sections"):
        assert re.search(rf"^{table}\.csv.*next: ", said, re.MULTILINE)
    assert "codings_alignment" not in said
    assert "3 faults in cases/my-case/" in said

    for name in ("provisions", "provision_actors", "strategy_sections"):
        shutil.copy2(home / "cases" / SHIPPED / f"{name}.csv", folder)
    assert "allowed: one of preamble, body" in fails(home, "--case", "my-case", "check")
    settings = yaml.safe_load((home / "cases" / SHIPPED / "case.yml").read_text(encoding="utf-8"))
    (folder / "case.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    assert "cases/my-case/ is sound" in succeeds(home, "--case", "my-case", "check")


def test_without_ids_check_asks_for_them(home: Path) -> None:
    succeeds(home, "new-case", "blank")
    said = fails(home, "--case", "blank", "check")
    assert "case.yml" in said
    assert "statement" in said
    assert "the value is empty" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Not a name"], "allowed: a name of small letters"),
        (["../outside"], "allowed: a name of small letters"),
        ([SHIPPED], "exists already"),
        (["x", "--statement", "us-kor-2023-04-27"], "--statement: 'us-kor-2023-04-27' is not the id of a statement"),
        (["x", "--statement", "us-kor-2023-04-27"], "us-kor-2023-04-26"),
        (["x", "--strategy", "us-kor-2023-04-26"], "it is no strategy"),
    ],
)
def test_wrong_input_of_new_case_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(paths, "CASES", shutil.copytree(paths.CASES, tmp_path / "cases"))
    assert cli.main(["new-case", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert sorted(place.name for place in tmp_path.rglob("*") if place.is_dir()) == ["_template", "cases", SHIPPED]


def test_a_case_that_is_not_there_is_named_with_the_nearest(home: Path) -> None:
    assert SHIPPED in failed(start(home, "--case", "us-kor-2032", "check"))
    assert not (home / "build").exists()


def test_wrong_settings_are_named(home: Path) -> None:
    set_up(home, statement="us-kor-2023-04-27", parameters={"04-alignment": {"treshold": 2}})
    said = fails(home, "--case", SHIPPED, "check")
    assert "case.yml, statement: 'us-kor-2023-04-27' is not the id of a statement; nearest: us-kor-2023-04-26" in said
    assert "case.yml, parameters.04-alignment.treshold: the parameter is unknown (nearest: threshold)" in said
    set_up(home, statement="us-kor-2023-04-26", parameters={"04-alignment": {"matched_draws": 0}})
    said = fails(home, "--case", SHIPPED, "book")
    assert "case.yml, parameters.04-alignment: matched_draws: 0; allowed: a whole number from 1" in said
    assert not (home / "build" / "cases" / SHIPPED / "run").exists()


def change_cell(file: Path, row: int, column: str, value: str) -> None:
    """Change one cell; row 2 is the first below the header."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[row - 1][rows[0].index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


@pytest.mark.parametrize(
    ("table", "column", "value", "expected"),
    [
        ("provisions", "anchor_words", "zebra crossing", "words of one sentence of paragraph"),
        ("provisions", "pillar", "globl", "global"),
        ("provisions", "paragraph", "21", "from 1 to 20"),
        ("provision_actors", "state", "KOX", "KOR"),
        ("strategy_sections", "section_id", "#700", "allowed: "),
    ],
)
def test_wrong_cells_are_named(tmp_path: Path, table: str, column: str, value: str, expected: str) -> None:
    case = Path(shutil.copytree(paths.CASES / SHIPPED, tmp_path / SHIPPED))
    change_cell(case / f"{table}.csv", 4, column, value)
    layout.write_place(cases.read(case), 20, tmp_path / "place")
    said = "\n".join(map(str, rules.case_faults(tmp_path / "place" / "data")))
    assert f"{table}.csv, row 4, column {column}" in said
    assert expected in said


# --- the shipped case


def test_the_shipped_case_is_sound_and_its_sheet_is_ready(home: Path) -> None:
    done = start(home, "--case", SHIPPED, "check")
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert f"cases/{SHIPPED}/ is sound" in said
    assert "nobody has coded yet" in said
    sheet = home / "sheet.csv"
    assert f"cases/{SHIPPED}/codebook.md" in succeeds(
        home, "--case", SHIPPED, "coding-sheet", "--coder", "one", "--out", str(sheet)
    )
    with (home / "cases" / SHIPPED / "provisions.csv").open(encoding="utf-8", newline="") as stream:
        provisions = [row["provision_id"] for row in csv.DictReader(stream)]
    with sheet.open(encoding="utf-8", newline="") as stream:
        assert [row["provision_id"] for row in csv.DictReader(stream)] == provisions


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["claims"], "claims needs the tables of the article"),
        (["signals"], "signals needs the tables of the article"),
        (["corpus", "verify", "--texts", "x"], "corpus verify needs the tables of the article"),
        (["run", "--update-notebooks"], "--update-notebooks: "),
        (["book", "--committed"], "--committed: "),
    ],
)
def test_commands_of_the_article_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    monkeypatch.setattr(paths, "CASE", SHIPPED)
    monkeypatch.setattr(cli, "enter_case", lambda: None)
    assert cli.main(arguments) == 1
    assert capsys.readouterr().err.startswith(message)


def test_the_results_that_its_pages_show_are_recorded() -> None:
    recorded = read_results(notebook_files(paths.NOTEBOOKS))
    shown = re.findall(r"\{result\}`([\w-]+)\.(\w+)`", (paths.CASES / SHIPPED / "index.md").read_text("utf-8"))
    assert shown
    assert [name for chapter, name in shown if name not in recorded[chapter]] == []


def test_the_html_of_the_shipped_case_is_built(home: Path) -> None:
    """Without the curve, which takes most of the time, and what the page says of it."""
    set_up(home, parameters={"04-alignment": QUICK})
    page = home / "cases" / SHIPPED / "index.md"
    page.write_text(re.sub(r"; over \{result\}[^;]*curve_\w+`", "", page.read_text("utf-8")), encoding="utf-8")
    said = succeeds(home, "--case", SHIPPED, "book", "--html")
    html = home / "build" / "cases" / SHIPPED / "html"
    assert f"build/cases/{SHIPPED}/html/index.html" in said
    found = results_of(home)
    assert list(found) == ["02-statement", "03-strategy", "04-alignment"]
    ranks = {name: found["04-alignment"][name]["text"] for name in ("rank_statements", "of_statements")}
    index = (html / "book" / "index.html").read_text(encoding="utf-8")
    assert f"Among {ranks['of_statements']} statements this one ranks {ranks['rank_statements']}" in index
    chapter = (html / "notebooks" / "04-alignment.html").read_text(encoding="utf-8")
    assert f"The statement ranks {ranks['rank_statements']} of {ranks['of_statements']} statements" in chapter
    assert 'id="fig-alignment-placebos"' in chapter
    assert 'id="fig-alignment-coverage"' not in chapter
    assert "Guo" not in chapter
    # what book/cases.md says of this case in words
    assert min(found["04-alignment"][f"rank_{among}"]["value"] for among in ("statements", "strategies")) > 1
    assert len(re.findall(r"length as it is: \w+ of 44 statements and first of 45 strategies", chapter)) >= 2
    assert not re.search(r"length matched: \w+ of 44 statements and first of 45 strategies", chapter)
    assert (html / "book" / "codebook.html").exists()
    assert not (html / "book" / "ledger.html").exists()
    assert not (home / "build" / "html").exists()


def test_chapters_show_codings_as_soon_as_there_are_any(home: Path) -> None:
    set_up(home, parameters={"04-alignment": QUICKER})
    with (home / "cases" / SHIPPED / "strategy_sections.csv").open(encoding="utf-8", newline="") as stream:
        sections = [row["section_id"] for row in csv.DictReader(stream)]
    for shift, coder in enumerate(("one", "two")):
        sheet = home / f"{coder}.csv"
        succeeds(home, "--case", SHIPPED, "coding-sheet", "--coder", coder, "--out", str(sheet))
        with sheet.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for number, row in enumerate(rows):
            strength = (number + shift * (number % 5 == 0)) % 4
            row |= {"approach": "0", "strength": str(strength), "confidence": "1", "rationale": "made up for a test"}
            row |= {"section_id": sections[5 + number % 20], "stance": "consistent"} if strength else {"stance": "na"}
        with sheet.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        said = succeeds(home, "--case", SHIPPED, "coding-sheet", "--add", str(sheet))
        assert f"added {len(rows)} codings to cases/{SHIPPED}/codings_alignment.csv" in said
    assert "coders: 2" in succeeds(home, "--case", SHIPPED, "check")
    succeeds(home, "--case", SHIPPED, "rerun", "04", "-p", "seed=2")
    file = home / "runs" / "cases" / SHIPPED / "04-alignment-seed-2" / "results.json"
    found = json.loads(file.read_text(encoding="utf-8"))["04-alignment"]
    assert 0 < found["coverage"]["value"] < 1
    assert found["alpha_strength"]["value"] < 1
    assert "recall_1" in found
    assert "reading" not in found  # what is said of the article alone


def test_a_case_is_rerun_with_other_parameters(home: Path) -> None:
    said = succeeds(home, "--case", SHIPPED, "rerun", "03", "-p", "level=1")
    assert f"runs/cases/{SHIPPED}/03-strategy-level-1/" in said
    assert "no default run to compare with" in said


TEXT = """The two presidents met in Seoul to review the alliance, and both presidents spoke of its future.

# Security

The presidents reaffirmed extended deterrence and welcomed joint exercises. The presidents condemned missiles.

The presidents committed to cyber defense, space security and semiconductors, and to batteries and semiconductors.

# Trade

The presidents agreed to keep supply chains open, semiconductors and batteries first, and to invest in clean hydrogen.
"""
PROVISIONS = """P01,preamble,1,They met.,state,,bilateral,summit,meeting,met in Seoul
P02,global,2,Deterrence holds.,reaffirm,,KOR,defense,drills,extended deterrence
P03,global,4,Trade stays open.,agree,,trade,economy,chains,supply chains
"""
STATEMENT = "us-kor-2029-01-01"


def add_document(folder: Path, texts: Path) -> None:
    """Describe a made-up statement in the documents of a case and put its text into a folder."""
    (texts / "texts").mkdir(parents=True)
    (texts / "texts" / f"{STATEMENT}.txt").write_text(TEXT, encoding="utf-8")
    with (paths.SHARED_DATA / "documents.csv").open(encoding="utf-8", newline="") as stream:
        records = list(csv.DictReader(stream))
    row = next(record for record in records if record["document_id"] == "us-kor-2023-04-26")
    row |= {"document_id": STATEMENT, "year": "2029", "date": "2029-01-01", "title": "Made up for a test"}
    row |= {"words": str(len(TEXT.split())), "paragraphs": "4", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()}
    with (folder / "documents.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)


def test_a_case_measures_a_document_of_its_own(home: Path) -> None:
    folder, texts = home / "cases" / SHIPPED, home / "corpus"
    shared = {file.name: file.read_bytes() for file in (home / "data" / "features").iterdir()}
    add_document(folder, texts)
    set_up(home, statement=STATEMENT, parameters={"04-alignment": QUICKER})
    for name, rows in (("provisions", PROVISIONS), ("provision_actors", "P01,USA\nP01,KOR\nP02,USA\nP03,KOR\n")):
        file = folder / f"{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n" + rows, encoding="utf-8")

    said = fails(home, "--case", SHIPPED, "check")
    assert f"{STATEMENT} has no features" in said
    assert f"cases/{SHIPPED}/features: " in succeeds(home, "--case", SHIPPED, "corpus", "build", "--texts", str(texts))
    succeeds(home, "--case", SHIPPED, "check")
    succeeds(home, "--case", SHIPPED, "run")
    found = results_of(home)
    assert found["02-statement"]["provisions"]["value"] == 3
    assert found["04-alignment"]["of_statements"]["value"] == 45  # one more than the shared ones
    assert {file.name: file.read_bytes() for file in (home / "data" / "features").iterdir()} == shared

    (texts / "texts" / f"{STATEMENT}.txt").write_text(TEXT + "\nMore.\n", encoding="utf-8")
    said = fails(home, "--case", SHIPPED, "corpus", "build", "--texts", str(texts))
    assert f"cases/{SHIPPED}/documents.csv" in said
    assert "SHA-256" in said
