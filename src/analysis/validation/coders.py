"""Rules of who coded: every coder is on record, codes what was given, and is one person or program throughout."""

import re
from collections.abc import Iterator

import pandas as pd

from analysis.data.faults import Fault, row_of
from analysis.validation.rules import missing, rule, wrong

# the columns of a unit, by table; the last one of two is the text beside which it is coded
UNITS = {
    "codings_alignment": ("provision_id",),
    "codings_topics": ("topic_id", "document_id"),
    "codings_signals": ("event_id",),
    "codings_precedents": ("provision_id", "source_id"),
    "plover_gold": ("row_no",),
}
# words of a paraphrase that read something from an act
READS = r"\b(?:signals|shows|showed|underscores|underscored|tells)\b"


def _coded(table: str, codings: pd.DataFrame) -> pd.DataFrame:
    """Return the codings of a table as text, with columns round, coder, unit and document (empty where none is)."""
    unit, *document = UNITS[table]
    beside = codings[document[0]].astype(str) if document else ""
    return codings.assign(round=codings.get("round", 1), unit=codings[unit].astype(str), document=beside)


def units_given(row: "pd.Series[str]") -> set[int]:
    """Return the numbers of the units that a row of coded_texts gives, such as 1 to 60 for P01 to P60."""
    first, last = (int(re.sub(r"\D", "", str(row[name]))) for name in ("first_unit", "last_unit"))
    return set(range(first, last + 1))


def _number(unit: str) -> int:
    return int(re.sub(r"\D", "", unit))


@rule("coders", *UNITS)
def coders_are_on_record(coders: pd.DataFrame, *tables: pd.DataFrame) -> Iterator[Fault]:
    """Every coder of a table and round has a row in coders.csv, and every row there has codings."""
    known = set(coders[["table", "round", "coder"]].astype(str).itertuples(index=False, name=None))
    found: set[tuple[str, ...]] = set()
    for table, codings in zip(UNITS, tables, strict=True):
        first = _coded(table, codings).drop_duplicates(["round", "coder"])
        keys = [(table, str(number), str(coder)) for number, coder in zip(first["round"], first["coder"], strict=True)]
        found.update(keys)
        allowed = f"allowed: a coder with a row for {table}, round {{round}}, in coders.csv"
        yield from wrong(table, first[[key not in known for key in keys]], "coder", allowed)
    idle = [
        key not in found for key in coders[["table", "round", "coder"]].astype(str).itertuples(index=False, name=None)
    ]
    yield from wrong("coders", coders[idle], "coder", "allowed: a coder with rows in {table}.csv, round {round}")


@rule("coders")
def a_coder_is_one_throughout(coders: pd.DataFrame) -> Iterator[Fault]:
    """An id has one kind, family and version in all rows; a human has no family and no version, all others have."""
    for column in ("kind", "family", "version"):
        text = coders[column].astype(str)
        first = text.groupby(coders["coder"]).transform("first")
        row = coders["coder"].map({coder: row_of(rows.index[0]) for coder, rows in coders.groupby("coder")})
        differing = coders.assign(of_first=first, first_row=row)[text != first]
        yield from wrong("coders", differing, column, "allowed: {of_first}, as in row {first_row} for {coder}")
    human = coders["kind"] == "human"
    for column in ("family", "version"):
        none = coders[column] == "none"
        yield from wrong("coders", coders[human & ~none], column, "allowed for the kind {kind}: none")
        yield from wrong(
            "coders", coders[~human & none], column, "allowed for the kind {kind}: its name, or “not recorded”"
        )


@rule("coded_texts", *UNITS)
def coders_code_what_was_given(texts: pd.DataFrame, *tables: pd.DataFrame) -> Iterator[Fault]:
    """What a round has coded was given to its coders, and what was given is coded by each of them."""
    backwards = [not units_given(row) for _, row in texts.iterrows()]
    yield from wrong("coded_texts", texts[backwards], "last_unit", "allowed: a unit from first_unit ({first_unit}) on")
    for table, codings in zip(UNITS, tables, strict=True):
        coded = _coded(table, codings)
        of_table = texts[texts["table"] == table]
        by_document = coded["document"].ne("").any()
        given = {
            (int(row["round"]), row["document_id"] if by_document else "", number)
            for _, row in of_table.iterrows()
            for number in units_given(row)
        }
        rows = list(zip(coded["round"].astype(int), coded["document"], coded["unit"].map(_number), strict=True))
        outside = coded[[row not in given for row in rows]].drop_duplicates(["round", "document"])
        allowed = f"allowed: a unit that coded_texts.csv gives for {table}, round {{round}}"
        yield from wrong(table, outside, UNITS[table][0], allowed + (" and {document}" if by_document else ""))
        if table in ("codings_precedents", "plover_gold"):  # the other tables have a rule of their own
            yield from _not_coded(table, coded.assign(key=pd.Series(rows, coded.index)), given)


