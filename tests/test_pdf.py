"""The PDF: what it shows and hides, that it is the same twice, and that a fault keeps the last good one."""

import hashlib
import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import nbformat.v4 as nb
import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from analysis import publish, results, show, sphinx_pdf, vega
from analysis.errors import BuildError

pytest.importorskip("sphinxcontrib_typstbuilder", reason="needs the packages of the extra `book`")

from analysis.sphinx_pdf_text import breakable, column_widths, marked_text, typst_formulas

PAGES = {
    "_config.yml": """
        title: "A sample: of a book"
        author: The writers
        only_build_toc_files: true
        bibtex_bibfiles: [sources.bib]
        parse: {myst_enable_extensions: [amsmath, colon_fence, deflist, dollarmath]}
        execute: {execute_notebooks: "off"}
        sphinx:
          extra_extensions: [analysis.sphinx_book, analysis.sphinx_charts]
          config: {bibtex_reference_style: author_year, nb_render_markdown_format: gfm, nitpicky: true}
        """,
    "_toc.yml": """
        format: jb-book
        root: index
        parts:
          - caption: The part
            numbered: true
            chapters: [{file: chapter}, {file: second}]
          - caption: The rest
            chapters: [{file: sources}]
        """,
    "CHANGELOG.md": """
        ## [0.2.0] - 2026-11-23
        ## [0.1.0] - 2025-01-01
        """,
    "sources.bib": """
        @misc{guo, author = {Guo, Ziya}, title = {An argument}, year = {2025}}
        """,
    "index.md": """
        # Preface

        Inserted: {result}`04-sample.share`. See [the chapter](chapter.ipynb) and {cite:p}`guo`. 菅義偉 and 刘劲松.

        A note.[^1] The same again.[^1] <!-- unseen -->

        [^1]: What the note says.
        """,
    "second.md": """
        # Formulas

        In a line $x^2$, on its own

        $$ \\alpha = 1 - \\frac{a}{b} $$

        and with a label

        $$ y = 1 $$ (second)

        as {eq}`second` shows.[^1]

        [^1]: Another note.

        Term
        : What it means.

        :::{note}
        To note.
        :::
        """,
    "sources.md": """
        # Sources

        ```{bibliography}
        :all:
        ```
        """,
}

