"""Tables of the HTML book: what stands in a page, and their files, read as a spreadsheet would."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from datetime import date
from html import unescape
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from test_publish import code_cell, notebook, outside, write_source

from analysis.book import build
from analysis.book import tables as table_html
from analysis.charts.show import Table
from analysis.core import paths
from analysis.data import export
from analysis.data.export import About, DataTable, shown_cell
from analysis.data.schema import read_schema
from analysis.runs.results import FILES_MIME_TYPE, Results

HOSTILE = ["=1+1", "+1", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "＝1", "-5", "+0.5", "−", "<b>&\"'</b>"]
MANY = pd.DataFrame(
    {
        "day": pd.Timestamp("2025-02-07") + pd.to_timedelta(range(30), unit="D"),
        "event": [f"A meeting of many words, the number {n}" for n in range(30)],
        "url": [f"https://example.org/{n}" if n % 2 else "" for n in range(30)],
        "n": range(30),
        "mean": [n / 4 - 1 for n in range(30)],
        "share": [f"{n}%" for n in range(30)],
    }
)
COLUMNS = {"day": "Day", "event": "Event", "n": "n", "mean": 'Mean "score"', "share": "Share"}
CFF = """cff-version: 1.2.0
title: A sample
version: 1.2.3
date-released: 2026-11-25
authors: [{name: The writers}]
"""


def bundle(table: Table) -> dict[str, Any]:
    return dict(table._repr_mimebundle_())


def chapter() -> dict[str, Any]:
    made = notebook()
    record = Results("01-sample")
    record.add("coverage_peace", 0.727, "73%")
    record.add("events", -2)
    record.add("version", "007")
    same = pd.DataFrame({"a": ["x", "y"], "b": ["1", ""]})
    tables = [
        Table(MANY, "Thirty,=1+1 meetings", COLUMNS, links={"event": "url"}, folded=True),
        Table(pd.DataFrame({"text": HOSTILE, "value": range(10)}), "Cells", {"text": "=Text", "value": "Value"}),
        Table(same, "The same", {"a": "after", "b": "after"}),
        Table(same, "The same", {"a": "a", "b": "b"}),
    ]
    made["cells"] = [
        *made["cells"][:-2],
        *(code_cell(f"table{'.' * number}", bundle(table)) for number, table in enumerate(tables)),
        code_cell("results", {**record._repr_mimebundle_(), FILES_MIME_TYPE: ["events.csv", "scales.csv"]}),
    ]
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_source(tmp_path_factory.mktemp("tables") / "source")
    (folder / "notebooks" / "01-sample.ipynb").write_text(json.dumps(chapter()), encoding="utf-8")
    for file in (*paths.DATA.glob("*.csv"), paths.DATAPACKAGE):
        shutil.copy(file, folder / "data")
    dictionary = "# Data\n\n```{data-dictionary}\n```\n"
    pages = {
        "data": dictionary,
        "plain": "# Plain\n\nText.\n",
        "two": "# Two\n\n| one | two |\n|---|---:|\n| a | 1 |\n",
    }
    for name, text in pages.items():
        (folder / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    with (folder / "_toc.yml").open("a") as toc:
        toc.writelines(f"  - file: book/{name}\n" for name in pages)
    (folder / build.CITATION).write_text(CFF, encoding="utf-8")
    (folder / build.CHANGELOG).write_text("## [1.2.3] - 2026-11-25\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def html(source: Path) -> Path:
    folder = source.parent / "html"
    build.build_html(source, folder)
    return folder


@pytest.fixture(scope="module")
def page(html: Path) -> str:
    return (html / "notebooks" / "01-sample.html").read_text(encoding="utf-8")


def grids(page: str) -> list[str]:
    """The HTML of each table with what belongs to it, up to its downloads."""
    return re.findall(r'<div class="ba-grid".*?</table>.*?(?:</p></div>|</div></div>)', page, re.S)


def downloads(html: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((html / "_downloads" / "tables").iterdir())}


def csv_rows(content: bytes) -> list[list[str]]:
    lines = content.decode("utf-8").splitlines(keepends=True)
    notes = sum(1 for line in lines if line.startswith("# "))
    return list(csv.reader(io.StringIO("".join(lines[notes:]))))


# --- a workbook, read from its XML

NAMES = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def xml(content: bytes, part: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return ElementTree.fromstring(file.read(part))


def sheet(content: bytes, number: int) -> list[list[str | float | None]]:
    """The rows of a sheet: text as text, numbers and days as numbers, None where a cell is empty."""
    shared = [
        "".join(t.text or "" for t in si.iter(f"{{{NAMES['']}}}t")) for si in xml(content, "xl/sharedStrings.xml")
    ]
    rows: list[list[str | float | None]] = []
    for row in xml(content, f"xl/worksheets/sheet{number}.xml").iterfind("sheetData/row", NAMES):
        cells: list[str | float | None] = []
        for cell in row.iterfind("c", NAMES):
            assert cell.find("f", NAMES) is None, "a formula"
            letters = re.sub(r"\d", "", cell.attrib["r"])
            cells += [None] * (ord(letters) - ord("A") - len(cells))
            value = cell.find("v", NAMES)
            text = "" if value is None else value.text or ""
            cells.append(shared[int(text)] if cell.get("t") == "s" else float(text))
        rows.append(cells)
    return rows


def number_forms(content: bytes, column: str) -> set[str]:
    """The number formats of the cells of a column of the sheet Data, its head left out."""
    styles = xml(content, "xl/styles.xml")
    custom = {form.attrib["numFmtId"]: form.attrib["formatCode"] for form in styles.iterfind("numFmts/numFmt", NAMES)}
    known = {"0": "", "1": "0", "2": "0.00", "9": "0%", "10": "0.00%"} | custom
    used = [known[xf.attrib["numFmtId"]] for xf in styles.iterfind("cellXfs/xf", NAMES)]
    cells = xml(content, "xl/worksheets/sheet2.xml").iterfind("sheetData/row/c", NAMES)
    return {used[int(c.get("s", "0"))] for c in cells if re.fullmatch(rf"{column}(?!1$)\d+", c.attrib["r"])}


# --- pages


def test_a_long_table_has_its_controls_hidden_until_the_script_runs(page: str) -> None:
    long = grids(page)[0]
    assert '<div class="ba-tools" hidden><label>Search<span class="ba-hidden"> this table</span> ' in long
    assert '<output aria-live="polite">30 rows</output>' in long
    assert 'aria-label="Pages of the table: Thirty,=1+1 meetings" hidden>' in long
    assert '<output aria-live="polite">1 to 25 of 30</output>' in long
    assert '<th scope="col"><span class="ba-sort">Day</span></th>' in long
    assert "<button" not in re.findall(r"<thead>.*?</thead>", long, re.S)[0]
    assert long.count("<tr>") == 31  # without a script every row is there


def test_a_wide_table_carries_the_heads_of_its_cards_once(page: str) -> None:
    [tag] = re.findall(r"<table[^>]*>", grids(page)[0])
    assert tag == (
        '<table class="ba-sorts ba-paged ba-days-1 ba-cards ba-beside" '
        'style=\'--h1:"Day";--h2:"Event";--h3:"n";--h4:"Mean \\22 score\\22 ";--h5:"Share";--ba-label:6.4rem\'>'
    )


def test_a_short_table_has_no_search_no_pages_and_its_own_shape(page: str) -> None:
    short = grids(page)[2]
    assert "ba-tools" not in short
    assert "ba-pager" not in short
    assert "<table>" in short
    assert "ba-sort" not in short  # two rows
    assert "ba-table-files" in short


def test_a_table_without_heads_stays_as_it_is(source: Path) -> None:
    plain = '<figure class="ba-table"><figcaption>A</figcaption><table><tr><td>1</td></tr></table></figure>'
    spans = plain.replace("<tr><td>", "<thead><tr><th colspan='2'>a</th></tr></thead><tr><td>")
    ragged = plain.replace("<tr><td>", "<thead><tr><th>a</th><th>b</th></tr></thead><tr><td>")
    for body in (plain, spans, ragged):
        assert table_html.change_tables(body, lambda *_: pytest.fail("changed")) == body


def test_a_head_that_is_empty_or_a_link_gets_no_button() -> None:
    rows = "<tr><td>1</td><td>2</td><td>3</td></tr>" * 5
    heads = '<th></th><th><a href="#">Link</a></th><th><p>Words <code>c</code></p></th>'
    table = f'<table class="table"><thead><tr>{heads}</tr></thead>{rows}</table>'
    body = f'<div class="pst-scrollable-table-container">{table}</div>'
    made = table_html.change_tables(body, table_html.ready)
    assert '<th></th><th><a href="#">Link</a></th><th><span class="ba-sort">Words <code>c</code></span></th>' in made
    assert '<table class="table ba-sorts">' in made


def test_script_and_style_come_only_where_there_are_tables(html: Path, page: str) -> None:
    two = (html / "book" / "two.html").read_text(encoding="utf-8")
    plain = (html / "book" / "plain.html").read_text(encoding="utf-8")
    for file in ("tables.js", "tables.css"):
        assert f"_static/{file}" in page
        assert f"_static/{file}" in two
        assert f"_static/{file}" not in plain
    [script] = re.findall(r"<script[^>]*tables\.js[^>]*>", page)
    assert "defer" not in script
    assert "ba-table-files" not in two  # data are those of notebooks
    assert outside(page) == []


def test_links_to_the_data_lead_to_files(html: Path, page: str) -> None:
    found = re.findall(r'<p class="ba-table-files">(.*?)</p>', page)
    assert len(found) == 5
    for line in found:
        hrefs = re.findall(r'href="([^"]+)" download="([^"]+)"', line)
        assert [Path(name).suffix for _, name in hrefs] == [".csv", ".xlsx"]
        for href, name in hrefs:
            assert (html / "notebooks" / href).resolve().name == name
            assert (html / "notebooks" / href).exists()


def test_names_come_from_chapter_and_caption_and_are_unique(html: Path) -> None:
    own = [name for name in downloads(html) if name.startswith("01-") and name.endswith(".csv")]
    assert own == [
        "01-sample-named-results.csv",
        "01-sample-tab-cells.csv",
        "01-sample-tab-the-same-2.csv",
        "01-sample-tab-the-same.csv",
        "01-sample-tab-thirty-1-1-meetings.csv",
    ]


# --- CSV


def test_csv_says_what_it_is_and_holds_what_is_shown(html: Path) -> None:
    text = downloads(html)["01-sample-tab-thirty-1-1-meetings.csv"].decode()
    book = "Japan’s Strategic Balancing Act: an executable edition"
    assert text.startswith(
        "# Thirty,'=1+1 meetings\n"
        f"# What it is: Table 1 of the chapter “The sample” of the book “{book}”\n"
        "# Source: computed by notebooks/01-sample.ipynb from data/: events.csv, scales.csv\n"
        "# Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/\n"
        "# Cite as: The writers (2026). A sample, version 1.2.3. Data under CC BY 4.0.\n"
        f"# Version: {version('balancing-act')}\n"
        "# Date: 2026-11-25\n"
        "# Address: notebooks/01-sample.html#tab-thirty-1-1-meetings in the HTML book\n"
    )
    rows = csv_rows(text.encode())
    assert rows[0] == ["Day", "Event", "Event (address)", "n", 'Mean "score"', "Share"]
    assert rows[2] == [
        "2025-02-08", "A meeting of many words, the number 1", "https://example.org/1", "1", "-0.75", "1%",
    ]  # fmt: skip
    assert len(rows) == 31


def test_text_in_csv_cannot_act_as_a_formula(html: Path) -> None:
    content = downloads(html)["01-sample-tab-cells.csv"]
    rows = csv_rows(content)
    assert rows[0] == ["'=Text", "Value"]
    assert [row[0] for row in rows[1:]] == [
        "'=1+1", "+1", "'-cmd|' /C calc'!A0", "'@SUM(A1)",
        "'=1", "'＝1", "-5", "+0.5", "−", "<b>&\"'</b>",
    ]  # fmt: skip
    assert f"# {export.MARKED}\n" in content.decode()
    assert export.MARKED not in downloads(html)["01-sample-tab-the-same.csv"].decode()


def test_heads_of_one_name_are_told_apart(html: Path) -> None:
    assert csv_rows(downloads(html)["01-sample-tab-the-same.csv"])[0] == ["after", "after (2)"]
    assert export.distinct(["a", "", "a", "a (2)", "a"]) == ["a", "column 2", "a (2)", "a (2) (2)", "a (3)"]


# --- Excel


def test_excel_says_what_it_is(html: Path) -> None:
    lines = sheet(downloads(html)["01-sample-tab-thirty-1-1-meetings.xlsx"], 1)
    said = {str(line[0]): line[1] for line in lines}
    assert said["Title"] == "Thirty,=1+1 meetings"
    assert said["Cite as"] == "The writers (2026). A sample, version 1.2.3. Data under CC BY 4.0."
    assert said["Licence"] == "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
    assert said["Date"] == "2026-11-25"
    assert str(said["Address"]).startswith("notebooks/01-sample.html#tab-thirty-1-1-meetings")
    assert said["Rows"] == "30, in the sheet Data"
    assert said["Day"] == "days"
    assert said["Event"] == "text"
    assert said["Event (address)"] == "addresses to which the column Event leads"
    assert said["Share"] == "percentages"


def test_excel_has_typed_cells_a_frozen_head_and_a_filter(html: Path) -> None:
    content = downloads(html)["01-sample-tab-thirty-1-1-meetings.xlsx"]
    rows = sheet(content, 2)
    days = (date(2025, 2, 8) - date(1899, 12, 30)).days
    assert rows[2] == [days, "A meeting of many words, the number 1", "https://example.org/1", 1, -0.75, 0.01]
    assert rows[1][2] is None
    forms = [number_forms(content, column) for column in "ADEF"]
    assert forms == [{"yyyy-mm-dd"}, {"0"}, {"0.00"}, {"0%"}]
    data = xml(content, "xl/worksheets/sheet2.xml")
    pane = data.find("sheetViews/sheetView/pane", NAMES)
    assert pane is not None
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    filtered = data.find("autoFilter", NAMES)
    assert filtered is not None
    assert filtered.get("ref") == "A1:F31"
    widths = [float(column.attrib["width"]) for column in data.iterfind("cols/col", NAMES)]
    assert widths[1] > widths[3]
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert 'name="README"' in file.read("xl/workbook.xml").decode().split('name="Data"')[0]


def test_text_in_excel_stays_text(html: Path) -> None:
    content = downloads(html)["01-sample-tab-cells.xlsx"]
    rows = sheet(content, 2)
    assert rows[0] == ["=Text", "Value"]
    assert [row[0] for row in rows[1:]] == [text.strip() for text in HOSTILE]
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert not [name for name in file.namelist() if "hyperlink" in file.read(name).decode()]


def test_named_results_are_numbers_where_they_look_like_some(html: Path) -> None:
    content = downloads(html)["01-sample-named-results.xlsx"]
    assert sheet(content, 2) == [["name", "value"], ["coverage_peace", 0.73], ["events", -2], ["version", "007"]]


def test_the_same_book_has_the_same_bytes(source: Path, html: Path, tmp_path: Path) -> None:
    copy = tmp_path / "source"
    shutil.copytree(source, copy)
    build.build_html(copy, tmp_path / "html")
    assert downloads(tmp_path / "html") == downloads(html)
    (copy / build.CHANGELOG).write_text("## [1.2.2] - 1999-01-02\n", encoding="utf-8")
    build.build_html(copy, tmp_path / "html")
    assert b"# Date: 1999-01-02\n" in downloads(tmp_path / "html")["01-sample-named-results.csv"]
    made = xml(downloads(tmp_path / "html")["01-sample-named-results.xlsx"], "docProps/core.xml")
    assert {part.text for part in made if part.tag.endswith(("created", "modified"))} == {"1999-01-02T00:00:00Z"}


# --- the data package


def test_every_table_of_the_data_package_can_be_taken_away(html: Path) -> None:
    page = (html / "book" / "data.html").read_text(encoding="utf-8")
    files = downloads(html)
    for table in read_schema(paths.DATAPACKAGE).values():
        with (paths.DATA / table.file).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        for ending in ("csv", "xlsx"):
            assert page.count(f'href="../_downloads/tables/data-{table.name}.{ending}"') == 1
        assert csv_rows(files[f"data-{table.name}.csv"]) == rows
        content = files[f"data-{table.name}.xlsx"]
        assert len(sheet(content, 2)) == len(rows)
        said = [(line[0], line[1]) for line in sheet(content, 1) if len(line) > 1]
        assert ("Title", table.title) in said
        assert ("What it is", table.description) in said
        for field in table.fields:
            assert (field.name, f"{field.description} Allowed: {field.allowed}.") in said


def test_cells_of_the_data_package_have_the_type_of_their_column(html: Path) -> None:
    rows = sheet(downloads(html)["data-scales.xlsx"], 2)
    types = {field.name: field.type for field in read_schema(paths.DATAPACKAGE)["scales"].fields}
    for place, head in enumerate(rows[0]):
        kinds = {type(row[place]) for row in rows[1:] if place < len(row) and row[place] is not None}
        assert kinds == {float if types[str(head)] in ("number", "integer") else str}, head


# --- cells and widths


@pytest.mark.parametrize(
    ("text", "numeric", "value", "form"),
    [
        ("12", True, 12, "0"),
        ("-0.50", True, -0.5, "0.00"),
        ("12", False, "12", ""),
        ("007", True, "007", ""),
        ("nan", True, "nan", ""),
        ("1e5", True, "1e5", ""),
        ("", True, "", ""),
        ("67.5%", False, 0.675, "0.0%"),
        ("2025-02-07", False, date(2025, 2, 7), "yyyy-mm-dd"),
        ("2025-02-30", False, "2025-02-30", ""),
        ("1899-12-31", False, "1899-12-31", ""),
        ("20250207", False, "20250207", ""),
    ],
)
def test_what_a_cell_means(text: str, numeric: bool, value: object, form: str) -> None:
    cell = shown_cell(text, numeric)
    assert (cell.text, cell.value, cell.form) == (text, value, form)
    assert type(cell.value) is type(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-1e-05, "-1e-05"), (3, "3"), (True, "True"), (None, ""), ("=1+1", "'=1+1"), ("-1e-05", "'-1e-05")],
)
def test_a_number_of_a_chart_stays_one_and_a_text_is_harmless(value: object, text: str) -> None:
    made = DataTable(["a"], [""], [[export.value_cell(value)]], About("Title"))
    assert export.as_csv(made).splitlines()[-1] == (text or '""')


def test_a_file_without_licence_citation_and_date_says_nothing_of_them() -> None:
    made = DataTable(["a"], ["text"], [], About("Title"))
    assert export.as_csv(made) == "# Title\na\n"
    assert [row[0] for row in sheet(export.as_xlsx(made), 1)] == ["Title", "Rows", "Columns", "a"]


@pytest.mark.parametrize(
    ("heads", "row", "fits"),
    [
        (["a", "b"], ["word", "a long text of many words that breaks where it must"], True),
        (["a", "b", "c", "d"], ["word", *["a long text of many words that breaks"] * 3], False),
        (["a", "b"], ["word", "w" * 60], False),
        (["Cooperative", "Conflictual", "Contacts", "Frictions"], ["1", "2", "3", "4"], False),
    ],
)
def test_a_table_fits_a_phone_by_its_words(heads: list[str], row: list[str], fits: bool) -> None:
    table = table_html.ShownTable("", "", tuple(heads), (tuple(map(table_html.ShownCell, row)),) * 3)
    assert table_html.fits_a_phone(table) == fits


def test_a_head_cannot_leave_its_string() -> None:
    assert table_html.css_string("</style>'\"\\\n") == '"\\3c /style\\3e \\27 \\22 \\5c \\a "'
    assert unescape(table_html.css_string("尖閣 a;b}")) == '"尖閣 a;b}"'


def test_the_dictionary_says_where_a_table_is_complete(html: Path) -> None:
    page = (html / "book" / "data.html").read_text("utf-8")
    [contacts] = re.findall(r'<section id="contacts">.*?</section>', page, re.S)
    lines = [" ".join(re.sub(r"<[^>]+>", "", line).split()) for line in re.findall(r"<li>.*?</li>", contacts, re.S)]
    pair = "Complete from 1 January 2021 to 30 June 2026: level leader, JPN-CHN. Recall: 11 of 11 ("
    assert sum(line.startswith(pair) for line in lines) == 1
    assert sum(line.startswith("A selection from ") for line in lines) > 1
