"""What the checks of claims read, and what a check returns.

Evidence ends with the last day that the article cites, so that hindsight decides nothing. Each part is read when it is
first asked for: a chapter depends on the files that its checks need, and on no other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from pybtex.database import parse_file

from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.data.completeness import Scope, is_complete
from analysis.data.faults import nearest
from analysis.data.schema import read_schema
from analysis.data.tables import load, note_read
from analysis.measures import alignment
from analysis.measures.embeddings import no_scores
from analysis.measures.specifications import Source
from analysis.texts.documents import among
from analysis.texts.features import Features, load_features, load_ngrams
from analysis.texts.quotations import Ngrams

Bibliography = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Outcome:
    """Whether a check holds, with what was found and what the claim needs as two short phrases.

    absence: what a list must hold completely for this outcome, where it rests on what is not there. decided: whether
    the list is declared complete for it.
    """

    holds: bool
    found: str
    expected: str
    absence: Scope | None = None
    decided: bool = True


class Check(Protocol):
    """A check with its arguments."""

    def __call__(self, evidence: "Evidence") -> Outcome:
        """Return what the evidence says. Raise ParameterError where the arguments do not fit it."""


class Evidence:
    """The tables, text features and references of a folder of data, each read when it is first asked for, and kept.

    With a last day, what happened after it is left out. threshold and bar are those of chapter 4: the strength from
    which a counterpart counts, and the share from which provisions follow a text.
    """

    def __init__(
        self,
        folder: Path = paths.DATA,
        last_day: pd.Timestamp | None = None,
        threshold: int = alignment.THRESHOLD,
        bar: float = alignment.BAR,
    ) -> None:
        self.folder, self.last_day, self.threshold, self.bar = folder, last_day, threshold, bar
        self._tables: dict[str, pd.DataFrame] = {}
        self._outcomes: dict[Check, Outcome] = {}
        self._scores: dict[tuple[str, str], pd.DataFrame] = {}

    def until(self, last_day: pd.Timestamp) -> "Evidence":
        """Return the evidence of the same folder and choices up to a day."""
        return Evidence(self.folder, last_day, self.threshold, self.bar)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table. Raise ParameterError where there is none of this name, DataError where its file is broken."""
        if name not in self._tables:
            known = list(read_schema(self.folder / paths.DATAPACKAGE.name))
            if name not in known:
                raise ParameterError(f"there is no table “{name}”{nearest(name, known)}")
            self._tables[name] = self._known(load(name, self.folder))
        return self._tables[name]

    def _known(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows up to the last day: by their own day, or by that of their event."""
        if self.last_day is None or "document_id" in table:
            return table
        if "event_id" in table:
            events = load("events", self.folder)
            later = set(events.loc[events["date"] > self.last_day, "event_id"])
            table = table[~table["event_id"].isin(later)]
        if "date" in table:
            table = table[table["date"] <= self.last_day]
        return table.reset_index(drop=True)

    def acts(self) -> pd.DataFrame:
        """Return the Chinese answers of the table protests with the first occasion that each answers, and its cause."""
        answers = self.table("answers").merge(self.table("occasions")[["occasion_id", "cause"]], on="occasion_id")
        return self.table("protests").merge(answers.drop_duplicates("protest_id"), on="protest_id")

    def outcome(self, check: Check) -> Outcome:
        """Return the outcome of a check. Raise ParameterError where its arguments do not fit the evidence."""
        if check not in self._outcomes:
            outcome = check(self)
            if outcome.absence is not None and not is_complete(self.table("completeness"), outcome.absence):
                outcome = replace(outcome, decided=False)
            self._outcomes[check] = outcome
        return self._outcomes[check]

    @cached_property
    def features(self) -> Features:
        """The features of the texts."""
        return load_features(self.folder / paths.FEATURES.name)

    @cached_property
    def ngrams(self) -> Ngrams:
        """The hashes of the n-grams of the quoted documents."""
        return load_ngrams(self.folder / paths.FEATURES.name)

    @cached_property
    def bibliography(self) -> Bibliography:
        """The references by key: their fields, and as author the last names or the organisation."""
        entries = parse_file(str(note_read(self.folder / paths.BIBLIOGRAPHY.name)), "bibtex").entries
        return {
            key: {**entry.fields, "author": ", ".join(" ".join(p.last_names) for p in entry.persons.get("author", ()))}
            for key, entry in entries.items()
        }

    def rows(self, table: str, key: str, values: Iterable[str]) -> pd.DataFrame:
        """Return the rows of a table with these keys, in their order. Raise ParameterError where a key has none."""
        frame = self.table(table).set_index(key)
        if unknown := [value for value in values if value not in frame.index]:
            hint = nearest(unknown[0], sorted(frame.index))
            raise ParameterError(f"{unknown[0]} is no {key} of {table}.csv that the checks may read{hint}")
        return frame.loc[list(values)]

    def event(self, event_id: str) -> "pd.Series[Any]":
        """Return the row of an event. Raise ParameterError where there is none."""
        return self.rows("events", "event_id", [event_id]).iloc[0]

    def scores(self, statement: str, strategy: str) -> pd.DataFrame:
        """Return the scores of a pair and its placebos in the specification of chapter 4 (`Source.pair_scores`)."""
        if (statement, strategy) not in self._scores:
            compared = among(self.table("documents"), statement, strategy)
            source = Source(self.features, compared, self.table("terms"), no_scores())
            self._scores[statement, strategy] = source.pair_scores(statement, strategy)
        return self._scores[statement, strategy]


def last_cited_day(claims: pd.DataFrame, bibliography: Bibliography) -> pd.Timestamp:
    """Return the day of the latest reference that a claim of the article cites."""
    cited = {key for keys in claims["cited_sources"] for key in keys}
    return max(pd.Timestamp(bibliography[key]["date"]) for key in cited)


def load_evidence(folder: Path = paths.DATA, *, hindsight: bool = False, **choices: Any) -> Evidence:
    """Return the evidence of a folder up to the last day that the article cites, or with hindsight all of it.

    choices: threshold and bar, where they are not those of the book.
    """
    evidence = Evidence(folder, **choices)
    return evidence if hindsight else evidence.until(last_cited_day(evidence.table("claims"), evidence.bibliography))
