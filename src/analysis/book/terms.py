"""Words of the glossary as links, in HTML: at their first place in the running text of a page, but not in entries.

Only terms that are no everyday words are linked: those of several words, and those listed here.
"""

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from analysis.book.links import entry_around, is_closed

if TYPE_CHECKING:
    from sphinx.application import Sphinx

GLOSSARY = "book/glossary"
WITHOUT = (GLOSSARY, "book/changelog")
SINGLE = ("démarche", "dyad", "placebo", "residual", "2+2")
APART = ("joint statement", "senkaku islands")  # the subject of the book needs no explanation on every page


def straight(term: str) -> str:
    """A term in small letters, with plain apostrophes."""
    return term.lower().replace("’", "'")


def linkable(term: str) -> bool:
    """Whether a term of the glossary is linked where it stands in a text."""
    name = straight(term)
    return name not in APART and (" " in name or name in SINGLE)


def pattern(terms: list[str]) -> re.Pattern[str]:
    """What finds terms in a text, the longest first, with the ending of a plural."""
    longest = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest))})(?=s?(?!\w))".replace("'", "['’]"), re.IGNORECASE)


class LinkTerms(SphinxPostTransform):
    """The first mention of a term on a page becomes a link to the glossary."""

    default_priority = 710
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the paragraphs of the page."""
        std: Any = self.env.get_domain("std")
        known = {
            straight(name): place
            for (kind, name), (page, place) in std.objects.items()
            if kind == "term" and page == GLOSSARY and linkable(name)
        }
        if self.env.docname in WITHOUT or not known:
            return
        address = self.app.builder.get_relative_uri(self.env.docname, GLOSSARY)
        search = pattern(list(known))
        seen: set[str] = set()
        for text in list(self.document.findall(nodes.Text)):
            if (
                not isinstance(text.parent, nodes.paragraph | nodes.strong | nodes.emphasis)
                or is_closed(text)
                or entry_around(text)
            ):
                continue
            parts: list[nodes.Node] = []
            rest = 0
            words = text.astext()
            for found in search.finditer(words):
                place = known[straight(found[1])]
                if place in seen:
                    continue
                seen.add(place)
                target = nodes.reference("", found[1], refuri=f"{address}#{place}", internal=True, classes=["ba-term"])
                parts += [nodes.Text(words[rest : found.start()]), target]
                rest = found.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(words[rest:])])


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
