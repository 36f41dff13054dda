"""Scores of statements with strategies, and how a pair stands among its placebos.

The score of a statement with a strategy is the mean, over the statement's passages, of what each finds in the strategy:
its best match, or the mean of its three best. A placebo is the same statement with another strategy, or another
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

from analysis.measures.similarity import Comparable, Floats, Rows, draw_weights, found, found_in_draws, represent
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
        """The rows of a document."""
        return np.flatnonzero(self.frame["document_id"].to_numpy() == document_id)


def in_unit(features: Features, table: pd.DataFrame, terms: pd.DataFrame, unit: str, *, mask: bool) -> Passages:
    """The passages of all documents as sentences or paragraphs, headings left out.

    table and terms are the tables documents and terms. With mask, the tokens of the mask are taken out. A paragraph,
    with all its sentences, belongs to the security part where it holds at least SECURITY_WORDS military words.
    """
    from scipy.sparse import csr_array

    text = np.flatnonzero(~features.passages["heading"].to_numpy())
    frame = features.passages.iloc[text][["document_id", "section", "paragraph", "sentence"]].reset_index(drop=True)
    frame = frame.astype({"document_id": "object", "section": "object"})
    counts = features.counts[text]
    columns = {token: column for column, token in enumerate(features.vocabulary)}

    def listed(role: str) -> NDArray[np.intp]:
        tokens = terms.loc[terms["role"] == role, "token"]
        return np.array([columns[token] for token in tokens if token in columns], dtype=np.intp)

    paragraphs = frame.groupby(["document_id", "paragraph"], sort=False).ngroup().to_numpy()
    military = np.asarray(counts[:, listed("security")].sum(axis=1)).ravel()
    security = np.bincount(paragraphs, weights=military)[paragraphs] >= SECURITY_WORDS
    frame = frame.assign(security=security)
    if mask:
        keep = np.ones(len(columns), dtype=bool)
        keep[listed("mask")] = False
        counts = counts[:, np.flatnonzero(keep)]
    if unit == "paragraph":
        shape = (int(paragraphs.max()) + 1, len(frame))
        counts = csr_array((np.ones(len(frame)), (paragraphs, np.arange(len(frame)))), shape=shape) @ counts
        frame = frame.drop_duplicates(["document_id", "paragraph"]).drop(columns="sentence").reset_index(drop=True)
    about = table.set_index("document_id").loc[frame["document_id"]]
    english = set(documents.comparable(table)["document_id"])
    frame = frame.assign(kind=about["kind"].astype("object").to_numpy(), comparable=frame["document_id"].isin(english))
    return Passages(frame, counts)


def base_rows(frame: pd.DataFrame, idf_base: str) -> NDArray[np.bool_]:
    """Which passages the weights of tokens are learnt from: all in English, or those of strategies."""
    base = frame["comparable"] & ((frame["kind"] == "strategy") | (idf_base == "all"))
    return base.to_numpy(dtype=bool)


def drawn_passages(frame: pd.DataFrame, drawn: int = DRAWN) -> int:
    """How many passages are drawn from each strategy: `drawn`, or as many as the shortest one in English has."""
    sizes = frame[frame["comparable"] & (frame["kind"] == "strategy")].groupby("document_id").size()
    return int(min(drawn, sizes.min()))


KINDS = tuple((aggregation, matched) for matched in (False, True) for aggregation in AGGREGATIONS)


def passage_finds(
    passages: Passages, representation: Comparable, statements: Iterable[str], strategies: Iterable[str]
) -> tuple[pd.DataFrame, Floats]:
    """What each passage of the statements finds in each strategy, by KINDS of (aggregation, length matched).

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
        some = (queries[start : start + AT_ONCE] for start in range(0, len(queries), AT_ONCE))
        return np.concatenate([found(representation.similarities(part, searched), weights) for part in some])

    return frame.iloc[queries], np.stack(_in_threads(search, strategies), axis=1)


def _in_threads(work: Callable[[str], Floats], items: Iterable[str]) -> list[Floats]:
    """What the work gives for each item, in order; products inside do not start threads of their own."""
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def scores_of(
    finds: Floats, frame: pd.DataFrame, strategies: list[str], part: str
) -> dict[tuple[str, bool], pd.DataFrame]:
    """Score frames by (aggregation, length matched) from what passages find; a statement without the part has none."""
    chosen = np.ones(len(frame), dtype=bool) if part == "whole" else frame["security"].to_numpy()
    groups = frame["document_id"].to_numpy()[chosen]
    order = list(dict.fromkeys(frame["document_id"]))
    return {
        kind: pd.DataFrame(finds[chosen, :, number], columns=strategies).groupby(groups).mean().reindex(order)
        for number, kind in enumerate(KINDS)
    }


