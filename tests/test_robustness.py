"""How far verdicts can be trusted: reviewers, what they rest on, other choices, and other texts."""

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from analysis import claims
from analysis.claims import ledger, robustness
from analysis.claims.evidence import Evidence, load_evidence
from analysis.cli import command
from analysis.data import load
from analysis.measures import alignment
from analysis.signals import coding


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


def test_kappa_is_that_of_a_published_example() -> None:
    """J. Cohen 1960, table 1: 200 cases in three categories, observed .29 and expected .41... on the diagonal."""
    counts = {("A", "A"): 88, ("A", "B"): 14, ("A", "C"): 18, ("B", "A"): 10, ("B", "B"): 40, ("B", "C"): 10}
    counts |= {("C", "A"): 2, ("C", "B"): 6, ("C", "C"): 12}
    pairs = [pair for pair, n in counts.items() for _ in range(n)]
    one, other = (pd.Series([pair[place] for pair in pairs]) for place in (0, 1))
    same, both, kappa = robustness.agreement(one, other)
    assert (same, both) == (140, 200)
    assert kappa == pytest.approx(0.492, abs=0.001)


def test_the_headline_names_both_reviewers_and_the_conclusions(evidence: Evidence) -> None:
    headline = robustness.headline(evidence)
    assert (headline["first_share"], headline["second_share"], headline["lowest_share"]) == ("60%", "84%", "60%")
    assert (headline["reviewers_same"], headline["reviewers_both"], headline["kappa"]) == (45, 82, "0.41")
    assert headline["conclusions"] == (load("claims")["role"] == "conclusion").sum()
    assert headline["conclusions_hold"] + headline["conclusions_open"] <= headline["conclusions"]


def test_references_count_as_claims_and_not_as_conclusions(evidence: Evidence) -> None:
    table = robustness.reviewed(evidence).set_index("claim_id")
    assert set(table.index[table["role"] == "reference"]) == {"C78", "C79", "C80", "C81", "C82"}


def test_every_claim_says_what_it_rests_on(evidence: Evidence) -> None:
    bases = robustness.bases(evidence).set_index("claim_id")["basis"]
    assert bases["C12"] == "the primary text"
    assert bases["C35"] == "a measure of texts and codings"
    assert bases["C63"] == "sourced tables"
    assert bases["C01"] == "a judgement"
    assert set(bases.index[bases == "a judgement"]) == set(load("judgements")["claim_id"])


def test_no_check_reads_a_description_of_our_own() -> None:
    recorded = load("checks").query("check == 'recorded'")["arguments"]
    assert not [cell for cell in recorded if '"description"' in cell]


def test_the_central_verdict_shows_what_other_choices_would_give(evidence: Evidence) -> None:
    table = robustness.neighbours(evidence, "C35").set_index("choice")["verdict"]
    assert table["as it is"] == ledger.ledger(evidence, "S4").set_index("claim_id").at["C35", "verdict"]
    assert table["strength 3 or more"] == "unsupported"
    assert table["check 4: own state in"] == "imprecise"
    assert len(set(table)) > 2
    assert robustness.neighbours(evidence, "C01").empty


def test_a_claim_of_plain_facts_hangs_on_no_choice(evidence: Evidence) -> None:
    table = robustness.multiverse(evidence).set_index("claim_id")
    assert table.at["C05", "neighbours"] == 0
    assert table.at["C35", "same"] < table.at["C35", "neighbours"]


def test_no_verdict_hangs_on_words_that_most_texts_have(evidence: Evidence) -> None:
    audit = robustness.placebo_audit(evidence)
    assert audit["weak"].any()
    assert not audit["weak"].all()
    weak = set(audit.loc[audit["weak"], ["entry_id", "check_no"]].itertuples(index=False, name=None))
    checks = load("checks")
    for entry_id, rows in checks.groupby("entry_id"):
        keys = {(entry_id, number) for number in rows["check_no"]}
        assert keys - weak, f"{entry_id} rests on words that most other texts have"


@pytest.mark.parametrize("threshold", [1, 2, 3])
@pytest.mark.parametrize("bar", [0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.71, 0.72, 0.75, 0.9, 1.0])
def test_no_parameter_makes_finding_and_verdict_of_chapter_4_disagree(threshold: int, bar: float) -> None:
    """The rule of the chapter and that of its checks are one, for every value of both parameters."""
    coded = alignment.adjudicate(load("codings_alignment")).merge(load("provisions"), on="provision_id")
    told = alignment.told_in(load("claim_provisions"), load("claims"), paragraph=3)
    named, security = coded[coded["provision_id"].isin(told)], coded[coded["pillar"] == "peace"]
    measures, part = (alignment.follows(rows, threshold=threshold, bar=bar) for rows in (named, security))
    [verdict] = claims.of_step("S4", threshold=threshold, bar=bar)["verdict"]
    assert (verdict == "unsupported") == (not measures)
    assert (verdict == "imprecise") == (measures and not part)
    reading = alignment.reading(measures=measures, security=part, whole=False)
    assert ("does not follow" in reading) == (not measures and not part)


def test_the_command_prints_one_claim_with_other_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["claims", "C35"]) == 0
    out = capsys.readouterr().out
    assert "Two reviewers before: imprecise; confirmed" in out
    assert "     strength 3 or more: unsupported" in out
    assert command.main(["claims", "C99"]) == 1
    assert "C99 is no claim_id of claims.csv" in capsys.readouterr().err


# --- cost


def test_claims_that_read_something_from_an_act_say_how_far_coders_agree_on_cost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    weighed = load("claim_variables").set_index("claim_id")["variable"].astype(str)
    evidence = load_evidence()
    scored = coding.load_scored(load("codings_signals"), load("events"), load("scales"))
    alphas = coding.agreement(scored, draws=2, seed=1).set_index("variable")["alpha"]
    words = (
        "cost, since an act shows as much as it costs its sender, and on cost the two coders of signals agree least "
    )
    words += (
        f"(alpha {alphas['cost']:.2f}; with a further annotator, whose codings are not shipped, a reported 0.59 to "
    )
    for claim_id in load("claims")["claim_id"]:
        said = robustness.leaning(evidence, claim_id)
        assert said.startswith(words) == (weighed.get(claim_id) == "cost"), claim_id
        assert bool(said) == (weighed.get(claim_id) == "cost")
    for claim_id, shown in (("C45", True), ("C60", True), ("C26", False), ("C05", False)):
        assert command.main(["claims", claim_id]) == 0
        assert (f"Leans on: {words}" in capsys.readouterr().out) == shown


def test_the_sentence_on_cost_moves_with_the_codings(data: Path, change: Callable[..., Path]) -> None:
    frame = load("codings_signals")
    file = data / "codings_signals.csv"
    rows = list(csv.DictReader(file.read_text("utf-8").splitlines()))
    for row in rows:
        if row["coder"] == "b" and row["cost"]:
            row["cost"] = "none" if row["cost"] != "none" else "tied"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(frame), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: row[name] for name in frame} for row in rows)
    change("reported_agreement", 11, low="0.11", high="0.22")
    said = robustness.leaning(load_evidence(data), "C60")
    assert "agree least (alpha -0." in said
    assert "a reported 0.11 to 0.22" in said


def test_no_check_reads_the_coded_cost() -> None:
    for table in ("checks", "forecasts"):
        assert not load(table)["arguments"].str.contains('"cost"').any()
