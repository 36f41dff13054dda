"""The ledger: every claim of the article with its verdict, computed by checks or judged; omissions and forecasts.

A computed verdict is that of the weightiest part of the claim that fails a check (`FAILING`), and confirmed where none
does. Where that part rests on an absence that no list can show, it is not decidable. A judged one comes from the table
`judgements`.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from analysis.claims.checks import read_check
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.completeness import NOT_DECIDABLE
from analysis.data.faults import nearest

VERDICTS = (
    "confirmed",
    "confirmed with correction",
    "imprecise",
    "misquoted",
    "unsupported",
    NOT_DECIDABLE,
    "not checkable",
)
HOLDING = ("confirmed", "confirmed with correction")
# the verdict where a part of the claim fails, the lightest first
FAILING = {
    "detail": "confirmed with correction",
    "meaning": "imprecise",
    "quotation": "misquoted",
    "core": "unsupported",
}
KINDS = {"computed": "computed by checks", "judged": "judged by annotators"}


def outcome_of(evidence: Evidence, row: Mapping[Any, Any], place: str) -> Outcome:
    """Return the outcome of the check of a row. Raise ParameterError with its place where it does not fit."""
    try:
        return evidence.outcome(read_check(str(row["check"]), str(row["arguments"])))
    except ParameterError as error:
        raise ParameterError(f"{place} ({row['check']}): {error}") from None


def outcomes(evidence: Evidence, entries: Iterable[str] | None = None) -> pd.DataFrame:
    """Return the outcome of every check, or of those of some claims and omissions.

    Columns: those of the table checks, and holds, decided (see `Outcome`), expected, found. Raise
    ParameterError, naming the check, where its
    arguments do not fit the evidence.
    """
    checks = evidence.table("checks")
    checks = checks if entries is None else checks[checks["entry_id"].isin(list(entries))]
    results = [
        vars(outcome_of(evidence, row, f"checks.csv, {row['entry_id']}, check {row['check_no']}"))
        for row in checks.to_dict("records")
    ]
    columns = ["holds", "decided", "expected", "found"]
    return checks.reset_index(drop=True).join(pd.DataFrame(results, columns=columns))


def verdict_of(checked: pd.DataFrame) -> str:
    """Return the verdict of one claim from its outcomes (columns part, holds, decided).

    That of the weightiest part that fails; not decidable where no failure in this part is decided.
    """
    if sound(checked).all():
        return "confirmed"
    weightiest = decisive(checked)
    failed = weightiest["decided"].astype(bool) & ~weightiest["holds"].astype(bool)
    return FAILING[weightiest["part"].iloc[0]] if failed.any() else NOT_DECIDABLE


def sound(checked: pd.DataFrame) -> "pd.Series[bool]":
    """Return which outcomes hold, as far as the lists can show."""
    return checked["holds"].astype(bool) & checked["decided"].astype(bool)


def telling(checked: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of one claim that explain its verdict: those that are not sound, or all where all are."""
    return checked if sound(checked).all() else checked[~sound(checked)]


def decisive(checked: pd.DataFrame) -> pd.DataFrame:
    """Return the outcomes of one claim that decide its verdict: those of the weightiest part that fails, or all."""
    shown = telling(checked)
    return shown if sound(checked).all() else shown[shown["part"] == max(shown["part"], key=list(FAILING).index)]


def would_change(checked: pd.DataFrame) -> str:
    """Return in one sentence what would change a computed verdict, from the outcomes of the claim."""
    if sound(checked).all():
        part = "any part of what" if len(checked) > 1 else "what"
        return f"Another verdict would follow if {part} is expected were not found."
    if not decisive(checked)["decided"].all():
        return "Another verdict would follow from a list that is complete for what is expected."
    return f"Another verdict would follow if instead were found: {together(decisive(checked)['expected'])}."


def together(phrases: Iterable[str]) -> str:
    """Return phrases as one: the same said once, several with numbers."""
    phrases = list(phrases)
    numbered = [f"({number}) {phrase}" for number, phrase in enumerate(phrases, 1)]
    return "; ".join(numbered) if len(set(phrases)) > 1 else phrases[0]


def ledger(evidence: Evidence, step_id: str | None = None) -> pd.DataFrame:
    """Return the claims of the article, or of one step, with their verdicts.

    Columns: claim_id, step_id, paragraph, list_item, type, role, claim, cited_sources, dates, kind (computed or
    judged), verdict, expected (what the claim needs), found, would_change, basis (what a judgement rests on),
    confidence (of a judgement). Raise ParameterError where a check does not fit the evidence.
    """
    claims = evidence.table("claims")
    claims = claims if step_id is None else claims[claims["step_id"] == step_id]
    checked = outcomes(evidence, claims["claim_id"])
    judgements = evidence.table("judgements").set_index("claim_id")
    rows = []
    for claim_id, needed in zip(claims["claim_id"], claims["evidence_needed"], strict=True):
        of_claim = checked[checked["entry_id"] == claim_id]
        if len(of_claim):
            shown = telling(of_claim)
            expected, found = (wording.capital(together(shown[column])) for column in ("expected", "found"))
            rows.append(("computed", verdict_of(of_claim), expected, found, would_change(of_claim), "", ""))
        else:
            verdict, reason, basis, confidence = map(str, judgements.loc[claim_id])
            rows.append(("judged", verdict, needed, reason, needed, basis, confidence))
    columns = ["kind", "verdict", "expected", "found", "would_change", "basis", "confidence"]
    as_stated = ["claim_id", "step_id", "paragraph", "list_item", "type", "role", "claim", "cited_sources", "dates"]
    table = claims[as_stated].reset_index(drop=True)
    return table.join(pd.DataFrame(rows, columns=columns))


