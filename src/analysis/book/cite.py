"""Citations in four forms, APA, Chicago, BibTeX and RIS: on the page on citing, and of each figure, table and claim.

The forms follow the Publication Manual of the APA (7th edition), the author-date style of the Chicago Manual (17th
edition), the fields of BibLaTeX and the tags of RIS as reference managers read them. A page carries one template of
them, which its script fills in behind a button; without JavaScript there is a link to the page on citing. With
`html_baseurl` the forms carry the address of what they cite.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.book.entries import paragraph, section, strong
from analysis.book.html import Context, add_directive, change_raw, on_page, on_tree, render, staged
from analysis.book.tables import OPENING, ROW_COUNT
from analysis.core.files import read_yaml

FORMS = ("APA", "Chicago", "BibTeX", "RIS")
# what stands for the title, kind, key and address of a part in a template, which the script of the page fills in
PLACES = {name: f"⟦{name}⟧" for name in ("title", "label", "key", "url")}
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "{}&%$#_"},
}
PAGE, CITATION = "book/cite", "CITATION.cff"
SCRIPT, STYLE = "cite.js", "cite.css"
CITED = re.compile(r'class="ba-(?:chart|claim|table)[ "]')


@dataclass(frozen=True)
class Name:
    """A person; or an organisation, which has no given name."""

    family: str
    given: str = ""

    def initials(self) -> str:
        """Return family name and initials: Guo, Z."""
        parts = [f"{part[0]}." for part in re.split(r"[\s-]+", self.given) if part]
        return f"{self.family}, {' '.join(parts)}" if parts else self.family

    def inverted(self) -> str:
        """Return the family name first: Guo, Ziya."""
        return f"{self.family}, {self.given}" if self.given else self.family

    def natural(self) -> str:
        """Return the given name first: Ziya Guo."""
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class Work:
    """What is cited. date: YYYY-MM-DD or YYYY; a version makes it software; version, licence and url may be empty."""

    title: str
    authors: Sequence[Name]
    date: str
    version: str = ""
    licence: str = ""
    url: str = ""
    key: str = "cited"

    @property
    def year(self) -> str:
        """Return the year of the date."""
        return self.date[:4]


@dataclass(frozen=True)
class Part:
    """A part of a work: a headline, what it is (Figure fig-timeline-events), a key for BibTeX and its own address."""

    title: str
    label: str
    key: str
    url: str = ""


def escaped(text: str) -> str:
    """Return a text as a value of BibTeX: marks with a meaning of their own in TeX are escaped."""
    return "".join(ESCAPES.get(mark, mark) for mark in text)


def _closed(text: str) -> str:
    """Return a text with a full stop, unless it ends a sentence already."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _sentence(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _listed(names: Sequence[str], last: str) -> str:
    """Return names in a row, the last after a word of its own and a comma, as both styles have it."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, {last} {names[-1]}"


def _quoted(title: str) -> str:
    """Return a title between quotation marks, its own as single ones, with its full stop within."""
    inner = title.translate(str.maketrans("“”", "‘’")).replace('"', "’")
    return f"“{_closed(inner)}”"


def apa(work: Work, part: Part | None = None) -> str:
    """Return the reference in the style of the APA."""
    authors = _closed(_listed([name.initials() for name in work.authors], "&"))
    whole = f"{work.title} (Version {work.version}) [Computer software]." if work.version else _closed(work.title)
    if part:
        return _sentence(authors, f"({work.year}).", f"{part.title} [{part.label}].", f"In {whole}", part.url)
    return _sentence(authors, f"({work.year}).", whole, work.url)


def chicago(work: Work, part: Part | None = None) -> str:
    """Return the reference in the author-date style of Chicago."""
    names = [name.natural() if number else name.inverted() for number, name in enumerate(work.authors)]
    title = f"{work.title}, version {work.version}." if work.version else _quoted(work.title)
    if part:
        title = f"{_quoted(part.title)} {part.label} in {title}"
    return _sentence(_closed(_listed(names, "and")), f"{work.year}.", title, _closed(part.url if part else work.url))


def bibtex(work: Work, part: Part | None = None) -> str:
    """Return the reference as an entry of BibTeX; names of organisations and titles keep their capitals."""
    authors = [f"{{{escaped(name.family)}}}" if not name.given else escaped(name.inverted()) for name in work.authors]
    title = f"{{{escaped(work.title)}}}"
    fields = {"author": " and ".join(authors), "title": title, "year": work.year}
    kind, key, url = ("software" if work.version else "misc"), work.key, work.url
    if part:
        kind, key, url = "incollection", f"{work.key}_{part.key}", part.url
        note = f"{part.label}, version {work.version}" if work.version else part.label
        fields |= {"title": f"{{{escaped(part.title)}}}", "booktitle": title, "note": escaped(note)}
    elif work.version:
        fields |= {"version": escaped(work.version), "license": escaped(work.licence)}
    given = {name: value for name, value in (fields | {"url": url}).items() if value}
    width = max(map(len, given))
    body = ",\n".join(f"  {name:{width}} = {{{value}}}" for name, value in given.items())
    return f"@{kind}{{{key},\n{body}\n}}"


def ris(work: Work, part: Part | None = None) -> str:
    """Return the reference in RIS: one tag a line."""
    lines = [("TY", "CHAP" if part else "COMP" if work.version else "GEN")]
    lines += [("AU", name.inverted()) for name in work.authors]
    lines += [("PY", work.year), ("DA", work.date.replace("-", "/") if len(work.date) == 10 else "")]
    lines += [("TI", part.title), ("T2", work.title), ("M3", part.label)] if part else [("TI", work.title)]
    lines += [("ET", work.version), ("UR", part.url if part else work.url)]
    return "\n".join(f"{tag}  - {' '.join(value.split())}" for tag, value in lines if value) + "\nER  - "


def forms(work: Work, part: Part | None = None) -> dict[str, str]:
    """Return the reference to a work, or to a part of it, in each form, by the name of the form."""
    return dict(zip(FORMS, (form(work, part) for form in (apa, chicago, bibtex, ris)), strict=True))


def template(work: Work, *, public: bool) -> dict[str, str]:
    """Return the forms of a part that is not known yet, with PLACES in it. public: whether it will have an address."""
    return forms(work, Part(**(PLACES | ({} if public else {"url": ""}))))


def name_of(person: Mapping[str, Any]) -> Name:
    """Return a person or organisation of CITATION.cff."""
    family = [str(person[key]) for key in ("name", "name-particle", "family-names") if key in person]
    return Name(" ".join(family), str(person.get("given-names", "")))


def work_of(cff: Mapping[str, Any], key: str = "cited") -> Work:
    """Return CITATION.cff, or one of its references, as a work. key: that of its entry in BibTeX."""
    licences = cff.get("license", "")
    return Work(
        title=cff["title"],
        authors=tuple(map(name_of, cff["authors"])),
        date=str(cff.get("date-released") or cff.get("date-published") or cff["year"]),
        version=str(cff.get("version", "")),
        licence=licences if isinstance(licences, str) else " AND ".join(licences),
        url=f"https://doi.org/{cff['doi']}" if "doi" in cff else cff.get("url", ""),
        key=key,
    )


def edition_of(cff: Mapping[str, Any], address: str = "") -> Work:
    """Return the edition that CITATION.cff describes; address: of the book, which a DOI or url overrides."""
    work = work_of(cff)
    return replace(work, url=work.url or address, key=f"balancing_act_{work.year}")


def citations(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the four forms of the edition and of the article, from CITATION.cff, a block for each."""
    cff = read_yaml(staged(directive.env, CITATION))
    edition = edition_of(cff, directive.config.html_baseurl)
    sections: list[nodes.Node] = []
    for heading, work in (("This edition", edition), ("The article", work_of(cff["references"][0], "guo_article"))):
        parts: list[nodes.Node] = []
        for form, text in forms(work).items():
            block = nodes.literal_block(text, text, language="bibtex" if form == "BibTeX" else "text")
            parts += [paragraph(strong(form)), block]
        sections.append(section(directive, heading, *parts, classes=["ba-citations"]))
    return sections


