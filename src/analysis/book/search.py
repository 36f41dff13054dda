"""The search of the book: Chinese and Japanese words are found by any two of their signs, and results show an excerpt.

Sphinx cuts a text into words at spaces and marks, which Chinese and Japanese lack, and takes its excerpts from pages
that it fetches, which no browser allows in a book that lies in a folder. So words of signs are indexed by their signs
and pairs of signs, a query is cut in the same way, and the texts of the pages come in a script of their own.
"""

import re
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

from analysis.book.entries import ledger_entry
from analysis.book.html import data_script, pages_of

LANGUAGE = "book"
SCRIPT, TEXTS = "search-excerpts.js", "search-texts.js"
SIGNS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PARTS = re.compile(rf"[{SIGNS}]+|[^\W{SIGNS}]+")
# what has a place of its own: id, heading, text
Place = tuple[str, str, str]


def split_words(words: str) -> list[str]:
    """Return the words of a text; of each run of Chinese or Japanese signs the signs and the pairs of neighbours."""
    words_and_pairs: list[str] = []
    for part in _PARTS.findall(words):
        if re.match(f"[{SIGNS}]", part):
            words_and_pairs += [*part, *(part[place : place + 2] for place in range(len(part) - 1))]
        else:
            words_and_pairs.append(part)
    return words_and_pairs


class BookSearch(SearchEnglish):
    """English words by their stems, Chinese and Japanese ones by their signs."""

    lang = LANGUAGE
    language_name = "English, Chinese and Japanese"
    js_splitter_code = f"""
var splitQuery = (query) => (query.match(/[{SIGNS}]+|(?:(?![{SIGNS}])[\\p{{Letter}}\\p{{Number}}_])+/gu) || []).flatMap(
  (part) => /^[{SIGNS}]{{2,}}$/.test(part) ? [...part].slice(1).map((sign, place) => [...part][place] + sign) : [part]
);
"""

    def split(self, input: str) -> list[str]:
        """Return the words to index."""
        return split_words(input)


def plain(node: nodes.Node, inner: bool = True) -> str:
    """Return the text of a node as a reader sees it, in one line, without code and charts.

    inner: with what stands in places within it; without, its title is left out as well.
    """
    parts: list[str] = []

    def visit(part: nodes.Node) -> None:
        if isinstance(part, nodes.raw):
            if "html" in part["format"].split():
                html = re.sub(r"<(script|style)\b.*?</\1>", " ", part.astext(), flags=re.S)
                parts.append(unescape(re.sub(r"<[^>]+>", " ", html)))
        elif isinstance(part, nodes.Text):
            parts.append(part.astext())
        elif part is not node and not inner and (is_place(part) or isinstance(part, nodes.title)):
            return
        elif not isinstance(part, nodes.literal_block | nodes.comment | nodes.math | nodes.math_block):
            for child in part.children:
                visit(child)
            if not isinstance(part, nodes.Inline):
                parts.append(" ")

    visit(node)
    return " ".join("".join(parts).split())


def is_place(node: nodes.Node) -> bool:
    """Return whether a node has an address that a result can lead to: a section, an entry, a word of the glossary."""
    if isinstance(node, nodes.definition_list_item):
        return any(isinstance(term, nodes.term) and term["ids"] for term in node)
    return isinstance(node, nodes.section | ledger_entry)


def place_of(node: nodes.Element) -> Place:
    """Return the id, the heading and the own text of a section, an entry or a word of the glossary."""
    if isinstance(node, ledger_entry):
        return node["ids"][0], node["ids"][0].upper(), plain(node)
    if isinstance(node, nodes.definition_list_item):
        first = next(term for term in node if isinstance(term, nodes.term) and term["ids"])
        return first["ids"][0], first.astext(), plain(node)
    title = next((child.astext() for child in node if isinstance(child, nodes.title)), "")
    return node["ids"][0] if node["ids"] else "", title, plain(node, inner=False)


def places(document: nodes.document) -> list[Place]:
    """Return the text of a page by its sections, entries and words of the glossary, in order; each text once."""
    return [place_of(node) for node in document.findall(is_place) if isinstance(node, nodes.Element)]


def collect(app: Sphinx, document: nodes.document, page: str) -> None:
    """Keep the texts of a page that is about to be written."""
    if app.builder.format == "html":
        pages_of(app, "texts")[page] = places(document)


def write_texts(app: Sphinx, error: Exception | None) -> None:
    """Write the texts into a finished HTML book, as a classic script, which also loads from file://."""
    if error is None and app.builder.format == "html":
        script = data_script("window.bookTexts", pages_of(app, "texts"))
        Path(app.outdir, "_static", TEXTS).write_text(script, encoding="utf-8")


def load_scripts(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: Any) -> None:
    """Load the texts and the script that shows them on the page of the search."""
    if page == "search":
        for script in (TEXTS, SCRIPT):
            app.add_js_file(script, loading_method="defer")


def choose_language(_app: Sphinx, config: Any) -> None:
    """Let the search use the splitter of the book, and no excerpts that it would have to fetch."""
    config.html_search_language = LANGUAGE
    config.html_show_search_summary = False


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    languages[LANGUAGE] = BookSearch
    app.connect("config-inited", choose_language)
    app.connect("doctree-resolved", collect, priority=910)
    app.connect("html-page-context", load_scripts)
    app.connect("build-finished", write_texts)
