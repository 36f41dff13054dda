"""The tables of the HTML book: sorted, searched and paged by a script, cards on a phone, downloads of their data.

A table of a notebook is written as CSV and Excel into _downloads/tables, under the name of its chapter and its own id,
which `sphinx_cite` makes of its caption.
"""

import re
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from analysis.book import tables
from analysis.core.errors import RunError
from analysis.data import export
from analysis.data.export import About, Cell, DataTable
from analysis.runs.results import recorded_files

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


def as_data(table: tables.ShownTable, said: About, values: bool = False) -> DataTable:
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

    def change(block: str, table: tables.ShownTable) -> str:
        nonlocal shown
        results = block.startswith('<details class="ba-results"')
        if not notebook or not (results or 'class="ba-table"' in block):
            return tables.ready(block, table)
        shown += not results
        name = table.name or ("named-results" if results else f"table-{shown}")
        kind = "Named results" if results else f"Table {shown}"
        what = f"{kind} of the chapter “{chapter}” of the book “{app.config.html_title}”"
        data = as_data(table, about(app, page, name, table.caption or kind, what, source), results)
        return tables.ready(block, table, name, write_files(app, page, f"{stem}-{name}", data))

    body = tables.change_tables(context["body"], change)
    if body != context["body"]:
        context["body"] = body
        app.add_css_file(STYLE, priority=900)
        # not deferred: it tells the style before the first picture of the page that it will be there
        app.add_js_file(SCRIPT)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the change of pages with Sphinx."""
    app.connect("html-page-context", change_page)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
