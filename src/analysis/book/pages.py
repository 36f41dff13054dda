"""What a page shows around its text: how long it takes to read, links to its charts and tables, and the next step.

All of it is put into the finished HTML of a page, so that neither the search nor the PDF knows of it.
"""

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

from analysis.book.charts import chart
from analysis.book.entries import fold, ledger_entry
from analysis.book.tables import OPENING
from analysis.core import wording
from analysis.data.tables import load

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WORDS_A_MINUTE = 220  # of prose that one reads to understand it
SIGNS_A_WORD = 2  # Chinese and Japanese signs that take as long as a word
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
CHART_MINUTES, TABLE_MINUTES = 0.5, 0.25  # for a look at each
LEAST = 60  # words of a page that is worth a line
HEADING = re.compile(r'(<a class="headerlink" href="[^"]*") title="([^"]*)"')


# --- how long it takes


def _prose(node: nodes.Node) -> str:
    """The words of running text: without code, tables, charts and what is folded."""
    if isinstance(node, nodes.raw):
        html = node.astext()
        return "" if "<table" in html or "<details" in html else re.sub(r"<[^>]+>", " ", html)
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.literal_block | nodes.table | nodes.comment | chart | fold):
        return ""
    return ("" if isinstance(node, nodes.Inline) else " ") + "".join(map(_prose, node.children))


def looked_up(node: nodes.Node) -> bool:
    """Whether a node is something that one looks up, and does not read from the first to the last."""
    return isinstance(node, ledger_entry | nodes.citation | addnodes.glossary)


def minutes(words: str, charts: int = 0, tables: int = 0) -> int:
    """How long it takes to read a text and to look at charts and tables, in minutes; at least one."""
    signs = len(SIGNS.findall(words))
    others = len(SIGNS.sub(" ", words).split())
    reading = (others + signs / SIGNS_A_WORD) / WORDS_A_MINUTE
    return max(1, round(reading + charts * CHART_MINUTES + tables * TABLE_MINUTES))


def reading_line(document: nodes.document) -> str:
    """What a page asks of its reader: About nine minutes, five charts, three tables.

    Empty for a page of few words, and for one in which one looks things up: entries, words, sources.
    """
    words = _prose(document)
    if len(words.split()) < LEAST or next(document.findall(looked_up), None) is not None:
        return ""
    charts = sum(1 for _ in document.findall(chart))
    tables = sum(1 for _ in document.findall(nodes.table))
    tables += sum(len(OPENING.findall(node.astext())) for node in document.findall(nodes.raw))
    parts = [f"About {wording.plural(minutes(words, charts, tables), 'minute')}"]
    parts += [wording.plural(count, noun) for count, noun in ((charts, "chart"), (tables, "table")) if count]
    return ", ".join(parts)


# --- addresses of tables


def with_addresses(body: str) -> str:
    """The HTML of a page in which tables of notebooks have a link to their address, and such links have names."""

    def addressed(found: re.Match[str]) -> str:
        if not found["id"]:
            return found[0]
        link = f'<a class="headerlink" href="#{found["id"]}" aria-label="Link to this table">#</a>'
        end = f"</{found['head']}>"
        return found[0].removesuffix(end) + (link + end if found["kind"] == "figure" else end + link)

    return HEADING.sub(r'\1 aria-label="\2"', OPENING.sub(addressed, body))


# --- the next step


def neighbour(kind: str, link: str, title: str, step: Mapping[str, Any] | None) -> str:
    """The link to the page before or after, with its step of the argument where it has one."""
    words = {"prev": "Previous", "next": "Next"}[kind]
    if step is None:
        inside = f'<span class="ba-step-what">{words}</span><span class="ba-step-title">{title}</span>'
    else:
        inside = (
            f'<span class="ba-step-what">{words} step</span>'
            f'<span class="ba-step-title">{step["step_id"]} {escape(str(step["title"]))}</span>'
            f'<span class="ba-step-told">{escape(str(step["argument"]))}</span>'
        )
    return f'<a class="ba-step-{kind}" rel="{kind}" href="{link}">{inside}</a>'


def steps_of(app: "Sphinx") -> dict[str, dict[Any, Any]]:
    """The steps of the argument by the page of their chapter; none in a book without that table."""
    folder = Path(app.srcdir, "data")
    if not (folder / "steps.csv").exists() or not (folder / "datapackage.json").exists():
        return {}
    return {f"notebooks/{row['notebook']}": row for row in load("steps", folder).to_dict("records")}


def add_parts(
    app: "Sphinx", page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Put line, addresses and links into a page."""
    if doctree is None or "body" not in context:
        return
    body = with_addresses(context["body"])
    if page != app.config.root_doc and (line := reading_line(doctree)):
        body = body.replace("</h1>", f'</h1>\n<p class="ba-time">{line}</p>', 1)
    builder: Any = app.builder
    _, before, after = builder.relations.get(page, (None, None, None))
    steps = steps_of(app)
    links = [
        neighbour(kind, context[kind]["link"], context[kind]["title"], steps.get(other))
        for kind, other in (("prev", before), ("next", after))
        if other and context.get(kind)
    ]
    if links:
        context["theme_show_prev_next"] = False
        body += f'<nav class="ba-steps" aria-label="Previous and next page">{"".join(links)}</nav>\n'
    context["body"] = body


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", add_parts, priority=501)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
