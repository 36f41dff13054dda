"""The notebook that compares any pair: the numbers of chapter 4, another pair, its tables, and what it refuses."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.core import paths
from analysis.core.errors import DataError, ParameterError
from analysis.data import tables
from analysis.data.tables import described, load
from analysis.measures import pair, specifications
from analysis.runs.kernels import compute
from analysis.runs.parameters import declared, find_parameter
from analysis.runs.results import read_results
from analysis.texts import documents
from analysis.texts.features import load_features
from analysis.validation.check import check

NOTEBOOK = paths.NOTEBOOKS / "cases" / "compare-a-pair.ipynb"
SHIPPED = paths.CASES / "us-kor-2023"
KOREA = ("us-kor-2023-04-26", "kor-dwp-2022")
JAPAN = (documents.FOCAL_STATEMENT, documents.FOCAL_STRATEGY)
AUSTRALIA = ("us-aus-2023-10-25", "aus-nds-2024")
Named = dict[str, dict[str, Any]]


def run(statement: str, strategy: str) -> Named:
    return compute(NOTEBOOK, {"statement": statement, "strategy": strategy, "curve": False})


def texts(results: Named) -> dict[str, str]:
    return {name: result["text"] for name, result in results.items()}


@pytest.fixture(scope="module")
def committed() -> Named:
    [(name, results)] = read_results([NOTEBOOK]).items()
    assert name == NOTEBOOK.stem
    return results


def test_it_is_short_and_teaches() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    lines = [line for source in code for line in source.splitlines() if line]
    words = re.findall(r"\w+", " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))
    assert len(code) <= 12
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 120
    assert len(words) > 3 * len(lines)


def test_the_pair_of_the_article_has_the_numbers_of_chapter_4() -> None:
    results = run(*JAPAN)
    chapter = read_results([paths.NOTEBOOKS / "04-alignment.ipynb"])["04-alignment"]
    shared = ("pair_score", "rank_statements_other", "rank_strategies_other", "nearest_strategy", "coverage")
    assert [results[name]["value"] for name in shared] == [chapter[name]["value"] for name in shared]
    for among in ("statements", "strategies"):
        assert results[f"rank_{among}_all"]["value"] == chapter[f"rank_{among}"]["value"]
    assert results["provisions"]["value"] == len(load("provisions"))


def test_the_committed_pair_is_measured_as_by_the_functions(committed: Named) -> None:
    source = pair.load_source()
    scores = source.pair_scores(*KOREA)
    standing = specifications.pair_standing(scores, source.documents, *KOREA)
    assert committed["pair_score"]["value"] == round(standing["score"], 6)
    for among in ("statements", "strategies"):
        assert committed[f"rank_{among}_all"]["value"] == standing[f"rank_{among}"]
        assert committed[f"p_{among}_all"]["value"] == round(standing[f"p_{among}"], 6)
    assert committed["provisions"]["value"] == len(load("provisions", SHIPPED))
    assert "coverage" not in committed  # nobody has coded it


def test_another_pair_has_no_provisions_and_needs_none(committed: Named) -> None:
    results = run(*AUSTRALIA)
    assert results.keys() <= committed.keys()
    assert "provisions" not in results
    assert results["pair_score"] != committed["pair_score"]
    assert texts(results)["rank_statements_all"].endswith(" of 78")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("statement", "us-kor-2023-04-27", r"'us-kor-2023-04-27' \(nearest: us-kor-2023-04-26\); allowed: "),
        ("statement", "kor-dwp-2022", r"'kor-dwp-2022' \(nearest: us-kor-2023-04-26\); allowed: "),
        ("strategy", "kor-dwp-2023", r"'kor-dwp-2023' \(nearest: kor-dwp-2022\); allowed: "),
        ("representation", "tfdif", r"'tfdif' \(nearest: tfidf\); allowed: tfidf, "),
    ],
)
def test_what_it_cannot_measure_is_refused_before_it_begins(name: str, value: str, message: str) -> None:
    with pytest.raises(ParameterError, match=rf"parameter {name}: .*{message}"):
        find_parameter(name, declared(NOTEBOOK)).read(value)


def test_a_document_in_another_language_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"in another language \(column language: uk\).*allowed: a strategy in E"):
        compute(NOTEBOOK, {"strategy": "ukr-nss-2020"})


# --- the tables of a pair


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped tables, beside which there are no others."""
    monkeypatch.setattr(paths, "CASES", tmp_path)
    yield Path(shutil.copytree(SHIPPED, tmp_path / "copy"))
    tables._load.cache_clear()