def omissions(evidence: Evidence) -> pd.DataFrame:
    """Return what the article leaves out: the table omissions, and shown (whether all checks hold)."""
    table = evidence.table("omissions")
    checked = outcomes(evidence, table["omission_id"])
    shown = sound(checked).groupby(checked["entry_id"]).all()
    return table.assign(shown=table["omission_id"].map(shown))


def require_known(step_id: str | None, verdict: str | None, steps: pd.DataFrame) -> None:
    """Raise ParameterError with the names allowed where a step or a verdict is unknown; None is allowed."""
    for name, value, known in (("step", step_id, list(steps["step_id"])), ("verdict", verdict, list(VERDICTS))):
        if value is not None and value not in known:
            raise ParameterError(f"{name}: “{value}” is unknown{nearest(value, known)}; allowed: {', '.join(known)}")


def choose(table: pd.DataFrame, claim: str | None, step: str | None, verdict: str | None) -> pd.DataFrame:
    """Return the rows of a frame of `ledger` with this claim, step and verdict, each of which may be None.

    Raise ParameterError where there are none, with the step or the verdicts that there are.
    """
    place = "the article"
    for name, column, value in (
        ("claim", "claim_id", claim),
        ("step", "step_id", step),
        ("verdict", "verdict", verdict),
    ):
        if value is None:
            continue
        chosen = table[table[column] == value]
        if chosen.empty:
            there = ", ".join(f"{one} ({count})" for one, count in table[column].value_counts().items())
            none = f"not the {name} {value}" if claim else f"no claim with the {name} {value}"
            raise ParameterError(f"{place} has {none}; there: {there}")
        table, place = chosen, f"{name} {value}"
    return table


def verdict_counts(table: pd.DataFrame) -> dict[str, int]:
    """Return the number of claims for each verdict, in the order of the verdicts. Takes the frame of `ledger`."""
    return {verdict: int((table["verdict"] == verdict).sum()) for verdict in VERDICTS}


def holding(table: pd.DataFrame) -> tuple[int, int]:
    """Return how many claims hold, as stated or with a correction, and how many can be checked at all."""
    counts = verdict_counts(table)
    return sum(counts[verdict] for verdict in HOLDING), len(table) - counts["not checkable"] - counts[NOT_DECIDABLE]


def lines(table: pd.DataFrame) -> list[str]:
    """Return a ledger for a terminal: each claim with verdict, kind, expected and found, then how many hold."""
    shown = "{claim_id}  {verdict} ({kind})  {claim}\n     Expected: {expected}\n     Found:    {found}"
    claims = [shown.format_map(row) for row in table.to_dict("records")]
    hold, checkable = holding(table)
    return [*claims, f"{wording.plural(len(table), 'claim')}: {hold} of {checkable} that can be checked hold"]


def records(table: pd.DataFrame, evidence: Evidence) -> list[dict[str, Any]]:
    """Return the claims of a ledger as plain values for JSON, with checks, evidence rows and sources."""
    checked = outcomes(evidence, table["claim_id"])
    linked = {
        name: evidence.table(f"claim_{name}").groupby("claim_id")[column].agg(list)
        for name, column in (("events", "event_id"), ("provisions", "provision_id"), ("sources", "url"))
    }
    checked["arguments"] = checked["arguments"].map(json.loads)
    claims: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    for claim in claims:
        of_claim = checked[checked["entry_id"] == claim["claim_id"]].drop(columns=["entry_id", "check_no"])
        claim["checks"] = json.loads(of_claim.to_json(orient="records"))
        claim |= {name: list(ids.get(claim["claim_id"], [])) for name, ids in linked.items()}
    return claims


# --- what came after

FORECAST_OUTCOMES = ("happened", "did not happen", "overtaken", "not yet decidable", NOT_DECIDABLE)


def forecasts(evidence: Evidence) -> pd.DataFrame:
    """Return the expectations of the table forecasts, scored by checks of all events in the evidence.

    An expectation whose last day lies after the last event is not yet decidable. Columns: those of the table, and
    outcome, expected, found. Raise ParameterError where a check does not fit the evidence.
    """
    last_day = evidence.table("events")["date"].max()
    rows = []
    for row in evidence.table("forecasts").to_dict("records"):
        result = outcome_of(evidence, row, f"forecasts.csv, {row['forecast_id']}")
        undecided = not result.holds and row["due"] > last_day
        outcome = str(row["if_holds" if result.holds else "if_fails"]) if result.decided else NOT_DECIDABLE
        outcome = "not yet decidable" if undecided else outcome
        rows.append({**row, "outcome": outcome, "expected": result.expected, "found": result.found})
    return pd.DataFrame(rows)
