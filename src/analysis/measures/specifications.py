"""The specification curve: every combination of defensible choices is one specification, and all of them are shown.

After U. Simonsohn, J. P. Simmons and L. D. Nelson, Specification curve analysis, Nature Human Behaviour 4 (2020),
1208-1214: the set of specifications, the curve in two panels, and a test of the curve as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import Any

import pandas as pd

from analysis.core.errors import ParameterError
from analysis.measures.placebos import (
    AGGREGATIONS,
    IDF_BASES,
    PARTS,
    SECURITY_WORDS,
    UNITS,
    Passages,
    base_rows,
    double_centred,
    frames_of,
    in_unit,
    placebo_sets,
    standing,
)
from analysis.measures.similarity import LEXICAL, Representation, represent
from analysis.texts import documents
from analysis.texts.features import Features

EMBEDDINGS = "embeddings"
REPRESENTATIONS = (*LEXICAL, EMBEDDINGS)
ADJUSTMENTS = ("none", "centred")
LEAST = 3  # sentences of a security part below which a statement has no score: the mean of one or two is noise
Frames = dict[tuple[str, bool, str], pd.DataFrame]  # score frames by (aggregation, length matched, part)


@dataclass(frozen=True)
class Specification:
    """One way to measure the closeness of a statement and a strategy; each choice is a parameter of notebook 04.

    unit: what a passage is. representation and idf_base: how passages are weighted, and where the weights come from
    (embeddings have none and take "all"). aggregation: the match of a passage. mask: names left out. length_matched: as
    many passages drawn from every strategy. part: of the statement. adjustment: scores as they are, or double-centred.
    """

    unit: str = "sentence"
    representation: str = "tfidf"
    aggregation: str = "max"
    mask: bool = True
    length_matched: bool = True
    part: str = "whole"
    idf_base: str = "all"
    adjustment: str = "none"

    def lexical(self) -> "Specification":
        """Return the same, by TF-IDF where it compares embeddings, of which no single passages are kept."""
        return replace(self, representation="tfidf") if self.representation == EMBEDDINGS else self


CHOICES: Mapping[str, tuple[Any, ...]] = {
    "unit": UNITS,
    "representation": REPRESENTATIONS,
    "aggregation": tuple(AGGREGATIONS),
    "mask": (True, False),
    "length_matched": (True, False),
    "part": PARTS,
    "idf_base": IDF_BASES,
    "adjustment": ADJUSTMENTS,
}


def all_specifications() -> list[Specification]:
    """Return every combination of choices, once."""
    every = (Specification(*values) for values in product(*CHOICES.values()))
    return [s for s in every if s.representation != EMBEDDINGS or s.idf_base == IDF_BASES[0]]


def embedding_frames(table: pd.DataFrame, *, unit: str, mask: bool) -> Frames:
    """Return score frames by (aggregation, length matched, part) from the table of committed embedding scores."""
    chosen = table[(table["unit"] == unit) & (table["mask"] == mask)]
    kinds = chosen.groupby(["aggregation", "length_matched", "part"], observed=True)
    return {
        (str(aggregation), bool(matched), str(part)): rows.pivot(index="statement", columns="strategy", values="score")
        for (aggregation, matched, part), rows in kinds
    }


@dataclass(eq=False)
class Source:
    """All that scores are computed from: features, the tables documents and terms, and the embedding scores.

    Only the documents of the table are compared; features and scores of others are left out. Frames of scores are kept:
    specifications that differ in other choices alone share one similarity of all passages.
    """

    features: Features
    documents: pd.DataFrame
    terms: pd.DataFrame
    embeddings: pd.DataFrame
    _frames: dict[Specification, Frames] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self.features = self.features.only(self.documents["document_id"])
        known = self.embeddings[["statement", "strategy"]].isin(list(self.documents["document_id"])).all(axis=1)
        self.embeddings = self.embeddings[known]

    def scores(self, specification: Specification) -> pd.DataFrame:
        """Return the scores of all statements with all strategies in one specification."""
        s = specification
        shared = Specification(unit=s.unit, representation=s.representation, mask=s.mask, idf_base=s.idf_base)
        if shared not in self._frames:
            self._frames[shared] = self._compute(shared)
        scores = self._frames[shared][s.aggregation, s.length_matched, s.part]
        if s.part == "security":
            scores = scores.where(self._long_enough(scores.index), axis=0)
        comparable = documents.comparable(self.documents)["document_id"]
        return double_centred(scores, comparable) if s.adjustment == "centred" else scores

    def _long_enough(self, statements: "pd.Index[Any]") -> "pd.Series[bool]":
        """Return which statements have at least LEAST sentences in their security part."""
        frame = in_unit(self.features, self.documents, self.terms, "sentence", mask=False).frame
        sizes = frame[frame["security"]].groupby("document_id").size()
        return sizes.reindex(statements, fill_value=0) >= LEAST

    def _compute(self, shared: Specification) -> Frames:
        if shared.representation == EMBEDDINGS:
            return embedding_frames(self.embeddings, unit=shared.unit, mask=shared.mask)
        return frames_of(*self.compared(shared), self.documents)

    def compared(self, specification: Specification) -> tuple[Passages, Representation]:
        """Return the passages of all documents, and the form in which a specification compares them by their words."""
        passages = in_unit(self.features, self.documents, self.terms, specification.unit, mask=specification.mask)
        base = base_rows(passages.frame, specification.idf_base)
        return passages, represent(specification.representation, passages.counts, base)

    def pair_scores(self, statement: str, strategy: str) -> pd.DataFrame:
        """Return the scores of a pair and its placebos in the default specification; those of others are missing."""
        default, compared = Specification(), self.compared(Specification())
        kind = (default.aggregation, default.length_matched, default.part)
        row = frames_of(*compared, self.documents, [default.part], statements=[statement])[kind]
        column = frames_of(*compared, self.documents, [default.part], strategies=[strategy])[kind]
        scores = row.reindex(documents.ids(self.documents, "statement"))
        scores[strategy] = column[strategy]
        return scores


def pair_standing(scores: pd.DataFrame, table: pd.DataFrame, statement: str, strategy: str) -> dict[str, Any]:
    """Return the standing of a pair among statements and among strategies.

    Keys: score, and for statements and strategies rank_…, placebos_…, p_…, z_….
    """
    row: dict[str, Any] = {"score": float(scores[strategy][statement])}
    for among, placebos in placebo_sets(scores, table, statement, strategy).items():
        row |= {f"{field}_{among}": value for field, value in asdict(placebos.standing()).items()}
    return row


def curve(
    source: Source, statement: str, strategy: str, specifications: Iterable[Specification] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the pair in every specification, and the z of every statement, for the test of the curve.

    The result is a frame with the choices, the columns of `pair_standing` and ahead (the statement that ranks first),
    one row a specification; and a frame of z (specifications, statements): how many standard deviations a statement
    lies above the mean of the others. Specifications in which the statement has no score, for want of a security part,
    are left out.
    """
    rows, z = [], []
    for specification in all_specifications() if specifications is None else specifications:
        scores = source.scores(specification)
        if pd.notna(scores.at[statement, strategy]):
            standing_of = pair_standing(scores, source.documents, statement, strategy)
            rows.append(asdict(specification) | standing_of | {"ahead": str(scores[strategy].idxmax())})
            z.append(z_of_each(scores[strategy]))
    return pd.DataFrame(rows), pd.DataFrame(z).reset_index(drop=True)


