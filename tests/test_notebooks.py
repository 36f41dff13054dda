"""What every notebook has: a question, typed parameters, figures with texts, limits, and named results at the end.

Chapters are essays: bars hold how much code they carry, and every named result has a reader.
"""

import ast
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from pybtex.database import parse_string

from analysis.charts.vega import MIME_TYPE as VEGA_LITE
from analysis.claims.ledger import VERDICTS
from analysis.core import paths
from analysis.data.tables import load
from analysis.runs.notebooks import README_FIGURE, chapter_files, notebook_files, picture
from analysis.runs.parameters import declared
from analysis.runs.results import MIME_TYPE, read_results

NOTEBOOKS = notebook_files()
CHAPTERS = chapter_files()
CODINGS = ("codings_alignment", "codings_topics", "codings_signals")
# the most code cells, and lines of code, that a chapter has
BARS = {"04-alignment": (25, 300), "07-signals": (13, 165)}
USUAL = (12, 150)
MIDDLE = {"07-signals": 11}  # lines of the middle cell, where there are more than 6: it has the most to show
OF_CLAIMS = {"claims", "claims_hold", "claims_checkable"}  # recorded by every chapter that shows claims
OF_README = {"closer_strategies"}  # what the README says without a number is held to


def cells(notebook: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(notebook.read_text("utf-8"))["cells"]
    return loaded


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def outputs(notebook: Path) -> list[dict[str, Any]]:
    return [output for cell in cells(notebook) for output in cell.get("outputs", ())]


each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_is_one_for_each_step() -> None:
    assert [file.stem for file in chapter_files()] == [
        *load("steps")["notebook"],
        *("09-aftermath", "10-rivals", "11-closest"),
    ]


@each_notebook
def test_it_opens_with_its_question_and_place(notebook: Path) -> None:
    first = source(cells(notebook)[0])
    assert re.match(r"# [A-Z]", first)
    assert "**Question.**" in first
    assert re.search(r"\*\*Place in the argument\.\*\* (Step|After step) S\d, article ¶", first)


@each_notebook
def test_parameters_are_typed_documented_and_in_one_cell(notebook: Path) -> None:
    tagged = [cell for cell in cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    assert len(tagged) == 1
    text = source(tagged[0])
    for line, node in zip(text.splitlines(), ast.parse(text).body, strict=True):
        assert isinstance(node, ast.AnnAssign)
        assert re.search(r"  # \w.{10,}", line), line


def above_bars(notebook: Path) -> list[str]:
    """The bars of an essay that a chapter breaks, in the words of `ALTERED`."""
    code = [cell for cell in cells(notebook) if cell["cell_type"] == "code"]
    lines = [[line for line in source(cell).splitlines() if line.strip()] for cell in code]
    total = sum(map(len, lines))
    words = sum(len(source(cell).split()) for cell in cells(notebook) if cell["cell_type"] == "markdown")
    tags = [tag for cell in cells(notebook) for tag in cell["metadata"].get("tags", [])]
    text = "\n".join(source(cell) for cell in code)
    most_cells, most_lines = BARS.get(notebook.stem, USUAL)
    broken = {
        "code cells": len(code) > most_cells,
        "lines of code": total > most_lines,
        "the middle cell": median(map(len, lines)) > MIDDLE.get(notebook.stem, 6),
        "long lines": max(len(line) for cell in lines for line in cell) > 120,
        "words to lines": words < 3 * total,
        "imports": source(code[0]) != source(next(c for c in cells(CHAPTERS[0]) if c["cell_type"] == "code")),
        "bounds": tags.count("parameters") != 1 or not all(p.allowed or p.type == "bool" for p in declared(notebook)),
        "a chart": "alt.Chart(" not in text,
        "tags": bool([tag for tag in tags if not re.fullmatch("parameters|hide-input|remove-.+", tag)]),
        "unformatted": text.count("# fmt: skip") > 2,
    }
    return [bar for bar, is_broken in broken.items() if is_broken]


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_is_an_essay(notebook: Path) -> None:
    assert above_bars(notebook) == []


def rewritten(pattern: str, text: str, kind: str = "code") -> Callable[[list[dict[str, Any]]], None]:
    """An alteration of all cells of a kind."""

    def alter(altered: list[dict[str, Any]]) -> None:
        for cell in altered:
            if cell["cell_type"] == kind:
                cell["source"] = [re.sub(pattern, text, source(cell))]

    return alter


def with_cells(*texts: str, tag: str = "hide-input") -> Callable[[list[dict[str, Any]]], None]:
    """An alteration that adds code cells at the end."""
    added = [{"cell_type": "code", "metadata": {"tags": [tag]}, "source": [text]} for text in texts]
    return lambda altered: altered.extend(added)


ALTERED = {
    "code cells": with_cells(*["x = 1"] * USUAL[0]),
    "lines of code": with_cells("x = 1\n" * USUAL[1]),
    "the middle cell": rewritten(r"\Z", "\nx = 1" * 6),
    "long lines": with_cells("#" * 121),
    "words to lines": rewritten(r"(?s).+", "# Nothing said", "markdown"),
    "imports": rewritten("import pandas as pd", "import pandas"),
    "bounds": rewritten(r"(?m)^(\w+: \w+ = .*  # .*) \[.*\]$", r"\1"),
    "a chart": rewritten(r"alt\.Chart\(", "charts.bars("),
    "tags": with_cells("x = 1", tag="approaches"),
    "unformatted": with_cells("x = 1  # fmt: skip\n" * 3),
}


@pytest.mark.parametrize("bar", ALTERED)
def test_each_bar_is_held(bar: str, tmp_path: Path) -> None:
    whole = json.loads(CHAPTERS[2].read_text("utf-8"))
    ALTERED[bar](whole["cells"])
    copy = tmp_path / CHAPTERS[2].name
    copy.write_text(json.dumps(whole), encoding="utf-8")
    assert bar in above_bars(copy)


@each_notebook
def test_committed_outputs_are_whole_and_without_error(notebook: Path) -> None:
    for cell in cells(notebook):
        if cell["cell_type"] == "code":
            assert cell["execution_count"] is not None, source(cell)
    assert {output["output_type"] for output in outputs(notebook)} <= {"execute_result", "display_data"}


@each_notebook
def test_it_states_a_finding_and_its_limits(notebook: Path) -> None:
    html = "".join("".join(output["data"].get("text/html", "")) for output in outputs(notebook))
    assert html.count('<aside class="finding"') == 1
    assert html.count('<aside class="limits"') == 1


@each_notebook
def test_it_ends_by_recording_its_results(notebook: Path) -> None:
    last = cells(notebook)[-1]
    assert list(last["outputs"][-1]["data"][MIME_TYPE]) == [notebook.stem]
    assert len(read_results([notebook])[notebook.stem]) >= 3


@each_notebook
def test_every_figure_says_what_the_data_show(notebook: Path) -> None:
    specs = [output["data"][VEGA_LITE] for output in outputs(notebook) if VEGA_LITE in output["data"]]
    assert specs
    for spec in specs:
        figure = spec["usermeta"]["figure"]
        assert len(figure["alt"]) > 60
        assert re.search(r"\d", figure["alt"]), "alt text gives numbers"
        assert re.match(r"Source: \w", figure["source"])
        assert "data/" not in figure["source"] or notebook not in CHAPTERS, "sources in words, not files"
        assert spec["title"]["text"]
        assert not spec["title"]["text"].endswith(".")


def test_figure_names_are_used_once() -> None:
    names = [
        output["data"][VEGA_LITE]["usermeta"]["figure"]["name"]
        for n in NOTEBOOKS
        for output in outputs(n)
        if VEGA_LITE in output["data"]
    ]
    assert len(set(names)) == len(names)


@each_notebook
def test_codings_are_used_with_their_coders_named(notebook: Path) -> None:
    everything = "\n".join(source(cell) for cell in cells(notebook))
    if any(f'"{table}"' in everything for table in CODINGS):
        shown = "\n".join(source(cell) for cell in cells(notebook) if cell["cell_type"] == "markdown")
        shown += "".join("".join(output["data"].get("text/html", "")) for output in outputs(notebook))
        assert "language model" in shown or "language-model" in shown


@each_notebook
def test_no_result_is_typed_into_prose(notebook: Path) -> None:
    allowed = "|".join(
        [
            r"(article|its) ¶[\d-]+|S\d|III-\d|`[^`]*`",  # paragraphs, steps, sections, code
            r"(19|20)\d\d|\d+ (?=January|February|March|April|July|August|November|December)",  # dates of the story
            r"runs from -?\d+ (\(\w[\w ]*\) )?to \d+|1 (is|being) perfect|, 0 is|a \d against a \d",  # ends of scales
            r"from 0 \(absent\) over 1 \(in passing\) and 2 \(a position of its own\) to 3 \(",
            r"it is 1 where the coders agree everywhere and 0 where",
            r"\(\.\./book/[a-z-]+\.md#?[a-z0-9]*\)|\((0\d|1\d)-[a-z]+\.ipynb\)|[Cc]hapter \d+|omission O\d|G7",
        ]
    )
    for cell in cells(notebook):
        if cell["cell_type"] == "markdown":
            left = re.sub(allowed, "", source(cell))
            assert not re.search(r"\d", left), left


def test_landing_page_types_no_result() -> None:
    page = (paths.BOOK / "index.md").read_text("utf-8")
    body = re.sub(
        r"\{result\}`[^`]*`|\]\([^)]*\)|(19|20)\d\d|7 February|chapters? \d+|^\d\. |\[(4|10)|\[chapters \d",
        "",
        page,
        flags=re.M,
    )
    assert not re.search(r"\d", body), re.findall(r".*\d.*", body)


def test_the_readme_says_what_the_texts_show() -> None:
    """The README states the finding of chapter 4 in words; here it is held against the run."""
    results = read_results(NOTEBOOKS)["04-alignment"]
    readme = " ".join((paths.ROOT / "README.md").read_text("utf-8").split())
    assert "no other statement is as close to the strategy" in readme
    assert results["rank_statements"]["value"] == 1
    assert "no other state's strategy is as close to the statement" in readme
    assert results["rank_strategies_other"]["value"] == 1
    assert "Japan's security strategies of 2022 and 2013 are closer" in readme
    assert results["closer_strategies"]["value"] == "jpn-nss-2022, jpn-nss-2013"


def test_results_named_on_pages_exist() -> None:
    results = read_results(NOTEBOOKS)
    for page in paths.BOOK.glob("*.md"):
        for chapter, name in re.findall(r"\{result\}`([^.`]+)\.([^`]+)`", page.read_text("utf-8")):
            assert name in results[chapter], (page.name, chapter, name)


def read_elsewhere() -> set[tuple[str, str]]:
    """The results, by chapter and name, that pages, exercises and sweeps read."""
    pages = "\n".join(page.read_text("utf-8") for page in paths.BOOK.rglob("*.md"))
    read = set(re.findall(r"\{result\}`([^.`]+)\.([^`]+)`", pages))
    if "{verdict-strip}" in pages:
        read |= {("08-balance", verdict.replace(" ", "_")) for verdict in VERDICTS}
    exercises = yaml.safe_load((paths.BOOK / "exercises.yml").read_text("utf-8")).values()
    sweeps = [yaml.safe_load(file.read_text("utf-8")) for file in sorted((paths.ROOT / "sweeps").glob("*.yml"))]
    for asked in (*exercises, *sweeps):
        [chapter] = [file.stem for file in CHAPTERS if file.stem.startswith(str(asked["chapter"]))]
        read |= {(chapter, name) for name in asked.get("results", [asked.get("result")])}
    return read


def idle(chapter: str, names: Iterable[str], code: str) -> list[str]:
    """The named results of a chapter that no page, exercise or sweep reads, and no template of its code.

    Results that one line records together, as f"alpha_{variable}", are read where one of them is.
    """
    read = {name for notebook, name in read_elsewhere() if notebook == chapter} | OF_CLAIMS | OF_README
    read |= {name for name in names if f"{{{name}}}" in code}
    together = [re.sub(r"\\{[^}]*\\}", r"\\w+", re.escape(name)) for name in re.findall(r'f"(\w*\{[\w.]+\}\w*)"', code)]
    read_together = [form for form in together if any(re.fullmatch(form, name) for name in read)]
    return [n for n in names if n not in read and not any(re.fullmatch(form, n) for form in read_together)]


@pytest.mark.parametrize("notebook", CHAPTERS, ids=lambda path: path.stem)
def test_every_result_is_read_by_something(notebook: Path) -> None:
    code = "\n".join(source(cell) for cell in cells(notebook) if cell["cell_type"] == "code")
    names = read_results([notebook])[notebook.stem]
    assert idle(notebook.stem, names, code) == []
    assert idle(notebook.stem, [*names, "left_over"], code) == ["left_over"]


def test_the_section_on_balance_cites_works_that_say_what_was_read() -> None:
    [section] = [text for text in map(source, cells(paths.NOTEBOOKS / "08-balance.ipynb")) if "## What balance" in text]
    cited = set(re.findall(r"\{cite:p\}`(\w+)`", section))
    entries = parse_string(paths.BIBLIOGRAPHY.read_text("utf-8"), "bibtex").entries
    assert cited == {"snyder1984", "kuik2008", "koga2018", "liff2019"}
    assert all("read" in entries[key].fields["note"] and entries[key].fields["doi"] for key in cited)


def test_picture_of_the_readme_is_that_of_the_notebook() -> None:
    assert (
        paths.README_PICTURE.read_text("utf-8").rstrip()
        == picture(paths.NOTEBOOKS / README_FIGURE[0], README_FIGURE[1]).rstrip()
    )


def test_charts_ask_no_other_host() -> None:
    for notebook in NOTEBOOKS:
        for output in outputs(notebook):
            if VEGA_LITE in output["data"]:
                spec = json.dumps(
                    {
                        key: value
                        for key, value in output["data"][VEGA_LITE].items()
                        if key not in ("$schema", "datasets")
                    }
                )
                assert "http" not in spec
