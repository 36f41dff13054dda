"""The PDF: what it shows, hides and sets where, that it is the same twice, and that a fault keeps the last good one."""

import hashlib
import json
import re
import shutil
import textwrap
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat.v4 as nb
import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from nbformat import NotebookNode
from pypdf import PdfReader
from sphinx import addnodes

from analysis import __version__
from analysis.book import build
from analysis.book.pdf import builder, layout
from analysis.charts import show, vega
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.runs import results

pytest.importorskip("typst", reason="needs the packages of the extra `book`")

from analysis.book.links import link_texts
from analysis.book.pdf.text import breakable, column_widths, marked_text, readable_address, typst_formulas

PAGES = {
    "_config.yml": """
        title: "A sample: of a book"
        author: The writers
        only_build_toc_files: true
        bibtex_bibfiles: [sources.bib]
        parse: {myst_enable_extensions: [amsmath, colon_fence, deflist, dollarmath]}
        execute: {execute_notebooks: "off"}
        sphinx:
          extra_extensions: [analysis.book]
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
    "CITATION.cff": """
        abstract: What the sample is about.
        keywords: [fish, books]
        authors: [{name: The writers}]
        title: A sample
        version: 0.2.0
        date-released: 2026-11-23
        references:
          - {type: book, title: Another book, authors: [{name: Nobody}], year: 1999}
          - {type: article, title: An argument, authors: [{family-names: Guo, given-names: Ziya}], year: 2025}
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

FRONT = 3  # title page, contents, lists of figures and tables
CHART = {
    "$schema": show.SCHEMA,
    "title": {"text": "The title of the chart", "subtitle": "Its subtitle"},
    "data": {"values": [{"a": 1}, {"a": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "a", "type": "quantitative"}},
    "usermeta": {"figure": {"name": "fig-sample", "alt": "Two points.", "source": "Source: nowhere"}},
}
TALL = {
    **CHART,
    "title": "A tall chart",
    "height": 400,
    "usermeta": {"figure": {"name": "fig-tall", "alt": "Two points far apart.", "source": "Source: elsewhere"}},
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
        nb.new_markdown_cell("## Another section\n\n" + "Words that fill the page.\n\n" * 10),
        nb.new_code_cell("secret_code()", metadata=hidden, outputs=[output({vega.MIME_TYPE: TALL, "text/plain": "p"})]),
        nb.new_markdown_cell("The text goes on."),
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
    build.build_pdf(write_sample(folder / "source"), folder / "book.pdf")
    return folder / "book.pdf"


@pytest.fixture(scope="session")
def pages(book: Path) -> list[str]:
    """The text of each page of the sample book."""
    return [page.extract_text() for page in PdfReader(book).pages]


@pytest.fixture(scope="session")
def text(pages: list[str]) -> str:
    """All text of the sample book after its title page, contents and lists."""
    return "\n".join(pages[FRONT:])


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


def test_numbers_formulas_with_a_label_and_what_has_a_title(text: str) -> None:
    assert "(1)" not in text
    assert text.count("(2.1)") == 2  # the labelled formula of chapter 2 and the reference to it
    assert re.findall(r"(?:Figure|Table) \d+\.\d+(?! is)", text) == ["Table 1.1", "Figure 1.1", "Figure 1.2"]


def test_title_page_cites_article_and_edition(pages: list[str]) -> None:
    words = " ".join(pages[0].split())
    assert "What the sample is about." in words
    assert "Guo, Z. (2025). An argument." in words
    assert f"The writers (2026). A sample: of a book (version {__version__})." in words


def test_lists_of_figures_and_tables(pages: list[str]) -> None:
    assert pages[2].split("\n")[:-1] == [
        "Figures", "1.1 The title of the chart 2", "1.2 A tall chart 3", "Tables", "1.1 How many 2",
    ]  # fmt: skip
    [shown] = [place for place, page in enumerate(pages[FRONT:], 1) if "A tall chart" in page]
    assert shown == 3


def test_a_chart_stays_with_its_title_and_source_and_the_text_goes_on_before_it(pages: list[str]) -> None:
    for title, source, name in [
        ("The title of the chart", "Source: nowhere", "fig-sample"),
        ("A tall chart", "Source: elsewhere", "fig-tall"),
    ]:
        [shown] = [page for page in pages[FRONT:] if title in page]
        assert source in shown
        assert name in shown
    assert "Figure 1.2 is on page 3" in pages[FRONT + 1]
    assert "The text goes on." in pages[FRONT + 1]


def test_outline_page_labels_and_properties(book: Path) -> None:
    reader = PdfReader(book)
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert titles == ["Contents", "Figures", "Tables", "Preface", "1 The chapter", "2 Formulas", "Sources"]
    [sections] = [entry for entry in reader.outline if isinstance(entry, list)]
    assert [entry["/Title"] for entry in sections] == ["1.1 A section", "1.2 Another section"]
    assert reader.page_labels == ["", "i", "ii", "1", "2", "3", "4", "5"]
    information = reader.metadata
    assert information is not None
    assert (information.title, information.author) == ("A sample: of a book", "The writers")
    assert (information.subject, information["/Keywords"]) == ("What the sample is about.", "fish, books")
    assert f"{information.creation_date:%Y-%m-%d}" == "2026-11-23"
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en", True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]


def structure(part: Any) -> Iterator[Any]:
    """The elements of the structure of a PDF, in the order of reading."""
    part = part.get_object()
    for element in part if isinstance(part, list) else [part]:
        element = element.get_object()
        if isinstance(element, dict):
            yield element
            if "/K" in element:
                yield from structure(element["/K"])


def test_every_figure_has_its_alt_text_and_every_column_of_a_table_its_head(book: Path) -> None:
    elements = list(structure(PdfReader(book).trailer["/Root"]["/StructTreeRoot"]))
    assert [part["/Alt"] for part in elements if part.get("/S") == "/Figure"] == [
        "Two points.",
        "Two points far apart.",
    ]
    assert [part.get("/S") for part in elements].count("/TH") == 2


def link_targets(reader: PdfReader) -> Iterator[Any]:
    """Where the links of a PDF lead within it."""
    for page in reader.pages:
        for annotation in page.annotations or ():
            link = annotation.get_object()
            if link.get("/A", {}).get("/S") != "/URI":
                yield (link["/Dest"] if "/Dest" in link else link["/A"]["/D"]).get_object()


def test_internal_links_lead_to_places_in_the_book(book: Path) -> None:
    reader = PdfReader(book)
    pages = {page.indirect_reference.idnum: page for page in reader.pages if page.indirect_reference}
    targets = list(link_targets(reader))
    for page, kind, across, up, *_ in targets:
        assert kind == "/XYZ"
        box = pages[page.idnum].mediabox
        assert 0 <= across <= box.width
        assert 0 <= up <= box.height
    # 7 places in the contents, 3 in the lists, a chapter, a citation and its way back, a formula, the way to a chart
    assert len(targets) >= 14


def test_no_text_off_the_page(book: Path) -> None:
    for number, page in enumerate(PdfReader(book).pages):

        def check(
            text: str, matrix: list[float], place: list[float], _font: Any, size: float, number: int = number
        ) -> None:
            left, up = (place[0] * matrix[0] + matrix[4], place[1] * matrix[3] + matrix[5])
            width = sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.45 for sign in text.strip())
            if text.strip():
                assert 0 <= left <= 595.3 - width * size * abs(matrix[0]), (number, text)
                assert 0 <= up <= 841.9, (number, text)

        page.extract_text(visitor_text=check)


def test_same_bytes_elsewhere(book: Path, tmp_path: Path) -> None:
    again = tmp_path / "other" / "again.pdf"
    build.build_pdf(write_sample(tmp_path / "other source"), again)
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
        build.build_pdf(source, pdf)
    assert pdf.read_bytes() == book.read_bytes()
    assert [file.name for file in tmp_path.glob("book.pdf*")] == ["book.pdf"]


def test_unknown_node_is_an_error(book: Path, tmp_path: Path) -> None:
    source = write_sample(tmp_path / "source")
    (source / "second.md").write_text("# Faulty\n", encoding="utf-8")
    config = source / "_config.yml"
    config.write_text(config.read_text(encoding="utf-8").replace("analysis.book]", "analysis.book, sample_node]"))
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
            build.build_pdf(source, tmp_path / "book.pdf")


def test_html_is_untouched_by_the_builder(tmp_path: Path) -> None:
    source = write_sample(tmp_path / "source")
    settings = build.configuration(source)
    build.run_sphinx(source, tmp_path / "html", tmp_path / "doctrees", "html", settings)
    assert "secret_code" in (tmp_path / "html" / "chapter.html").read_text(encoding="utf-8")


def test_what_the_title_page_takes_from_the_citation() -> None:
    cff = """
        keywords: [fish]
        references:
          - type: article
            title: T
            authors: [{family-names: A, given-names: Bo}, {name: C}]
            date-published: 2024-05-06
        """
    article = {"authors": "A, B., C", "year": "2024", "title": "T"}
    assert builder.described(yaml.safe_load(cff)) == {"keywords": ["fish"], "article": article}
    assert builder.described({}) == {}


def test_the_day_is_that_of_the_newest_release(tmp_path: Path) -> None:
    assert build.book_day(tmp_path) == ""
    file = tmp_path / build.CHANGELOG
    file.write_text("## [Unreleased]\n## [0.2.0] - 2026-11-23\n## [0.1.0] - 2025-01-01\n", encoding="utf-8")
    assert build.book_day(tmp_path) == "2026-11-23"
    file.write_text("## [Unreleased]\n", encoding="utf-8")
    with pytest.raises(BuildError, match="no release"):
        build.book_day(tmp_path)


def test_formulas() -> None:
    assert typst_formulas([]) == []
    first, second = typst_formulas(["x^2", r"\frac{a}{b}"])
    assert first == "x^2"
    assert second == "a / b"


def item(place: str, first: tuple[int, float], last: tuple[int, float], picture: float = 0.0) -> layout.Item:
    """A chart, or a table where it has no picture, of which begin and end are given as page and points from the top."""
    return layout.Item(place, *first, *last, head=70.0, bottom=770.0, texts=50.0 if picture else 0.0, picture=picture)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (item("a#1", (1, 100.0), (1, 400.0), 250.0), {}),
        (item("a#1", (1, 500.0), (2, 70.0), 250.0), {"scale": 0.862}),  # 220 of 250 points are left for the picture
        (item("a#1", (1, 600.0), (2, 70.0), 250.0), {"float": True}),
        (item("a#1", (1, 720.0), (2, 70.0), 250.0), {}),  # hardly anything is left
        (item("a#1", (1, 720.0), (3, 70.0), 250.0), {"float": True}),  # but a page between would stay empty
        (item("a#1", (1, 300.0), (2, 400.0)), {}),
        (item("a#1", (1, 700.0), (2, 400.0)), {"keep": True}),
        (item("a#1", (1, 300.0), (2, 120.0)), {"keep": True}),
    ],
)
def test_what_a_page_end_changes(found: layout.Item, wanted: dict[str, Any]) -> None:
    assert layout.change(found) == wanted


