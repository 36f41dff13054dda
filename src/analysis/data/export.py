"""A table as a file to take away: CSV with a head of notes, Excel with a sheet that says what it is.

A cell knows the text that the book shows and, for Excel, the number or day that it means. No text can act as a
formula: Excel gets it marked as text; in CSV a text that begins like a formula has an apostrophe before it, and the
notes say so. The same table gives the same bytes.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.(\d+))?")
SHARE = re.compile(r"([-+]?\d+(?:\.(\d+))?)%")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MARKED = "A text that begins like a formula has an apostrophe before it, which is not part of the text."
DAY_FORM = "yyyy-mm-dd"
# Excel counts days from 1900 and takes that for a leap year
FIRST_DAY = date(1900, 3, 1)
# a file without a day of its own carries the first one that a ZIP archive can
NO_DAY = date(1980, 1, 1)
NARROWEST, WIDEST = 8, 60  # characters of a column


@dataclass(frozen=True)
class Cell:
    """A cell: the text that is shown, what it means, and the form in which Excel shows that; no form for text."""

    text: str
    value: str | int | float | date
    form: str = ""


@dataclass(frozen=True)
class About:
    """What a file says of itself; what is empty is left out.

    title: of the table. what: what it is. source: where its content comes from. licence, cite, version: of the book.
    day: the date of the book. place: the address of the table in the book.
    """

    title: str
    what: str = ""
    source: str = ""
    licence: str = ""
    cite: str = ""
    version: str = ""
    day: date | None = None
    place: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """Label and text of each line."""
        named = [
            ("Title", self.title),
            ("What it is", self.what),
            ("Source", self.source),
            ("Licence", self.licence),
            ("Cite as", self.cite),
            ("Version", self.version),
            ("Date", f"{self.day}" if self.day else ""),
            ("Address", self.place),
        ]
        return [(label, " ".join(text.split())) for label, text in named if text.strip()]


@dataclass(frozen=True)
class DataTable:
    """A table to write: heads, what each column holds, the rows, and what the files say of it."""

    heads: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    about: About


def text_cell(text: str) -> Cell:
    """A cell that is text whatever it looks like."""
    return Cell(text, text)


def value_cell(value: Any) -> Cell:
    """A cell from a value of a data set: a number stays one in Excel, nothing is empty, all else is text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(str(value), value, "General") if number else text_cell("" if value is None else str(value))


def number_cell(text: str) -> Cell:
    """A cell of a column of numbers, shown with its decimals; text where it is no number."""
    found = NUMBER.fullmatch(text)
    if not found:
        return text_cell(text)
    decimals = found[1] or ""
    return Cell(text, float(text) if decimals else int(text), f"0.{'0' * len(decimals)}" if decimals else "0")


def shown_cell(text: str, numeric: bool = False) -> Cell:
    """A cell from what a table shows: a number in a column of numbers, a day, a percentage, or text."""
    if numeric:
        return number_cell(text)
    if DAY.fullmatch(text):
        return day_cell(text)
    if share := SHARE.fullmatch(text):
        decimals = share[2] or ""
        return Cell(text, float(share[1]) / 100, f"0.{'0' * len(decimals)}%" if decimals else "0%")
    return text_cell(text)


def day_cell(text: str) -> Cell:
    """A cell with a day as YYYY-MM-DD; text where it is none, or one before the calendar of Excel."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text_cell(text)
    return Cell(text, day, DAY_FORM) if day >= FIRST_DAY else text_cell(text)


def distinct(heads: Sequence[str]) -> list[str]:
    """Heads of which none is empty and none stands twice: “after”, “after (2)”."""
    found: list[str] = []
    for place, head in enumerate(heads, 1):
        name = plain = head or f"column {place}"
        number = 1
        while name in found:
            number += 1
            name = f"{plain} ({number})"
        found.append(name)
    return found


# --- CSV


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{text}" if text.startswith(FORMULA) and not (NUMBER.fullmatch(text) or SHARE.fullmatch(text)) else text


def _note(text: str) -> str:
    """A line of notes; a spreadsheet cuts it at each comma, so that what follows one must be harmless as well."""
    return re.sub(r"([,;\t]\s*)(?=[=+\-@＝＋－＠])", r"\1'", text)


def _csv_line(texts: Sequence[str]) -> str:
    """A line of CSV, in which a text with any end of line stands in quotes; before Python 3.13 a bare CR did not."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(texts)
    return line.getvalue().removesuffix("\r\n") + "\n"


def as_csv(table: DataTable) -> str:
    """The table as CSV after lines that begin with # and say what it is, where it comes from and how to cite it."""
    body = [[cell.text for cell in row] for row in table.rows]
    safe = [[harmless(cell.text) if isinstance(cell.value, str) else cell.text for cell in row] for row in table.rows]
    rows = [[harmless(head) for head in distinct(table.heads)], *safe]
    marked = safe != body
    text = io.StringIO()
    for number, (label, words) in enumerate(table.about.lines()):
        text.write(f"# {_note(words if number == 0 else f'{label}: {words}')}\n")
    if marked:
        text.write(f"# {MARKED}\n")
    text.writelines(map(_csv_line, rows))
    return text.getvalue()


# --- Excel


def _width(texts: Sequence[str]) -> int:
    """The width of a column in characters; those of Chinese and Japanese count twice."""
    widest = max((sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text) for text in texts), default=0)
    return min(WIDEST, max(NARROWEST, widest + 3))  # room for the arrow of the filter


def _write_readme(book: Any, table: DataTable) -> None:
    label = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    readme = book.add_worksheet("README")
    readme.set_column(0, 0, 28)
    readme.set_column(1, 1, 100)
    lines = [*table.about.lines(), ("Rows", f"{len(table.rows)}, in the sheet Data"), ("Columns", "")]
    columns = list(zip(distinct(table.heads), table.columns, strict=True))
    for number, (name, words) in enumerate([*lines, *columns]):
        readme.write_string(number, 0, name, label if number < len(lines) else wrapped)
        readme.write_string(number, 1, words, wrapped)


def _write_data(book: Any, table: DataTable) -> None:
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    used = dict.fromkeys(cell.form for row in table.rows for cell in row if cell.form)
    forms = {form: book.add_format({"num_format": form, "valign": "top"}) for form in used}
    data = book.add_worksheet("Data")
    for column, head in enumerate(distinct(table.heads)):
        data.set_column(column, column, _width([head, *(row[column].text for row in table.rows)]))
        data.write_string(0, column, head, bold)
    for number, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell.value, date):
                data.write_datetime(number, column, cell.value, forms[cell.form])
            elif not isinstance(cell.value, str):
                data.write_number(number, column, cell.value, forms[cell.form])
            elif cell.value:
                data.write_string(number, column, cell.value, wrapped)
    data.freeze_panes(1, 0)
    data.autofilter(0, 0, len(table.rows), len(table.heads) - 1)


def as_xlsx(table: DataTable) -> bytes:
    """The table as an Excel workbook: a sheet README on what it is, and a sheet Data with typed cells and a filter."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    made = datetime.combine(table.about.day or NO_DAY, time.min)
    book.set_properties({"title": table.about.title[:255], "created": made})
    _write_readme(book, table)
    _write_data(book, table)
    book.close()
    return content.getvalue()
