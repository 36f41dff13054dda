"""The button that says how to rerun a chapter: with and without an address on Binder."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from sphinx.errors import ConfigError
from test_publish import notebook, outside, write_source

from analysis.book import build as publish
from analysis.book.pages import binder_address, commands
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.runs import rerun
from analysis.runs.notebooks import notebook_files
from analysis.runs.parameters import declared

SETTING = 'binder_repository: ""'


def build(folder: Path, repository: str) -> Path:
    """A small book with a page on rerunning and one chapter; returns the folder of its HTML."""
    source = write_source(folder / "source")
    (source / "book" / "rerun.md").write_text("# Rerunning\n", encoding="utf-8")
    with (source / "_toc.yml").open("a") as toc:
        toc.write("  - file: book/rerun\n")
    config = (source / "_config.yml").read_text(encoding="utf-8")
    assert SETTING in config
    (source / "_config.yml").write_text(config.replace('""', f'"{repository}"', 1), encoding="utf-8")
    publish.build_html(source, folder / "html")
    return folder / "html"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {
        name: build(tmp_path_factory.mktemp(name), repository)
        for name, repository in {"without": "", "with": "ann/balancing-act/v1/x"}.items()
    }


def chapter(book: Path) -> str:
    return (book / "notebooks" / "01-sample.html").read_text(encoding="utf-8")


def explanation(book: Path) -> str:
    [found] = re.findall(r'<dialog class="ba-rerun".*?</dialog>', chapter(book), re.DOTALL)
    return found


def test_the_setting_is_the_only_difference(books: dict[str, Path]) -> None:
    assert "mybinder.org" not in chapter(books["without"])
    assert "once the book is published with its repository" in explanation(books["without"])
    address = "https://mybinder.org/v2/gh/ann/balancing-act/v1%2Fx?urlpath=lab/tree/notebooks/01-sample.ipynb"
    assert f'href="{address}"' in explanation(books["with"])
    assert re.search(r'data-network="off" hidden>Binder needs a network', explanation(books["with"]))


@pytest.mark.parametrize("name", ["without", "with"])
def test_a_chapter_has_the_button_and_works_without_script_and_network(books: dict[str, Path], name: str) -> None:
    page = chapter(books[name])
    [button] = re.findall(r"<a [^>]*btn-rerun-button[^>]*>", page)
    assert 'href="../book/rerun.html"' in button
    assert (books[name] / "book" / "rerun.html").exists()
    assert "_static/rerun.js" in page
    assert (books[name] / "_static" / "rerun.js").exists()
    assert outside(page) == []
    words = unescape(explanation(books[name]))
    for line in ("make lab", "rerun 01 -p threshold=2", "papermill notebooks/01-sample.ipynb", "../book/rerun.html"):
        assert line in words


def test_other_pages_have_no_button(books: dict[str, Path]) -> None:
    for page in ("index", "rerun"):
        assert "rerun-button" not in (books["with"] / "book" / f"{page}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", ["ann/balancing-act", "https://github.com/ann/x/main", "ann//main", "a b/c/d"])
def test_another_form_of_the_setting_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"binder_repository: “.*”; allowed: OWNER/REPOSITORY/COMMIT"):
        binder_address(wrong, "notebooks/01-sample.ipynb")


def test_a_wrong_setting_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="binder_repository"):
        build(tmp_path, "ann")


@pytest.mark.parametrize("file", notebook_files(), ids=lambda path: path.stem)
def test_the_commands_name_a_parameter_that_the_chapter_has(file: Path) -> None:
    parameters = declared(file)
    lines = "\n".join(line for _, line in commands(file))
    [pair] = re.findall(r"rerun \w+ -p (\S+)", lines)
    assert rerun.read_pairs([pair], parameters) == {parameters[0].name: parameters[0].default}
    assert (paths.ROOT / re.findall(r"papermill (\S+)", lines)[0]).exists()


def test_values_are_quoted_for_the_shell(tmp_path: Path) -> None:
    import json

    told = notebook()
    told["cells"][1]["source"] = 'name: str = "two words"  # a name'
    (tmp_path / "01-sample.ipynb").write_text(json.dumps(told), encoding="utf-8")
    lines = [line for _, line in commands(tmp_path / "01-sample.ipynb")]
    assert lines[1].endswith("-p 'name=two words'")
    assert lines[2].endswith("-p name 'two words'")
