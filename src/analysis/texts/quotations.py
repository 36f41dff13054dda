"""Look for a quotation in a document, word for word, and else for the nearest wording on record.

Quotations are checked against the hashed n-grams of the features: no text is at hand. Capitals, quotation marks,
hyphens and the stops of abbreviations do not matter; a quotation may run across a sentence end, but not across a
paragraph. An ellipsis parts a quotation into pieces, each of which must stand there.
"""

import heapq
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.core.errors import ParameterError
from analysis.texts.features import LONGEST, Features, hash_ngram, ngram_hashes
from analysis.texts.segment import tokenize

MOST_WORDS = 100  # of a quotation
Ngrams = Mapping[tuple[str, str, int], NDArray[np.uint64]]


@dataclass(frozen=True)
class Wording:
    """A run of words on record and how far it is from a quotation: words changed, added or left out."""

    words: tuple[str, ...]
    changes: int

    def __str__(self) -> str:
        """Return the words, with the possessive s joined to its word."""
        return " ".join(self.words).replace(" 's", "'s")


@dataclass(frozen=True)
class Quotation:
    """Sections in which a quotation stands, else the nearest wording of each part, None where nothing is near."""

    sections: tuple[str, ...]
    nearest: tuple[Wording | None, ...] = ()

    @property
    def found(self) -> bool:
        """Return whether the quotation stands in one section, word for word."""
        return bool(self.sections)


def parts_of(text: str) -> list[list[str]]:
    """Return the tokens of each part between ellipses. Raises ParameterError for no word, or more than MOST_WORDS."""
    pieces = re.split(r"\[?\s*(?:…|\.{3}|\. \. \.)\s*\]?", text)
    parts = [tokens for piece in pieces if (tokens := tokenize(piece))]
    if not parts:
        raise ParameterError(f"quotation “{text[:60]}”: there is no word in it")
    if (words := sum(map(len, parts))) > MOST_WORDS:
        raise ParameterError(f"quotation “{text[:60]}…”: {words:,} words; allowed: {MOST_WORDS}")
    return parts


class Record:
    """The n-grams of a document or of one of its sections, and its tokens."""

    def __init__(self, ngrams: Iterable[tuple[int, NDArray[np.uint64]]], vocabulary: Iterable[str]) -> None:
        self._hashes: dict[int, set[int]] = {n: set() for n in range(1, LONGEST + 1)}
        for n, hashes in ngrams:
            self._hashes[n].update(hashes.tolist())
        self.words = tuple(word for word in vocabulary if self.follows((), word))  # those that stand there at all
        self._following: dict[str, list[str]] = {}

    def follows(self, words: tuple[str, ...], word: str) -> bool:
        """Return whether a word follows a run of words (of which the last LONGEST - 1 count)."""
        run = [*words[1 - LONGEST :], word]
        return hash_ngram(run) in self._hashes[len(run)]

    def following(self, words: tuple[str, ...]) -> list[str]:
        """Return the words that follow a run of words."""
        last = words[-1]
        if last not in self._following:
            self._following[last] = [word for word in self.words if self.follows((last,), word)]
        return [word for word in self._following[last] if self.follows(words, word)]

    def before(self, words: tuple[str, ...]) -> str | None:
        """Return the first word, by alphabet, that stands before a run of words; None where it begins a paragraph."""
        *start, end = words[: LONGEST - 1]
        return next((word for word in self.words if self.follows((word, *start), end)), None)

    def nearest(self, tokens: list[str], most: int) -> Wording | None:
        """Return the run of words on record that differs least from the tokens, by at most so many changes, or None.

        The changes are those of Levenshtein's distance over words (V. I. Levenshtein 1966, Soviet Physics Doklady 10,
        p. 707). Of equally near runs the one that keeps most words of the quotation is given, then one with words
        exchanged rather than added or left out, then the first in the order of the alphabet.
        """
        # cheapest first: changes, words lost, words added or left out; words so far, tokens done, tokens left out
        # before the first word
        waiting: list[tuple[int, int, int, tuple[str, ...], int, int]] = [(0, 0, 0, (), 0, 0)]
        seen: set[tuple[tuple[str, ...], int]] = set()
        while waiting:
            changes, lost, gaps, words, done, ahead = heapq.heappop(waiting)
            state = (words[1 - LONGEST :], done)
            if state in seen or changes > most:
                continue
            seen.add(state)
            if done == len(tokens):
                if words:
                    while ahead and (word := self.before(words)):  # in exchange for the words left out there
                        words, ahead = (word, *words), ahead - 1
                    return Wording(words, changes)
                continue
            wanted = tokens[done]
            if self.follows(words, wanted):
                heapq.heappush(waiting, (changes, lost, gaps, (*words, wanted), done + 1, ahead))
            left_out = ahead if words else ahead + 1
            heapq.heappush(waiting, (changes + 1, lost + 1, gaps + 1, words, done + 1, left_out))
            for word in self.following(words) if words and changes < most else ():
                longer = (*words, word)
                heapq.heappush(
                    waiting, (changes + 1, lost, gaps + 1, longer, done, ahead)
                )  # the record has a word more
                heapq.heappush(waiting, (changes + 1, lost + 1, gaps, longer, done + 1, ahead))
        return None


