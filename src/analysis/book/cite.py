"""Citations in four forms, APA, Chicago, BibTeX and RIS, of a work or of a part of it. Pure functions.

The forms follow the Publication Manual of the APA (7th edition), the author-date style of the Chicago Manual (17th
edition), the fields of BibLaTeX and the tags of RIS as reference managers read them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMS = ("APA", "Chicago", "BibTeX", "RIS")
NO_YEAR = "n.d."
# what stands for the title, kind, key and address of a part in a template, which the script of the page fills in
PLACES = {name: f"⟦{name}⟧" for name in ("title", "label", "key", "url")}
ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "{}&%$#_"},
}


@dataclass(frozen=True)
class Name:
    """A person; or an organisation, which has no given name."""

    family: str
    given: str = ""

    def initials(self) -> str:
        """Family name and initials: Guo, Z. An organisation as it is."""
        parts = [f"{part[0]}." for part in re.split(r"[\s-]+", self.given) if part]
        return f"{self.family}, {' '.join(parts)}" if parts else self.family

    def inverted(self) -> str:
        """Family name first: Guo, Ziya. An organisation as it is."""
        return f"{self.family}, {self.given}" if self.given else self.family

    def natural(self) -> str:
        """Given name first: Ziya Guo. An organisation as it is."""
        return f"{self.given} {self.family}".strip()


@dataclass(frozen=True)
class Work:
    """What is cited. date: YYYY-MM-DD, YYYY or empty; a version makes it software; all but the title may be empty."""

    title: str
    authors: Sequence[Name] = ()
    date: str = ""
    version: str = ""
    licence: str = ""
    url: str = ""
    key: str = "cited"

    @property
    def year(self) -> str:
        """The year of the date; empty where there is none."""
        return self.date[:4]


@dataclass(frozen=True)
class Part:
    """A part of a work: a headline, what it is (Figure fig-timeline-events), a key for BibTeX and its own address."""

    title: str
    label: str
    key: str
    url: str = ""


def escaped(text: str) -> str:
    """A text as a value of BibTeX: marks with a meaning of their own in TeX are escaped."""
    return "".join(ESCAPES.get(mark, mark) for mark in text)


def _closed(text: str) -> str:
    """A text with a full stop, unless it ends a sentence already."""
    return text if not text or text.endswith((".", "?", "!")) else f"{text}."


def _sentence(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _listed(names: Sequence[str], last: str) -> str:
    """Names in a row, the last after a word of its own and a comma, as both styles have it."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])}, {last} {names[-1]}" if names else ""


def apa(work: Work, part: Part | None = None) -> str:
    """The reference in the style of the APA; a work without authors begins with its title."""
    authors = _closed(_listed([name.initials() for name in work.authors], "&"))
    day = f"({work.year or NO_YEAR})."
    edition = f" (Version {work.version}) [Computer software]" if work.version else ""
    if part:
        own, whole = f"{part.title} [{part.label}].", f"In {work.title}{edition}."
        head = (authors, day, own) if authors else (own, day)
        return _sentence(*head, whole, part.url)
    own = f"{work.title}{edition}." if edition else _closed(work.title)
    return _sentence(*((authors, day, own) if authors else (own, day)), work.url)


def chicago(work: Work, part: Part | None = None) -> str:
    """The reference in the author-date style of Chicago."""
    names = [name.natural() if number else name.inverted() for number, name in enumerate(work.authors)]
    authors, year = _closed(_listed(names, "and")), _closed(work.year or NO_YEAR)
    edition = f", version {work.version}" if work.version else ""
    if part:
        own = f"“{_closed(inner_quotes(part.title))}” {part.label} in {work.title}{edition}."
    elif work.version:
        own = f"{work.title}{edition}."
    else:
        own = f"“{_closed(inner_quotes(work.title))}”"
    return _sentence(*((authors, year, own) if authors else (own, year)), _closed(part.url if part else work.url))


def inner_quotes(text: str) -> str:
    """A text that will stand between quotation marks: its own become single ones."""
    return text.translate(str.maketrans("“”", "‘’")).replace('"', "’")


def bibtex(work: Work, part: Part | None = None) -> str:
    """The reference as an entry of BibTeX; names of organisations and titles keep their capitals."""
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
    """The reference in RIS: one tag a line."""
    full = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", work.date)
    lines = [("TY", "CHAP" if part else "COMP" if work.version else "GEN")]
    lines += [("AU", name.inverted()) for name in work.authors]
    lines += [("PY", work.year), ("DA", "/".join(full.groups()) if full else "")]
    lines += [("TI", part.title), ("T2", work.title), ("M3", part.label)] if part else [("TI", work.title)]
    lines += [("ET", work.version), ("UR", part.url if part else work.url)]
    return "\n".join(f"{tag}  - {' '.join(value.split())}" for tag, value in lines if value) + "\nER  - "


def forms(work: Work, part: Part | None = None) -> dict[str, str]:
    """The reference to a work, or to a part of it, in each form, by the name of the form."""
    return dict(zip(FORMS, (form(work, part) for form in (apa, chicago, bibtex, ris)), strict=True))


def template(work: Work, *, public: bool) -> dict[str, str]:
    """The forms of a part that is not known yet, with PLACES in it. public: whether the part will have an address."""
    return forms(work, Part(**(PLACES | ({} if public else {"url": ""}))))


# --- CITATION.cff


def name_of(person: Mapping[str, Any]) -> Name:
    """A person or organisation of CITATION.cff."""
    particle = [str(person[key]) for key in ("name-particle", "family-names") if person.get(key)]
    family = str(person.get("name") or " ".join(particle) or person.get("alias", ""))
    return Name(family, "" if "name" in person else str(person.get("given-names", "")))


def work_of(cff: Mapping[str, Any], key: str = "cited") -> Work:
    """CITATION.cff, or one of its references, as a work. key: that of its entry in BibTeX."""
    day = cff.get("date-released") or cff.get("date-published") or cff.get("year") or ""
    licences = cff.get("license", "")
    doi = cff.get("doi")
    return Work(
        title=str(cff["title"]),
        authors=tuple(map(name_of, cff.get("authors", ()))),
        date=str(day),
        version=str(cff.get("version", "")),
        licence=licences if isinstance(licences, str) else " AND ".join(licences),
        url=f"https://doi.org/{doi}" if doi else str(cff.get("url", "")),
        key=key,
    )


def edition_of(cff: Mapping[str, Any], address: str = "") -> Work:
    """The edition that CITATION.cff describes; address: where the book is published, which a DOI or url overrides."""
    work = work_of(cff)
    key = f"balancing_act_{work.year}".rstrip("_")
    return Work(work.title, work.authors, work.date, work.version, work.licence, work.url or address, key)
