"""Rules of the closed lists: occasions with answers, contacts of persons in office, and what is declared complete."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.data.completeness import overlaps
from analysis.data.faults import Fault, Frames
from analysis.validation.rules import rule, wrong

# offices that stand for a level: China's director for foreign affairs is met as foreign minister and as adviser
STANDS_FOR = {"foreign minister": {"foreign minister", "security adviser"}}


@rule("answers", "protests")
def answers_have_an_act_or_none(answers: pd.DataFrame, protests: pd.DataFrame) -> Iterator[Fault]:
    """An answer found names its act, none found names none and stands alone, and every act answers something."""
    found = answers["answer"] == "found"
    named = answers["protest_id"] != ""
    yield from wrong(
        "answers", answers[found != named], "protest_id", "allowed: an act where answer is found, else none"
    )
    alone = answers.groupby("occasion_id")["answer"].transform("size") == 1
    allowed = "allowed: found, where {occasion_id} has other answers"
    yield from wrong("answers", answers[~found & ~alone], "answer", allowed)
    orphans = protests[~protests["protest_id"].isin(answers["protest_id"])]
    yield from wrong("protests", orphans, "protest_id", "allowed: an act that answers.csv names")


@rule("occasions", "answers")
def occasions_are_answered(occasions: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Fault]:
    """Every occasion has an answer, if only that none was found."""
    silent = occasions[~occasions["occasion_id"].isin(answers["occasion_id"])]
    yield from wrong("occasions", silent, "occasion_id", "allowed: an occasion with a row in answers.csv")


@rule("contacts", "officials")
def contacts_are_of_persons_in_office(contacts: pd.DataFrame, officials: pd.DataFrame) -> Iterator[Fault]:
    """Both states of a counted contact are represented by somebody who held the office of its level on that day."""
    end = officials["end"].fillna(pd.Timestamp.max)
    counted = contacts[contacts["in_office"] == "yes"]
    for index, row in zip(counted.index, counted.to_dict("records"), strict=True):
        persons = {re.sub(r" \(.*\)", "", person) for person in row["persons"]}
        offices = STANDS_FOR.get(row["level"], {row["level"]})
        there = officials["short"].isin(persons) & officials["office"].isin(offices)
        there &= (officials["start"] <= row["date"]) & (end >= row["date"])
        for state in row["dyad"].split("-"):
            if state not in set(officials.loc[there, "state"]):
                held = f"allowed: a person who was {row['level']} of {state} on {row['date']:%Y-%m-%d} (officials.csv)"
                yield from wrong("contacts", contacts.loc[[index]], "persons", held)


@rule("list_sources", "contacts", "occasions", "protests", "first_meetings")
def list_rows_have_sources(sources: pd.DataFrame, *lists: pd.DataFrame) -> Iterator[Fault]:
    """Every row of the closed lists has a source, and every source belongs to a row."""
    names = ("contacts", "occasions", "protests", "first_meetings")
    known: set[str] = set()
    for name, rows in zip(names, lists, strict=True):
        key = str(rows.columns[0])
        known |= set(rows[key])
        without = rows[~rows[key].isin(sources["row_id"])]
        yield from wrong(name, without, key, "allowed: a row with a source in list_sources.csv")
    allowed = f"allowed: a row of {', '.join(names)}"
    yield from wrong("list_sources", sources[~sources["row_id"].isin(known)], "row_id", allowed, known)


@rule("completeness", "not_found")
def gaps_are_not_declared_complete(declared: pd.DataFrame, gaps: pd.DataFrame) -> Iterator[Fault]:
    """No part of a list is declared complete of which the searches know a gap."""
    allowed = "allowed: a gap outside what completeness.csv declares complete for {list}"
    yield from wrong("not_found", overlaps(declared, gaps), "what", allowed)


def completeness_faults(frames: Frames) -> Iterator[Fault]:
    """Yield tables without a declaration, and declarations that their table contradicts.

    A declaration names a table, a column and values of it; its days are in order and hold every day of the table.
    """
    declared = frames["completeness"]
    for table in sorted(frames.keys() - set(declared["table"])):
        yield Fault("completeness.csv", None, "table", f"{table} is missing", "each table has a row")
    yield from wrong(
        "completeness", declared[~declared["table"].isin(list(frames))], "table", "allowed: a table of data/", frames
    )
    backwards = declared[declared["last"] < declared["first"]]
    yield from wrong("completeness", backwards, "last", "allowed: a day from first ({first:%Y-%m-%d}) on")
    more = declared[(declared["found"] > declared["of"]).fillna(False).astype(bool)]
    yield from wrong("completeness", more, "found", "allowed: at most of ({of})")
    known = declared[declared["table"].isin(list(frames))]
    for index, row in zip(known.index, known.to_dict("records"), strict=True):
        frame, place, column = frames[row["table"]], declared.loc[[index]], row["column"]
        if column and column not in frame:
            yield from wrong("completeness", place, "column", f"allowed: {', '.join(map(str, frame))}", map(str, frame))
        elif column:
            cells = frame[column]
            values = set(cells.cat.categories if isinstance(cells.dtype, pd.CategoricalDtype) else cells)
            for value in set(row["values"]) - values:
                odd = place.assign(values=value)
                yield from wrong("completeness", odd, "values", "allowed: values of {column}", values)
    for name, rows in declared.dropna(subset="first").groupby("table"):
        listed = frames.get(str(name), pd.DataFrame())
        if "date" in listed:
            first, last = rows["first"].min(), rows["last"].max()
            allowed = f"allowed: {first:%Y-%m-%d} to {last:%Y-%m-%d} (completeness.csv)"
            yield from wrong(str(name), listed[(listed["date"] < first) | (listed["date"] > last)], "date", allowed)