def _not_coded(table: str, coded: pd.DataFrame, given: set[tuple[int, str, int]]) -> Iterator[Fault]:
    for coder, own in coded.groupby("coder"):
        for _, document, number in sorted(given - set(own["key"])):
            value = f"coder {coder} has no row for unit {number}" + (f" of {document}" if document else "")
            yield missing(table, UNITS[table][0], value, "each coder codes every unit that coded_texts.csv gives")


@rule("coded_texts", "coders")
def rounds_have_coders_and_units(texts: pd.DataFrame, coders: pd.DataFrame) -> Iterator[Fault]:
    """Units were given for every round that has coders, and every round for which units were given has coders."""
    keys = ["table", "round"]
    for name, one, other in (("coders", coders, texts), ("coded_texts", texts, coders)):
        there = set(other[keys].astype(str).itertuples(index=False, name=None))
        alone = one[[key not in there for key in one[keys].astype(str).itertuples(index=False, name=None)]]
        known = "coded_texts" if name == "coders" else "coders"
        yield from wrong(name, alone, "round", f"allowed: a round of {{table}} in {known}.csv")


@rule("plover_gold")
def gold_is_the_category_of_the_record(gold: pd.DataFrame) -> Iterator[Fault]:
    """The category that humans gave stands in the id of a gold record."""
    other = gold[gold["record_id"].str.split("-").str[2] != gold["gold"].astype(str)]
    yield from wrong("plover_gold", other, "gold", "allowed: the category in {record_id}")


@rule("reported_agreement", "codings_alignment", "codings_topics", "codings_signals", "codings_precedents")
def reported_values_are_of_coded_variables(reported: pd.DataFrame, *tables: pd.DataFrame) -> Iterator[Fault]:
    """An agreement that is reported is of a column of its table, in a round that it has, from low to high."""
    columns = {table: list(map(str, codings)) for table, codings in zip(UNITS, tables, strict=False)}
    rounds = {t: set(_coded(t, codings)["round"].astype(int)) for t, codings in zip(UNITS, tables, strict=False)}
    for index, row in zip(reported.index, reported.to_dict("records"), strict=True):
        known = columns[row["table"]]
        if row["variable"] not in known:
            yield from wrong(
                "reported_agreement", reported.loc[[index]], "variable", "allowed: a column of {table}.csv", known
            )
        if row["round"] not in rounds[row["table"]]:
            yield from wrong("reported_agreement", reported.loc[[index]], "round", "allowed: a round of {table}.csv")
    turned = reported[reported["high"] < reported["low"]]
    yield from wrong("reported_agreement", turned, "high", "allowed: a number from low ({low}) on")


@rule("claim_variables", "claims", "reported_agreement")
def readings_of_acts_are_weighed(
    weighed: pd.DataFrame, claims: pd.DataFrame, reported: pd.DataFrame
) -> Iterator[Fault]:
    """A claim that says what an act shows is in claim_variables.csv, and its variable has a reported agreement."""
    reads = claims[claims["claim"].str.contains(READS) & ~claims["claim_id"].isin(weighed["claim_id"])]
    allowed = "allowed: a claim with a row in claim_variables.csv, as it says what an act shows"
    yield from wrong("claims", reads, "claim_id", allowed)
    known = {"none", *reported.loc[reported["table"] == "codings_signals", "variable"]}
    unknown = weighed[~weighed["variable"].astype(str).isin(known)]
    allowed = "allowed: none, or a variable of codings_signals in reported_agreement.csv"
    yield from wrong("claim_variables", unknown, "variable", allowed)