def require_score(scores: pd.DataFrame, statement: str, strategy: str) -> None:
    """Raise ParameterError where a statement has no score, because it has no security part."""
    if pd.isna(scores.at[statement, strategy]):
        reason = f"no paragraph with {SECURITY_WORDS} military words of data/terms.csv"
        raise ParameterError(f"parameter part: {statement} has no security part ({reason}); allowed for it: whole")


def z_of_each(scores: "pd.Series[float]") -> "pd.Series[float]":
    """Return for each label how many standard deviations of the others its score lies above their mean."""
    values = scores.dropna()
    n = len(values) - 1
    mean = (values.sum() - values) / n
    squares = ((values**2).sum() - values**2 - n * mean**2).clip(lower=0)
    spread = (squares / (n - 1)) ** 0.5
    return ((values - mean) / spread.where(spread > 0)).reindex(scores.index)


# --- reading the curve


def by_controls(table: pd.DataFrame, default: Specification) -> pd.DataFrame:
    """Return the curve by what is controlled, by part and by adjustment, the fully controlled specifications first.

    Takes the frame of `curve`. Columns: controls, part, adjustment, specifications, first (share in which the pair
    ranks first among statements), median_rank, default (whether the default is among them), ahead (the statement that
    most often ranks first where the pair does not).
    """
    names = {
        (True, True): "names out, length matched",
        (True, False): "names out",
        (False, True): "length matched",
        (False, False): "neither",
    }
    rows = []
    for (mask, matched), words in names.items():
        chosen = table[(table["mask"] == mask) & (table["length_matched"] == matched)]
        for (part, adjustment), rows_of in chosen.groupby(["part", "adjustment"], sort=False):
            ranks, others = rows_of["rank_statements"], rows_of.loc[rows_of["rank_statements"] > 1, "ahead"]
            own = (default.mask, default.length_matched, default.part, default.adjustment)
            is_default = "yes" if own == (mask, matched, part, adjustment) else ""
            ahead = others.mode().iloc[0] if len(others) else ""
            row = (words, part, adjustment, len(rows_of), float((ranks == 1).mean()), float(ranks.median()))
            rows.append((*row, is_default, ahead))
    columns = ["controls", "part", "adjustment", "specifications", "first", "median_rank", "default", "ahead"]
    return pd.DataFrame(rows, columns=columns)