def test_changes_come_one_by_one_in_a_page_of_the_book_and_charts_keep_their_order() -> None:
    items = [
        item("a#1", (1, 600.0), (2, 70.0), 250.0),
        item("a#2", (2, 600.0), (3, 70.0), 250.0),
        item("b#1", (7, 600.0), (8, 70.0), 250.0),
    ]
    once = layout.more_changes(items, {})
    assert once == {"a#1": {"float": True}, "b#1": {"float": True}}
    later = [item("a#1", (3, 70.0), (3, 70.0), 250.0), item("a#2", (2, 200.0), (2, 200.0), 250.0)]
    assert layout.more_changes(later, once)["a#2"] == {"float": True}
    assert layout.more_changes(later[:1], once) == once


def test_the_height_of_a_chart_at_the_head_of_a_page_is_no_part_of_a_table() -> None:
    items = [item("a#1", (2, 70.0), (2, 70.0), 250.0), item("a#2", (1, 300.0), (2, 450.0))]
    assert layout.more_changes(items, {}) == {}
    assert layout.more_changes(items, {"a#1": {"float": True}})["a#2"] == {"keep": True}


@pytest.mark.parametrize(("changes", "last_page"), [({}, "g29"), ({"t": {"keep": True}}, "g27 g28 g29")])
def test_the_last_rows_of_a_table_stay_together(tmp_path: Path, changes: dict[str, Any], last_page: str) -> None:
    import typst

    cells = ", ".join(f"table.cell[g{n}], table.cell[one]" for n in range(10, 30))
    (tmp_path / "layout.json").write_text(json.dumps(changes), encoding="utf-8")
    shutil.copyfile(paths.TYPST / "template.typ", tmp_path / "template.typ")
    (tmp_path / "book.typ").write_text(
        '#import "template.typ": *\n#set page(height: 300pt, margin: 10pt)\n'
        f'#book-table(id: "t", columns: (auto, auto), table.header([A], [B]), {cells})',
        encoding="utf-8",
    )
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[paths.FONTS])  # the same on every machine
    typst.compile(tmp_path / "book.typ", tmp_path / "book.pdf", root=tmp_path, font_paths=fonts)
    *_, last = PdfReader(tmp_path / "book.pdf").pages
    assert " ".join(re.findall(r"g\d+", last.extract_text())) == last_page