def code(case: Path, coders: dict[str, tuple[str, int]]) -> None:
    """Let each coder set every provision beside one section at one strength."""
    with (case / "codings_alignment.csv").open("a", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        for coder, (section, strength) in coders.items():
            stance = "consistent" if strength else "na"
            for provision in load("provisions", SHIPPED)["provision_id"]:
                writer.writerow([provision, coder, 0, "", section, "", strength, stance, 2, f"a reason of {coder}"])


def test_tables_are_those_that_describe_the_pair(case: Path) -> None:
    assert pair.table_folder(*KOREA) == case
    assert pair.table_folder(*JAPAN) == paths.DATA
    assert pair.table_folder(*AUSTRALIA) is None
    package = case / "datapackage.json"
    package.write_text(package.read_text("utf-8").replace('"name": "strategy_sections"', '"name": "sections"'), "utf-8")
    with pytest.raises(DataError, match="there is no table “strategy_sections”"):
        pair.table_folder(*AUSTRALIA)


def test_provisions_stand_beside_the_closest_sections_and_the_coders(case: Path) -> None:
    source = pair.load_source()
    alone = pair.provisions_beside(source, case, mask=True)
    assert list(alone["provision_id"]) == list(load("provisions", SHIPPED)["provision_id"])
    assert alone["strength"].isna().all()
    assert set(alone["coded"]) == {""}
    assert set(alone["speaker"]) <= {"both", "USA", "KOR"}

    tables._load.cache_clear()
    code(case, {"a": ("#58", 2), "b": ("#58", 3), "c": ("", 0)})
    coded = pair.provisions_beside(source, case, mask=True)
    assert set(coded["coded"]) == {"#58"}  # named by two
    assert set(coded["strength"]) == {2}
    assert coded["passages"].equals(alone["passages"])

    tables._load.cache_clear()
    shutil.copy(SHIPPED / "codings_alignment.csv", case)
    code(case, {"a": ("", 0), "b": ("#58", 1)})
    nothing = pair.provisions_beside(source, case, mask=True)
    assert set(nothing["coded"]) == {""}  # the coders agree nowhere
    assert set(nothing["strength"]) == {0}


def test_every_sentence_finds_one_closest() -> None:
    source = pair.load_source()
    closest = pair.closest_sentences(source, *KOREA, mask=True)
    passages = source.features.passages
    own = passages[(passages["document_id"] == KOREA[0]) & ~passages["heading"]]
    assert list(closest["paragraph"]) == list(own["paragraph"])
    assert list(closest["sentence"]) == list(own["sentence"])
    assert closest["cosine"].between(0, 1).all()
    there = set(passages.loc[passages["document_id"] == KOREA[1], "section"])
    assert set(closest["section"]) <= there


def test_sections_of_the_shipped_outline_hold_passages() -> None:
    passages = load_features().passages
    known = set(passages.loc[passages["document_id"] == described("strategy_sections", SHIPPED), "section"].astype(str))
    sections = load("strategy_sections", SHIPPED)
    within = {"-".join(path.split("-")[:end]) for path in known for end in range(1, path.count("-") + 2)}
    assert set(sections.loc[sections["level"] > 0, "section_id"]) <= within


def test_check_names_the_folder_of_a_faulty_table(data: Path) -> None:
    assert not [fault for fault in check(data) if fault.file.startswith("cases/")]
    file = data / "cases" / "us-kor-2023" / "provision_actors.csv"
    file.write_text(file.read_text("utf-8") + "P94,KOR\nP01,JPN\n", encoding="utf-8")
    [state] = [str(fault) for fault in check(data) if fault.file.startswith("cases/")]
    assert state.startswith("cases/us-kor-2023/provision_actors.csv, row 181, column state: “JPN”")
    file.write_text(file.read_text("utf-8").replace("P01,JPN\n", ""), encoding="utf-8")
    [provision] = [str(fault) for fault in check(data) if fault.file.startswith("cases/")]
    assert provision.startswith("cases/us-kor-2023/provision_actors.csv, row 180, column provision_id: “P94”")


def test_the_tables_of_a_pair_count_among_what_a_notebook_reads() -> None:
    from analysis.runs.inputs import inputs

    load("provisions", SHIPPED)
    assert "cases/us-kor-2023/provisions.csv" in tables.files_read()
    assert "cases/us-kor-2023/provisions.csv" in inputs()["data"]
