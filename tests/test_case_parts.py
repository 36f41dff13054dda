"""What a case is made of: settings read strictly, chapters from the shared notebooks, features joined."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.cases import layout, notebooks
from analysis.cases import settings as cases
from analysis.core import paths
from analysis.core.errors import DataError, ParameterError
from analysis.data.tables import load
from analysis.measures.specifications import CHOICES, Source, Specification, curve
from analysis.runs.rerun import declared
from analysis.texts import corpus, features

SHIPPED = paths.CASES / "us-kor-2023"
TEXTS = {
    "aaa-bbb-2020-01-01": "Both sides will share warning data.\n\nThey oppose coercion at sea.\n",
    "ccc-nds-2021": "# I Aims\n\nForces share data with the ally.\n\n# II Means\n\nShips patrol the sea.\n",
    "bbb-nss-2022": "# 1 Outlook\n\nCoercion at sea is opposed. The ally shares data.\n",
}


def notebook(chapter: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((paths.SHARED_NOTEBOOKS / f"{chapter}.ipynb").read_text("utf-8"))
    return found


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of the shipped case."""
    return Path(shutil.copytree(SHIPPED, tmp_path / SHIPPED.name))


def set_up(case: Path, **settings: Any) -> None:
    file = case / cases.SETTINGS
    before = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump(before | settings, allow_unicode=True), encoding="utf-8")


# --- features


@pytest.mark.parametrize("added", [["ccc-nds-2021"], ["aaa-bbb-2020-01-01"], ["bbb-nss-2022", "aaa-bbb-2020-01-01"]])
def test_joined_features_are_those_of_all_texts_together(added: list[str], tmp_path: Path) -> None:
    together = features.build_tables(TEXTS, {"ccc-nds-2021": 2})
    shared = features.build_tables({i: t for i, t in TEXTS.items() if i not in added}, {"ccc-nds-2021": 2})
    own = features.build_tables({i: TEXTS[i] for i in added}, {"ccc-nds-2021": 2})
    joined = features.join_tables(shared, own)
    for name, table in together.items():
        assert corpus.first_difference(name, joined[name], table) == ""
        assert joined[name].schema.equals(table.schema)
    for place, tables in (("joined", joined), ("together", together)):
        features.write_features(tables, tmp_path / place)
    assert features.recorded_hashes(tmp_path / "joined") == features.recorded_hashes(tmp_path / "together")
    for name in together:
        assert (tmp_path / "joined" / f"{name}.parquet").read_bytes() == (
            tmp_path / "together" / f"{name}.parquet"
        ).read_bytes()


def test_a_document_of_ones_own_joins_the_shared_ones(case: Path, tmp_path: Path) -> None:
    import hashlib

    text = TEXTS["ccc-nds-2021"]
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "ccc-nds-2021.txt").write_text(text, encoding="utf-8")
    shared = load("documents").columns
    row = dict.fromkeys(shared, "") | {
        "document_id": "ccc-nds-2021",
        "kind": "strategy",
        "group": "comparison",
        "parties": "AUS",
        "year": "2021",
        "title": "A Strategy of One's Own",
        "publisher": "Office",
        "licence": "public domain",
        "language": "en",
        "words": "17",
        "paragraphs": "2",
        "sha256": "0" * 64,
    }

    def record(**cells: str) -> None:
        with (case / cases.DOCUMENTS).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(shared), lineterminator="\n")
            writer.writeheader()
            writer.writerow(row | cells)

    with pytest.raises(DataError, match="adds no document"):
        corpus.build_added(tmp_path, cases.own_documents(case), case)
    record()
    with pytest.raises(DataError, match=r"cases/us-kor-2023/documents.csv, row 2, column sha256"):
        corpus.build_added(tmp_path, cases.own_documents(case), case)
    record(document_id="kor-dwp-2022")
    with pytest.raises(DataError, match=r"documents.csv, row 2, column document_id: “kor-dwp-2022”"):
        cases.read(case)
    record(sha256=hashlib.sha256(text.encode()).hexdigest())
    assert corpus.build_added(tmp_path, cases.own_documents(case), case)["passages"] == 4
    set_up(case, strategy="ccc-nds-2021")
    read = cases.read(case)
    layout.write_place(read, 20, tmp_path / "place")
    data = tmp_path / "place" / "data"
    assert load("documents", data)["document_id"].to_list()[-1] == "ccc-nds-2021"
    joined = features.load_features(data / "features")
    assert (joined.passages["document_id"] == "ccc-nds-2021").sum() == 4
    assert not list(data.rglob("*.txt"))

    from analysis.measures.embeddings import read_scores

    source = Source(joined, load("documents", data), load("terms", data), read_scores(data / "features"))
    wanted = [Specification(representation=name, unit="paragraph") for name in CHOICES["representation"]]
    table, _ = curve(source, "us-kor-2023-04-26", "ccc-nds-2021", wanted)
    assert table["representation"].to_list() == ["tfidf", "bm25", "overlap"]  # embeddings know the shared ones alone
    table, _ = curve(source, "us-kor-2023-04-26", "kor-dwp-2022", wanted)
    assert table["placebos_strategies"].to_list() == [45, 45, 45, 44]


