"""Step S6: occasions and the Chinese answers to them, by form.

Starts from `occasions`, `answers` and `protests`; pure functions of frames. Forms make a ladder. A letter to the United
Nations and a countermeasure stand beside it, and an answer known from a headline alone has no form. "None found"
is a value, not a gap.
"""

import pandas as pd

RUNGS = (
    "remark",
    "strong words",
    "representations",
    "called in",
    "called in urgently",
    "ambassador called in",
    "ambassador called in as instructed",
)
BESIDE = ("letter to the United Nations", "countermeasure")  # acts beside the ladder, which has no rung for them
NONE_FOUND, HEADLINE = "none found", "headline only"
DRAWN = (NONE_FOUND, HEADLINE, *BESIDE, *RUNGS)  # what an occasion drew, from the mildest on
LODGED, CALLED_IN, AMBASSADOR = RUNGS[2:], RUNGS[3:], RUNGS[5:]
CAPITALS = {"JPN", "USA"}
CAUSES = {
    "alliance": "the alliance",
    "taiwan": "Taiwan",
    "islands": "the islands",
    "history": "history",
    "economy": "trade",
    "water": "Fukushima water",
    "other": "another matter",
}


def answered(occasions: pd.DataFrame, answers: pd.DataFrame, protests: pd.DataFrame) -> pd.DataFrame:
    """Return every occasion with every answer, in order of the day.

    Columns: those of occasions; answer; those of protests (protest_date, form, …, missing where none was found); drawn
    (the form, headline only, or none found, in order).
    """
    acts = protests.rename(columns={"date": "protest_date"}).drop(columns="note")
    table = occasions.merge(answers, on="occasion_id").merge(acts, on="protest_id", how="left")
    drawn = table["form"].astype("object").fillna(HEADLINE).where(table["answer"] == "found", NONE_FOUND)
    table["drawn"] = pd.Categorical(drawn, categories=list(DRAWN), ordered=True)
    return table.sort_values(["date", "occasion_id", "answer_no"], ignore_index=True)


def strongest(answered: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest answer to each occasion. Takes the frame of `answered`; the same columns."""
    order = answered.sort_values(["drawn", "answer_no"], ascending=[False, True])
    return order.drop_duplicates("occasion_id").sort_values(["date", "occasion_id"], ignore_index=True)


def compared(strongest: pd.DataFrame, occasion_id: str) -> pd.DataFrame:
    """Return the earlier occasions of the family of one, with how their strongest answer compares with its own.

    Takes the frame of `strongest`. Adds comparison: weaker, equal or stronger.
    """
    asked = strongest[strongest["occasion_id"] == occasion_id].iloc[0]
    like = strongest["family"] == asked["family"] if asked["family"] else strongest["cause"] == asked["cause"]
    earlier = strongest[like & (strongest["date"] < asked["date"])]
    codes, own = earlier["drawn"].cat.codes, strongest["drawn"].cat.categories.get_loc(asked["drawn"])
    words = {-1: "weaker", 0: "equal", 1: "stronger"}
    compared: pd.DataFrame = earlier.assign(comparison=[words[(code > own) - (code < own)] for code in codes])
    return compared


def to_both(protests: pd.DataFrame) -> pd.DataFrame:
    """Return the protests, from representations up, that address Tokyo and Washington by name, in order of the day."""
    lodged = protests["form"].isin(RUNGS[2:])
    both = protests["addressee"].map(CAPITALS.issubset)
    return protests[lodged & both].sort_values(["date", "protest_id"], ignore_index=True)


def by_family(strongest: pd.DataFrame) -> pd.DataFrame:
    """Return how often the occasions of a family drew which form at most. Columns: family, drawn, occasions, of."""
    rows = strongest[strongest["family"] != ""]
    table = rows.groupby(["family", "drawn"], observed=True).size().rename("occasions").reset_index()
    return table.assign(of=table.groupby("family")["occasions"].transform("sum"))


def lodged_beside(lodged: pd.DataFrame, protests: pd.DataFrame) -> pd.DataFrame:
    """Return the days on which protests were lodged with Japan, as others counted them and as this book has them.

    Takes the protests of the days that the other count covers; representations or more count. Several addressees, like
    the G7, may hold Japan. Columns: date, over (of the other count), form and office (of this book), counted (both,
    the other count, this book).
    """
    theirs = lodged[[bool({"JPN", "G7"} & set(to)) for to in lodged["to"]]]
    acts = protests[protests["form"].isin(LODGED)]
    acts = acts[[bool({"JPN", "several"} & set(to)) for to in acts["addressee"]]]
    acts = acts.sort_values("form", ascending=False).drop_duplicates("date")  # the strongest of a day
    columns = acts[["date", "form", "office"]]
    table = theirs[["date", "over"]].merge(columns, on="date", how="outer", indicator="counted")
    names = {"both": "both", "left_only": "the other count", "right_only": "this book"}
    return table.assign(counted=table["counted"].astype("object").map(names)).sort_values("date", ignore_index=True)
