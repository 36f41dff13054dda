"""What the checks of claims read, and what a check says.

Evidence ends with the last day that the article cites, so that hindsight decides nothing. Each part of it is read when
it is first asked for: a chapter depends on the files that its checks need, and on no other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from pybtex.database import parse_file

from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.data.schema import read_schema
from analysis.data.tables import load, note_read
from analysis.measures.embeddings import no_scores
from analysis.measures.specifications import Source
from analysis.texts.features import Features, load_features, load_ngrams
from analysis.texts.quotations import Ngrams


class Loaded(Mapping[str, Any]):
    """A mapping of known keys; the value of a key is read when it is first asked for, and kept."""

    def __init__(self, keys: Iterable[str], read: Callable[[str], Any]) -> None:
        self._keys, self._read = tuple(keys), cache(read)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return self._read(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


@dataclass(frozen=True)
class Evidence:
    """What the checks read: the tables by name; the text features, the n-grams and the bibliography by these names.

    Nothing in the tables is later than the last day that the article cites (`until`).
    """

    tables: Mapping[str, pd.DataFrame]
    texts: Mapping[str, Any]
    # the outcomes of checks on this evidence, by check and arguments; other evidence begins without any
    outcomes: "dict[tuple[str, str], Outcome]" = field(init=False, repr=False, compare=False, default_factory=dict)

    @property
    def features(self) -> Features:
        """The features of the texts."""
        found: Features = self.texts["features"]
        return found

    @property
    def ngrams(self) -> Ngrams:
        """The hashes of the n-grams of the quoted documents."""
        found: Ngrams = self.texts["ngrams"]
        return found

    @property
    def bibliography(self) -> Mapping[str, Mapping[str, str]]:
        """The references by key: their fields, and as author the last names or the organisation."""
        found: Mapping[str, Mapping[str, str]] = self.texts["bibliography"]
        return found

    def until(self, last_day: pd.Timestamp) -> "Evidence":
        """The same evidence without events after a day, and without the rows of other tables that stand on them."""

        def read(name: str) -> pd.DataFrame:
            table = self.tables[name]
            if "event_id" not in table:
                return table
            events = self.tables["events"]
            later = events.loc[events["date"] > last_day, "event_id"]
            return table[~table["event_id"].isin(set(later))].reset_index(drop=True)

        return replace(self, tables=Loaded(self.tables, read))

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

    def scores(self, statement: str, strategy: str) -> pd.DataFrame:
        """The scores of a pair and its placebos in the specification of chapter 4 (`Source.pair_scores`)."""
        if (statement, strategy) not in self._scores:
            source = Source(self.features, self.tables["documents"], self.tables["terms"], no_scores())
            self._scores[statement, strategy] = source.pair_scores(statement, strategy)
        return self._scores[statement, strategy]

    @cached_property
    def _scores(self) -> dict[tuple[str, str], pd.DataFrame]:
        return {}


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


def read_bibliography(folder: Path) -> dict[str, dict[str, str]]:
    """The references of a folder of data by key, as in `Evidence.bibliography`."""
    entries = parse_file(str(note_read(folder / paths.BIBLIOGRAPHY.name)), "bibtex").entries
    return {
        key: {**entry.fields, "author": ", ".join(" ".join(p.last_names) for p in entry.persons.get("author", ()))}
        for key, entry in entries.items()
    }


def load_evidence(folder: Path = paths.DATA, *, hindsight: bool = False) -> Evidence:
    """The committed evidence up to the last day that the article cites, or with hindsight all of it.

    Raises DataError, here or where a part is first asked for, when its file is broken.
    """
    features = folder / paths.FEATURES.name
    texts: dict[str, Callable[[], Any]] = {
        "features": lambda: load_features(features),
        "ngrams": lambda: load_ngrams(features),
        "bibliography": lambda: read_bibliography(folder),
    }
    evidence = Evidence(
        Loaded(read_schema(folder / paths.DATAPACKAGE.name), lambda name: load(name, folder)),
        Loaded(texts, lambda name: texts[name]()),
    )
    if hindsight:
        return evidence
    return evidence.until(last_cited_day(evidence.tables["claims"], evidence.bibliography))
