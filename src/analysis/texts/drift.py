"""How a text differs from the committed features of its document: passage by passage, by the counts of tokens."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from analysis.texts.features import Features
from analysis.texts.segment import Passage, tokenize

Outcome = Literal["unchanged", "drifted", "failed", "no address"]


@dataclass(frozen=True)
class Fetched:
    """What came of one document.

    found counts the committed passages that the fetched text holds, missing names the places of the others, new the
    places and first words of the passages that were not there.
    """

    document_id: str
    outcome: Outcome
    message: str
    found: int = 0
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


class Counted(NamedTuple):
    """A passage as the features hold it: its place in words and its tokens with their counts."""

    place: str
    tokens: frozenset[tuple[str, int]]


def place_of(section: str, paragraph: int, sentence: int) -> str:
    """The place of a passage in words; headings have no paragraph."""
    return f"section {section}, " + (f"paragraph {paragraph}, sentence {sentence}" if paragraph else "heading")


def committed(features: Features, document_id: str) -> list[Counted]:
    """The committed passages of a document, in order."""
    rows = np.flatnonzero(features.passages["document_id"] == document_id)
    frame, counts, found = features.passages.iloc[rows], features.counts, []
    places = (frame[name].to_list() for name in ("section", "paragraph", "sentence"))
    for row, section, paragraph, sentence in zip(rows.tolist(), *places, strict=True):
        part = slice(counts.indptr[row], counts.indptr[row + 1])
        pairs = zip(counts.indices[part].tolist(), counts.data[part].tolist(), strict=True)
        tokens = frozenset((features.vocabulary[column], int(count)) for column, count in pairs)
        found.append(Counted(place_of(section, paragraph, sentence), tokens))
    return found


def compare(document_id: str, before: Sequence[Counted], after: Sequence[Passage]) -> Fetched:
    """Compare the committed passages with those of a fetched text, by the counts of their tokens."""
    now = [frozenset(Counter(tokenize(part.text)).items()) for part in after]
    spare, missing, new = Counter(now), [], []
    for passage in before:
        spare[passage.tokens] -= 1
        if spare[passage.tokens] < 0:
            missing.append(passage.place)
    spare = Counter(passage.tokens for passage in before)
    for part, tokens in zip(after, now, strict=True):
        spare[tokens] -= 1
        if spare[tokens] < 0:
            words = part.text.split()
            shown = "".join(c for c in " ".join(words[:8]) if c.isprintable()) + (" …" if len(words) > 8 else "")
            new.append(f"{place_of(part.section, part.paragraph, part.sentence)}: “{shown}”")
    found = len(before) - len(missing)
    outcome: Outcome = "drifted"
    if [passage.tokens for passage in before] == now:
        outcome, message = "unchanged", f"all {found} passages are as they were read"
    elif missing or new:
        message = f"{found} of {len(before)} passages found again, {len(missing)} missing, {len(new)} new"
    else:
        message = f"all {found} passages found again, but in another order"
    return Fetched(document_id, outcome, message, found, tuple(missing), tuple(new))
