"""Links to pages elsewhere: beside each with a known archived copy a link to the copy, and those that tables name.

`make links` asks for all of them with Sphinx's own `linkcheck`, which sees the links of the text; addresses that stand
in tables alone are shown to it as links of the first page.
"""

import csv
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LINK = re.compile(r'<a\b[^>]*\bhref="(https?://[^"]+)"[^>]*>.*?</a>', re.S)


def read_archived(folder: Path) -> dict[str, str]:
    """Return the known archived copy of each page by its address, from archived.csv of a folder, where there is one."""
    file = folder / "archived.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8", newline="") as stream:
        return {row["url"]: row["archive_url"] for row in csv.DictReader(stream)}


def with_copies(html: str, archived: Mapping[str, str]) -> str:
    """Return HTML with a link to the copy after each link to an archived page."""

    def followed(match: re.Match[str]) -> str:
        copy = archived.get(unescape(match[1]))
        return f'{match[0]} (<a href="{escape(copy)}">archived</a>)' if copy else match[0]

    return LINK.sub(followed, html)


class LinkCopies(SphinxPostTransform):
    """Add the links to copies, in HTML and in the PDF."""

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


def table_addresses(folder: Path) -> set[str]:
    """Return the cells of all tables of a folder that are a web address."""
    addresses = set()
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            addresses |= {cell for row in csv.reader(stream) for cell in row if re.fullmatch(r"https?://\S+", cell)}
    return addresses


class ShowTableAddresses(SphinxPostTransform):
    """Show `linkcheck` the addresses of the tables, as links of the first page."""

    default_priority = 790  # before Sphinx collects the links
    builders = ("linkcheck",)

    def run(self, **_: Any) -> None:
        """Add the links at the end of the first page."""
        if self.env.docname == self.config.root_doc:
            addresses = sorted(table_addresses(Path(self.env.srcdir, "data")))
            self.document += [nodes.reference("", "", refuri=address) for address in addresses]


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LinkCopies)
    app.add_post_transform(ShowTableAddresses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
