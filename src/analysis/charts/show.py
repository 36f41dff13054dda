"""What a notebook puts on the page: figures, tables, and sentences with their numbers inserted.

Each object carries every form it is needed in: JupyterLab and the HTML book take the interactive chart or the
HTML, GitHub the picture, the PDF the picture or the Markdown, a screen reader the text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import altair as alt
import pandas as pd
from markdown_it import MarkdownIt

from analysis.charts import theme, vega
from analysis.core import wording as words
from analysis.core.errors import ParameterError

NUMERIC = ' class="num"'
# JupyterLab draws specifications of version 5; the charts use nothing that a later version added.
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


@dataclass(frozen=True)
class Figure:
    """A chart with its name (fig-…), the text that says what the data show, and its source line."""

    name: str
    chart: alt.TopLevelMixin
    alt: str
    source: str

    def __post_init__(self) -> None:
        """Raises ParameterError where the name is not of the form fig-chapter-subject or a text is missing."""
        if not re.fullmatch(r"fig(-[a-z0-9]+)+", self.name) or not self.alt.strip() or not self.source.strip():
            raise ParameterError(
                f"figure “{self.name}” needs a name like fig-alignment-coverage, alt text and a source"
            )

    def specification(self) -> dict[str, Any]:
        """Return the Vega-Lite specification with the figure's texts under usermeta.figure."""
        spec = vega.stable(self.chart.to_dict())
        spec |= {"$schema": SCHEMA, "config": theme.CONFIG, "description": self.alt}
        spec["usermeta"] = {"figure": {"name": self.name, "alt": self.alt, "source": self.source}}
        return spec

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        spec = self.specification()
        return {
            vega.MIME_TYPE: spec,
            "image/svg+xml": vega.draw_svg(spec),
            "text/plain": f"{self.alt} ({self.source})",
        }


def _cell(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not pd.isna(value):
        return f"{value:.2f}"
    return "" if value is None or value is pd.NA or value is pd.NaT or value != value else str(value)


def entries_marked(words: str) -> str:
    """Return a text as HTML; an id of a claim or an omission at its beginning is marked for the book to link."""
    return re.sub(r"^([CO]\d{1,2})(?=$| )", r'<span class="ba-entry">\1</span>', escape(words))


class Cell:
    """A cell of a table: its text, and the address to which it links, if any."""

    def __init__(self, value: Any, url: Any) -> None:
        self.text, self.url = _cell(value), _cell(url)
        self.numeric = isinstance(value, int | float) and not isinstance(value, bool)

    def html(self) -> str:
        """Return the cell in HTML."""
        link = f'<a href="{escape(self.url)}">{escape(self.text)}</a>' if words.ADDRESS.fullmatch(self.url) else ""
        return f"<td{NUMERIC if self.numeric else ''}>{link or entries_marked(self.text)}</td>"

    def markdown(self) -> str:
        """Return the cell in Markdown."""
        text, target = words.in_markdown(self.text), words.address_in_markdown(self.url)
        return f"[{text}]({target})" if target else text


@dataclass(frozen=True)
class Table:
    """A frame as a table with a caption.

    columns maps the columns to show, in order, to their headings; a column named in links is linked to the
    address in the column it is mapped to. Numbers are set to the right; floats have two digits. A folded table opens
    in HTML when its caption is clicked; on paper it stands open.
    """

    frame: pd.DataFrame
    caption: str
    columns: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)
    folded: bool = False

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        heads, caption = list(self.columns.values()), escape(self.caption)
        rows = [
            [Cell(record[name], record[self.links[name]] if name in self.links else "") for name in self.columns]
            for record in self.frame.to_dict("records")
        ]
        right = [place for place, cell in enumerate(rows[0] if rows else ()) if cell.numeric]
        head = "".join(
            f'<th scope="col"{NUMERIC if place in right else ""}>{escape(name)}</th>'
            for place, name in enumerate(heads)
        )
        body = "\n".join(f"<tr>{''.join(cell.html() for cell in row)}</tr>" for row in rows)
        table = words.table_in_markdown(
            [words.in_markdown(head) for head in heads], [[cell.markdown() for cell in row] for row in rows], right
        )
        grid = (
            f'<div class="ba-scroll" tabindex="0" role="region" aria-label="{caption}">'
            f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )
        html = (
            f'<details class="ba-table"><summary>{caption} ({len(rows)} rows)</summary>{grid}</details>'
            if self.folded
            else f'<figure class="ba-table"><figcaption>{caption}</figcaption>{grid}</figure>'
        )
        return {
            "text/html": html,
            "text/markdown": f"*{words.in_markdown(self.caption)}*\n\n{table}",
            "text/plain": f"{self.caption}\n"
            + pd.DataFrame([[cell.text for cell in row] for row in rows], columns=heads).to_string(index=False),
        }


@dataclass(frozen=True)
class Outline:
    """A nested list: items with items below them. HTML folds it; on paper the sentence `on_paper` stands instead."""

    caption: str
    items: Sequence[tuple[str, Sequence[str]]]
    on_paper: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        def listed(items: Sequence[str]) -> str:
            return "<ul>" + "".join(f"<li>{entries_marked(item)}</li>" for item in items) + "</ul>" if items else ""

        body = "".join(f"<li>{entries_marked(item)}{listed(below)}</li>" for item, below in self.items)
        head = f"<summary>{escape(self.caption)}</summary>"
        lines = [line for item, below in self.items for line in (item, *(f"  {inner}" for inner in below))]
        return {
            "text/html": f'<details class="ba-outline">{head}<ul>{body}</ul></details>',
            "text/markdown": self.on_paper,
            "text/plain": "\n".join([self.caption, *lines]),
        }


@dataclass(frozen=True)
class Prose:
    """Sentences with inserted numbers, in Markdown: plain, or set apart as a finding or as limits."""

    markdown: str
    kind: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        if not self.kind:
            return {"text/markdown": self.markdown, "text/plain": self.markdown}
        label = {"finding": "Finding", "limits": "Limits"}[self.kind]
        body = MarkdownIt("commonmark", {"html": False}).render(f"**{label}.** {self.markdown}").strip()
        quoted = "\n".join(f"> {line}".rstrip() for line in f"**{label}.** {self.markdown}".splitlines())
        return {
            "text/html": f'<aside class="{self.kind}" aria-label="{label}">{body}</aside>',
            "text/markdown": quoted,
            "text/plain": f"{label}. {self.markdown}",
        }


def finding(markdown: str) -> Prose:
    """Return the finding of a chapter or a section of it, set apart."""
    return Prose(markdown, "finding")


def limits(items: Sequence[str]) -> Prose:
    """Return the limits of a finding, one item a line, set apart."""
    return Prose("What this cannot show:\n\n" + "\n".join(f"- {item}" for item in items), "limits")
