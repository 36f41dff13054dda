"""What no page of the book may hold, wherever it comes from: script, embedded pages, links that run or read files.

Outputs of notebooks are HTML that few read. So each page is looked through before it is written.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from analysis.book.html import on_tree

SCHEMES = ("http", "https", "mailto")
REFUSED_TAGS = frozenset(
    ("applet", "base", "embed", "form", "frame", "frameset", "iframe", "link", "meta", "object", "portal", "script")
)
ADDRESSES = frozenset(("action", "background", "data", "formaction", "href", "ping", "poster", "src", "xlink:href"))
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
RUNS = re.compile(r"[\s\x00-\x20]*(?:javascript|vbscript|data|file):", re.IGNORECASE)
FIGURE_NAME = re.compile(r"fig(-[a-z0-9]+)+")

logger = logging.getLogger(__name__)


def is_harmless(address: str, *, picture: bool = False) -> bool:
    """Return whether an address leads to the web or into the book. picture: whether data of a picture may stand."""
    bare = re.sub(r"[\s\x00-\x20\u0080-\u00a0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]", "", address)
    scheme = SCHEME.match(bare)
    if scheme is None:
        return not bare.startswith(("//", "\\"))
    return scheme[1].lower() in SCHEMES or (picture and PICTURE.match(bare) is not None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in REFUSED_TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in ((name, value or "") for name, value in attrs):
            leads_out = name in ADDRESSES and not is_harmless(value, picture=tag in ("img", "image"))
            one_leads_out = name == "srcset" and not all(map(is_harmless, re.split(r",\s*", value)))
            loads = name == "style" and re.search(r"url\(|expression|@import", value, re.IGNORECASE)
            if name.startswith("on") or name == "srcdoc" or leads_out or one_leads_out or loads:
                self.faults.append(f"<{tag} {name}=“{value[:60]}”>")

    handle_startendtag = handle_starttag


def html_faults(html: str) -> list[str]:
    """Return what in a piece of HTML could run, or ask another host, when a page is opened."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    # what stays in the buffer of the parser, such as an open tag at the end, a browser may still read
    return reader.faults + (["an open tag at its end"] if re.search(r"<[a-zA-Z!/][^>]*$", html) else [])


def spec_faults(spec: Mapping[str, Any]) -> list[str]:
    """Return what in the specification of a chart would ask an address, or lead out of the folder of charts."""
    name = str(spec.get("usermeta", {}).get("figure", {}).get("name", ""))
    faults = [f"its name “{name[:60]}” is not like fig-a-b"] if name and not FIGURE_NAME.fullmatch(name) else []
    return faults + list(dict.fromkeys(_addresses(spec, data=False)))


def _addresses(part: Any, *, data: bool) -> Iterator[str]:
    """Yield addresses from which a chart would load, and those in its data that run; data: in which it is."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "url" and not data:
                yield "its key “url” names an address"
            yield from _addresses(value, data=data or key in ("datasets", "values"))
    elif isinstance(part, list):
        for value in part:
            yield from _addresses(value, data=data)
    elif isinstance(part, str) and RUNS.match(part):
        yield f"it holds “{part[:60]}”"


def look_through(app: Sphinx, document: nodes.document, page: str) -> None:
    """Warn, which stops the build, of what a page must not hold."""
    for link in document.findall(nodes.reference):
        if not is_harmless(str(link.get("refuri", ""))):
            logger.warning("a link to “%s” is refused; allowed: %s", link["refuri"][:60], SCHEMES, location=page)
    for image in document.findall(nodes.image):
        if re.match(r"(?:[a-z][a-z0-9+.-]*:|//)", str(image.get("uri", "")), re.IGNORECASE):
            logger.warning("a picture at “%s” is refused; allowed: files", image["uri"][:60], location=page)
    for raw in document.findall(nodes.raw):
        if "html" in raw["format"].split():
            for fault in html_faults(raw.astext()):
                logger.warning("HTML with %s is refused: a page must run nothing", fault, location=page)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    on_tree(app, look_through, 990, formats=("html", "typst"))
