"""How far verdicts can be trusted: two reviewers beside them, what they rest on, and what other choices would give.

Starts from evidence and the ledger; nothing here decides a verdict.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims import ledger
from analysis.claims.checks import read_check
from analysis.claims.checks.codings import CarriedOver, Coverage, Rank
from analysis.claims.checks.texts import Heading, Quotation, Term, headings_of, passages_of, with_words
from analysis.claims.evidence import Check, Evidence
from analysis.core import wording
from analysis.data.completeness import NOT_DECIDABLE
from analysis.data.tables import load
from analysis.measures.agreement import cohens_kappa
from analysis.signals import coding
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY, SERIES

# what a check rests on, by its name; a table that is named in the check decides where it counts rows
BASES = {
    "quotation": "the primary text",
    "term": "the primary text",
    "heading": "the primary text",
    "heading_count": "the primary text",
    "rank": "a measure of texts",
    **dict.fromkeys(("act", "coverage", "carried_over", "topic_kept", "speakers", "untold"), "codings"),
}
CODINGS = ("codings_alignment", "codings_signals", "codings_topics", "provisions", "strategy_sections")
TABLES, JUDGED = "sourced tables", "a judgement"
STEP = 0.25  # of the bar, up or down
LARGE = 0.5  # a text check that this share of other texts passes does not tell them apart


# --- reviewers


def reviewed(evidence: Evidence) -> pd.DataFrame:
    """Return the verdicts of the first and the second reviewer beside that of the ledger.

    Columns: claim_id, role, first, second (missing where a reviewer has none), final.
    """
    reviews = evidence.table("claim_reviews").astype({"verdict": "object", "reviewer": "object"})
    wide = reviews.pivot(index="claim_id", columns="reviewer", values="verdict")[["first", "second"]]
    table = ledger.ledger(evidence)[["claim_id", "role", "verdict"]].rename(columns={"verdict": "final"})
    return table.merge(wide, on="claim_id", how="left")[["claim_id", "role", "first", "second", "final"]]


def agreement(one: "pd.Series[str]", other: "pd.Series[str]") -> tuple[int, int, float]:
    """Return how many verdicts are the same, of how many that both have, and Cohen's kappa."""
    both = one.notna() & other.notna()
    first, second = one[both].astype(str), other[both].astype(str)
    return int((first == second).sum()), len(first), cohens_kappa(first, second)


def held(verdicts: "pd.Series[str]") -> tuple[int, int]:
    """Return how many verdicts hold, and how many can be checked, of a series of verdicts."""
    known = verdicts.dropna()
    checkable = ~known.isin(["not checkable", NOT_DECIDABLE])
    return int(known.isin(ledger.HOLDING).sum()), int(checkable.sum())


def reading(*, final: float, first: float, second: float) -> str:
    """Return whether the argument stands on its facts, in a sentence.

    final, first, second: the share of checkable claims that hold by the ledger and by both reviewers. Half or less
    refutes it.
    """
    if final <= 0.5:
        return "The argument does not stand on its facts."
    if min(first, second) <= 0.5:
        return "The argument stands on its facts here, and not by every review before."
    return "The argument stands on its facts."


def headline(evidence: Evidence) -> dict[str, Any]:
    """Return what stands beside the share of claims that hold: both reviewers, their agreement, the conclusions.

    Keys: reading (whether the argument stands on its facts), first_share, second_share, lowest_share (of claims that
    hold, as text), reviewers_same, reviewers_both, kappa, conclusions, conclusions_hold, conclusions_open.
    """
    table = reviewed(evidence)
    shares = {name: held(table[name])[0] / held(table[name])[1] for name in ("first", "second", "final")}
    same, both, kappa = agreement(table["first"], table["second"])
    conclusions = table.loc[table["role"] == "conclusion", "final"]
    hold, checkable = held(conclusions)
    return {
        "reading": reading(**shares),
        **{f"{name}_share": f"{shares[name]:.0%}" for name in ("first", "second")},
        "lowest_share": f"{min(shares.values()):.0%}",
        "reviewers_same": same,
        "reviewers_both": both,
        "kappa": f"{kappa:.2f}",
        "conclusions": len(conclusions),
        "conclusions_hold": hold,
        "conclusions_open": len(conclusions) - checkable,
    }