def test_ids_of_entries_become_links() -> None:
    tree = new_document("book")
    for page, texts in {"ledger": ["The claim itself"], "chapter": ["C05, C06 and c05", "see C05"]}.items():
        file = addnodes.start_of_file(docname=page)
        file += [nodes.paragraph("", part) for part in texts]
        tree += file
    tree[0][0]["ids"] = ["c05"]
    tree[1][1].replace_self(nodes.paragraph("", "", nodes.literal("", "C05")))
    link_texts(tree, lambda entry_id: {"C05": "%ledger#c05"}.get(entry_id, ""))
    assert [(link.astext(), link["refuri"]) for link in tree.findall(nodes.reference)] == [("C05", "%ledger#c05")]
    assert tree.astext().split("\n\n")[-2] == "C05, C06 and c05"


def test_addresses_are_shown_as_people_read_them() -> None:
    assert readable_address("https://a.jp/%E5%B2%B8%E7%94%B0/a%20b") == "https://a.jp/岸田/a%20b"
    assert readable_address("https://a.jp/%e5%b2%b8%e3%80%80") == "https://a.jp/岸%E3%80%80"  # a wide space
    assert readable_address("https://a.jp/%E5%B2") == "https://a.jp/%E5%B2"


def test_column_widths() -> None:
    assert column_widths([["a", "b"], ["one", "two"]]) == ["auto", "auto"]
    together = column_widths([["Pair", "Scale", *"cdefghi"], ["China-United States", "CAMEO-Goldstein", *["0.50"] * 7]])
    assert together == ["auto"] * 9
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
