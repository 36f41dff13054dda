"""Step S4, coded: how the provisions of the joint statement stand to the National Defense Strategy.

Starts from the codings of `codings_alignment` (codebook A); pure functions of frames.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

STRENGTHS = {0: "no counterpart", 1: "same theme", 2: "same kind of measure", 3: "same specific measure"}
THRESHOLD = 2  # strength from which a counterpart counts
BAR = 0.5  # share of provisions with a counterpart from which a part is said to follow the strategy
STANCES = ("na", "conflicts", "narrows", "consistent", "extends")


def majority(values: Sequence[object], weakest_first: Sequence[object]) -> object:
    """Return the most frequent value; among equally frequent ones that which stands first in weakest_first."""
    counts = {value: list(values).count(value) for value in values}
    most = max(counts.values())
    tied = [value for value, count in counts.items() if count == most]
    return min(tied, key=list(weakest_first).index)


def adjudicate(codings: pd.DataFrame) -> pd.DataFrame:
    """Return one settled row a provision from the rows of its coders.

    Strength is the lower median, approach, section and stance the majority, and ties go to the weaker claim: no
    approach before any, no section before any, then the order of the codebook. Columns: provision_id, approach,
    section_id, strength, stance, coders, unanimous (all coders gave the same strength).
    """
    sections = ["", *sorted(set(codings["section_id"]) - {""})]
    approaches = sorted(set(codings["approach"]))
    rows = []
    for provision_id, group in codings.groupby("provision_id", sort=True):
        strengths = sorted(group["strength"])
        rows.append(
            {
                "provision_id": provision_id,
                "approach": majority(list(group["approach"]), approaches),
                "section_id": majority(list(group["section_id"]), sections),
                "strength": strengths[(len(strengths) - 1) // 2],
                "stance": majority([str(stance) for stance in group["stance"]], STANCES),
                "coders": len(group),
                "unanimous": len(set(strengths)) == 1,
            }
        )
    return pd.DataFrame(rows)


def coverage(coded: pd.DataFrame, by: str, threshold: int = THRESHOLD) -> pd.DataFrame:
    """Return the share of provisions with a counterpart of at least `threshold`, for each value of column `by`.

    The provisions are all there are, so a share has no interval. Takes rows with columns strength and `by`. Columns:
    `by`, covered, provisions, share.
    """
    covered = coded.assign(covered=coded["strength"] >= threshold).groupby(by, observed=True)["covered"]
    table = covered.agg(covered="sum", provisions="size").reset_index()
    return table.assign(share=table["covered"] / table["provisions"])


def coverage_by_coder(
    codings: pd.DataFrame, provisions: pd.DataFrame, by: str, threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Return the coverage as each coder alone would have it, for each value of a column of the provisions.

    Columns: coder, `by`, covered, provisions, share.
    """
    coded = codings[["provision_id", "coder", "strength"]].merge(provisions[["provision_id", by]], on="provision_id")
    parts = [coverage(rows, by, threshold).assign(coder=coder) for coder, rows in coded.groupby("coder")]
    return pd.concat(parts, ignore_index=True)[["coder", by, "covered", "provisions", "share"]]


def told_in(claim_provisions: pd.DataFrame, claims: pd.DataFrame, paragraph: int) -> list[str]:
    """Return the provisions that the article tells in one of its paragraphs, in order.

    Takes the tables claim_provisions and claims.
    """
    told = claim_provisions[claim_provisions["relation"] == "told"].merge(claims, on="claim_id")
    return sorted(set(told.loc[told["paragraph"] == paragraph, "provision_id"]))


def follows(coded: pd.DataFrame, *, threshold: int, bar: float) -> bool:
    """Return whether a share of at least `bar` of some provisions has a counterpart of at least `threshold`.

    coded: settled rows of the provisions asked about. This one rule decides in chapter 4 and in the checks.
    """
    return bool(len(coded)) and float((coded["strength"] >= threshold).mean()) >= bar


def section_matrix(codings: pd.DataFrame) -> pd.DataFrame:
    """Return which sections the coders named for which provision, as the first or the second.

    Columns: provision_id, section_id, coders (how many named the section), strength (their median, rounded down).
    """
    first = codings[["provision_id", "coder", "section_id", "strength"]]
    second = codings[["provision_id", "coder", "section_id_2", "strength"]].set_axis(first.columns, axis=1)
    named = (
        pd.concat([first, second]).query("section_id != ''").drop_duplicates(["provision_id", "coder", "section_id"])
    )
    grouped = named.groupby(["provision_id", "section_id"])
    matrix = grouped.agg(coders=("coder", "nunique"), strength=("strength", "median")).reset_index()
    return matrix.assign(strength=matrix["strength"].astype(int))


def within(section_id: str, ancestor: str, parents: Mapping[str, str]) -> bool:
    """Return whether a section is the ancestor or inside it; parents: the parent of each section, "" at the top."""
    while section_id:
        if section_id == ancestor:
            return True
        section_id = parents[section_id]
    return False


def section_counterparts(
    matrix: pd.DataFrame, sections: pd.DataFrame, *, threshold: int = THRESHOLD, coders: int = 2, level: int = 2
) -> pd.DataFrame:
    """Return what the strategy has and the statement takes up or leaves out, at one level of the outline.

    A section is taken up where at least `coders` coders set a provision beside it or a part of it at a strength of
    at least `threshold`. Columns: section_id, heading, approach, provisions (their ids, joined), count, taken_up.
    """
    parents = dict(zip(sections["section_id"], sections["parent_id"], strict=True))
    strong = matrix[(matrix["strength"] >= threshold) & (matrix["coders"] >= coders)]
    chosen = sections.loc[sections["level"] == level, ["section_id", "heading", "approach"]].reset_index(drop=True)
    named = list(zip(strong["provision_id"], strong["section_id"], strict=True))
    provisions = [
        sorted({provision for provision, section in named if within(section, section_id, parents)})
        for section_id in chosen["section_id"]
    ]
    counts = [len(ids) for ids in provisions]
    return chosen.assign(provisions=list(map(", ".join, provisions)), count=counts, taken_up=list(map(bool, counts)))


def reading(*, measures: bool, security: bool, whole: bool) -> str:
    """Return what the codings say, in a sentence.

    measures, security, whole: whether the measures that the article names, the security part, and the whole statement
    follow the strategy.
    """
    if measures and security:
        extent = "and as a whole" if whole else "and not beyond"
        joined = " " if whole else ", "
        return f"On the codings the statement follows the strategy in what the article is about{joined}{extent}."
    if measures or security:
        return "On the codings the statement follows the strategy in part."
    return "On the codings the statement does not follow the strategy at this strength."