# --- settings


@pytest.mark.parametrize("name", ["", "Us-kor", "us_kor", "us--kor", "-us", "../us", "us/kor", "us.kor", "x" * 61])
def test_a_name_that_no_folder_should_have_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="allowed: a name of small letters"):
        cases.find(name)


def test_every_fault_of_the_settings_is_named_at_once(case: Path) -> None:
    set_up(case, titel="x", author=3, strategy="kor-dwp-2023", parts={"Peace": "Peace"}, speech_acts=["a", "a"])
    with pytest.raises(DataError) as caught:
        cases.read(case)
    said = str(caught.value)
    assert "case.yml, titel: the key is unknown (nearest: title)" in said
    assert "case.yml, author: “3”; allowed: text" in said
    assert "'kor-dwp-2023' is not the id of a strategy; nearest: kor-dwp-2022" in said
    assert "case.yml, parts: " in said
    assert "case.yml, speech_acts: " in said
    assert len(said.splitlines()) == 5


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"04": {}}, "the chapter is unknown"),
        ({"03-strategy": 1}, "allowed: values by name, of level"),
        ({"03-strategy": {"level": True}}, "allowed: a whole number"),
        ({"04-alignment": {"bar": "half"}}, "allowed: a number"),
        ({"04-alignment": {"mask": 1}}, "allowed: true or false"),
        ({"04-alignment": {"statement": "us-jpn-2025-02-07"}}, "the parameter is unknown"),
    ],
)
def test_parameters_are_those_that_the_notebooks_declare(case: Path, parameters: dict[str, Any], said: str) -> None:
    set_up(case, parameters=parameters)
    with pytest.raises(DataError, match=said):
        cases.read(case)


@pytest.mark.parametrize("content", ["", "[1, 2]", "title: [", "\xff"])
def test_a_file_that_holds_no_settings_is_named(case: Path, content: str) -> None:
    (case / cases.SETTINGS).write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match=r"case\.yml: "):
        cases.read(case)


# --- chapters


@pytest.mark.parametrize("chapter", cases.CHAPTERS)
def test_a_chapter_of_a_case_has_the_shared_cells_and_nothing_of_the_article(chapter: str) -> None:
    shared = notebook(chapter)
    made = notebooks.make_notebook(shared, "# A head", {"article", "coded", "approaches"}, {})
    kept = [c for c in shared["cells"] if not {"article", "coded"} & set(c["metadata"].get("tags", ()))]
    assert notebooks.source_of(made["cells"][0]) == "# A head"
    same = [
        notebooks.source_of(one) == notebooks.source_of(other)
        for one, other in zip(made["cells"][1:], kept[1:], strict=True)
        if "parameters" not in one["metadata"].get("tags", ())
    ]
    assert all(same)
    everything = "\n".join(map(notebooks.source_of, made["cells"][2:]))
    assert not re.search(r"\barticle\b|Ishiba|Japan|National Defense|ledger\.ledger|claim", everything)
    assert not any(cell.get("outputs") for cell in made["cells"])
    assert notebook(chapter) == shared


