"""What every notebook has: a question, typed parameters, figures with texts, limits, and named results at the end."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.charts.vega import MIME_TYPE as VEGA_LITE
from analysis.core import paths
from analysis.data.tables import load
from analysis.runs.notebooks import README_FIGURE, chapter_files, notebook_files, picture
from analysis.runs.results import MIME_TYPE, read_results

NOTEBOOKS = notebook_files()
CODINGS = ("codings_alignment", "codings_topics", "codings_signals")


def cells(notebook: Path) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads(notebook.read_text("utf-8"))["cells"]
    return loaded


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def outputs(notebook: Path) -> list[dict[str, Any]]:
    return [output for cell in cells(notebook) for output in cell.get("outputs", ())]


each_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_is_one_for_each_step() -> None:
    assert [file.stem for file in chapter_files()] == [*load("steps")["notebook"], "09-aftermath"]


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


@each_notebook
def test_committed_outputs_are_whole_and_without_error(notebook: Path) -> None:
    for cell in cells(notebook):
        if cell["cell_type"] == "code":
            assert cell["execution_count"] is not None, source(cell)
    assert {output["output_type"] for output in outputs(notebook)} == {"execute_result"}


@each_notebook
def test_it_states_a_finding_and_its_limits(notebook: Path) -> None:
    html = "".join("".join(output["data"].get("text/html", "")) for output in outputs(notebook))
    assert html.count('<aside class="finding"') == 1
    assert html.count('<aside class="limits"') == 1


@each_notebook
def test_it_ends_by_recording_its_results(notebook: Path) -> None:
    last = cells(notebook)[-1]
    assert list(last["outputs"][0]["data"][MIME_TYPE]) == [notebook.stem]
    assert len(read_results([notebook])[notebook.stem]) >= 3


@each_notebook
def test_every_figure_says_what_the_data_show(notebook: Path) -> None:
    specs = [output["data"][VEGA_LITE] for output in outputs(notebook) if VEGA_LITE in output["data"]]
    assert specs
    for spec in specs:
        figure = spec["usermeta"]["figure"]
        assert len(figure["alt"]) > 60
        assert re.search(r"\d", figure["alt"]), "alt text gives numbers"
        assert figure["source"].startswith("Source: data/")
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
    if any(f'load("{table}")' in everything for table in CODINGS):
        shown = "\n".join(source(cell) for cell in cells(notebook) if cell["cell_type"] == "markdown")
        shown += "".join("".join(output["data"].get("text/html", "")) for output in outputs(notebook))
        assert "language model" in shown or "language-model" in shown


@each_notebook
def test_no_result_is_typed_into_prose(notebook: Path) -> None:
    allowed = "|".join(
        [
            r"article ¶[\d-]+|S\d|III-\d|`[^`]*`",  # paragraphs, steps, sections, code
            r"20\d\d|\d+ (?=January|February|March|April|July|November|December)",  # dates of the story
            r"runs from 0 \(no counterpart\) to 3|emphasis 0|, 3 where|1 is perfect, 0 is",  # ends of scales
            r"runs from -10 to 10",  # the scale of the signals
            r"\(\.\./book/[a-z-]+\.md#?[a-z0-9]*\)|\(0\d-[a-z]+\.ipynb\)|chapter \d|omission O\d",  # links
        ]
    )
    for cell in cells(notebook):
        if cell["cell_type"] == "markdown":
            left = re.sub(allowed, "", source(cell))
            assert not re.search(r"\d", left), left


def test_landing_page_types_no_result() -> None:
    page = (paths.BOOK / "index.md").read_text("utf-8")
    body = re.sub(
        r"\{result\}`[^`]*`|\]\([^)]*\)|20\d\d|7 February|chapters? \d|^\d\. |\[4|\[chapters 3", "", page, flags=re.M
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
