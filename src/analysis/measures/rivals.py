"""The closest texts: which statement of any genre is closest to a strategy, by how much, and what else it is close to.

A lead is the mean match of one statement less that of another. Its interval draws whole paragraphs anew in both texts,
for the sentences of a paragraph come from one hand.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analysis.measures.placebos import KINDS, UNITS, Passages, passage_matches
from analysis.measures.precedents import drawn_means, interval
from analysis.measures.similarity import Representation, draw_weights, matches
from analysis.measures.specifications import Source, Specification
from analysis.texts.documents import DEFENSE_PROGRAMS, OPENING

WAYS = {
    "sentences": Specification(),
    "paragraphs": Specification(unit="paragraph"),
    "BM25 in place of TF-IDF": Specification(representation="bm25"),
    "three best matches": Specification(aggregation="top3"),
    "names kept": Specification(mask=False),
}


def ranking(source: Source, specification: Specification, strategy: str) -> pd.DataFrame:
    """Return the statements by their score with a strategy, the closest first.

    Columns: document_id, genre, title, date, score, rank.
    """
    scores = source.scores(specification)[strategy].rename("score").rename_axis("document_id").reset_index()
    known = source.documents[["document_id", "genre", "title", "date"]]
    table = known.merge(scores, on="document_id").dropna(subset=["score"])
    table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    return table.assign(rank=table["score"].rank(ascending=False, method="max").astype(int))


def rank_by_way(source: Source, statement: str, strategy: str) -> pd.DataFrame:
    """Return the rank of a statement in each of WAYS. Columns: way, rank, ahead (who is first, where another is)."""
    rows = []
    for way, specification in WAYS.items():
        table = ranking(source, specification, strategy)
        rank = int(table.loc[table["document_id"] == statement, "rank"].iloc[0])
        rows.append((way, rank, table["document_id"].iloc[0] if rank > 1 else ""))
    return pd.DataFrame(rows, columns=["way", "rank", "ahead"])


def match_of_passages(
    source: Source, specification: Specification, statements: Sequence[str], strategy: str
) -> pd.DataFrame:
    """Return the match of each passage of some statements in a strategy: document_id, paragraph, sentence, match."""
    kind = KINDS.index((specification.aggregation, specification.length_matched))
    frame, matched = passage_matches(*source.compared(specification), statements, [strategy])
    columns = [name for name in ("document_id", "paragraph", "sentence") if name in frame]
    return frame[columns].assign(match=matched[:, 0, kind]).reset_index(drop=True)


def leads(matched: pd.DataFrame, statement: str, *, draws: int, seed: int) -> pd.DataFrame:
    """Return the lead of a statement over each other one, with its 95% interval.

    Takes the frame of `match_of_passages`. Columns: document_id, lead, low, high. Percentile bootstrap by cluster
    (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13), each text drawn by itself.
    """
    own, others = (matched[matched["document_id"].eq(statement) == same] for same in (True, False))
    drawn = drawn_means(own["match"], own["paragraph"], draws, seed)
    rows = []
    for number, (name, other) in enumerate(others.groupby("document_id", sort=False), 1):
        gaps = drawn - drawn_means(other["match"], other["paragraph"], draws, seed + number)
        rows.append((str(name), float(own["match"].mean() - other["match"].mean()), *interval(gaps)))
    return pd.DataFrame(rows, columns=["document_id", "lead", "low", "high"])


def best_windows(matched: pd.DataFrame, length: int) -> "pd.Series[float]":
    """Return the highest mean match of `length` sentences in a row, by statement; of all its sentences where fewer.

    Takes the frame of `match_of_passages` by sentences, in the order of the texts.
    """

    def best(values: "pd.Series[float]") -> float:
        return float(values.rolling(min(length, len(values))).mean().max())

    return matched.groupby("document_id", sort=False)["match"].agg(best)


def openings(matched: pd.DataFrame, length: int = OPENING) -> "pd.Series[float]":
    """Return the mean match of the first `length` sentences, by statement, the closest first."""
    first = matched[matched.groupby("document_id", sort=False).cumcount() < length]
    return first.groupby("document_id", sort=False)["match"].mean().sort_values(ascending=False, kind="stable")


def in_force(day: pd.Timestamp, strategies: "pd.Series[int]") -> str:
    """Return the last strategy that was out before the year of a day. strategies: years of issue by id.

    Raises ValueError where none was out.
    """
    out = strategies[strategies < day.year].sort_values(kind="stable")
    if out.empty:
        raise ValueError(f"no strategy was out on {day:%Y-%m-%d}; the first is of {strategies.min()}")
    return str(out.index[-1])


def with_own_strategies(scores: pd.DataFrame, documents: pd.DataFrame) -> pd.DataFrame:
    """Return where each text of Japan and the United States stands, among all, with the strategy in force on its day.

    scores: statements by strategies; documents: the table. Texts from before the first of DEFENSE_PROGRAMS are left
    out. Columns: document_id, strategy, rank, of, ahead (the statement that ranks first), in the order of days.
    """
    table = documents.set_index("document_id")
    years = table["year"].reindex(DEFENSE_PROGRAMS).dropna()
    both = [set(parties) == {"JPN", "USA"} for parties in table["parties"]]
    dates = table.loc[both, "date"].reindex(scores.index).dropna().sort_values()
    rows = []
    for name, day in dates[dates.dt.year > years.min()].items():
        strategy = in_force(day, years)
        column = scores[strategy].dropna()
        rows.append((name, strategy, int((column >= column[name]).sum()), len(column), str(column.idxmax())))
    return pd.DataFrame(rows, columns=["document_id", "strategy", "rank", "of", "ahead"])


def nearest_sources(
    passages: Passages,
    representation: Representation,
    statement: str,
    sources: Iterable[str],
    paragraphs: Iterable[int],
) -> pd.DataFrame:
    """Return the match of each passage of some paragraphs of a statement in each source, lengths matched.

    As many passages are drawn from each source as the shortest has, and the best match is the mean over all such draws
    (`similarity.draw_weights`). Columns: paragraph, one for each source, and nearest (the source with the best match).
    """
    rows_of = {source: passages.rows(source) for source in sources}
    drawn = min(map(len, rows_of.values()))
    queries = passages.rows(statement)
    queries = queries[np.isin(passages.frame["paragraph"].to_numpy()[queries], list(paragraphs))]
    found = {
        source: matches(representation.similarities(queries, rows), draw_weights(len(rows), drawn, 1)[:, None])[:, 0]
        for source, rows in rows_of.items()
    }
    table = pd.DataFrame(found)
    return table.assign(
        paragraph=passages.frame["paragraph"].to_numpy()[queries], nearest=table.idxmax(axis=1).to_numpy()
    )


def race(near: pd.DataFrame, strategy: str, *, draws: int, seed: int) -> pd.DataFrame:
    """Return for each source how many passages it is closest to, and its lead over the strategy, paragraphs drawn anew.

    Takes the frame of `nearest_sources`. Columns: source, nearest, passages, mean, lead, low, high.
    """
    rows = []
    for source in near.columns.drop(["paragraph", "nearest"]):
        gap = near[source] - near[strategy]
        low_high = interval(drawn_means(gap, near["paragraph"], draws, seed))
        closest = int((near["nearest"] == source).sum())
        rows.append((source, closest, len(near), near[source].mean(), gap.mean(), *low_high))
    columns = ["source", "nearest", "passages", "mean", "lead", "low", "high"]
    return pd.DataFrame(rows, columns=columns).sort_values("mean", ascending=False, ignore_index=True)


def races(
    source: Source, statement: str, strategy: str, sources: Sequence[str], paragraphs: Iterable[int], **drawn: int
) -> pd.DataFrame:
    """Return `race` by sentences and by paragraphs, with a column unit. drawn: draws and seed."""
    asked, tables = set(paragraphs), []
    for unit in UNITS:
        passages, compared = source.compared(Specification(unit=unit))
        near = nearest_sources(passages, compared, statement, sources, asked)
        tables.append(race(near, strategy, **drawn).assign(unit=f"{unit}s"))
    return pd.concat(tables, ignore_index=True)


def reading(rank: int, low: float) -> str:
    """Return what the rank of the statement and the lower end of its lead over the next text say, in words."""
    if rank > 1:
        return "Another text is closer to the strategy."
    if low > 0:
        return "No whole text of any kind is as close to the strategy, and the lead is larger than its uncertainty."
    return "No whole text of any kind is closer to the strategy, but the lead over the next is too small to be sure of."


def reading_of_sources(nearest: int, passages: int) -> str:
    """Return what it says that the strategy holds the closest passage for so many of some passages, in words."""
    if nearest * 5 <= passages:
        return "the words of the security part are nearer to earlier statements of the alliance than to the strategy"
    return "the words of the security part are as near to the strategy as to earlier statements"