def _chosen_sections(document_id: str, section: str | None, ngrams: Ngrams, features: Features) -> list[str]:
    """Return the sections of a document, or one and what lies below it. Raises ParameterError where there is none."""
    quoted = sorted({known for known, _, _ in ngrams})
    if document_id not in quoted:
        raise ParameterError(f"{document_id}: quotations can be checked in {', '.join(quoted)}")
    in_document = features.passages["document_id"] == document_id
    sections = [str(place) for place in features.passages.loc[in_document, "section"].unique()]
    chosen = [place for place in sections if not section or place == section or place.startswith(f"{section}-")]
    if not chosen:
        raise ParameterError(f"{document_id} has no section {section!r}; sections: {', '.join(sections)}")
    return chosen


def sections_holding(
    text: str, document_id: str, ngrams: Ngrams, features: Features, *, section: str | None = None
) -> tuple[str, ...]:
    """Return the sections of a document, or of one section and what lies below, in which all of a quotation stands.

    Raises ParameterError where no n-grams of the document or section are on record, or the quotation is empty.
    """
    parts = parts_of(text)
    chosen = _chosen_sections(document_id, section, ngrams, features)

    def holds(place: str, tokens: list[str]) -> bool:
        """Return whether the tokens stand in a section in this order; of more than LONGEST, whether every run does."""
        n = min(len(tokens), LONGEST)
        known = ngrams.get((document_id, place, n), np.array([], dtype=np.uint64))
        return bool(np.isin(np.array(list(ngram_hashes(tokens, n)), dtype=np.uint64), known).all())

    return tuple(place for place in chosen if all(holds(place, part) for part in parts))


def find_quotation(
    text: str, document_id: str, ngrams: Ngrams, features: Features, *, section: str | None = None
) -> Quotation:
    """Look for a quotation as `sections_holding` does, and where it does not stand for the nearest wording."""
    if sections := sections_holding(text, document_id, ngrams, features, section=section):
        return Quotation(sections)
    chosen = _chosen_sections(document_id, section, ngrams, features)
    hashes = [(n, values) for (known, place, n), values in ngrams.items() if known == document_id and place in chosen]
    rows = np.flatnonzero((features.passages["document_id"] == document_id).to_numpy())
    vocabulary = [features.vocabulary[column] for column in np.unique(features.counts[rows].indices)]
    record = Record(hashes, vocabulary)
    # a third of the words, rounded up, may differ in a wording that still counts as near
    nearest = tuple(record.nearest(part, (len(part) + 2) // 3) for part in parts_of(text))
    return Quotation((), nearest)
