"""What helps to read and to find: cards over links, sources beside the text, and the search.

A card says what an entry, a word of the glossary or a source is; for each page that holds such the book gets a script
with their texts. Sphinx cuts a text into words at spaces and marks, which Chinese and Japanese lack, and takes excerpts
from pages that it fetches, which no browser allows in a book that lies in a folder. So such words are indexed by signs
and pairs of signs, and the texts of the pages come in a script too.
"""

import json
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish

from analysis.book.entries import ledger_entry, slug
from analysis.book.html import Context, add_node, data_script, on_finish, on_page, on_tree

PAGES = ("book/ledger", "book/provisions", "book/events", "book/glossary", "book/bibliography")
CARDS, FOLDER = "previews.js", "previews"
MOST = 420  # letters of a text
Preview = list[str]  # the head, then paragraphs


def shortened(words: str, most: int = MOST) -> str:
    """Return a text in one line, cut at a word where it is longer than so many letters."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[:most].rpartition(" ")[0].rstrip(",;:.") + " …"


def previews(document: nodes.document) -> dict[str, Preview]:
    """Return what a card says of each entry, term and source of a page, by the id that links lead to."""
    cards: dict[str, Preview] = {}
    for entry in document.findall(ledger_entry):
        paragraphs = [part for part in entry if isinstance(part, nodes.paragraph) and "ba-lines" not in part["classes"]]
        head, *texts = [part.astext() for part in paragraphs]
        cards[entry["ids"][0]] = [head, *map(shortened, [*texts, *entry.get("preview", ())])]
    for item in document.findall(nodes.definition_list_item):
        terms = [part for part in item if isinstance(part, nodes.term)]
        card = [", ".join(term.astext() for term in terms), shortened(item[-1].astext())]
        cards |= {name: card for term in terms for name in term["ids"]}
    for source in document.findall(nodes.citation):
        words = shortened(" ".join(part.astext() for part in source if not isinstance(part, nodes.label)))
        cards |= {name: ["Source", words] for name in source["ids"]}
    return cards


def write_previews(app: Sphinx, document: nodes.document, page: str) -> None:
    """Write the previews of a page as a script."""
    if page in PAGES:
        place = f"(window.bookPreviews = window.bookPreviews || {{}})[{json.dumps(page)}]"
        script = Path(app.outdir, "_static", FOLDER, f"{slug(page)}.js")
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(data_script(place, previews(document)), encoding="utf-8")


def load_cards(app: Sphinx, _page: str, _context: Context, _doctree: nodes.document) -> None:
    """Load the script of the cards, which is told the pages that have previews."""
    if pages := [page for page in PAGES if page in app.env.found_docs]:
        app.add_js_file(CARDS, loading_method="defer", **{"data-pages": " ".join(pages)})  # type: ignore[arg-type]


BESIDE = (nodes.paragraph, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list, nodes.block_quote)
LONGEST_TITLE = 90  # letters


class side_note(nodes.General, nodes.Element):
    """The sources that a block cites, beside it: attribute sources, a list of (label, title, address)."""


def add_notes(app: Sphinx, document: nodes.document, _page: str) -> None:
    """Put notes before the blocks of prose right below a section that cite; a source once in a section."""
    domain: Any = app.env.get_domain("cite")
    entries: Mapping[str, Any] = domain.bibdata.data.entries
    titles = {
        str(citation.citation_id): re.sub(r"[{}]", "", entries[citation.key].fields.get("title", ""))
        for citation in domain.citations
        if citation.key in entries
    }
    notes: dict[nodes.Element, list[tuple[str, str, str]]] = {}
    cited: set[tuple[nodes.Node, str]] = set()  # by section
    for link in document.findall(nodes.reference):
        address = str(link.get("refuri", ""))
        name = address.partition("#")[2] or str(link.get("refid", ""))
        block: Any = link
        while block is not None and not isinstance(block.parent, nodes.section):
            block = block.parent
        if name in titles and "reftitle" in link and isinstance(block, BESIDE) and (block.parent, name) not in cited:
            cited.add((block.parent, name))
            notes.setdefault(block, []).append((link.astext(), shortened(titles[name], LONGEST_TITLE), address))
    for block, sources in notes.items():
        block.parent.insert(block.parent.index(block), side_note(sources=sources))


# --- the search

LANGUAGE = "book"  # as _config.yml names it
EXCERPTS, TEXTS = "search-excerpts.js", "search-texts.js"
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
    """Return the text of a node in a line, without code and charts; inner: with the places in it and its title."""
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


def place_of(node: Any) -> Place:
    """Return the id, the heading and the own text of a section, an entry or a word of the glossary."""
    if isinstance(node, ledger_entry):
        return node["ids"][0], node["ids"][0].upper(), plain(node)
    if isinstance(node, nodes.definition_list_item):
        first = next(term for term in node if isinstance(term, nodes.term) and term["ids"])
        return first["ids"][0], first.astext(), plain(node)
    title = next((child.astext() for child in node if isinstance(child, nodes.title)), "")
    return node["ids"][0] if node["ids"] else "", title, plain(node, inner=False)


def collect_texts(app: Sphinx, document: nodes.document, page: str) -> None:
    """Keep the text of a page by its sections, entries and words of the glossary, in order; each text once."""
    vars(app.builder).setdefault(TEXTS, {})[page] = [place_of(node) for node in document.findall(is_place)]


def write_texts(app: Sphinx, folder: Path) -> None:
    """Write the texts into a finished HTML book, as a classic script, which also loads from file://."""
    script = data_script("window.bookTexts", vars(app.builder)[TEXTS])
    (folder / "_static" / TEXTS).write_text(script, encoding="utf-8")


def load_search(app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: Any) -> None:
    """Load the texts and the script that shows them on the page of the search."""
    if page == "search":
        for script in (TEXTS, EXCERPTS):
            app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    on_tree(app, write_previews, 950)
    on_page(app, load_cards)
    languages[LANGUAGE] = BookSearch
    on_tree(app, collect_texts, 960)
    app.connect("html-page-context", load_search)
    on_finish(app, write_texts)
    add_node(app, side_note, "side-note")
    on_tree(app, add_notes, 970)  # after the texts for cards and search are taken
