"""The ledger: every claim of the article with its verdict, computed by checks or judged, and why; and the omissions.

A computed verdict is that of the weightiest part of the claim that fails a check (`FAILING`), and confirmed where none
does. A judged one comes from the table `judgements`.
"""

import inspect
from collections.abc import Iterable
from typing import Any, get_type_hints

import pandas as pd

from analysis.claims.checks.registry import CHECKS
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest

VERDICTS = ("confirmed", "confirmed with correction", "imprecise", "misquoted", "unsupported", "not checkable")
HOLDING = ("confirmed", "confirmed with correction")
# the verdict where a part of the claim fails, from the lightest to the weightiest
FAILING = {
    "detail": "confirmed with correction",
    "meaning": "imprecise",
    "quotation": "misquoted",
    "core": "unsupported",
}
KINDS = {"computed": "computed by checks", "judged": "judged by annotators"}


# --- arguments


def _value(name: str, cell: str, kind: Any) -> Any:
    """A value of the type that a check asks for. Raises ParameterError."""
    try:
        if kind is bool:
            return {"yes": True, "no": False}[cell]
        if kind in (int, float):
            return kind(cell)
        if kind == pd.Timestamp | None or kind is pd.Timestamp:
            return pd.to_datetime(cell, format="%Y-%m-%d")
    except (KeyError, ValueError):
        allowed = {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "a day as YYYY-MM-DD")
        raise ParameterError(f"argument {name}: “{cell}”; allowed: {allowed}") from None
    return tuple(cell.split("|")) if kind == tuple[str, ...] else cell


def read_arguments(check: str, arguments: str) -> dict[str, Any]:
    """The arguments of a check from their cell, with the types that the check declares.

    Raises ParameterError where the check is unknown, or an argument is unknown, missing, given twice or malformed.
    """
    if check not in CHECKS:
        raise ParameterError(f"there is no check “{check}”{nearest(check, list(CHECKS))}")
    hints = get_type_hints(CHECKS[check])
    parameters = dict(list(inspect.signature(CHECKS[check]).parameters.items())[1:])
    others = next((p.name for p in parameters.values() if p.kind is p.VAR_KEYWORD), None)
    known = [name for name in parameters if name != others]
    found: dict[str, Any] = {}
    for item in arguments.split("; "):
        name, equals, cell = item.partition("=")
        if not equals or not cell or name in found:
            raise ParameterError(f"“{item}” is no argument; allowed: name=value, each name once, separated by “; ”")
        if name not in known and others is None:
            raise ParameterError(f"{check} has no argument “{name}”; allowed: {', '.join(known)}")
        found[name] = _value(name, cell, hints[name if name in known else others or ""])
    missing = [name for name in known if parameters[name].default is inspect.Parameter.empty and name not in found]
    if missing:
        raise ParameterError(f"{check} needs {', '.join(missing)}")
    return found


# --- verdicts


def outcome_of(evidence: Evidence, check: str, arguments: str, place: str) -> Outcome:
    """The outcome of the check that these cells name, which is made once on the same evidence.

    Raises ParameterError, with the place of the cells, where they are wrong.
    """
    key = (check, arguments)
    try:
        if key not in evidence.outcomes:
            evidence.outcomes[key] = CHECKS[check](evidence, **read_arguments(check, arguments))
    except ParameterError as error:
        raise ParameterError(f"{place} ({check}): {error}") from None
    return evidence.outcomes[key]


def outcomes(evidence: Evidence, entries: Iterable[str] | None = None) -> pd.DataFrame:
    """The outcome of every check, or of those of some claims and omissions.

    Columns: those of the table checks, and holds, sentence (why, with the values compared), otherwise (what would have
    turned it). Raises ParameterError, naming the check, where its arguments do not fit the evidence.
    """
    table = evidence.tables["checks"]
    table = table if entries is None else table[table["entry_id"].isin(list(entries))]
    found = []
    for row in table.itertuples():
        place = f"checks.csv, {row.entry_id}, check {row.check_no}"
        found.append(outcome_of(evidence, str(row.check), str(row.arguments), place))
    return table.assign(
        holds=[outcome.holds for outcome in found],
        sentence=[outcome.sentence for outcome in found],
        otherwise=[outcome.otherwise for outcome in found],
    ).reset_index(drop=True)


def verdict_of(checked: pd.DataFrame) -> str:
    """The verdict of one claim from its outcomes (columns part, holds): that of the weightiest part that fails."""
    failed = set(checked.loc[~checked["holds"].astype(bool), "part"].astype(str))
    return next((FAILING[part] for part in reversed(FAILING) if part in failed), "confirmed")


def reason_of(checked: pd.DataFrame) -> str:
    """Why, from the outcomes of one claim: the sentences of the checks that fail, or of all where none does."""
    failed = checked[~checked["holds"].astype(bool)]
    return " ".join(dict.fromkeys((failed if len(failed) else checked)["sentence"]))


