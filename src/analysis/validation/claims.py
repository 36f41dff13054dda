"""Rules on claims: one verdict each, and checks that can be read."""

import re
from collections.abc import Iterator

from analysis.claims.ledger import read_arguments
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
    for table in ("checks", "forecasts"):
        yield from _unreadable(frames, table)


def _unreadable(frames: Frames, table_name: str) -> Iterator[Fault]:
    known = {form: set(frames[table][column]) for form, (table, column) in IDS.items()}
    documents = set(frames["documents"]["document_id"])

    def fault(index: object, value: str, allowed: str) -> Fault:
        return Fault(f"{table_name}.csv", row_of(index), "arguments", value, allowed)

    for index, row in frames[table_name].iterrows():
        try:
            arguments = read_arguments(str(row["check"]), row["arguments"])
        except ParameterError as error:
            yield fault(index, show_value(row["arguments"]), str(error))
            continue
        for name, value in arguments.items():
            for item in value if isinstance(value, tuple) else (value,):
                for form, (table, column) in IDS.items():
                    if re.fullmatch(form, str(item)) and item not in known[form]:
                        hint = nearest(item, sorted(known[form]))
                        yield fault(index, show_value(item) + hint, f"allowed: a {column} of {table}.csv")
                if name in ("document", "statement", "strategy") and item not in documents:
                    hint = nearest(item, sorted(documents))
                    yield fault(index, show_value(item) + hint, "allowed: a document_id of documents.csv")