# --- what a verdict rests on


def basis(check: str, arguments: dict[str, Any]) -> str:
    """Return what a check rests on, from its name and the table that it reads."""
    table = str(arguments.get("table", ""))
    return "codings" if table in CODINGS else BASES.get(check, TABLES)


def bases(evidence: Evidence) -> pd.DataFrame:
    """Return what each claim rests on: the bases of its checks, joined, or a judgement. Columns: claim_id, basis."""
    checked = ledger.outcomes(evidence)
    kinds = [basis(row["check"], json.loads(row["arguments"])) for row in checked.to_dict("records")]
    order = ["the primary text", "a measure of texts", "codings", TABLES]
    grouped = checked.assign(basis=kinds).groupby("entry_id")["basis"]
    joined = grouped.agg(lambda names: " and ".join(sorted(set(names), key=order.index)))
    claims = evidence.table("claims")["claim_id"]
    return pd.DataFrame({"claim_id": claims, "basis": claims.map(joined).fillna(JUDGED)})


@cache
def _alphas(folder: Path) -> pd.DataFrame:
    """Return the agreement of the coders on signals, over all events of a folder of data."""
    scored = coding.load_scored(load("codings_signals", folder), load("events", folder), load("scales", folder))
    return coding.agreement(scored, draws=1, seed=1)


def leaning(evidence: Evidence, claim_id: str) -> str:
    """Return in a sentence how far coders agree on the variable of signals on which a claim leans; empty where none.

    The alpha is that of all coders of the last round of each event; what a further annotator had is reported.
    """
    weighed = evidence.table("claim_variables").set_index("claim_id")["variable"].astype(str)
    variable = str(weighed.get(claim_id, "none"))
    if variable == "none":
        return ""
    alphas, reported = _alphas(evidence.folder), evidence.table("reported_agreement")
    [own] = alphas[alphas["variable"] == variable].to_dict("records")
    last = reported[(reported["table"] == "codings_signals") & (reported["variable"] == variable)].nlargest(1, "round")
    low, high = last.iloc[0][["low", "high"]]
    least = coding.weakest(alphas) == variable
    return (
        f"{variable}, since an act shows as much as it costs its sender, and on {variable} the "
        f"{wording.number(own['coders'])} coders of signals agree{' least' if least else ''} "
        f"(alpha {own['alpha']:.2f}; with a further annotator, whose codings are not shipped, a reported {low:.2f} to "
        f"{high:.2f})."
    )


# --- other choices


def neighbours(evidence: Evidence, claim_id: str) -> pd.DataFrame:
    """Return the verdict of a claim as it is, and under every choice next to the one that was made.

    Choices: the threshold and the bar of counterparts a step up or down, documents of the own state in or out, and each
    part counted one grade lighter or heavier. Columns: choice, verdict; no row where no check decides the claim.
    """
    checks = evidence.table("checks")
    checks = checks[checks["entry_id"] == claim_id]
    if checks.empty:
        return pd.DataFrame(columns=["choice", "verdict"])
    cells = zip(checks["check"], checks["arguments"], checks["part"], strict=True)
    made = [(read_check(str(check), str(arguments)), str(part)) for check, arguments, part in cells]
    verdicts = [("as it is", _verdict(evidence, made))]
    if any(isinstance(check, Coverage | CarriedOver) for check, _ in made):
        for threshold in (evidence.threshold - 1, evidence.threshold + 1):
            other = Evidence(evidence.folder, evidence.last_day, threshold, evidence.bar)
            verdicts.append((f"strength {threshold} or more", _verdict(other, made)))
        for bar in (evidence.bar - STEP, evidence.bar + STEP):
            other = Evidence(evidence.folder, evidence.last_day, evidence.threshold, bar)
            verdicts.append((f"a bar of {bar:.0%}", _verdict(other, made)))
    verdicts += [(words, _verdict(evidence, altered)) for words, altered in _altered(made)]
    return pd.DataFrame(verdicts, columns=["choice", "verdict"])


def _verdict(evidence: Evidence, made: list[tuple[Check, str]]) -> str:
    outcomes = [vars(evidence.outcome(check)) | {"part": part} for check, part in made]
    return ledger.verdict_of(pd.DataFrame(outcomes))