def table_name(caption: str, taken: set[str]) -> str:
    """Return an id that is not taken for a table, from the words of its caption without the number of its rows."""
    words = ROW_COUNT.sub("", re.sub(r"<[^>]*>|&#?\w+;", "", caption))
    name = "tab-" + "-".join(re.findall(r"[a-z0-9]+", words.lower())[:6])
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    return next(numbered for numbered in names if numbered not in taken)


def named_tables(html: str, taken: set[str]) -> str:
    """Return HTML in which the tables of notebooks have ids; adds the new ones to those taken."""

    def named(match: re.Match[str]) -> str:
        if match["id"] is not None:
            return match[0]
        name = table_name(match["caption"], taken)
        taken.add(name)
        return match[0].replace('class="ba-table"', f'class="ba-table" id="{name}"', 1)

    return OPENING.sub(named, html)


def name_tables(_app: Sphinx, document: nodes.document, _page: str) -> None:
    """Give each table of a notebook an id, so that it has an address."""
    taken = set(document.ids)
    change_raw(document, lambda html: named_tables(html, taken))


def add_citations(app: Sphinx, page: str, context: Context, _doctree: nodes.document) -> None:
    """Give a page with figures, tables or claims the template and the script; the page on citing its style."""
    if PAGE not in app.env.found_docs:
        return
    if page == PAGE:
        app.add_css_file(STYLE)
    if not CITED.search(context["body"]):
        return
    base, address = app.config.html_baseurl or "", app.builder.get_target_uri(page)
    more = app.builder.get_relative_uri(page, PAGE)
    data = {
        "templates": template(edition_of(read_yaml(Path(app.srcdir, CITATION))), public=bool(base)),
        "escapes": ESCAPES,
        "address": f"{base.rstrip('/')}/{address}" if base else "",
        "more": more,
    }
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    context["body"] += render("citations", data=text, more=more)
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    add_directive(app, "citations", citations)
    on_tree(app, name_tables, 900)  # whoever else names tables goes first
    on_page(app, add_citations)
