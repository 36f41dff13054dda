"""What the checks of claims read, and what a check says.

Evidence ends with the last day that the article cites, so that hindsight decides nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pybtex.database import parse_file

from analysis import paths
from analysis.embeddings import no_scores
from analysis.errors import ParameterError
from analysis.features import Features, load_features, load_ngrams
from analysis.quotations import Ngrams
from analysis.schema import read_schema
from analysis.specifications import Source, Specification
from analysis.tables import load, nearest


@dataclass(frozen=True)
class Evidence:
    """What the checks read: the tables by name, the text features, the n-grams and the bibliography by key.

    An entry of the bibliography has its fields, and as author the last names or the organisation.

    Nothing in the tables is later than the last day that the article cites (`until`).
    """

    tables: Mapping[str, pd.DataFrame]
    features: Features
    ngrams: Ngrams
    bibliography: Mapping[str, Mapping[str, str]]

    def until(self, last_day: pd.Timestamp) -> "Evidence":
        """The same evidence without events after a day, and without the rows of other tables that stand on them."""
        events = self.tables["events"]
        later = set(events.loc[events["date"] > last_day, "event_id"])
        tables = {
            name: table[~table["event_id"].isin(later)].reset_index(drop=True) if "event_id" in table else table
            for name, table in self.tables.items()
        }
        return replace(self, tables=tables)

    def rows(self, table: str, key: str, values: Iterable[str]) -> pd.DataFrame:
        """The rows of a table with these keys, in their order. Raises ParameterError where there is none with a key."""
        frame = self.tables[table].set_index(key)
        for value in values:
            if value not in frame.index:
                known = sorted(map(str, frame.index))
                raise ParameterError(
                    f"{value} is no {key} of {table}.csv that the checks may read{nearest(value, known)}"
                )
        return frame.loc[list(values)]

    def event(self, event_id: str) -> "pd.Series[Any]":
        """The row of an event."""
        return self.rows("events", "event_id", [event_id]).iloc[0]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores of all statements with all strategies in the specification of chapter 4."""
        tables = self.tables
        return Source(self.features, tables["documents"], tables["terms"], no_scores()).scores(Specification())


@dataclass(frozen=True)
class Outcome:
    """Whether a check holds, why in one sentence with the values compared, and what would have turned it."""

    holds: bool
    sentence: str
    otherwise: str


def last_cited_day(claims: pd.DataFrame, bibliography: Mapping[str, Mapping[str, str]]) -> pd.Timestamp:
    """The day of the latest reference that a claim of the article cites."""
    cited = {key for keys in claims["cited_sources"] for key in keys}
    return max(pd.Timestamp(bibliography[key]["date"]) for key in cited)


def load_evidence(folder: Path = paths.DATA, *, hindsight: bool = False) -> Evidence:
    """The committed evidence up to the last day that the article cites, or with hindsight all of it.

    Raises DataError where a file is broken.
    """
    features = folder / paths.FEATURES.name
    entries = parse_file(str(folder / paths.BIBLIOGRAPHY.name), "bibtex").entries
    bibliography = {
        key: {**entry.fields, "author": ", ".join(" ".join(p.last_names) for p in entry.persons.get("author", ()))}
        for key, entry in entries.items()
    }
    tables = {name: load(name, folder) for name in read_schema(folder / paths.DATAPACKAGE.name)}
    evidence = Evidence(tables, load_features(features), load_ngrams(features), bibliography)
    return evidence if hindsight else evidence.until(last_cited_day(tables["claims"], bibliography))
