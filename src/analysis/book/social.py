"""What a page shows where its address is shared: Open Graph tags, with the first chart of the page as its picture.

A page without a chart has the map of the argument. Open Graph wants whole addresses; without `html_baseurl` the picture
is named from the page.
"""

import html
import re
import textwrap
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from analysis.book.charts import chart, chart_folder, whole_picture
from analysis.charts import vega
from analysis.core import paths
from analysis.core.files import write_whole

FOLDER = "_images/cards"
LONGEST = 200  # characters of a description; sites cut longer ones
TAG = re.compile(r'<meta (?:property="og:|name="(?:twitter:card|description)")[^>]*>\n')


def description_of(doctree: nodes.document) -> str:
    """Return the first paragraph of the running text of a page, shortened; empty where there is none."""
    paragraphs = (node.astext() for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
    return textwrap.shorten(next(paragraphs, "").removeprefix("Question."), LONGEST, placeholder="…")


def picture_of(app: Sphinx, doctree: nodes.document) -> tuple[str, str]:
    """Return the file in the book with the picture of a page, drawn once, and the words that stand for it."""
    figure = next(doctree.findall(chart), None)
    name = figure["digest"] if figure else paths.README_PICTURE.stem
    drawn, file = chart_folder(app) / f"{name}.png", f"{FOLDER}/{name}.png"
    if not drawn.exists():
        drawn.parent.mkdir(parents=True, exist_ok=True)
        svg = whole_picture(figure, chart_folder(app)) if figure else paths.README_PICTURE.read_text(encoding="utf-8")
        write_whole(drawn, vega.draw_png(svg))
    target = Path(app.outdir) / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(drawn.read_bytes())
    return file, figure["alt"] if figure else "The argument of the article, as a map."


def add_tags(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Put the tags into a page, and its picture beside the book."""
    if doctree is None:
        return
    address, base = app.builder.get_target_uri(page), str(app.config.html_baseurl or "").rstrip("/")
    picture, alt = picture_of(app, doctree)
    description = description_of(doctree) or str(app.config.html_title)
    values = {
        "name": {"description": description, "twitter:card": "summary_large_image"},
        "property": {
            "og:title": html.unescape(re.sub(r"<[^>]+>", "", context["title"])),
            "og:description": description,
            "og:type": "website" if page == app.config.root_doc else "article",
            "og:site_name": str(app.config.html_title),
            "og:image": f"{base}/{picture}" if base else relative_uri(address, picture),
            "og:image:alt": alt,
            **({"og:url": f"{base}/{address}"} if base else {}),
        },
    }
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta {kind}="{name}" content="{html.escape(value)}">\n'
        for kind, named in values.items()
        for name, value in named.items()
    )


def tag_entrance(app: Sphinx, error: Exception | None) -> None:
    """Give index.html, which leads to the first page, the tags of that page."""
    if error is None and app.builder.format == "html" and app.config.root_doc != "index":
        entrance = Path(app.outdir) / "index.html"
        first = Path(app.outdir) / app.builder.get_target_uri(app.config.root_doc)
        tags = "".join(TAG.findall(first.read_text(encoding="utf-8"))).replace('content="../', 'content="')
        text = entrance.read_text(encoding="utf-8")
        entrance.write_text(text.replace("<title>", f"{tags}<title>", 1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the handlers with Sphinx."""
    app.connect("html-page-context", add_tags)
    app.connect("build-finished", tag_entrance, priority=600)  # after the entrance is written
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
