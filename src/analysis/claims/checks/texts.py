"""Checks of the words of documents: quotations, terms and headings."""

import numpy as np

from analysis.claims.checks.wording import place_name, quoted
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording as text
from analysis.measures.similarity import Rows
from analysis.texts.quotations import find_quotation, sections_holding
from analysis.texts.segment import tokenize


def _passages(evidence: Evidence, document: str, section: str = "") -> Rows:
    """The rows of the passages of a document, or of a section and what lies below it."""
    passages = evidence.features.passages
    chosen = (passages["document_id"] == document).to_numpy()
    if section:
        place = passages["section"].astype("object")
        chosen &= ((place == section) | place.str.startswith(f"{section}-")).to_numpy()
    return np.flatnonzero(chosen)


def _headings(evidence: Evidence, document: str, section: str = "") -> Rows:
    headings = np.flatnonzero(evidence.features.passages["heading"].to_numpy())
    return np.intersect1d(_passages(evidence, document, section), headings)


def _with_words(evidence: Evidence, rows: Rows, words: str) -> list[int]:
    """Those of the passages that hold every token of some words."""
    places = {token: column for column, token in enumerate(evidence.features.vocabulary)}
    tokens = set(tokenize(words))
    if not tokens <= places.keys():
        return []
    counts = evidence.features.counts[rows][:, [places[token] for token in sorted(tokens)]]
    return [int(row) for row in rows[(counts > 0).sum(axis=1) == len(tokens)]]


def _stand(evidence: Evidence, words: str, document: str, section: str, paragraph: int = 0) -> bool:
    """Whether words stand together in a document, a section, or a sentence of a paragraph."""
    if not sections_holding(words, document, evidence.ngrams, evidence.features, section=section or None):
        return False
    if not paragraph:
        return True
    rows = _passages(evidence, document, section)
    numbers = evidence.features.passages["paragraph"].to_numpy()[rows]
    return bool(_with_words(evidence, rows[numbers == paragraph], words))


def quotation(evidence: Evidence, *, words: str, document: str, section: str = "", instead: str = "") -> Outcome:
    """Words that the article puts in quotation marks stand in a document or section, word for word.

    instead: words that stand in their place, named where the search finds no near wording and they do stand there.
    """
    found = find_quotation(words, document, evidence.ngrams, evidence.features, section=section or None)
    place = place_name(evidence, document, section)
    if found.found:
        return Outcome(True, f"“{words}” stands word for word in {place}.", f"{place} had other words")
    near = [wording for wording in found.nearest if wording is not None]
    sentence = f"“{words}” does not stand in {place}"
    if near:
        changes = sum(wording.changes for wording in near)
        listed = " … ".join(map(str, near))
        sentence += f"; the nearest wording there is “{listed}” ({text.plural(changes, 'word')} changed)"
    elif instead and _stand(evidence, instead, document, section):
        sentence += f", which has “{instead}”"
    return Outcome(False, f"{sentence}.", f"{place} had “{words}”")


def term(
    evidence: Evidence,
    *,
    words: tuple[str, ...],
    document: str,
    section: str = "",
    paragraph: int = 0,
    absent: bool = False,
    instead: str = "",
) -> Outcome:
    """Words or short phrases stand in a document, a section or a sentence of a paragraph; with absent, none does.

    instead: words that stand in the place of those that do not, named where they do stand there.
    """
    place = place_name(evidence, document, section, paragraph)
    there = [item for item in words if _stand(evidence, item, document, section, paragraph)]
    missing = [item for item in words if item not in there]
    holds = not there if absent else not missing
    if holds != absent:  # what is said is that words stand there
        named = there
        sentence = f"{quoted(named)} {'stands' if len(named) == 1 else 'stand'} in {place}"
        return Outcome(holds, f"{sentence}.", f"{place} did not have {quoted(named, 'or')}")
    named = missing
    verb = "does not stand" if len(named) == 1 else "do not stand"
    sentence = f"{quoted(named)} {verb} in {place}"
    if instead and _stand(evidence, instead, document, section, paragraph):
        sentence += f", which has “{instead}”"
    return Outcome(holds, f"{sentence}.", f"{place} had {quoted(named, 'or' if absent else 'and')}")


def heading(evidence: Evidence, *, words: tuple[str, ...], document: str, section: str = "") -> Outcome:
    """Words stand in headings of a document or section, several of them in this order."""
    headings, place = _headings(evidence, document, section), place_name(evidence, document, section)
    found = [
        _with_words(evidence, headings, item)[:1]
        if sections_holding(item, document, evidence.ngrams, evidence.features, section=section or None)
        else []
        for item in words
    ]
    if missing := [item for item, rows in zip(words, found, strict=True) if not rows]:
        return Outcome(False, f"{quoted(missing)}: no heading of {place} has it.", f"a heading of {place} had it")
    if found != sorted(found):
        return Outcome(False, f"Headings of {place} have {quoted(words)} in another order.", "the order were this one")
    order = ", in this order" if len(words) > 1 else ""
    verb = "stands in a heading" if len(words) == 1 else "stand in headings"
    return Outcome(True, f"{quoted(words)} {verb} of {place}{order}.", f"the headings of {place} were others")


def heading_count(evidence: Evidence, *, words: str, document: str, exactly: int) -> Outcome:
    """Exactly so many headings of a document have some words."""
    headings, place = _headings(evidence, document), place_name(evidence, document, "")
    found = len(_with_words(evidence, headings, words))
    sentence = (
        f"{text.capital(text.count(found))} of the {text.plural(len(headings), 'heading')} of {place} "
        f"{'has' if found == 1 else 'have'} “{words}”; the claim needs {text.number(exactly)}."
    )
    wanted = f"{'more or fewer' if found == exactly else text.number(exactly)} headings had “{words}”"
    return Outcome(found == exactly, sentence, wanted)
