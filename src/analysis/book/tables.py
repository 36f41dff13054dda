"""Tables in the HTML of a page: what they hold, and the same table made ready for the script and for a phone.

The script sorts, searches and pages; its controls are written here, hidden until it runs, so that nothing moves when it
starts. Without it a table is as it always was. On a narrow screen a table that cannot fit becomes a list of cards, by
style alone; the heads that the cards repeat stand once, in the table's own style.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from analysis.book.html import Context, on_page, render
from analysis.core.errors import RunError
from analysis.data import export
from analysis.data.export import About, Cell, DataTable
from analysis.runs.results import recorded_files

SCRIPT, STYLE = "tables.js", "tables.css"
FOLDER = "_downloads/tables"
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
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
        """Return whether it has one row of heads, and in each row a cell for each of them."""
        return bool(self.heads) and not self.spans and all(len(row) == len(self.heads) for row in self.rows)


def _text(part: Tag | None) -> str:
    return " ".join(part.get_text().split()) if part else ""


def _cell(cell: Tag) -> ShownCell:
    link = cell.find("a", href=re.compile("^https?://"))
    numeric = not {"num", "text-right"}.isdisjoint(cell.get("class") or ())
    return ShownCell(_text(cell), numeric, str(link["href"]) if link else "")


def read_table(block: str) -> ShownTable:
    """Return the table in a piece of HTML, with its caption."""
    tree = BeautifulSoup(re.sub(r"<br\b[^>]*>", " ", block), "html.parser")
    first = tree.find(True)
    rows = [row.find_all(["th", "td"]) for row in tree.find_all("tr") if not row.find_parent("thead")]
    return ShownTable(
        name=str(first.get("id", "")) if first else "",
        caption=ROW_COUNT.sub("", _text(tree.find(["figcaption", "summary"]))),
        heads=tuple(map(_text, tree.select("thead th, thead td"))),
        rows=tuple(tuple(map(_cell, cells)) for cells in rows),
        spans=len(tree.select("thead tr")) > 1 or bool(tree.select("[colspan], [rowspan]")),
    )


# --- on a phone


def _column_need(texts: Sequence[str], whole: bool) -> float:
    """Return the least width of a column in pixels: its longest word or its whole text, and for a long text a line."""
    longest = max(map(len, texts), default=0)
    word = max((len(part) for text in texts for part in re.split(r"[\s/_-]", text)), default=0)
    letters = longest if whole or longest <= SHORT else max(word, READABLE)
    return letters * LETTER + SPACE


def fits_a_phone(table: ShownTable) -> bool:
    """Return whether a table can be read on a phone in its own shape, by the lengths of its words."""
    columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.heads)
    need = 0.0
    for place, (head, cells) in enumerate(zip(table.heads, columns, strict=True)):
        whole = (place == 0 and len(columns) > 2) or any(cell.numeric for cell in cells)
        longest_word = max(map(len, head.split()), default=0) * LETTER + SPACE
        need += max(longest_word, _column_need([cell.text for cell in cells], whole))
    return need <= ROOM


def label_width(table: ShownTable) -> float:
    """Return the width in pixels of the heads beside the values of a card; 0 where they must run into the text."""
    label = max(len(head) + sum(map(str.isupper, head)) / 3 for head in table.heads) * LETTER + SPACE
    longest = max((len(cell.text) for row in table.rows for cell in row[1:]), default=0)
    return label if ROOM - label >= min(TEXT_ROOM, longest * LETTER) else 0


def _days(table: ShownTable) -> list[int]:
    """Return the numbers of the columns that hold days and nothing else."""
    columns = enumerate(zip(*table.rows, strict=True), 1)
    texts_of = [(number, [cell.text for cell in cells if cell.text]) for number, cells in columns]
    return [number for number, texts in texts_of if texts and all(DAY.fullmatch(text) for text in texts)]


def css_string(text: str) -> str:
    r"""Return a text as a string of CSS: quotes, backslashes, signs of HTML and line breaks as escapes such as \22."""
    return '"' + re.sub(r"[\"'\\<>&\x00-\x1f\x7f]", lambda sign: f"\\{ord(sign[0]):x} ", text) + '"'


# --- what the page shows


def _mark(tag: Tag, table: ShownTable) -> None:
    """Give a table the classes that script and style read, and the heads for its cards."""
    rows = len(table.rows)
    kinds = {"ba-sorts": rows >= SORT_FROM, "ba-paged": rows > PAGE, "ba-dense": len(table.heads) >= DENSE}
    names = [*(kind for kind, holds in kinds.items() if holds), *(f"ba-days-{number}" for number in _days(table))]
    if not fits_a_phone(table) and len(table.heads) <= COLUMNS:
        names.append("ba-cards")
        style = "".join(f"--h{number}:{css_string(head)};" for number, head in enumerate(table.heads, 1) if head)
        if width := label_width(table):
            names.append("ba-beside")
            style += f"--ba-label:{width / 16:.1f}rem"
        tag["style"] = style
    if names:
        tag["class"] = " ".join([*(tag.get("class") or ()), *names])


def _mark_head(head: Tag) -> None:
    """Mark the words of a head, around which the script puts a button, unless they are none or hold a link."""
    if head.a or not head.get_text().strip():
        return
    if head.p:
        head.p.unwrap()
    words = BeautifulSoup('<span class="ba-sort"></span>', "html.parser").span
    assert words is not None
    words.extend(list(head.contents))
    head.append(words)


def ready(block: str, table: ShownTable, name: str = "", files: str = "") -> str:
    """Return the HTML of a regular table, ready for script and phone.

    block: what BLOCK finds. name: an id where it has none. files: HTML below the table, its downloads.
    """
    tree = BeautifulSoup(block, "html.parser")
    tag, rows = tree.table, len(table.rows)
    assert tag is not None
    _mark(tag, table)
    if rows >= SORT_FROM:
        for head in tag.select("thead th"):
            _mark_head(head)
    box = tag.find_parent("div") or tag
    grid = render(
        "grid",
        name="" if table.name else name,
        table=str(box),
        rows=rows,
        search_from=SEARCH_FROM,
        page=PAGE,
        caption=table.caption,
        files=files,
    )
    return str(tree).replace(str(box), grid, 1)


def change_tables(body: str, change: Callable[[str, ShownTable], str]) -> str:
    """Return the HTML of a page in which each regular table is replaced by what `change` makes of it."""

    def changed(match: re.Match[str]) -> str:
        table = read_table(match[0])
        return change(match[0], table) if table.regular else match[0]

    return BLOCK.sub(changed, body)


# --- downloads


def about(app: Sphinx, page: str, anchor: str, title: str, contents: str, source: str) -> About:
    """Return what the files of a table say, with licence, citation, version and date of the book."""
    config = app.config
    cite = config.citation_line.removeprefix("Cite as: ")
    place = f"{app.builder.get_target_uri(page)}#{anchor}"
    return About(
        title=title,
        what=contents,
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
        links.append((label, relative_uri(app.builder.get_target_uri(page), file), target.name))
    return render("table-files", lead=lead, files=links, rows=len(table.rows))


# --- tables of notebooks


def _holds(cells: list[Cell]) -> str:
    """Return what a column holds, in words."""
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


def as_data(table: ShownTable, notes: About, values: bool = False) -> DataTable:
    """Return a table of a page as one to write; after a column with links follows one with their addresses.

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
    return DataTable(heads, columns, list(zip(*cells, strict=True)), notes)


def _files(notebook: Path) -> list[str]:
    try:
        return recorded_files(notebook)
    except RunError:
        return []  # it records no results, and so no files


def change_page(app: Sphinx, page: str, context: Context, _doctree: nodes.document) -> None:
    """Make the tables of a page ready, and write the data of those of a notebook."""
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
        if not results:
            shown += 1
        kind = "Named results" if results else f"Table {shown}"
        name = table.name or ("named-results" if results else f"table-{shown}")
        contents = f"{kind} of the chapter “{chapter}” of the book “{app.config.html_title}”"
        data = as_data(table, about(app, page, name, table.caption or kind, contents, source), results)
        return ready(block, table, name, write_files(app, page, f"{stem}-{name}", data))

    body = change_tables(context["body"], change)
    if body != context["body"]:
        context["body"] = body
        app.add_css_file(STYLE, priority=900)
        # not deferred: it tells the style before the first picture of the page that it will be there
        app.add_js_file(SCRIPT)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    on_page(app, change_page)
