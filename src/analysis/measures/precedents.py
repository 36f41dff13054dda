"""Rival explanations: other sources of the provisions, and length as the reason why topics are gone.

Starts from `codings_precedents` (strength of the closest counterpart in earlier texts, codebook D), the settled codings
of the strategy, and `topic_places`; pure functions of frames. A source has a provision at a strength of at least the
threshold.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures import continuity
from analysis.measures.similarity import Floats

STRATEGY, PREVIOUS = "jpn-nds-2022", "us-jpn-2024-04-10"
SOURCES = {
    PREVIOUS: "leaders, April 2024",
    "us-jpn-2023-01-13": "leaders, January 2023",
    "us-jpn-scc-2019-04-19": "ministers (2+2), April 2019",
    "us-jpn-2017-02-10": "leaders, February 2017",
    STRATEGY: "the strategy of 2022",
}

GROUPS = {**continuity.GROUPS, "all": "All topics"}


def settled(codings: pd.DataFrame) -> pd.DataFrame:
    """Return the strength of every provision in every source: the lower median of the coders.

    Index: provision_id. Columns: the sources.
    """
    strengths = codings.groupby(["provision_id", "source_id"], observed=True)["strength"]
    return strengths.apply(lambda values: sorted(values)[(len(values) - 1) // 2]).unstack()


def held(precedents: pd.DataFrame, aligned: pd.DataFrame, threshold: int) -> pd.DataFrame:
    """Return whether each source has each provision.

    precedents: the frame of `settled`; aligned: the settled codings of the strategy (provision_id, strength).
    """
    strategy = aligned.set_index("provision_id")["strength"].rename(STRATEGY)
    return precedents.join(strategy) >= threshold


def drawn_means(values: "pd.Series[Any]", paragraphs: "pd.Series[int]", draws: int, seed: int) -> Floats:
    """Return the mean in each draw of as many paragraphs as there are, whole and with replacement.

    Bootstrap by cluster (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).
    """
    grouped = values.groupby(paragraphs)
    sums, sizes = grouped.sum().to_numpy(), grouped.size().to_numpy()
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(draws, len(sizes)))
    return np.asarray(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))


def interval(drawn: Floats) -> tuple[float, float]:
    """Return the 95% percentile interval of drawn values."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def race(held: pd.DataFrame, paragraphs: "pd.Series[int]", *, draws: int, seed: int) -> pd.DataFrame:
    """Return what each source has of some provisions, by provision and by paragraph, and what it alone has.

    held: the frame of `held`, of the provisions asked about; paragraphs: the paragraph of each provision. Columns:
    source, name, has, provisions, share, low, high (95%, paragraphs drawn anew, whole), by_paragraph (mean over
    paragraphs), alone (provisions that no other source has), beyond (provisions that it has and the strategy has
    not).
    """
    groups = paragraphs.reindex(held.index)
    sums, sizes = held.groupby(groups).sum(), held.groupby(groups).size()
    rows = []
    for source in held:
        low, high = interval(drawn_means(held[source], groups, draws, seed))
        others = held.drop(columns=source).any(axis=1)
        beyond = held[source] & ~held[STRATEGY]
        has = int(held[source].sum())
        by_paragraph = float((sums[source] / sizes).mean())
        row = (source, SOURCES[str(source)], has, len(held), has / len(held), low, high, by_paragraph)
        rows.append((*row, int((held[source] & ~others).sum()), int(beyond.sum())))
    columns = ["source", "name", "has", "provisions", "share", "low", "high", "by_paragraph", "alone", "beyond"]
    return pd.DataFrame(rows, columns=columns).sort_values("has", ascending=False, ignore_index=True)


def difference(
    held: pd.DataFrame, paragraphs: "pd.Series[int]", source: str, *, draws: int, seed: int
) -> tuple[float, ...]:
    """Return the share of a source less that of the strategy, with its 95% interval, paragraphs drawn anew."""
    groups = paragraphs.reindex(held.index)
    gap = held[source].astype(int) - held[STRATEGY].astype(int)
    return float(gap.mean()), *interval(drawn_means(gap, groups, draws, seed))


def dropped(emphasis: pd.DataFrame, earlier: str, later: str) -> pd.DataFrame:
    """Return how many topics of each group stood in one statement and are gone in a later one, and of all groups.

    Takes the frame of `continuity.emphasis`. Columns: group (its name), stood, gone, share.
    """
    wide = emphasis.astype({"group": "object", "document_id": "object"}).pivot(
        index=["topic_id", "group"], columns="document_id", values="emphasis"
    )
    stood = wide[earlier] > 0
    gone = stood & (wide[later] == 0)
    table = pd.DataFrame({"stood": stood, "gone": gone}).groupby("group").sum()
    table.loc["all"] = table.sum()
    table = table.loc[[group for group in GROUPS if group in table.index]]
    names = [GROUPS[str(group)] for group in table.index]
    return table.assign(group=names, share=table["gone"] / table["stood"]).reset_index(drop=True)


def random_cuts(
    places: pd.DataFrame, passages: pd.DataFrame, short: str, by: str, *, draws: int, seed: int
) -> pd.DataFrame:
    """Return which topics of a long statement are gone when it is cut at random to the length of a short one.

    places: `topic_places` of the long statement; passages: those of the features; short: the id of the short one; by:
    paragraph or sentence. Whole paragraphs, or single sentences, are drawn without replacement until they have at least
    as many words as the short statement; headings count in neither. One row a cut, one column a topic: whether none of
    its sentences was drawn.
    """
    text = passages[~passages["heading"]].astype({"document_id": "object", "tokens": "int64"})
    words = text.loc[text["document_id"] == short, "tokens"].sum()
    unit = ["paragraph", "sentence"][: 1 if by == "paragraph" else 2]
    sizes = text[text["document_id"].isin(places["document_id"])].groupby(unit)["tokens"].sum()
    named = places.groupby([*unit, "topic_id"]).size().unstack(fill_value=0).reindex(sizes.index, fill_value=0) > 0
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(sizes)), (draws, 1)), axis=1)
    of_drawn = sizes.to_numpy()[order]
    kept = np.zeros(order.shape, dtype=int)
    np.put_along_axis(kept, order, of_drawn.cumsum(axis=1) - of_drawn < words, axis=1)
    return pd.DataFrame(kept @ named.to_numpy(dtype=int) == 0, columns=list(named))


def length_reading(gone_by_cut: "Iterable[pd.Series[int]]", gone: int, level: float = 0.05) -> str:
    """Return what cuts at random say of the topics that are gone, in words, without a full stop.

    gone_by_cut: for each way to cut, how many topics each cut loses. That length explains the loss is refuted where by
    some way hardly any cut loses as many.
    """
    ways = list(gone_by_cut)
    if any((lost >= gone).mean() <= level for lost in ways):
        return "More topics are gone than length alone would take"
    if all(gone < lost.median() for lost in ways):
        return "Length alone would take more topics than are gone"
    return "Length alone would take about as many topics as are gone"
