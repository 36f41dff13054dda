"""Scores of statements with strategies, and how a pair stands among its placebos.

The score of a statement with a strategy is the mean, over the statement's passages, of the match of each in the
strategy: its best one, or the mean of its three best. A placebo is the same statement with another strategy, or another
statement with the same strategy. Frames of scores have statements as rows and strategies as columns.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from analysis.measures.similarity import Floats, Representation, Rows, draw_weights, matches, matches_in_draws
from analysis.texts import documents
from analysis.texts.features import Features

if TYPE_CHECKING:
    from scipy.sparse import csr_array

UNITS = ("sentence", "paragraph")
AGGREGATIONS = {"max": 1, "top3": 3}
PARTS = ("whole", "security")
IDF_BASES = ("all", "strategies")
DRAWN = 100
AT_ONCE = 500  # query passages compared at once: their similarities then fit into memory that is at hand
SECURITY_WORDS = 2  # a paragraph with at least so many military words belongs to the security part


@dataclass(frozen=True)
class Passages:
    """The passages of one unit, with their token counts.

    Columns of frame: document_id, section, paragraph, sentence (where that is the unit), security, kind, comparable.
    """

    frame: pd.DataFrame
    counts: "csr_array"

    def rows(self, document_id: str) -> Rows:
        """Return the rows of a document."""
        return np.flatnonzero(self.frame["document_id"].to_numpy() == document_id)


def in_unit(features: Features, table: pd.DataFrame, terms: pd.DataFrame, unit: str, *, mask: bool) -> Passages:
    """Return the passages of all documents as sentences or paragraphs, headings left out.

    table and terms are the tables documents and terms. With mask, the tokens of the mask are taken out. A paragraph,
    with all its sentences, belongs to the security part where it holds at least SECURITY_WORDS military words.
    """
    from scipy.sparse import csr_array

    text = np.flatnonzero(~features.passages["heading"].to_numpy())
    frame = features.passages.iloc[text][["document_id", "section", "paragraph", "sentence"]].reset_index(drop=True)
    frame = frame.astype({"document_id": "object", "section": "object"})
    counts = features.counts[text]
    columns = {token: column for column, token in enumerate(features.vocabulary)}

    def columns_of(role: str) -> NDArray[np.intp]:
        tokens = terms.loc[terms["role"] == role, "token"]
        return np.array([columns[token] for token in tokens if token in columns], dtype=np.intp)

    paragraphs = frame.groupby(["document_id", "paragraph"], sort=False).ngroup().to_numpy()
    military = np.asarray(counts[:, columns_of("security")].sum(axis=1)).ravel()
    security = np.bincount(paragraphs, weights=military)[paragraphs] >= SECURITY_WORDS
    frame = frame.assign(security=security)
    if mask:
        unmasked = np.ones(len(columns), dtype=bool)
        unmasked[columns_of("mask")] = False
        counts = counts[:, np.flatnonzero(unmasked)]
    if unit == "paragraph":
        shape = (int(paragraphs.max()) + 1, len(frame))
        counts = csr_array((np.ones(len(frame)), (paragraphs, np.arange(len(frame)))), shape=shape) @ counts
        frame = frame.drop_duplicates(["document_id", "paragraph"]).drop(columns="sentence").reset_index(drop=True)
    rows = table.set_index("document_id").loc[frame["document_id"]]
    english = set(documents.comparable(table)["document_id"])
    frame = frame.assign(kind=rows["kind"].astype("object").to_numpy(), comparable=frame["document_id"].isin(english))
    return Passages(frame, counts)


def base_rows(frame: pd.DataFrame, idf_base: str) -> NDArray[np.bool_]:
    """Return which passages the weights of tokens are learnt from: all in English, or those of strategies."""
    base = frame["comparable"] & ((frame["kind"] == "strategy") | (idf_base == "all"))
    return base.to_numpy(dtype=bool)


def drawn_passages(frame: pd.DataFrame, drawn: int = DRAWN) -> int:
    """Return how many passages are drawn from each strategy: `drawn`, or all of the shortest one in English."""
    sizes = frame[frame["comparable"] & (frame["kind"] == "strategy")].groupby("document_id").size()
    return int(min(drawn, sizes.min()))


KINDS = tuple((aggregation, matched) for matched in (False, True) for aggregation in AGGREGATIONS)


def passage_matches(
    passages: Passages, representation: Representation, statements: Iterable[str], strategies: Iterable[str]
) -> tuple[pd.DataFrame, Floats]:
    """Return the match of each passage of the statements in each strategy, by KINDS of (aggregation, matched).

    Returns the frame of the statements' passages and an array (passages, strategies, kinds). Length matched is the mean
    over all draws of DRAWN passages, in closed form (`similarity.draw_weights`). Strategies are worked on in threads.
    """
    frame = passages.frame
    queries = np.flatnonzero(frame["document_id"].isin(list(statements)).to_numpy())
    drawn = drawn_passages(frame)

    def search(strategy: str) -> Floats:
        searched = passages.rows(strategy)
        n = len(searched)
        kinds = [draw_weights(n, drawn if matched else n, AGGREGATIONS[aggregation]) for aggregation, matched in KINDS]
        weights = np.array(kinds).T
        parts = (queries[start : start + AT_ONCE] for start in range(0, len(queries), AT_ONCE))
        return np.concatenate([matches(representation.similarities(part, searched), weights) for part in parts])

    return frame.iloc[queries], np.stack(_in_threads(search, strategies), axis=1)


def _in_threads(work: Callable[[str], Floats], items: Iterable[str]) -> list[Floats]:
    """Return what the work gives for each item, in order; products inside do not start threads of their own."""
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def frames_of(
    passages: Passages,
    representation: Representation,
    table: pd.DataFrame,
    parts: Iterable[str] = PARTS,
    statements: list[str] | None = None,
    strategies: list[str] | None = None,
) -> dict[tuple[str, bool, str], pd.DataFrame]:
    """Return score frames by (aggregation, length matched, part), of all statements and strategies or those named.

    A statement without a part has no score.
    """
    rows, columns = statements or documents.ids(table, "statement"), strategies or documents.ids(table, "strategy")
    frame, matched = passage_matches(passages, representation, rows, columns)
    frames = {}
    for part in parts:
        chosen = np.ones(len(frame), dtype=bool) if part == "whole" else frame["security"].to_numpy()
        groups = frame["document_id"].to_numpy()[chosen]
        for number, kind in enumerate(KINDS):
            means = pd.DataFrame(matched[chosen, :, number], columns=columns).groupby(groups).mean()
            frames[(*kind, part)] = means.reindex(frame["document_id"].unique())
    return frames


# --- among placebos


def double_centred(scores: pd.DataFrame, comparable: Iterable[str]) -> pd.DataFrame:
    """Return residuals: score less the statement's mean and the strategy's mean, plus the mean of all.

    Means are taken over the comparable documents (ids); what is left is closeness beyond that of a statement to any
    strategy and of a strategy to any statement.
    """
    ids = list(comparable)
    inner = scores.loc[scores.index.isin(ids), scores.columns.isin(ids)]
    by_statement, by_strategy = scores[inner.columns].mean(axis=1), scores.loc[inner.index].mean(axis=0)
    return scores.sub(by_statement, axis=0).sub(by_strategy, axis=1) + float(np.nanmean(inner.to_numpy()))


@dataclass(frozen=True)
class Standing:
    """How a score stands among placebos: rank 1 is the highest; p is exact, and z counts their standard deviations."""

    rank: int
    placebos: int
    p: float
    z: float


def standing(scores: "pd.Series[float]", focal: str) -> Standing:
    """Return the standing of one score among the others; missing scores are no placebos.

    rank = 1 + number of placebos at least as large, p = rank / (1 + number of placebos): the share of labels that would
    do as well, the true one included (E. J. G. Pitman 1937, Supplement to JRSS 4, p. 119; B. Phipson and G. K. Smyth
    2010, SAGMB 9(1), article 39). A missing score has rank 0 and p and z missing; where all placebos are equal, z is
    missing.
    """
    value, others = float(scores[focal]), scores.drop(focal).dropna()
    if np.isnan(value):
        return Standing(0, len(others), float("nan"), float("nan"))
    rank = 1 + int((others >= value).sum())
    spread = float(others.std())
    z = (value - float(others.mean())) / spread if spread > 0 else float("nan")
    return Standing(rank, len(others), rank / (1 + len(others)), z)


def placebo_strategies(table: pd.DataFrame, focal: str) -> list[str]:
    """Return the strategies among which one stands: itself and those in English."""
    among = (table["language"] == "en") | (table["document_id"] == focal)
    return table.loc[(table["kind"] == "strategy") & among, "document_id"].to_list()


@dataclass(frozen=True)
class PlaceboSet:
    """A document among its placebos: the scores of all by id, and the id of the focal one.

    among: statements or strategies.
    """

    among: str
    scores: "pd.Series[float]"
    focal: str

    def standing(self) -> Standing:
        """Return the standing of the focal document."""
        return standing(self.scores, self.focal)

    def without_states(self, table: pd.DataFrame, states: Iterable[str]) -> "PlaceboSet":
        """Return the set without the placebos that one of the states issued."""
        issued = table.loc[[not set(states).isdisjoint(parties) for parties in table["parties"]], "document_id"]
        others = ~self.scores.index.isin(issued) | (self.scores.index == self.focal)
        return PlaceboSet(self.among, self.scores[others], self.focal)


def placebo_sets(scores: pd.DataFrame, table: pd.DataFrame, statement: str, strategy: str) -> dict[str, PlaceboSet]:
    """Return the two sets in which a pair is placed, by what they hold: statements and strategies.

    The statement stands among all statements with the strategy, the strategy among those in English.
    """
    rivals = scores.T[statement][placebo_strategies(table, strategy)]
    return {
        "statements": PlaceboSet("statements", scores[strategy], statement),
        "strategies": PlaceboSet("strategies", rivals, strategy),
    }


def drawn_scores(
    passages: Passages,
    representation: Representation,
    statements: Sequence[str],
    strategies: Sequence[str],
    *,
    draws: int,
    seed: int,
) -> Floats:
    """Return scores in single draws of as many passages from each strategy; (draws, statements, strategies).

    Each strategy has random numbers of its own, by its place in the list.
    """
    rows = [passages.rows(statement) for statement in statements]
    queries, drawn = np.concatenate(rows), drawn_passages(passages.frame)
    sizes = np.array([len(places) for places in rows])
    starts = np.cumsum(sizes) - sizes

    def search(strategy: str) -> Floats:
        similarities = representation.similarities(queries, passages.rows(strategy))
        rng = np.random.default_rng([seed, strategies.index(strategy)])
        best = matches_in_draws(similarities, drawn, draws, rng)
        return np.asarray(np.add.reduceat(best, starts, axis=0) / sizes[:, None])

    return np.stack(_in_threads(search, strategies), axis=-1).transpose(1, 0, 2)


def rank_in_draws(drawn: Floats, focal: int) -> dict[str, float]:
    """Return how often a strategy ranks first in single draws, and its lowest and highest score there.

    drawn: scores of one statement (draws, strategies); focal: the place of the strategy. Keys: first, low, high.
    """
    values, others = drawn[:, focal], np.delete(drawn, focal, axis=1).max(axis=1)
    return {"first": float((values > others).mean()), "low": float(values.min()), "high": float(values.max())}


def holm(p: Iterable[float]) -> list[float]:
    """Return the p values of tests that stand side by side, each corrected for the number of them, in the same order.

    No corrected p is below a level more often than the level says, whatever the tests share: the p at place i from the
    smallest of n counts n - i + 1 times, and never less than one before it (S. Holm, A Simple Sequentially Rejective
    Multiple Test Procedure, Scandinavian Journal of Statistics 6, 1979, 65-70). A p that is missing is no test.
    """
    found = pd.Series(list(p), dtype=float)
    order = found.dropna().sort_values(kind="stable")
    corrected = (order * np.arange(len(order), 0, -1)).cummax().clip(upper=1)
    return [float(value) for value in corrected.reindex(found.index)]