CHART = {
    "$schema": show.SCHEMA,
    "title": {"text": "The title of the chart", "subtitle": "Its subtitle"},
    "data": {"values": [{"a": 1}, {"a": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
    "usermeta": {"figure": {"name": "fig-sample", "alt": "Two points.", "source": "Source: nowhere"}},
}


def output(data: dict[str, Any]) -> NotebookNode:
    """What a cell showed."""
    return nb.new_output("display_data", data=data)


def notebook() -> NotebookNode:
    """A chapter with parameters, hidden code, a finding, a table, a chart, and a record of results."""
    record = results.Results("04-sample")
    record.add("share", 0.73, "73%")
    table = "*How many*\n\n| Name | Count |\n|---|---:|\n| fish | 5 |"
    hidden = {"tags": ["hide-input"]}
    texts = ["> **Finding.** It holds.", table]
    cells = [
        nb.new_markdown_cell("# The chapter\n\n## A section"),
        nb.new_code_cell("threshold = 2", metadata={"tags": ["parameters"]}),
        *(
            nb.new_code_cell(
                "secret_code()",
                metadata=hidden,
                outputs=[output({"text/markdown": text, "text/html": "<b>web only</b>", "text/plain": "plain only"})],
            )
            for text in texts
        ),
        nb.new_code_cell(
            "secret_code()", metadata=hidden, outputs=[output({vega.MIME_TYPE: CHART, "text/plain": "p"})]
        ),
        nb.new_code_cell("last_cell", outputs=[output(dict(record._repr_mimebundle_()))]),
    ]
    return nb.new_notebook(cells=cells, metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}})


def write_sample(folder: Path) -> Path:
    """A staged sample book."""
    folder.mkdir(parents=True)
    for name, text in PAGES.items():
        (folder / name).write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    (folder / "chapter.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    (folder / "results.json").write_text('{"04-sample": {"share": {"value": 0.73, "text": "73%"}}}', encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PDF of the sample book, beside its sources and parsed pages."""
    folder = tmp_path_factory.mktemp("pdf")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        sphinx_pdf.build_pdf(write_sample(folder / "source"), folder / "book.pdf", folder / "doctrees")
    return folder / "book.pdf"


@pytest.fixture(scope="session")
def text(book: Path) -> str:
    """All text of the sample book."""
    return "\n".join(page.extract_text() for page in PdfReader(book).pages)


@pytest.mark.parametrize(
    "wanted",
    [
        "Inserted: 73%",
        "[Guo, 2025]",
        "菅義偉 and 刘劲松",
        "threshold = 2",
        "Finding. It holds.",
        "The title of the chart",
        "Its subtitle",
        "Source: nowhere",
        "What the note says.",
        "Another note.",
        "What it means.",
        "To note.",
    ],
)
def test_shows(text: str, wanted: str) -> None:
    assert text.count(wanted) == 1


@pytest.mark.parametrize("unwanted", ["secret_code", "last_cell", "web only", "plain only", "unseen", "vega"])
def test_hides(text: str, unwanted: str) -> None:
    assert unwanted not in text


def test_numbers_only_what_has_a_label(text: str) -> None:
    assert "How many" in text
    assert "Table" not in text
    assert "Figure" not in text
    assert "(1)" not in text
    assert text.count("(2.1)") == 2  # the labelled formula of chapter 2 and the reference to it


def test_outline_metadata_and_alt_text(book: Path) -> None:
    reader = PdfReader(book)
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert titles == ["Preface", "1 The chapter", "2 Formulas", "Sources"]
    information = reader.metadata
    assert information is not None
    assert (information.title, information.author) == ("A sample: of a book", "The writers")
    assert f"{information.creation_date:%Y-%m-%d}" == "2026-11-23"
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert "Two points.".encode("utf-16-be") in book.read_bytes() or b"Two points." in book.read_bytes()


def test_same_bytes_elsewhere(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    again = tmp_path / "other" / "again.pdf"
    sphinx_pdf.build_pdf(write_sample(tmp_path / "other source"), again, tmp_path / "doctrees")
    assert hashlib.sha256(again.read_bytes()).hexdigest() == hashlib.sha256(book.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```{eval-rst}\n.. math_unknown::\n```", "math_unknown"),
        ("{result}`04-sample.shares`", "04-sample.share"),
        ("<table><tr><td>lost</td></tr></table>", "raw HTML"),
        ("$\\unknowncommand{x}$", "unknowncommand"),
        ("A letter that no font has: \U00012000", "font"),
    ],
)
def test_a_fault_is_named_and_keeps_the_last_good_book(book: Path, tmp_path: Path, page: str, message: str) -> None:
    source, pdf = write_sample(tmp_path / "source"), tmp_path / "book.pdf"
    shutil.copyfile(book, pdf)
    (source / "second.md").write_text(f"# Faulty\n\n{page}\n", encoding="utf-8")
    with pytest.raises(BuildError, match=message):
        sphinx_pdf.build_pdf(source, pdf, tmp_path / "doctrees")
    assert pdf.read_bytes() == book.read_bytes()
    assert [file.name for file in tmp_path.glob("book.pdf*")] == ["book.pdf"]


def test_unknown_node_is_an_error(book: Path, tmp_path: Path) -> None:
    source = write_sample(tmp_path / "source")
    (source / "second.md").write_text("# Faulty\n\n```{eval-rst}\n.. acks::\n\n   * one\n```\n", encoding="utf-8")
    config = source / "_config.yml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("analysis.sphinx_charts]", "analysis.sphinx_charts, sample_node]")
    )
    (tmp_path / "sample_node.py").write_text(
        "from docutils import nodes\n"
        "class strange(nodes.General, nodes.Element): pass\n"
        "def setup(app):\n"
        "    app.add_node(strange)\n"
        "    app.connect('doctree-read', lambda app, tree: app.env.docname == 'second' and tree[0].append(strange()))\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(BuildError, match="“strange” on page second"):
            sphinx_pdf.build_pdf(source, tmp_path / "book.pdf", tmp_path / "doctrees")


def test_html_is_untouched_by_the_extension(tmp_path: Path) -> None:
    source = write_sample(tmp_path / "source")
    settings = publish.configuration(source)
    settings["extensions"].append(sphinx_pdf.EXTENSION)
    publish.run_sphinx(source, tmp_path / "html", tmp_path / "doctrees", "html", settings)
    assert "secret_code" in (tmp_path / "html" / "chapter.html").read_text(encoding="utf-8")


def test_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    changelog = "## [Unreleased]\n## [0.1.0] - 2026-11-23\n"
    assert f"{sphinx_pdf.book_date(changelog)}" == "2026-11-23"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert f"{sphinx_pdf.book_date('')}" == "1970-01-02"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    with pytest.raises(BuildError, match="no release"):
        sphinx_pdf.book_date("")


def test_formulas() -> None:
    assert typst_formulas([]) == []
    first, second = typst_formulas(["x^2", r"\frac{a}{b}"])
    assert first == "x^2"
    assert second == "a / b"


def test_column_widths() -> None:
    assert column_widths([["a", "b"], ["one", "two"]]) == ["auto", "auto"]
    first, second, third = (
        float(width.removesuffix("fr"))
        for width in column_widths([["Id", "Day", "Why"], ["C01", "2025-02-07", "because " * 40]])
    )
    assert first < second < third
    assert third > 5 * second


def test_texts() -> None:
    assert (
        breakable("data/event_sources.csv.gz and so on")
        == "data/\u200bevent_\u200bsources.\u200bcsv.\u200bgz and so on"
    )
    assert marked_text('a "b"') == '#"a \\"b\\""'
    assert marked_text("菅義偉") == '#"菅義偉"'
    assert marked_text("刘劲松") == '#text(lang: "zh", "刘劲松")'
