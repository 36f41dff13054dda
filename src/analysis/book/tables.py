"""Tables in the HTML of a page: what they hold, and the same table made ready for the script and for a phone.

The script sorts, searches and pages; its controls are written here, hidden until it runs, so that nothing moves when it
starts. Without it a table is as it always was. On a narrow screen a table that cannot fit becomes a list of cards, by
style alone; the heads that the cards repeat stand once, in the table's own style.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from analysis.core.errors import RunError
from analysis.data import export
from analysis.data.export import About, Cell, DataTable
from analysis.runs.results import recorded_files

DAY = re.compile(r"\d{4}-\d\d-\d\d")
SORT_FROM, SEARCH_FROM, PAGE = 5, 11, 25  # rows
# the opening and the caption of a table of a notebook, as `analysis.charts.show.Table` writes them
OPENING = re.compile(
    r'<(?P<kind>figure|details) class="ba-table"(?: id="(?P<id>[^"]*)")?>'
    r"<(?P<head>figcaption|summary)>(?P<caption>.*?)</(?P=head)>",
    re.DOTALL,
)
ROW_COUNT = re.compile(r" \(\d+ rows\)$")  # at the end of the caption of a fold
# a whole table with its caption, of a notebook or of a page
BLOCK = re.compile(
    r'<figure class="ba-table"[^>]*>.*?</figure>|<details class="ba-(?:table|results)"[^>]*>.*?</details>'
    r'|<div class="pst-scrollable-table-container">.*?</table>\s*</div>',
    re.DOTALL,
)
# a table with the box that scrolls, where it has one
GRID = re.compile(
    r'<div class="(?:ba-scroll|pst-[^"]*)"[^>]*><table\b.*?</table>\s*</div>|<table\b.*?</table>', re.DOTALL
)

# a phone: the room in pixels, the width of a letter, the space of a cell, and the least room for long texts
ROOM, LETTER, SPACE, TEXT_ROOM = 296, 7.2, 14, 150
# a column of texts of up to SHORT letters takes them whole, one of longer ones at least READABLE letters
SHORT, READABLE = 12, 16
DENSE = 7  # columns, from which a table is set closer
COLUMNS = 12  # more than that the style does not know


@dataclass(frozen=True)
class ShownCell:
    """A cell as a page shows it: its text, whether it is set as a number, the address of a link to another host."""

    text: str
    numeric: bool = False
    link: str = ""


@dataclass(frozen=True)
class ShownTable:
    """A table as a page shows it; name is the id of what holds it, where it has one."""

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    spans: bool = False

    @property
    def regular(self) -> bool:
        """Whether it has one row of heads, and in each row a cell for each of them."""
        return bool(self.heads) and not self.spans and all(len(row) == len(self.heads) for row in self.rows)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.name: str | None = None
        self.caption: list[str] = []
        self.heads: list[str] = []
        self.rows: list[list[ShownCell]] = []
        self.spans = False
        self._in_head = False
        self._texts: list[str] | None = None
        self._numeric, self._link = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self.name is None:
            self.name = given.get("id", "")
        if tag in ("figcaption", "summary"):
            self._texts = self.caption
        elif tag == "thead":
            self._in_head = True
        elif tag == "tr":
            self.spans |= self._in_head and bool(self.heads)  # a second row of heads
            if not self._in_head:
                self.rows.append([])
        elif tag in ("th", "td"):
            self.spans |= "colspan" in given or "rowspan" in given
            self._texts, self._link = [], ""
            self._numeric = not {"num", "text-right"}.isdisjoint(given.get("class", "").split())
        elif tag == "a" and given.get("href", "").startswith(("http://", "https://")):
            self._link = self._link or given["href"]
        elif tag == "br" and self._texts is not None:
            self._texts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td") and self._texts is not None:
            text = " ".join("".join(self._texts).split())
            if self._in_head:
                self.heads.append(text)
            elif self.rows:
                self.rows[-1].append(ShownCell(text, self._numeric, self._link))
        elif tag == "thead":
            self._in_head = False
        if tag in ("th", "td", "figcaption", "summary"):
            self._texts = None

    def handle_data(self, data: str) -> None:
        if self._texts is not None:
            self._texts.append(data)


def read_table(block: str) -> ShownTable:
    """The table in a piece of HTML, with its caption."""
    reader = _Reader()
    reader.feed(block)
    reader.close()
    caption = ROW_COUNT.sub("", " ".join("".join(reader.caption).split()))
    return ShownTable(reader.name or "", caption, tuple(reader.heads), tuple(map(tuple, reader.rows)), reader.spans)


# --- on a phone


def _column_need(texts: Sequence[str], whole: bool) -> float:
    """The least width of a column in pixels: its longest word, or its whole text; a long text needs a line to read."""
    longest = max(map(len, texts), default=0)
    word = max((len(part) for text in texts for part in re.split(r"[\s/_-]", text)), default=0)
    letters = longest if whole or longest <= SHORT else max(word, READABLE)
    return letters * LETTER + SPACE


def fits_a_phone(table: ShownTable) -> bool:
    """Whether a table can be read on a phone in its own shape, by the lengths of its words."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.heads)
    need = 0.0
    for place, (head, cells) in enumerate(zip(table.heads, columns, strict=True)):
        whole = (place == 0 and len(columns) > 2) or any(cell.numeric for cell in cells)
        longest_word = max(map(len, head.split()), default=0) * LETTER + SPACE
        need += max(longest_word, _column_need([cell.text for cell in cells], whole))
    return need <= ROOM


