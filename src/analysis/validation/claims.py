"""Rules on claims: one verdict each, and checks that can be read."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from analysis.claims.checks import read_check
from analysis.core.errors import ParameterError
from analysis.data.faults import Fault, Frames, nearest, row_of, show_value


def every_claim_has_one_verdict(frames: Frames) -> Iterator[Fault]:
    """A claim is computed by checks or judged, not both, and every check belongs to a claim or an omission."""
    claims, judged = set(frames["claims"]["claim_id"]), set(frames["judgements"]["claim_id"])
    checked = set(frames["checks"]["entry_id"])
    entries = claims | set(frames["omissions"]["omission_id"])
    for index, entry_id in frames["checks"]["entry_id"].items():
        if entry_id not in entries:
            allowed = "allowed: a claim_id of claims.csv or an omission_id of omissions.csv"
            yield Fault("checks.csv", row_of(index), "entry_id", show_value(entry_id), allowed)
    for index, claim_id in frames["judgements"]["claim_id"].items():
        if claim_id in checked:
            allowed = "allowed: a claim without rows in checks.csv"
            yield Fault("judgements.csv", row_of(index), "claim_id", show_value(claim_id), allowed)
    for entry_id in sorted(entries - checked - judged):
        table = "claims" if entry_id in claims else "omissions"
        allowed = "a row in checks.csv" + (" or in judgements.csv" if entry_id in claims else "")
        yield Fault(f"{table}.csv", None, None, f"{entry_id} has no verdict", allowed)


# the forms of ids in arguments of checks, with the table that holds them
IDS = {
    r"E\d{3}": ("events", "event_id"),
    r"P\d{2}": ("provisions", "provision_id"),
    r"Q\d{2}": ("quotations", "quotation_id"),
    r"T\d{2}": ("topics", "topic_id"),
}


def checks_can_be_read(frames: Frames) -> Iterator[Fault]:
    """The arguments of a check are those that it takes, and the ids in them exist; also those of expectations."""
    known = {key: sorted(frames[table][key]) for table, key in [*IDS.values(), ("documents", "document_id")]}
    for table in ("checks", "forecasts"):
        for index, row in frames[table].iterrows():

            def fault(value: str, allowed: str, table: str = table, index: object = index) -> Fault:
                return Fault(f"{table}.csv", row_of(index), "arguments", value, allowed)

            try:
                check = read_check(str(row["check"]), row["arguments"])
            except ParameterError as error:
                yield fault(show_value(row["arguments"]), str(error))
                continue
            for column, file, value in _ids(check):
                if value not in known[column]:
                    yield fault(show_value(value) + nearest(value, known[column]), f"allowed: a {column} of {file}.csv")


def _ids(check: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the ids in the arguments of a check: the column and the table that must hold each, and the id."""
    for field in fields(check):
        for text in _texts(getattr(check, field.name)):
            if field.name in ("document", "statement", "strategy"):
                yield "document_id", "documents", text
            for form, (table, column) in IDS.items():
                if re.fullmatch(form, text):
                    yield column, table, text


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in an argument, whatever holds them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