@pytest.mark.parametrize("chapter", cases.CHAPTERS)
@pytest.mark.parametrize("left_out", [{"article"}, {"article", "approaches"}, {"article", "coded", "approaches"}])
def test_no_cell_that_is_kept_needs_one_that_is_left_out(chapter: str, left_out: set[str]) -> None:
    import ast
    import builtins

    made = notebooks.make_notebook(notebook(chapter), "# A head", left_out, {})
    known = set(dir(builtins))
    for cell in made["cells"]:
        if cell["cell_type"] == "code":
            tree = ast.parse(notebooks.source_of(cell))
            for node in ast.walk(tree):
                if isinstance(node, ast.alias):
                    known.add(node.asname or node.name.split(".")[0])
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    known.add(node.id)
            assert notebooks.names_used(notebooks.source_of(cell)) <= known


def test_parameters_are_set_and_those_of_no_use_left_out() -> None:
    source = 'a: int = 1  # first\nb: str = "x"  # second\nc: float = 0.5  # third'
    values = {"b": 'y "z"', "c": 2}
    assert notebooks.set_parameters(source, values, {"b", "c"}) == (
        'b: str = "y \\"z\\""  # second\nc: float = 2.0  # third'
    )
    assert notebooks.set_parameters(source, {}, set()) == notebooks.NONE_LEFT


def test_links_to_pages_that_are_not_there_become_words() -> None:
    cell = {"cell_type": "markdown", "metadata": {}, "source": "[a](../book/a.md#x) [b](../book/b.md) [c](https://c.d)"}
    made = notebooks.unlinked({"cells": [cell]}, ["book/a.md"])
    assert notebooks.source_of(made["cells"][0]) == "[a](../book/a.md#x) b [c](https://c.d)"


def test_the_chapters_of_the_article_take_no_part_of_a_case() -> None:
    """The pair of the article stands in the shared notebooks, and its data package names the same documents."""
    from analysis.data.tables import described
    from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY

    defaults = declared(paths.NOTEBOOKS / "04-alignment.ipynb")
    assert paths.CASE == ""
    assert (defaults["statement"].default, defaults["strategy"].default) == (FOCAL_STATEMENT, FOCAL_STRATEGY)
    assert (described("provisions"), described("strategy_sections")) == (FOCAL_STATEMENT, FOCAL_STRATEGY)


# --- pages


@pytest.mark.parametrize("folder", [SHIPPED, paths.CASE_TEMPLATE], ids=lambda folder: folder.name)
def test_the_codebook_of_a_case_has_the_strengths_of_the_book(folder: Path) -> None:
    def rows(file: Path) -> list[str]:
        return re.findall(r"^\| [0-3] \| .*$", file.read_text("utf-8"), re.MULTILINE)

    assert rows(folder / "codebook.md") == rows(paths.SHARED_BOOK / "codebook.md")
    assert len(rows(folder / "codebook.md")) == 4


def test_the_sources_of_a_case_are_its_own_and_those_that_its_pages_cite(tmp_path: Path) -> None:
    layout.write_place(cases.read(SHIPPED), 20, tmp_path)
    keys = layout.entries((tmp_path / "data" / "sources.bib").read_text("utf-8"))
    assert set(keys) == {"uskor2023", "kordwp2022", "monroe2008", "simonsohn2020"}
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    (tmp_path / "book" / "old.md").write_text("# Old\n", encoding="utf-8")
    layout.write_place(cases.read(SHIPPED), 20, tmp_path)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()} == before
