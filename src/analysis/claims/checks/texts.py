"""Checks of the words of documents: quotations, terms and headings."""

import numpy as np

from analysis.claims.checks.registry import Words, check, document_name, place_name, quoted
from analysis.claims.evidence import Evidence, Outcome
from analysis.core.wording import count, number, plural
from analysis.measures.similarity import Rows
from analysis.texts.quotations import find_quotation, sections_holding
from analysis.texts.segment import tokenize


def passages_of(evidence: Evidence, document: str, section: str = "") -> Rows:
    """Return the rows of the passages of a document, or of a section and what lies below it."""
    passages = evidence.features.passages
    chosen = (passages["document_id"] == document).to_numpy()
    if section:
        place = passages["section"].astype("object")
        chosen &= ((place == section) | place.str.startswith(f"{section}-")).to_numpy()
    return np.flatnonzero(chosen)


def headings_of(evidence: Evidence, document: str, section: str = "") -> Rows:
    """Return the rows of the headings of a document, or of a section and what lies below it."""
    headings = np.flatnonzero(evidence.features.passages["heading"].to_numpy())
    return np.intersect1d(passages_of(evidence, document, section), headings)


def with_words(evidence: Evidence, rows: Rows, words: str) -> list[int]:
    """Return those of the passages that hold every token of some words."""
    tokens = set(tokenize(words))
    columns = [column for column, token in enumerate(evidence.features.vocabulary) if token in tokens]
    present = (evidence.features.counts[rows][:, columns] > 0).sum(axis=1)
    return [int(row) for row in rows[present == len(tokens)]]


def _stands(evidence: Evidence, words: str, document: str, section: str, paragraph: int = 0) -> bool:
    """Return whether words stand together in a document, a section, or a sentence of a paragraph."""
    if not sections_holding(words, document, evidence.ngrams, evidence.features, section=section):
        return False
    if not paragraph:
        return True
    rows = passages_of(evidence, document, section)
    numbers = evidence.features.passages["paragraph"].to_numpy()[rows]
    return bool(with_words(evidence, rows[numbers == paragraph], words))


@check("quotation")
class Quotation:
    """Words that the article puts in quotation marks stand in a document or section, word for word.

    instead: words that stand in their place, named where the search finds no near wording and they do stand there.
    """

    words: str
    document: str
    section: str = ""
    instead: str = ""

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return whether the words stand there, or the nearest wording that does."""
        match = find_quotation(self.words, self.document, evidence.ngrams, evidence.features, section=self.section)
        expected = f"“{self.words}” word for word in {place_name(evidence, self.document, self.section)}"
        if match.found:
            return Outcome(True, "present, word for word", expected)
        if near := [wording for wording in match.nearest if wording is not None]:
            changed = plural(sum(wording.changes for wording in near), "word")
            nearest = " … ".join(map(str, near))
            return Outcome(False, f"absent; the nearest wording is “{nearest}” ({changed} changed)", expected)
        instead = self.instead and _stands(evidence, self.instead, self.document, self.section)
        return Outcome(False, f"absent, but “{self.instead}” is present" if instead else "absent", expected)


@check("term")
class Term:
    """Words or short phrases stand in a document, a section or a sentence of a paragraph; with absent, none does.

    instead: words that stand in the place of those that do not, named where they do stand there.
    """

    words: Words
    document: str
    section: str = ""
    paragraph: int = 0
    absent: bool = False
    instead: str = ""

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return which of the words stand there."""
        place = (self.document, self.section, self.paragraph)
        there = [words for words in self.words if _stands(evidence, words, *place)]
        missing = [words for words in self.words if words not in there]
        where = place_name(evidence, *place)
        if self.absent:
            found = f"{quoted(there)} present" if there else "absent"
            return Outcome(not there, found, f"no {quoted(self.words, 'or')} in {where}")
        found = f"{quoted(missing)} absent" if missing else "present"
        if missing and self.instead and _stands(evidence, self.instead, *place):
            found += f", but “{self.instead}” is present"
        return Outcome(not missing, found, f"{quoted(self.words)} in {where}")


@check("heading")
class Heading:
    """Words stand in headings of a document or section, several of them in this order."""

    words: Words
    document: str
    section: str = ""

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return whether headings have the words, and in which order."""
        headings, place = headings_of(evidence, self.document, self.section), (self.document, self.section)
        rows = [
            with_words(evidence, headings, words)[:1] if _stands(evidence, words, *place) else []
            for words in self.words
        ]
        headings_named, order = ("headings", ", in this order") if len(self.words) > 1 else ("a heading", "")
        expected = f"{quoted(self.words)} in {headings_named} of {place_name(evidence, *place)}{order}"
        if missing := [words for words, row in zip(self.words, rows, strict=True) if not row]:
            return Outcome(False, f"{quoted(missing)} in no heading", expected)
        if rows != sorted(rows):
            return Outcome(False, "present, in another order", expected)
        return Outcome(True, f"present{order}", expected)


@check("heading_count")
class HeadingCount:
    """Exactly so many headings of a document have some words."""

    words: str
    document: str
    exactly: int

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return how many headings have the words."""
        headings = headings_of(evidence, self.document)
        having = len(with_words(evidence, headings, self.words))
        expected = f"“{self.words}” in {number(self.exactly)} headings of {document_name(evidence, self.document)}"
        return Outcome(having == self.exactly, f"{count(having)} of {plural(len(headings), 'heading')}", expected)
