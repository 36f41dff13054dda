"""A table as a file to take away: CSV with a head of notes, Excel with a sheet that says what it is.

No text can act as a formula: Excel gets it marked as text; in CSV a text that begins like a formula has an apostrophe
before it, and the notes say so. The same table gives the same bytes.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time
from itertools import count
from typing import Any

NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(?:\.(\d+))?")
SHARE = re.compile(r"([-+]?\d+(?:\.(\d+))?)%")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
MARKED = "A text that begins like a formula has an apostrophe before it, which is not part of the text."
DAY_FORM = "yyyy-mm-dd"
LABELS = ("Title", "What it is", "Source", "Licence", "Cite as", "Version", "Date", "Address")  # of About, in order


@dataclass(frozen=True)
class Cell:
    """A cell: the text that is shown, what it means, and the form in which Excel shows that; no form for text."""

    text: str
    value: str | int | float | date
    form: str = ""


@dataclass(frozen=True)
class About:
    """What a file says of itself, in the order of LABELS; what is empty is left out; place is an address."""

    title: str
    what: str = ""
    source: str = ""
    licence: str = ""
    cite: str = ""
    version: str = ""
    day: date | None = None
    place: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """Return label and text of each line."""
        texts = [" ".join(str(value or "").split()) for value in astuple(self)]
        return [(label, text) for label, text in zip(LABELS, texts, strict=True) if text]


@dataclass(frozen=True)
class DataTable:
    """A table to write: heads, what each column holds, the rows, and what the files say of it."""

    heads: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    about: About


def text_cell(text: str) -> Cell:
    """Return a cell that is text whatever it looks like."""
    return Cell(text, text)


def value_cell(value: Any) -> Cell:
    """Return a cell from a value of a data set: a number stays one in Excel, nothing is empty, all else is text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return Cell(str(value), value, "General") if number else text_cell("" if value is None else str(value))


def number_cell(text: str) -> Cell:
    """Return a cell of a column of numbers, shown with its decimals; text where it is no number."""
    if not (match := NUMBER.fullmatch(text)):
        return text_cell(text)
    return Cell(text, float(text), f"0.{'0' * len(match[1])}") if match[1] else Cell(text, int(text), "0")


def shown_cell(text: str, numeric: bool = False) -> Cell:
    """Return a cell from what a table shows: a number in a column of numbers, a day, a percentage, or text."""
    if not numeric and (share := SHARE.fullmatch(text)):
        return Cell(text, float(share[1]) / 100, f"{number_cell(text[:-1]).form}%")
    return number_cell(text) if numeric else day_cell(text)


def day_cell(text: str) -> Cell:
    """Return a cell with a day as YYYY-MM-DD; text where it is none, or one before the calendar of Excel."""
    try:
        day = date.fromisoformat(text if DAY.fullmatch(text) else "")
    except ValueError:
        return text_cell(text)
    # Excel counts days from 1900 and takes that for a leap year
    return Cell(text, day, DAY_FORM) if day >= date(1900, 3, 1) else text_cell(text)


def distinct(heads: Sequence[str]) -> list[str]:
    """Return heads of which none is empty and none stands twice: “after”, “after (2)”."""
    names: list[str] = []
    for place, head in enumerate(heads, 1):
        plain = head or f"column {place}"
        numbered = (plain if number == 1 else f"{plain} ({number})" for number in count(1))
        names.append(next(name for name in numbered if name not in names))
    return names


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{text}" if text.startswith(FORMULA) and not (NUMBER.fullmatch(text) or SHARE.fullmatch(text)) else text


def as_csv(table: DataTable) -> str:
    """Return the table as CSV after lines that begin with # and say what it is, its source and how to cite it."""
    shown = [[cell.text for cell in row] for row in table.rows]
    safe = [[harmless(cell.text) if isinstance(cell.value, str) else cell.text for cell in row] for row in table.rows]
    notes = [words if label == LABELS[0] else f"{label}: {words}" for label, words in table.about.lines()]
    notes += [MARKED] if safe != shown else []
    content = io.StringIO()
    for note in notes:  # a spreadsheet cuts it at a comma: what follows must be harmless as well
        content.write("# " + re.sub(r"([,;\t]\s*)(?=[=+\-@＝＋－＠])", r"\1'", note) + "\n")
    for row in ([harmless(head) for head in distinct(table.heads)], *safe):
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(row)  # with \n, Python before 3.13 quotes no bare CR
        content.write(line.getvalue().removesuffix("\r\n") + "\n")
    return content.getvalue()


def as_xlsx(table: DataTable) -> bytes:
    """Return the table as an Excel workbook: a sheet README on what it is, and Data with typed cells and a filter."""
    import xlsxwriter

    content, heads = io.BytesIO(), distinct(table.heads)
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    day = table.about.day or date(1980, 1, 1)  # the first day that a ZIP archive can have
    book.set_properties({"title": table.about.title[:255], "created": datetime.combine(day, time.min)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top"})
    used = dict.fromkeys(cell.form for row in table.rows for cell in row if cell.form)
    forms = {form: book.add_format({"num_format": form, "valign": "top"}) for form in used} | {"": text}

    readme = book.add_worksheet("README")
    readme.set_column(0, 0, 28)
    readme.set_column(1, 1, 100)
    lines = [*table.about.lines(), ("Rows", f"{len(table.rows)}, in the sheet Data"), ("Columns", "")]
    for number, (label, words) in enumerate([*lines, *zip(heads, table.columns, strict=True)]):
        readme.write_string(number, 0, label, bold if number < len(lines) else text)
        readme.write_string(number, 1, words, text)

    data = book.add_worksheet("Data")
    data.write_row(0, 0, heads, bold)
    for number, row in enumerate(table.rows, 1):
        for column, cell in enumerate(row):
            if cell.text:
                data.write(number, column, cell.value, forms[cell.form])
    data.freeze_panes(1, 0)
    data.autofilter(0, 0, len(table.rows), len(heads) - 1)
    data.autofit(425)  # pixels of a column at most, about 60 characters
    book.close()
    return content.getvalue()
