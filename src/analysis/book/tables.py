"""Tables in the HTML of a page: what they hold, and the same table made ready for the script and for a phone.

The script sorts, searches and pages; its controls are written here, hidden until it runs, so that nothing moves then.
On a narrow screen a table that cannot fit becomes a list of cards by style alone; its style holds the heads of these.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

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
SORT_FROM, PAGE = 5, 25  # rows
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
# a phone: its room in pixels, the width of a letter, the space of a cell, the letters of a line of a long text
ROOM, LETTER, SPACE, LINE = 296, 7.2, 14, 16
LABEL_ROOM = 146  # for the heads of a card beside its values
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
    """A table as a page shows it, with a cell for each head; name is the id of what holds it, where it has one."""

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]

    def columns(self) -> list[list[str]]:
        """Return the texts of the cells by column."""
        return [[row[place].text for row in self.rows] for place in range(len(self.heads))]


def _text(part: Tag | None) -> str:
    return " ".join(part.get_text().split()) if part else ""


def _cell(cell: Tag) -> ShownCell:
    link = cell.find("a", href=re.compile("^https?://"))
    numeric = not {"num", "text-right"}.isdisjoint(cell.get("class") or ())
    return ShownCell(_text(cell), numeric, str(link["href"]) if link else "")


def read_table(block: str) -> ShownTable | None:
    """Return the table in a piece of HTML, with its caption; None without one row of heads, or with other rows."""
    tree = BeautifulSoup(re.sub(r"<br\b[^>]*>", " ", block), "html.parser")
    first = tree.find(True)
    heads = tuple(map(_text, tree.select("thead th, thead td")))
    rows = [row.find_all(["th", "td"]) for row in tree.find_all("tr") if not row.find_parent("thead")]
    if len(tree.select("thead tr")) != 1 or tree.select("[colspan], [rowspan]") or {*map(len, rows)} - {len(heads)}:
        return None
    return ShownTable(
        name=str(first.get("id", "")) if first else "",
        caption=ROW_COUNT.sub("", _text(tree.find(["figcaption", "summary"]))),
        heads=heads,
        rows=tuple(tuple(map(_cell, cells)) for cells in rows),
    )


def fits_a_phone(table: ShownTable) -> bool:
    """Return whether a table can be read on a phone in its own shape: by its longest words, long texts in lines."""
    need = 0.0
    for head, texts in zip(table.heads, table.columns(), strict=True):
        longest = max(map(len, texts), default=0)
        word = max(len(part) for text in (head, *texts) for part in re.split(r"[\s/_-]", text))
        need += max(word, min(longest, LINE)) * LETTER + SPACE
    return need <= ROOM


def css_string(text: str) -> str:
    r"""Return a text as a string of CSS: quotes, backslashes, signs of HTML and line breaks as escapes such as \22."""
    return '"' + re.sub(r"[\"'\\<>&\x00-\x1f\x7f]", lambda sign: f"\\{ord(sign[0]):x} ", text) + '"'


def _mark(tag: Tag, table: ShownTable) -> None:
    """Give a table the classes that script and style read, and the heads for its cards."""
    rows, heads = len(table.rows), table.heads
    kinds = {"ba-sorts": rows >= SORT_FROM, "ba-paged": rows > PAGE, "ba-dense": len(heads) >= DENSE}
    names = [kind for kind, holds in kinds.items() if holds]
    for number, texts in enumerate(table.columns(), 1):
        if any(texts) and all(DAY.fullmatch(text) for text in texts if text):
            names.append(f"ba-days-{number}")
    if not fits_a_phone(table) and len(heads) <= COLUMNS:
        names.append("ba-cards")
        style = "".join(f"--h{number}:{css_string(head)};" for number, head in enumerate(heads, 1) if head)
        label = max(len(head) + sum(map(str.isupper, head)) / 3 for head in heads) * LETTER + SPACE
        if label <= LABEL_ROOM:
            names.append("ba-beside")
            style += f"--ba-label:{label / 16:.1f}rem"
        tag["style"] = style
    if names:
        tag["class"] = " ".join([*(tag.get("class") or ()), *names])


def ready(block: str, table: ShownTable, name: str = "", files: str = "") -> str:
    """Return a block with a table, ready for script and phone, with a name where it has none and files below it."""
    tree = BeautifulSoup(block, "html.parser")
    tag, rows = tree.table, len(table.rows)
    assert tag is not None
    _mark(tag, table)
    if rows >= SORT_FROM:
        for head in tag.select("thead th"):
            if head.a is None and head.get_text().strip():  # the script puts a button around the words of a head
                words = tree.new_tag("span", attrs={"class": "ba-sort"})
                words.extend(list((head.p or head).contents))
                head.clear()
                head.append(words)
    box = tag.find_parent("div") or tag
    texts = {"name": "" if table.name else name, "caption": table.caption}
    grid = render("grid", table=str(box), rows=rows, page=PAGE, files=files, **texts)
    return str(tree).replace(str(box), grid, 1)


def change_tables(body: str, change: Callable[[str, ShownTable], str]) -> str:
    """Return the HTML of a page in which each regular table is replaced by what `change` makes of it."""

    def changed(match: re.Match[str]) -> str:
        table = read_table(match[0])
        return change(match[0], table) if table else match[0]

    return BLOCK.sub(changed, body)


def about(app: Sphinx, page: str, anchor: str, title: str, contents: str, source: str) -> About:
    """Return what the files of a table say, with licence, citation, version and date of the book."""
    config = app.config
    cite = config.citation_line.removeprefix("Cite as: ")
    place = f"{app.builder.get_target_uri(page)}#{anchor}"
    place = f"{config.html_baseurl.rstrip('/')}/{place}" if config.html_baseurl else f"{place} in the HTML book"
    day = date.fromisoformat(config.book_day) if config.book_day else None
    return About(title, contents, source, LICENCE if cite else "", cite, config.version, day, place)


def write_files(app: Sphinx, page: str, name: str, table: DataTable, lead: str = "Data") -> dict[str, Any]:
    """Write a table as CSV and Excel beside the pages; return what the template `table-files` needs, after a lead."""
    name = re.sub(r"[^\w-]+", "-", name)  # it comes from a page, and must not lead out of the folder
    contents = {"csv": export.as_csv(table).encode(), "xlsx": export.as_xlsx(table)}
    links = []
    for ending, label in (("csv", "CSV"), ("xlsx", "Excel")):
        file = f"{FOLDER}/{name}.{ending}"
        target = Path(app.outdir, file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents[ending])
        links.append((label, relative_uri(app.builder.get_target_uri(page), file), target.name))
    return {"lead": lead, "files": links, "rows": len(table.rows)}


def _holds(cells: list[Cell]) -> str:
    """Return what a column holds, in words."""
    words = {"": "text", export.DAY_FORM: "days"}
    filled = [cell for cell in cells if cell.text]
    kinds = {"percentages" if cell.form.endswith("%") else words.get(cell.form, "numbers") for cell in filled}
    empty = len(cells) - len(filled)
    return " and ".join(sorted(kinds) or ["nothing"]) + (f"; {empty} of {len(cells)} cells are empty" if empty else "")


def as_data(table: ShownTable, notes: About, values: bool = False) -> DataTable:
    """Return a table to write, its links in columns of their own; values: whether its last column may hold numbers."""
    heads, columns, cells = [], [], []
    for place, head in enumerate(table.heads):
        shown = [row[place] for row in table.rows]
        numbers = values and place == len(table.heads) - 1
        made = [
            export.shown_cell(cell.text, cell.numeric or (numbers and export.NUMBER.fullmatch(cell.text) is not None))
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


def change_page(app: Sphinx, page: str, context: Context, _doctree: nodes.document) -> None:
    """Make the tables of a page ready, and write the data of those of a notebook."""
    file = Path(app.env.doc2path(page))
    notebook = file.suffix == ".ipynb"
    source = f"computed by {page}.ipynb"
    if notebook:
        with suppress(RunError):  # it records no results, and so no files
            files = ", ".join(recorded_files(file))
            source += f" from data/: {files}" if files else ""
    stem = page.removeprefix("notebooks/").replace("/", "-")
    numbers = count(1)

    def change(block: str, table: ShownTable) -> str:
        results = block.startswith('<details class="ba-results"')
        if not notebook or not (results or 'class="ba-table"' in block):
            return ready(block, table)
        kind = "Named results" if results else f"Table {next(numbers)}"
        name = table.name or kind.lower().replace(" ", "-")
        contents = f"{kind} of the chapter “{app.env.titles[page].astext()}” of the book “{app.config.html_title}”"
        data = as_data(table, about(app, page, name, table.caption or kind, contents, source), results)
        files = render("table-files", **write_files(app, page, f"{stem}-{name}", data))
        return ready(block, table, name, files)

    body = change_tables(context["body"], change)
    if body != context["body"]:
        context["body"] = body
        app.add_css_file(STYLE, priority=900)
        # not deferred: it tells the style before the first picture of the page that it will be there
        app.add_js_file(SCRIPT)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    on_page(app, change_page)
