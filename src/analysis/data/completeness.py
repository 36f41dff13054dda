"""What of the world a table holds: where it is complete, and where it is a selection.

That something is absent, first or the strongest can be read from a list that would hold it otherwise. So whoever says
such a thing names the scope that the list must cover, and asks here.
"""

from dataclasses import dataclass

import pandas as pd

NOT_DECIDABLE = "not decidable from a selection"


@dataclass(frozen=True)
class Scope:
    """A part of the world: rows of a table on some days, with some values of its column of scope, for a pair."""

    table: str
    first: pd.Timestamp
    last: pd.Timestamp
    values: tuple[str, ...] = ()
    dyad: str = ""


def is_complete(declared: pd.DataFrame, scope: Scope) -> bool:
    """Return whether a row of the table `completeness` declares a list complete for a scope.

    A row covers a scope where it is complete, or the edition's own, and holds all values, the pair and all days; what a
    row leaves empty sets no limit, and a scope without values asks for all of them.
    """
    rows = declared[(declared["table"] == scope.table) & (declared["status"] != "selection")]
    covers = rows["first"].isna() | ((rows["first"] <= scope.first) & (rows["last"] >= scope.last))
    for column, wanted in (("values", set(scope.values)), ("dyads", {scope.dyad} - {""})):
        covers &= pd.Series(
            [not allowed or (bool(wanted) and wanted <= set(allowed)) for allowed in rows[column]], rows.index
        )
    return bool(covers.any())


def overlaps(declared: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps (rows of `not_found`) that lie in a part of their list that is declared complete."""
    pairs = gaps.reset_index().merge(declared[declared["status"] == "complete"], left_on="list", right_on="table")
    same = (pairs["first_x"] <= pairs["last_y"]) & (pairs["last_x"] >= pairs["first_y"])
    for column, allowed in (("value", "values"), ("dyad", "dyads")):
        cells = zip(pairs[column].astype("object").fillna(""), pairs[allowed], strict=True)
        same &= pd.Series([not known or cell in {"", *known} for cell, known in cells], pairs.index)
    return gaps.loc[pairs.loc[same, "index"].unique()]
