"""Step S5, coded: what the leaders' statements of 2021 to 2025 stress, and what changed in 2025.

Starts from `codings_topics` (codebook B); pure functions of frames.
"""

import pandas as pd

from analysis.measures.agreement import AGREEMENT, agreement_table
from analysis.measures.alignment import majority

EMPHASES = {0: "absent", 1: "in passing", 2: "a position of its own", 3: "a heading or several measures"}
# from the change that asks least of the evidence to the one that asks most
CHANGES = ("na", "kept", "weaker", "stronger", "dropped", "new")
# as charts order them
ORDER = {change: place for place, change in enumerate(("new", "stronger", "kept", "weaker", "dropped", "na"))}
GROUPS = {
    "alliance": "Alliance and defense",
    "region": "Region",
    "minilateral": "Partners",
    "values": "Values",
    "economy": "Economy and technology",
    "global": "Global questions",
    "people": "People",
}

# the parts of the answer to “does it waver?”: groups, and a topic of its own
STRANDS = {"Security": "alliance", "Values": "values", "Economy": "economy", "Dialogue with China": "T25"}


def emphasis(codings: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """Return the emphasis of each topic in each statement: the lower median over the coders.

    Columns: topic_id, topic, group, document_id, emphasis (0 to 3), coders.
    """
    grouped = codings.groupby(["topic_id", "document_id"])["emphasis"]
    table = grouped.agg(emphasis=lambda values: sorted(values)[(len(values) - 1) // 2], coders="size").reset_index()
    return topics.merge(table, on="topic_id")


def changes(codings: pd.DataFrame, topics: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each topic in the statement of 2025 against that of 2024: the majority of the coders.

    Ties go to the change that asks least of the evidence. Columns: topic_id, topic, group, change, unanimous.
    """
    grouped = codings.dropna(subset="change").astype({"change": str}).groupby("topic_id")["change"]
    settled = grouped.agg(change=lambda values: majority(list(values), CHANGES), unanimous=lambda v: v.nunique() == 1)
    return topics.merge(settled.reset_index(), on="topic_id")


def change_counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many topics were kept, became stronger or weaker, were dropped, or are new, and how many stood before.

    Takes the frame of `changes`.
    """
    counts = table["change"].astype(str).value_counts()
    changed = {change: int(counts.get(change, 0)) for change in CHANGES if change != "na"}
    return changed | {"stood": sum(changed.values()) - changed["new"]}


def agreement(codings: pd.DataFrame, *, draws: int, seed: int) -> pd.DataFrame:
    """Return alpha with its intervals for emphasis (of a topic in a statement) and change (of a topic).

    Takes codings_topics. The cluster is the topic, in all its statements. Columns: those of `agreement_table`; no row
    where there is one coder alone.
    """
    if codings["coder"].nunique() < 2:
        return pd.DataFrame(columns=AGREEMENT)
    drawn = {"draws": draws, "seed": seed}
    emphases = agreement_table(codings, ["topic_id", "document_id"], {"emphasis": "ordinal"}, "topic_id", **drawn)
    return pd.concat([emphases, agreement_table(codings, ["topic_id"], {"change": "nominal"}, "topic_id", **drawn)])


def changes_by_group(table: pd.DataFrame) -> pd.DataFrame:
    """Return the number of topics for each group (by its name) and change, without those that neither statement has.

    Columns: group, change, rank (place of the change, the new first), topics, of (topics of the group).
    """
    counts = table.groupby(["group", "change"], observed=True).size().rename("topics").reset_index().astype(str)
    counts = counts.assign(group=counts["group"].map(GROUPS), topics=counts["topics"].astype(int))
    counts = counts.assign(of=counts.groupby("group")["topics"].transform("sum"), rank=counts["change"].map(ORDER))
    return counts[counts["change"] != "na"].reset_index(drop=True)


def holding_share(table: pd.DataFrame) -> float:
    """Return the share of the topics present in 2024 that are kept or stronger in 2025."""
    present = table[table["change"].isin(["kept", "stronger", "weaker", "dropped"])]
    return float(present["change"].isin(["kept", "stronger"]).mean())


def strands(topics: pd.DataFrame) -> pd.DataFrame:
    """Return the topics with the strand that they belong to; topics of no strand are left out."""
    parts = [
        topics[(topics["group"] == value) | (topics["topic_id"] == value)].assign(strand=strand)
        for strand, value in STRANDS.items()
    ]
    return pd.concat(parts, ignore_index=True)


def strand_presence(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many topics of each strand a statement touches. Takes the frame of `emphasis`.

    Columns: strand, document_id, topics, present (emphasis above 0), share, emphasis (their mean, 0 to 3).
    """
    grouped = strands(table).groupby(["strand", "document_id"], sort=False)["emphasis"]
    touched = grouped.agg(topics="size", present=lambda values: int((values > 0).sum()), emphasis="mean").reset_index()
    return touched.assign(share=touched["present"] / touched["topics"])


def strand_changes(table: pd.DataFrame) -> pd.DataFrame:
    """Return what became in 2025 of the topics of each strand that stood in 2024. Takes the frame of `changes`.

    Columns: strand, present (topics in 2024), held (kept or stronger), weaker, dropped, new, share (held of present).
    """
    rows = []
    for strand, part in strands(table).groupby("strand", sort=False):
        counts = part["change"].astype("object").value_counts()
        held = int(counts.get("kept", 0) + counts.get("stronger", 0))
        present = held + int(counts.get("weaker", 0) + counts.get("dropped", 0))
        rows.append(
            {
                "strand": strand,
                "present": present,
                "held": held,
                **{name: int(counts.get(name, 0)) for name in ("weaker", "dropped", "new")},
                "share": held / present if present else float("nan"),
            }
        )
    return pd.DataFrame(rows)


def reading(strands: pd.DataFrame, hold: float) -> tuple[str, str]:
    """Return what became of the security core and of the frame around it, in a sentence, and how far *unwavering* fits.

    strands: the frame of `strand_changes`; hold: the share of `holding_share`. Half of the alliance topics dropped
    refutes that the core goes on; half of all topics kept or stronger, that the frame does not.
    """
    [core] = strands[strands["strand"] == "Security"].to_dict("records")
    if core["dropped"] >= (core["present"] + core["new"]) / 2:
        return "Half of the security core or more is dropped.", "no word for the defense measures"
    if hold < 0.5:
        return "The security core goes on, the frame around it does not.", "a word for the defense measures alone"
    return "The security core goes on, and most of the frame around it too.", "a word for most of the statement"
