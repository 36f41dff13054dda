"""Citations in the book: the page on citing, and a button beside each figure, table and claim that gives four forms.

The forms are those of `analysis.book.cite`; a page carries one template of them, which its script fills in. Without
JavaScript there is a link to the page on citing. With `html_baseurl` the forms carry the address of what they cite.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis.book import cite
from analysis.book.entries import paragraph, strong, titled_section
from analysis.book.html import Context, change_raw, on_page, render
from analysis.book.roles import staged
from analysis.book.sphinx import CITATION
from analysis.book.tables import OPENING, ROW_COUNT
from analysis.core.files import parse_yaml

PAGE = "book/cite"
SCRIPT, STYLE = "cite.js", "cite.css"
CITED = re.compile(r'class="ba-(?:chart|claim|table)[ "]')


def read_citation(source: str | Path) -> dict[str, Any]:
    """Return CITATION.cff of a staged folder; empty where there is none, as in the book of a case."""
    file = Path(source) / CITATION
    return _parsed(file.read_text(encoding="utf-8")) if file.exists() else {}


@cache
def _parsed(text: str) -> dict[str, Any]:
    return dict(parse_yaml(text))  # every page asks for the same long file


class Citations(SphinxDirective):
    """```{citations} becomes the four forms of the edition and of the article, from CITATION.cff."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each of the two works, with a block for each form."""
        cff = read_citation(staged(self.env, str(CITATION)).parent)
        if not cff:
            return []
        works = {
            "This edition": cite.edition_of(cff, self.config.html_baseurl),
            "The article": cite.work_of(cff["references"][0], "guo_article"),
        }
        sections: list[nodes.Node] = []
        for heading, work in works.items():
            parts: list[nodes.Node] = []
            for form, text in cite.forms(work).items():
                block = nodes.literal_block(text, text, language="bibtex" if form == "BibTeX" else "text")
                parts += [paragraph(strong(form)), block]
            sections.append(titled_section(self, heading, *parts, classes=["ba-citations"]))
        return sections


def table_name(caption: str, taken: set[str]) -> str:
    """Return an id that is not taken for a table, from the words of its caption without the number of its rows."""
    words = ROW_COUNT.sub("", re.sub(r"<[^>]*>|&#?\w+;", "", caption))
    name = "tab-" + "-".join(re.findall(r"[a-z0-9]+", words.lower())[:6])
    number = 1
    while (numbered := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return numbered


def named_tables(html: str, taken: set[str]) -> str:
    """Return HTML in which the tables of notebooks have ids; adds the new ones to those taken."""

    def named(match: re.Match[str]) -> str:
        if match["id"] is not None:
            return match[0]
        name = table_name(match["caption"], taken)
        taken.add(name)
        return match[0].replace('class="ba-table"', f'class="ba-table" id="{name}"', 1)

    return OPENING.sub(named, html)


class NameTables(SphinxPostTransform):
    """In HTML, each table of a notebook gets an id, so that it has an address."""

    default_priority = 900  # whoever else names tables goes first
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the raw HTML of the page."""
        taken = set(self.document.ids)
        change_raw(self.document, lambda html: named_tables(html, taken))


def page_data(cff: Mapping[str, Any], base: str, page: str, more: str) -> dict[str, Any]:
    """Return what the script needs: template, escapes of BibTeX, the page's address, the way to the page on citing."""
    return {
        "templates": cite.template(cite.edition_of(cff), public=bool(base)),
        "escapes": cite.ESCAPES,
        "address": f"{base.rstrip('/')}/{page}" if base else "",
        "more": more,
    }


def add_citations(app: Sphinx, page: str, context: Context, _doctree: nodes.document) -> None:
    """Give a page with figures, tables or claims the template and the script; the page on citing its style."""
    if PAGE not in app.env.found_docs:
        return
    if page == PAGE:
        app.add_css_file(STYLE)
    cff = read_citation(app.srcdir)
    if not cff or not CITED.search(context["body"]):
        return
    address = app.builder.get_target_uri(page)
    more = relative_uri(address, app.builder.get_target_uri(PAGE))
    data = page_data(cff, app.config.html_baseurl or "", address, more)
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    context["body"] += render("citations", data=text, more=more)
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.add_directive("citations", Citations)
    app.add_post_transform(NameTables)
    on_page(app, add_citations)
