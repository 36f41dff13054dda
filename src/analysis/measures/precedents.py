"""A race of sources: where each provision of the statement stood before, and what each source adds beyond the others.

Starts from `codings_precedents` (strength of the closest counterpart in earlier texts, codebook D) and the settled
codings of the strategy; pure functions of frames. A source has a provision at a strength of at least the threshold.
"""

import numpy as np
import pandas as pd

from analysis.measures import continuity

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


def race(held: pd.DataFrame, paragraphs: "pd.Series[int]", *, draws: int, seed: int) -> pd.DataFrame:
    """Return what each source has of some provisions, by provision and by paragraph, and what it alone has.

    held: the frame of `held`, of the provisions asked about; paragraphs: the paragraph of each provision. Columns:
    source, name, has, provisions, share, low, high (95%, paragraphs drawn anew, whole), by_paragraph (mean over
    paragraphs), alone (provisions that no other source has), beyond (provisions that it has and the strategy has
    not). Percentile bootstrap by cluster (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13).
    """
    groups = paragraphs.reindex(held.index)
    sums, sizes = held.groupby(groups).sum(), held.groupby(groups).size()
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(draws, len(sizes)))
    totals = sizes.to_numpy()[drawn].sum(axis=1)
    rows = []
    for source in held:
        shares = sums[source].to_numpy()[drawn].sum(axis=1) / totals
        low, high = np.quantile(shares, [0.025, 0.975])
        others = held.drop(columns=source).any(axis=1)
        beyond = held[source] & ~held[STRATEGY]
        has = int(held[source].sum())
        by_paragraph = float((sums[source] / sizes).mean())
        row = (source, SOURCES[str(source)], has, len(held), has / len(held), float(low), float(high), by_paragraph)
        rows.append((*row, int((held[source] & ~others).sum()), int(beyond.sum())))
    columns = ["source", "name", "has", "provisions", "share", "low", "high", "by_paragraph", "alone", "beyond"]
    return pd.DataFrame(rows, columns=columns).sort_values("has", ascending=False, ignore_index=True)


def difference(
    held: pd.DataFrame, paragraphs: "pd.Series[int]", source: str, *, draws: int, seed: int
) -> tuple[float, ...]:
    """Return the share of a source less that of the strategy, with its 95% interval, paragraphs drawn anew."""
    groups = paragraphs.reindex(held.index)
    gap = (held[source].astype(int) - held[STRATEGY].astype(int)).groupby(groups).sum().to_numpy()
    sizes = held.groupby(groups).size().to_numpy()
    drawn = np.random.default_rng(seed).integers(len(sizes), size=(draws, len(sizes)))
    gaps = gap[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(gaps, [0.025, 0.975])
    return float(gap.sum() / sizes.sum()), float(low), float(high)


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