def label_width(table: ShownTable) -> float:
    """The width in pixels of the heads beside the values of a card; 0 where they must run into the text."""
    label = max(len(head) + sum(map(str.isupper, head)) / 3 for head in table.heads) * LETTER + SPACE
    longest = max((len(cell.text) for row in table.rows for cell in row[1:]), default=0)
    return label if ROOM - label >= min(TEXT_ROOM, longest * LETTER) else 0


def _days(table: ShownTable) -> list[int]:
    """The numbers of the columns that hold days and nothing else."""
    columns = enumerate(zip(*table.rows, strict=True), 1)
    found = [(number, [cell.text for cell in cells if cell.text]) for number, cells in columns]
    return [number for number, texts in found if texts and all(DAY.fullmatch(text) for text in texts)]


def css_string(text: str) -> str:
    r"""A text as a string of CSS: quotes, backslashes, signs of HTML and line breaks as escapes such as \22."""
    return '"' + re.sub(r"[\"'\\<>&\x00-\x1f\x7f]", lambda found: f"\\{ord(found[0]):x} ", text) + '"'


# --- what the page shows


def _controls(rows: int) -> str:
    if rows < SEARCH_FROM:
        return ""
    return (
        '<div class="ba-tools" hidden><label>Search<span class="ba-hidden"> this table</span> '
        '<input type="search" autocomplete="off" spellcheck="false"></label> '
        f'<output aria-live="polite">{rows} rows</output></div>'
    )


def _pager(rows: int, caption: str) -> str:
    if rows <= PAGE:
        return ""
    of = f": {caption}" if caption else ""
    return (
        f'<div class="ba-pager" role="group" aria-label="Pages of the table{escape(of)}" hidden>'
        '<button type="button" aria-disabled="true">Previous</button> '
        f'<output aria-live="polite">1 to {PAGE} of {rows}</output> '
        '<button type="button">Next</button> <button type="button">Show all</button></div>'
    )


def _table_tag(table: ShownTable, tag: str) -> str:
    """The opening tag of a table with the classes that script and style read, and the heads for its cards."""
    rows = len(table.rows)
    names = [name for name, holds in (("ba-sorts", rows >= SORT_FROM), ("ba-paged", rows > PAGE)) if holds]
    names += ["ba-dense"] * (len(table.heads) >= DENSE) + [f"ba-days-{number}" for number in _days(table)]
    style = ""
    if not fits_a_phone(table) and len(table.heads) <= COLUMNS:
        names.append("ba-cards")
        style = "".join(f"--h{number}:{css_string(head)};" for number, head in enumerate(table.heads, 1) if head)
        if width := label_width(table):
            names.append("ba-beside")
            style += f"--ba-label:{width / 16:.1f}rem"
        style = f" style='{style}'"
    if found := re.search(r'\bclass="([^"]*)"', tag):
        names = [*found[1].split(), *names]
        tag = tag.replace(f" {found[0]}", "")
    return tag[:-1] + (f' class="{" ".join(names)}"' if names else "") + style + ">"


def _head(found: re.Match[str]) -> str:
    """A head around whose words the script puts a button, unless they are none or hold a link."""
    words = re.sub(r"^\s*<p>(.*)</p>\s*$", r"\1", found[2], flags=re.DOTALL)
    if "<a " in words or not re.sub(r"<[^>]+>", "", words).strip():
        return found[0]
    return f'{found[1]}<span class="ba-sort">{words}</span></th>'


def ready(block: str, table: ShownTable, name: str = "", files: str = "") -> str:
    """The HTML of a regular table, ready for script and phone.

    block: what BLOCK finds. name: an id where it has none. files: HTML below the table, its downloads.
    """
    caption, rows = table.caption, len(table.rows)

    def grid(found: re.Match[str]) -> str:
        html = re.sub(r"<table\b[^>]*>", lambda tag: _table_tag(table, tag[0]), found[0], count=1)
        if rows >= SORT_FROM:
            head, end, body = html.partition("</thead>")
            html = re.sub(r"(<th\b[^>]*>)(.*?)</th>", _head, head, flags=re.DOTALL) + end + body
        marked = f' id="{escape(name)}"' if name and not table.name else ""
        return f'<div class="ba-grid"{marked}>{_controls(rows)}{html}{_pager(rows, caption)}{files}</div>'

    return GRID.sub(grid, block, count=1)