def _altered(made: list[tuple[Check, str]]) -> Iterator[tuple[str, list[tuple[Check, str]]]]:
    """Yield a phrase and the checks of a claim with one of them altered."""
    grades = list(ledger.FAILING)
    for number, (check, part) in enumerate(made):
        before, after = made[:number], made[number + 1 :]
        if isinstance(check, Rank) and check.among == "strategies":
            words = "in" if check.other_states else "out"
            turned = replace(check, other_states=not check.other_states)
            yield f"check {number + 1}: own state {words}", [*before, (turned, part), *after]
        for step in (-1, 1):
            place = grades.index(part) + step
            if 0 <= place < len(grades) and "quotation" not in (part, grades[place]):
                yield f"check {number + 1} as {grades[place]}", [*before, (check, grades[place]), *after]


def multiverse(evidence: Evidence) -> pd.DataFrame:
    """Return for each computed claim how many neighbouring choices give the same verdict.

    Columns: claim_id, neighbours, same, others (the other verdicts that occur, joined).
    """
    rows = []
    for claim_id in evidence.table("claims")["claim_id"]:
        table = neighbours(evidence, claim_id)
        if len(table):
            own, rest = table["verdict"].iloc[0], table["verdict"].iloc[1:]
            others = list(dict.fromkeys(rest[rest != own]))
            rows.append((claim_id, len(rest), int((rest == own).sum()), ", ".join(others)))
    return pd.DataFrame(rows, columns=["claim_id", "neighbours", "same", "others"])


# --- checks against other texts


def placebo_audit(evidence: Evidence) -> pd.DataFrame:
    """Return how many other texts pass each check of words: those of the same genre that the claim is not about.

    A check of the statement is put to the leaders' statements of 2021 to 2024, one of the strategy to the strategies of
    other states. A text passes where each of its words, or runs of words, has a sentence (a heading, for headings) that
    holds all its tokens, in whatever order and section: so the audit is generous to the other texts. Columns: entry_id,
    check_no, check, part, texts, passing, weak (more than half pass).
    """
    documents = evidence.table("documents")
    strategies = documents[(documents["kind"] == "strategy") & (documents["group"] == "comparison")]["document_id"]
    others = {FOCAL_STATEMENT: [name for name in SERIES if name != FOCAL_STATEMENT], FOCAL_STRATEGY: list(strategies)}
    rows = []
    for row in evidence.table("checks").to_dict("records"):
        check = read_check(str(row["check"]), str(row["arguments"]))
        if not isinstance(check, Term | Heading | Quotation) or check.document not in others:
            continue
        words = check.words if isinstance(check.words, tuple) else (check.words,)
        texts, absent = others[check.document], isinstance(check, Term) and check.absent
        passing = [_holds_all(evidence, text, words, isinstance(check, Heading)) != absent for text in texts]
        share = sum(passing) / len(texts)
        rows.append(
            (row["entry_id"], row["check_no"], row["check"], row["part"], len(texts), sum(passing), share > LARGE)
        )
    return pd.DataFrame(rows, columns=["entry_id", "check_no", "check", "part", "texts", "passing", "weak"])


def _holds_all(evidence: Evidence, document: str, words: tuple[str, ...], headings: bool) -> bool:
    rows = headings_of(evidence, document) if headings else passages_of(evidence, document)
    return all(with_words(evidence, rows, run) for run in words)


def lines(evidence: Evidence, claim_id: str) -> list[str]:
    """Return for a terminal what two reviewers had of a claim, what it rests on, and what other choices would give."""
    [row] = reviewed(evidence).merge(bases(evidence), on="claim_id").query("claim_id == @claim_id").to_dict("records")
    before = [str(row[name]) if pd.notna(row[name]) else "none" for name in ("first", "second")]
    others = [f"     {choice}: {verdict}" for choice, verdict in neighbours(evidence, claim_id).to_numpy()]
    known = [f"Two reviewers before: {before[0]}; {before[1]}", f"Rests on: {row['basis']}"]
    known += [f"Leans on: {words}"] if (words := leaning(evidence, claim_id)) else []
    return [*known, *(["Under other choices:", *others] if others else [])]