def would_change(checked: pd.DataFrame) -> str:
    """What would change a computed verdict, from the outcomes of the claim, in one sentence."""
    failed = checked[~checked["holds"].astype(bool)]
    weightiest = next((part for part in reversed(FAILING) if part in set(failed["part"].astype(str))), "")
    decisive = failed[failed["part"] == weightiest] if weightiest else checked
    clauses = list(dict.fromkeys(decisive["otherwise"]))
    return f"Another verdict would follow if {wording.listing(clauses, 'and' if weightiest else 'or')}."


def ledger(evidence: Evidence, step_id: str | None = None) -> pd.DataFrame:
    """The claims of the article, or of one step, with their verdicts.

    Columns: claim_id, step_id, paragraph, list_item, type, role, claim, cited_sources, dates, kind (computed or
    judged), verdict, reason, would_change, basis (what a judgement rests on), confidence (of a judgement). Raises
    ParameterError where a check does not fit the evidence.
    """
    claims = evidence.tables["claims"]
    if step_id is not None:
        claims = claims[claims["step_id"] == step_id]
    checked = outcomes(evidence, claims["claim_id"])
    judged = evidence.tables["judgements"].set_index("claim_id")
    rows = []
    for claim_id, needed in zip(claims["claim_id"], claims["evidence_needed"], strict=True):
        own = checked[checked["entry_id"] == claim_id]
        if len(own):
            rows.append(("computed", verdict_of(own), reason_of(own), would_change(own), "", ""))
        else:
            verdict, reason, basis, confidence = map(str, judged.loc[claim_id])
            rows.append(("judged", verdict, reason, needed, basis, confidence))
    columns = ("kind", "verdict", "reason", "would_change", "basis", "confidence")
    added = pd.DataFrame(rows, columns=columns, index=claims.index)
    kept = claims[["claim_id", "step_id", "paragraph", "list_item", "type", "role", "claim", "cited_sources", "dates"]]
    return pd.concat([kept, added], axis=1).reset_index(drop=True)


def omissions(evidence: Evidence) -> pd.DataFrame:
    """What the article leaves out, with what the checks say of it.

    Columns: those of the table omissions, and shown (whether all checks hold) and sentence (theirs).
    """
    table = evidence.tables["omissions"]
    checked = outcomes(evidence, table["omission_id"]).groupby("entry_id")
    return table.assign(
        shown=[bool(checked.get_group(i)["holds"].all()) for i in table["omission_id"]],
        sentence=[" ".join(checked.get_group(i)["sentence"]) for i in table["omission_id"]],
    )


def require_known(step_id: str | None, verdict: str | None, steps: pd.DataFrame) -> None:
    """Raises ParameterError with the names allowed where a step or a verdict is unknown; None is allowed."""
    for name, value, known in (("step", step_id, list(steps["step_id"])), ("verdict", verdict, list(VERDICTS))):
        if value is not None and value not in known:
            raise ParameterError(f"{name}: “{value}” is unknown{nearest(value, known)}; allowed: {', '.join(known)}")


# --- summaries


def verdict_counts(table: pd.DataFrame) -> dict[str, int]:
    """Number of claims for each verdict, in the order of the verdicts. Takes the frame of `ledger`."""
    counts = table["verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS}


def holding(table: pd.DataFrame) -> tuple[int, int]:
    """How many claims hold, as stated or with a correction, and how many can be checked at all."""
    counts = verdict_counts(table)
    return sum(counts[verdict] for verdict in HOLDING), len(table) - counts["not checkable"]


def report(table: pd.DataFrame) -> list[str]:
    """The lines of a ledger for a terminal: each claim with verdict, kind and reason, then how many hold."""
    lines = []
    for row in table.to_dict("records"):
        lines.append(f"{row['claim_id']}  {row['verdict']} ({row['kind']})  {row['claim']}")
        lines.append(f"     {row['reason']}")
    hold, checkable = holding(table)
    return [*lines, f"{wording.plural(len(table), 'claim')}: {hold} of {checkable} that can be checked hold"]


def records(table: pd.DataFrame, evidence: Evidence) -> list[dict[str, Any]]:
    """The claims of a ledger as plain values for JSON, with checks, evidence rows and sources."""
    checked = outcomes(evidence, table["claim_id"])
    linked = {
        name: evidence.tables[f"claim_{name}"].groupby("claim_id")[column].agg(list)
        for name, column in (("events", "event_id"), ("provisions", "provision_id"), ("sources", "url"))
    }
    found = []
    for row in table.to_dict("records"):
        record = {str(key): _plain(value) for key, value in row.items()}
        record["checks"] = [
            {
                "check": str(check["check"]),
                "part": str(check["part"]),
                "arguments": dict(item.split("=", 1) for item in str(check["arguments"]).split("; ")),
                "holds": bool(check["holds"]),
                "sentence": check["sentence"],
            }
            for _, check in checked[checked["entry_id"] == row["claim_id"]].iterrows()
        ]
        found.append(record | {name: list(ids.get(row["claim_id"], [])) for name, ids in linked.items()})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value
