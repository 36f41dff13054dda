"""Beside each link to a page with a known archived copy (data/archived.csv), a link to the copy, on every page."""

import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis.book.external_links import read_archived

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LINK = re.compile(r'<a\b[^>]*\bhref="(https?://[^"]+)"[^>]*>.*?</a>', re.S)


def with_copies(html: str, archived: Mapping[str, str]) -> str:
    """HTML with a link to the copy after each link to an archived page."""

    def followed(match: re.Match[str]) -> str:
        copy = archived.get(unescape(match[1]))
        return f'{match[0]} (<a href="{escape(copy)}">archived</a>)' if copy else match[0]

    return LINK.sub(followed, html)


class LinkCopies(SphinxPostTransform):
    """Adds the links to copies, in HTML and in the PDF."""

    default_priority = 910

    def run(self, **_: Any) -> None:
        """Change the links of the page, those in raw HTML too."""
        archived = read_archived(Path(self.env.srcdir, "data"))
        if not archived:
            return
        for link in list(self.document.findall(nodes.reference)):
            if copy := archived.get(link.get("refuri", "")):
                parent, place = link.parent, link.parent.index(link) + 1
                added = [nodes.Text(" ("), nodes.reference("", "archived", refuri=copy), nodes.Text(")")]
                parent[place:place] = added
        for node in list(self.document.findall(nodes.raw)):
            html = node.astext()
            if node["format"] == "html" and (followed := with_copies(html, archived)) != html:
                node.replace_self(nodes.raw("", followed, format="html"))


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LinkCopies)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
