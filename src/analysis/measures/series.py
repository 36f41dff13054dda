"""How close statements of one series are to each other, beside the series of other states.

Closeness is that of chapter 4, both ways: what a sentence of one statement finds on average in equally many sentences
of the other, and the reverse. Names are left out, so that a series is not close for its names.
"""

from collections.abc import Iterable, Mapping
from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from analysis.data.tables import load
from analysis.measures.placebos import base_rows, in_unit
from analysis.measures.similarity import draw_weights, matches, represent
from analysis.texts.documents import FOCAL_STATEMENT, SERIES, among
from analysis.texts.features import Features, load_features

ALL_SERIES: Mapping[str, tuple[str, ...]] = {
    "JPN": SERIES,
    "KOR": ("us-kor-2021-05-21", "us-kor-2022-05-21", "us-kor-2023-04-26"),
    "IND": ("us-ind-2021-09-24", "us-ind-2023-06-22", "us-ind-2023-09-08", "us-ind-2025-02-13"),
    "AUS": ("us-aus-2023-05-20", "us-aus-2023-10-25"),
}


def closeness(features: Features, documents: pd.DataFrame, terms: pd.DataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """Return the closeness of each pair of statements, both ways: a symmetric frame with the ids as rows and columns.

    Each statement is searched through as many sentences as the shortest of them has (mean over all draws). The diagonal
    is missing.
    """
    known = list(ids)
    passages = in_unit(features, documents, terms, "sentence", mask=True)
    represented = represent("tfidf", passages.counts, base_rows(passages.frame, "all"))
    rows = {document: passages.rows(document) for document in known}
    drawn = min(len(places) for places in rows.values())
    one_way = pd.DataFrame(np.nan, index=known, columns=known)
    for searched in known:
        weights = draw_weights(len(rows[searched]), drawn, 1)[:, None]
        for asked in known:
            if asked != searched:
                similarities = represented.similarities(rows[asked], rows[searched])
                one_way.loc[asked, searched] = float(matches(similarities, weights).mean())
    return (one_way + one_way.T) / 2


def leader_on(governments: pd.DataFrame, state: str, day: pd.Timestamp) -> tuple[str, str]:
    """Return leader and party of a state on a day; empty where the table begins later."""
    known = governments[(governments["state"] == state) & (governments["start"] <= day)].sort_values("start")
    return ("", "") if known.empty else (str(known.iloc[-1]["leader"]), str(known.iloc[-1]["party"]))


def pairs(scores: pd.DataFrame, documents: pd.DataFrame, governments: pd.DataFrame) -> pd.DataFrame:
    """Return every pair of statements with its closeness. Takes the frame of `closeness`.

    Columns: earlier, later (ids), series (state of both, or other where they belong to two), successive (whether one
    follows the other in its series), changed (states whose leader changed between, joined), closeness.
    """
    state_of = {document: state for state, ids in ALL_SERIES.items() for document in ids}
    successive = {pair for ids in ALL_SERIES.values() for pair in pairwise(ids)}
    dates = documents.set_index("document_id")["date"]
    rows = []
    for one, other in combinations(scores.index, 2):
        earlier, later = sorted((one, other), key=lambda document: dates[document])
        state = state_of[earlier] if state_of[earlier] == state_of[later] else "other"
        changed = [
            partner
            for partner in ((state, "USA") if state != "other" else ())
            if leader_on(governments, partner, dates[earlier]) != leader_on(governments, partner, dates[later])
        ]
        closeness = float(scores.loc[one, other])
        rows.append((earlier, later, state, (earlier, later) in successive, " and ".join(changed), closeness))
    return pd.DataFrame(rows, columns=["earlier", "later", "series", "successive", "changed", "closeness"])


def load_pairs() -> pd.DataFrame:
    """Return every pair of the statements of all series: the frame of `pairs` with column focal.

    focal: whether the statement of 2025 is one of the two.
    """
    documents, statements = among(load("documents")), [statement for ids in ALL_SERIES.values() for statement in ids]
    features = load_features().only(documents["document_id"])
    scores = closeness(features, documents, load("terms"), statements)
    table = pairs(scores, documents, load("governments"))
    return table.assign(focal=(table["earlier"] == FOCAL_STATEMENT) | (table["later"] == FOCAL_STATEMENT))


def statement_labels(documents: pd.DataFrame, governments: pd.DataFrame) -> dict[str, str]:
    """Return year and leaders of each statement of Japan's series by its id: 2025|Trump|Ishiba."""
    labels = {}
    for statement, day in documents.set_index("document_id")["date"].loc[list(SERIES)].items():
        president, prime_minister = (leader_on(governments, state, day)[0] for state in ("USA", "JPN"))
        # Japanese names stand with the family name first
        labels[str(statement)] = f"{day.year}|{president.split()[-1]}|{prime_minister.split()[0]}"
    return labels