def influence(table: pd.DataFrame) -> pd.DataFrame:
    """Return how far each choice moves the standing of the pair among statements, as z.

    Columns: choice, option, specifications, mean, first (share of specifications in which the pair ranks first among
    statements), range (of the means of the choice's options), share (of the variance over specifications that the
    choice explains alone, eta squared).
    """
    outcome = "z_statements"
    total = float(((table[outcome] - table[outcome].mean()) ** 2).sum())
    rows = []
    for choice in CHOICES:
        # embeddings have no weights, so they say nothing about where weights come from
        chosen = table[table["representation"] != EMBEDDINGS] if choice == "idf_base" else table
        groups = chosen.groupby(choice, observed=True, sort=False)
        means = groups[outcome].mean()
        between = float((groups.size() * (means - chosen[outcome].mean()) ** 2).sum())
        spread, share = float(means.max() - means.min()), between / total if total else 0.0
        for option, part in groups:
            first = float((part["rank_statements"] == 1).mean())
            rows.append((choice, option, len(part), means[option], first, spread, share))
    return pd.DataFrame(rows, columns=["choice", "option", "specifications", "mean", "first", "range", "share"])


def curve_test(z: pd.DataFrame, statement: str) -> pd.DataFrame:
    """Test the whole curve by permuting the label of the statement: each statement is taken for the focal one.

    Takes the z of every statement in every specification. With one focal label there are as many permutations as
    statements, and all are used, so p is exact. Columns: statistic, value, rank, statements, p. The statistics are the
    median z over specifications, and the share of specifications in which the statement ranks first.
    """
    ranks = z.rank(axis=1, ascending=False, method="max")
    first = (ranks == 1).sum() / ranks.notna().sum()
    rows = []
    for name, values in (("median z", z.median()), ("share ranked first", first)):
        place = standing(values, statement)
        rows.append((name, float(values[statement]), place.rank, place.placebos + 1, place.p))
    return pd.DataFrame(rows, columns=["statistic", "value", "rank", "statements", "p"])