def change_tables(body: str, change: Callable[[str, ShownTable], str]) -> str:
    """The HTML of a page in which each regular table is replaced by what `change` makes of it."""

    def changed(found: re.Match[str]) -> str:
        table = read_table(found[0])
        return change(found[0], table) if table.regular else found[0]

    return BLOCK.sub(changed, body)


# --- downloads

SCRIPT, STYLE = "tables.js", "tables.css"
FOLDER = "_downloads/tables"
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"


def about(app: Sphinx, page: str, anchor: str, title: str, what: str, source: str) -> About:
    """What the files of a table say, with licence, citation, version and date of the book."""
    config = app.config
    cite = config.citation_line.removeprefix("Cite as: ")
    place = f"{app.builder.get_target_uri(page)}#{anchor}"
    return About(
        title=title,
        what=what,
        source=source,
        licence=LICENCE if cite else "",
        cite=cite,
        version=config.book_edition or config.version,
        day=date.fromisoformat(config.book_day) if config.book_day else None,
        place=f"{config.html_baseurl.rstrip('/')}/{place}" if config.html_baseurl else f"{place} in the HTML book",
    )


def write_files(app: Sphinx, page: str, name: str, table: DataTable, lead: str = "Data") -> str:
    """Write a table as CSV and Excel beside the pages; returns the links to them from a page, after a lead."""
    name = re.sub(r"[^\w-]+", "-", name)  # it comes from a page, and must not lead out of the folder
    contents = {"csv": export.as_csv(table).encode(), "xlsx": export.as_xlsx(table)}
    links = []
    for ending, label in (("csv", "CSV"), ("xlsx", "Excel")):
        file = f"{FOLDER}/{name}.{ending}"
        target = Path(app.outdir, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents[ending])
        address = relative_uri(app.builder.get_target_uri(page), file)
        links.append(
            f'<a href="{escape(address)}" download="{escape(target.name)}">{label}'
            f'<span class="ba-hidden"> of this table, {len(table.rows)} rows</span></a>'
        )
    return f'<p class="ba-table-files">{lead} ({" · ".join(links)})</p>'


# --- tables of notebooks


def _holds(cells: list[Cell]) -> str:
    """What a column holds, in words."""
    filled = [cell for cell in cells if cell.text]
    kinds = {
        "percentages" if cell.form.endswith("%") else "days" if cell.form == export.DAY_FORM else "numbers"
        for cell in filled
        if cell.form
    }
    if any(not cell.form for cell in filled):
        kinds.add("text")
    empty = len(cells) - len(filled)
    return " and ".join(sorted(kinds) or ["nothing"]) + (f"; {empty} of {len(cells)} cells are empty" if empty else "")


def as_data(table: ShownTable, said: About, values: bool = False) -> DataTable:
    """A table of a page as one to write; after a column with links follows one with their addresses.

    values: whether the last column holds named results, of which some are numbers.
    """
    heads, columns, cells = [], [], []
    for place, head in enumerate(table.heads):
        shown = [row[place] for row in table.rows]
        numbers = values and place == len(table.heads) - 1
        made = [
            export.number_cell(cell.text)
            if numbers and export.NUMBER.fullmatch(cell.text)
            else export.shown_cell(cell.text, cell.numeric)
            for cell in shown
        ]
        heads.append(head)
        columns.append(_holds(made))
        cells.append(made)
        if any(cell.link for cell in shown):
            heads.append(f"{head} (address)")
            columns.append(f"addresses to which the column {head} leads")
            cells.append([export.text_cell(cell.link) for cell in shown])
    return DataTable(heads, columns, list(zip(*cells, strict=True)), said)


def _files(notebook: Path) -> list[str]:
    try:
        return recorded_files(notebook)
    except RunError:
        return []  # it records no results, and so no files


def change_page(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Make the tables of a page ready, and write the data of those of a notebook."""
    if doctree is None:
        return
    file = Path(app.env.doc2path(page))
    chapter = app.env.titles[page].astext() if page in app.env.titles else page
    notebook = file.suffix == ".ipynb"
    source = f"computed by {page}.ipynb"
    if notebook and (files := _files(file)):
        source += f" from data/: {', '.join(files)}"
    stem = page.removeprefix("notebooks/").replace("/", "-")
    shown = 0

    def change(block: str, table: ShownTable) -> str:
        nonlocal shown
        results = block.startswith('<details class="ba-results"')
        if not notebook or not (results or 'class="ba-table"' in block):
            return ready(block, table)
        shown += not results
        name = table.name or ("named-results" if results else f"table-{shown}")
        kind = "Named results" if results else f"Table {shown}"
        what = f"{kind} of the chapter “{chapter}” of the book “{app.config.html_title}”"
        data = as_data(table, about(app, page, name, table.caption or kind, what, source), results)
        return ready(block, table, name, write_files(app, page, f"{stem}-{name}", data))

    body = change_tables(context["body"], change)
    if body != context["body"]:
        context["body"] = body
        app.add_css_file(STYLE, priority=900)
        # not deferred: it tells the style before the first picture of the page that it will be there
        app.add_js_file(SCRIPT)


# SETUP OF table_nodes


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("html-page-context", change_page)