def score_frames(
    features: Features,
    table: pd.DataFrame,
    terms: pd.DataFrame,
    *,
    unit: str,
    representation: str,
    mask: bool,
    idf_base: str,
    parts: Iterable[str] = PARTS,
) -> dict[tuple[str, bool, str], pd.DataFrame]:
    """Score frames of all statements with all strategies, by (aggregation, length matched, part).

    One similarity of all passages serves them all.
    """
    passages = in_unit(features, table, terms, unit, mask=mask)
    represented = represent(representation, passages.counts, base_rows(passages.frame, idf_base))
    return frames_of(passages, represented, table, parts)


def frames_of(
    passages: Passages,
    representation: Comparable,
    table: pd.DataFrame,
    parts: Iterable[str] = PARTS,
    statements: list[str] | None = None,
    strategies: list[str] | None = None,
) -> dict[tuple[str, bool, str], pd.DataFrame]:
    """Score frames of statements with strategies (all, or those named), by (aggregation, length matched, part)."""
    rows, columns = statements or documents.ids(table, "statement"), strategies or documents.ids(table, "strategy")
    frame, finds = passage_finds(passages, representation, rows, columns)
    return {(*kind, part): scores for part in parts for kind, scores in scores_of(finds, frame, columns, part).items()}


# --- among placebos


def double_centred(scores: pd.DataFrame, comparable: Iterable[str]) -> pd.DataFrame:
    """Residuals: score less the statement's mean and the strategy's mean, plus the mean of all.

    Means are taken over the comparable documents (ids); what is left is closeness beyond that of a statement to any
    strategy and of a strategy to any statement.
    """
    known = set(comparable)
    inner = scores.loc[[row for row in scores.index if row in known], [c for c in scores.columns if c in known]]
    by_statement, by_strategy = scores[inner.columns].mean(axis=1), scores.loc[inner.index].mean(axis=0)
    return scores.sub(by_statement, axis=0).sub(by_strategy, axis=1) + float(np.nanmean(inner.to_numpy()))


@dataclass(frozen=True)
class Standing:
    """How a score stands among placebos: rank 1 is the highest; p is exact, and z counts their standard deviations."""

    rank: int
    placebos: int
    p: float
    z: float


def standing(scores: "pd.Series[float]", own: str) -> Standing:
    """The standing of one score among the others; missing scores are no placebos.

    rank = 1 + number of placebos at least as large, p = rank / (1 + number of placebos): the share of labels that would
    do as well, the own one included (E. J. G. Pitman 1937, Supplement to JRSS 4, p. 119; B. Phipson and G. K. Smyth
    2010, SAGMB 9(1), article 39). A missing own score has rank 0 and p and z missing; where all placebos are equal, z
    is missing.
    """
    value, others = float(scores[own]), scores.drop(own).dropna()
    if np.isnan(value):
        return Standing(0, len(others), float("nan"), float("nan"))
    rank = 1 + int((others >= value).sum())
    spread = float(others.std())
    z = (value - float(others.mean())) / spread if spread > 0 else float("nan")
    return Standing(rank, len(others), rank / (1 + len(others)), z)


def placebo_strategies(table: pd.DataFrame, own: str) -> list[str]:
    """The strategies among which one stands: itself and those in English."""
    return table.loc[
        (table["kind"] == "strategy") & ((table["language"] == "en") | (table["document_id"] == own)), "document_id"
    ].to_list()


def without_states(table: pd.DataFrame, ids: Iterable[str], own: str, states: Iterable[str]) -> list[str]:
    """The ids whose documents none of the states issued, and the own one."""
    parties = table.set_index("document_id")["parties"]
    apart = set(states)
    return [i for i in ids if i == own or not apart & set(parties[i])]


def drawn_scores(
    passages: Passages,
    representation: Comparable,
    statements: Sequence[str],
    strategies: Sequence[str],
    *,
    draws: int,
    seed: int,
) -> Floats:
    """Scores in single draws of as many passages from each strategy, best match; (draws, statements, strategies).

    Each strategy has random numbers of its own, by its place in the list.
    """
    rows = [passages.rows(statement) for statement in statements]
    queries, drawn = np.concatenate(rows), drawn_passages(passages.frame)
    sizes = np.array([len(own) for own in rows])
    starts = np.cumsum(sizes) - sizes

    def search(strategy: str) -> Floats:
        similarities = representation.similarities(queries, passages.rows(strategy))
        rng = np.random.default_rng([seed, strategies.index(strategy)])
        best = found_in_draws(similarities, drawn, draws, rng)
        return np.asarray(np.add.reduceat(best, starts, axis=0) / sizes[:, None])

    return np.stack(_in_threads(search, strategies), axis=-1).transpose(1, 0, 2)


def rank_in_draws(drawn: Floats, own: int) -> dict[str, float]:
    """How often a strategy ranks first in single draws, and its lowest and highest score there.

    drawn: scores of one statement (draws, strategies); own: the place of the strategy.
    """
    values, others = drawn[:, own], np.delete(drawn, own, axis=1).max(axis=1)
    return {"first": float((values > others).mean()), "low": float(values.min()), "high": float(values.max())}
