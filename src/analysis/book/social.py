"""What a page shows where its address is shared: Open Graph tags, and a card, a picture set by Typst.

A card shows the title of the page, its finding or first sentence, and its first chart. Cards are kept between builds
under the hash of what they show. Open Graph wants whole addresses; without `html_baseurl` they are relative. Where
Typst is not installed, pages have the tags without a card.
"""

import hashlib
import html
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from analysis.book.charts import chart, chart_folder
from analysis.book.entries import around
from analysis.core import paths
from analysis.core.files import write_whole

TEMPLATE = "card.typ"
FOLDER = "_images/cards"
SIZE = (1200, 630)  # pixels, the shape that sites show whole
LARGEST = 120_000  # bytes
LONGEST = 200  # characters of a description; sites cut longer ones
SENTENCE_END = re.compile(r"(?<![A-Z])(?<!\bno)[.?!][”’)]*(?=\s+[A-Z“‘(])")
FINDING = re.compile(r'<aside class="finding"[^>]*>\s*<p>(.*?)</p>', re.S)
LABEL = re.compile(r"^(Finding|Question)\.\s+")


@dataclass(frozen=True)
class Card:
    """What the card of a page shows: two texts, a line at its foot, and the picture of a chart as SVG, or nothing."""

    title: str
    text: str
    foot: str
    picture: bytes = b""


def shortened(text: str, most: int = LONGEST) -> str:
    """A text of at most so many characters, cut between words."""
    text = " ".join(text.split())
    return text if len(text) <= most else re.sub(r"[\s,;:–—-]*\s\S*$", "", text[:most]) + "…"


def first_sentence(text: str) -> str:
    """The first sentence of a text, after a label such as Question."""
    text = LABEL.sub("", " ".join(text.split()))
    end = SENTENCE_END.search(text)
    return text[: end.end()] if end else text


def description_of(doctree: nodes.document) -> str:
    """The first sentence of the first paragraph of a page that stands in no list, table or note; empty without one."""
    inside = (nodes.Admonition, nodes.list_item, nodes.table, nodes.raw)
    for paragraph in doctree.findall(nodes.paragraph):
        if around(paragraph, inside) is None and paragraph.astext().strip():
            return shortened(first_sentence(paragraph.astext()))
    return ""


def finding_of(doctree: nodes.document) -> str:
    """The first sentence of the first finding of a chapter; empty where a page has none."""
    for node in doctree.findall(nodes.raw):
        if found := FINDING.search(node.astext()):
            return shortened(first_sentence(html.unescape(re.sub(r"<[^>]+>", "", found[1]))))
    return ""


def picture_of(doctree: nodes.document, folder: Path) -> bytes:
    """The picture of the first chart of a page, from the folder of pictures; empty where there is none."""
    for node in doctree.findall(chart):
        return (folder / f"{node['digest']}.svg").read_bytes()
    return b""


def draw(card: Card, template: bytes) -> bytes:
    """The card as PNG, with no font but the book's and those of Typst's package for Chinese and Japanese."""
    import noto_cjk  # type: ignore[import-untyped]
    import typst

    files = {"main.typ": template}
    if card.picture:
        files["chart.svg"] = card.picture
    cjk = [noto_cjk.font_path("sans", "jp", style).parent for style in ("regular", "bold")]
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[paths.FONTS, *cjk])
    texts = {"title": card.title, "text": card.text, "foot": card.foot, "chart": "chart.svg" if card.picture else ""}
    made = typst.compile(files, format="png", ppi=72.0, font_paths=fonts, sys_inputs=texts)  # type: ignore[call-overload]
    return bytes(made)


def kept_card(card: Card, folder: Path) -> bytes:
    """The card as PNG, drawn unless the folder has it; without its chart where that makes it too large."""
    template = (paths.TYPST / TEMPLATE).read_bytes()
    state = hashlib.sha256(template + card.picture)
    state.update(json.dumps([card.title, card.text, card.foot, importlib.metadata.version("typst")]).encode())
    kept = folder / f"{state.hexdigest()[:20]}.png"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        drawn = draw(card, template)
        write_whole(kept, drawn if len(drawn) <= LARGEST else draw(replace(card, picture=b""), template))
    return kept.read_bytes()


def tags(properties: Mapping[str, str], description: str) -> str:
    """Meta elements of Open Graph, one a line; those without a value are left out."""
    lines = [("name", "description", description)]
    lines += [("property", f"og:{name}", value) for name, value in properties.items()]
    lines.append(("name", "twitter:card", "summary_large_image" if properties.get("image") else "summary"))
    return "".join(f'<meta {kind}="{name}" content="{html.escape(value)}">\n' for kind, name, value in lines if value)


def card_file(page: str) -> str:
    """The file in the book with the card of a page."""
    return f"{FOLDER}/{page.replace('/', '-')}.png"


def description_in(app: Sphinx, doctree: nodes.document) -> str:
    """The description of a page, or the title of the book where it has none."""
    return description_of(doctree) or str(app.config.html_title)


def put_card(app: Sphinx, page: str, title: str, doctree: nodes.document) -> None:
    """Put the card of a page beside the book, where the packages are there that draw it."""
    if importlib.util.find_spec("typst") is None or importlib.util.find_spec("noto_cjk") is None:
        return
    text = finding_of(doctree) or description_of(doctree)
    card = Card(title, text, str(app.config.html_title), picture_of(doctree, chart_folder(app)))
    target = Path(app.outdir) / card_file(page)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(kept_card(card, Path(app.doctreedir) / "cards"))


def tags_of(app: Sphinx, page: str, title: str, description: str, at: str) -> str:
    """The tags of a page, with its card where it has one; at: the address where they stand."""
    base = str(app.config.html_baseurl or "").rstrip("/")
    image = card_file(page)
    has_card = (Path(app.outdir) / image).exists()
    shown = {
        "title": title,
        "description": description,
        "type": "website" if page == app.config.root_doc else "article",
        "site_name": str(app.config.html_title),
        "url": f"{base}/{app.builder.get_target_uri(page)}" if base else "",
        "image": (f"{base}/{image}" if base else relative_uri(at, image)) if has_card else "",
    }
    if has_card:
        shown |= {"image:width": f"{SIZE[0]}", "image:height": f"{SIZE[1]}", "image:alt": title}
    return tags(shown, description)


def add_tags(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the tags into a page, and its card beside the book."""
    if doctree is not None:
        title = html.unescape(re.sub(r"<[^>]+>", "", context["title"]))
        put_card(app, page, title, doctree)
        found = tags_of(app, page, title, description_in(app, doctree), app.builder.get_target_uri(page))
        context["metatags"] = context.get("metatags", "") + found


def tag_entrance(app: Sphinx, error: Exception | None) -> None:
    """Give index.html, which leads to the first page, the tags of that page."""
    root = app.config.root_doc
    if error is None and app.builder.format == "html" and root != "index":
        entrance = Path(app.outdir) / "index.html"
        description = description_in(app, app.env.get_doctree(root))
        found = tags_of(app, root, app.env.titles[root].astext(), description, entrance.name)
        text = entrance.read_text(encoding="utf-8")
        entrance.write_text(text.replace("<title>", f"{found}<title>", 1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the handlers with Sphinx."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", tag_entrance, priority=600)  # after the entrance is written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
