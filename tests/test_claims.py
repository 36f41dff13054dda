"""Checks and ledger: every computed verdict moves when its evidence moves, and says why."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array, hstack

from analysis.claims import ledger
from analysis.claims.checks import codings as checks_codings
from analysis.claims.checks import days as checks_days
from analysis.claims.checks import events as checks_events
from analysis.claims.checks import registry
from analysis.claims.checks import texts as checks_texts
from analysis.claims.evidence import Evidence, Outcome, last_cited_day, load_evidence
from analysis.claims.ledger import FAILING, outcomes, read_arguments, verdict_of
from analysis.cli import command
from analysis.core.errors import ParameterError
from analysis.data.tables import load
from analysis.signals import events as diplomacy
from analysis.texts.features import LONGEST, Features, hash_ngram
from analysis.texts.segment import tokenize

STATEMENT = "us-jpn-2025-02-07"
STRATEGY = "jpn-nds-2022"
Arguments = dict[str, Any]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


@pytest.fixture(scope="module")
def book(evidence: Evidence) -> pd.DataFrame:
    return ledger.ledger(evidence).set_index("claim_id")


# --- other evidence, in which a check comes out the other way


def with_table(evidence: Evidence, name: str, table: pd.DataFrame) -> Evidence:
    return replace(evidence, tables={**evidence.tables, name: table})


def with_texts(evidence: Evidence, **parts: Any) -> Evidence:
    """Other features, n-grams or another bibliography."""
    return replace(evidence, texts={**evidence.texts, **parts})


def with_cells(evidence: Evidence, name: str, rows: Any, **cells: Any) -> Evidence:
    """Other values in some rows (a mask) of a table."""
    table = evidence.tables[name].copy()
    changed = pd.Series(False, index=table.index)
    changed[rows] = True
    for column, value in cells.items():
        kept = table[column].astype("object")
        table[column] = pd.Series([value if c else k for k, c in zip(kept, changed, strict=True)], index=table.index)
    return with_table(evidence, name, table)


def event_rows(evidence: Evidence, *ids: str) -> Any:
    return evidence.tables["events"]["event_id"].isin(ids)


def with_event(evidence: Evidence, day: pd.Timestamp, venue: str, **actors: str) -> Evidence:
    """One more summit; actors maps names, with _ for blanks, to states."""
    events, present = evidence.tables["events"], evidence.tables["event_actors"]
    new = {**events.iloc[0], "event_id": "E999", "date": day, "venue": venue, "kind": "summit", "title": "One more"}
    rows = [
        {"event_id": "E999", "actor_no": n, "state": state, "name": name.replace("_", " ")}
        for n, (name, state) in enumerate(actors.items(), 1)
    ]
    evidence = with_table(evidence, "events", pd.concat([events, pd.DataFrame([new])], ignore_index=True))
    return with_table(evidence, "event_actors", pd.concat([present, pd.DataFrame(rows)], ignore_index=True))


def without_words(evidence: Evidence, words: str, document: str) -> Evidence:
    tokens = tokenize(words)[:LONGEST]
    lost = np.array([hash_ngram(tokens)], dtype=np.uint64)
    return with_texts(
        evidence,
        ngrams={k: np.setdiff1d(v, lost) if k[0] == document else v for k, v in evidence.ngrams.items()},
    )


def with_words(evidence: Evidence, words: str, document: str, section: str, paragraph: int) -> Evidence:
    """The words stand in the section, and in the first sentence of the paragraph where one is named."""
    tokens = tokenize(words)
    ngrams = dict(evidence.ngrams)
    for n in range(1, min(len(tokens), LONGEST) + 1):
        new = [hash_ngram(tokens[start : start + n]) for start in range(len(tokens) - n + 1)]
        key = (document, section or "0", n)
        ngrams[key] = np.union1d(ngrams.get(key, np.array([], dtype=np.uint64)), np.array(new, dtype=np.uint64))
    features = evidence.features
    missing = sorted(set(tokens) - set(features.vocabulary))
    vocabulary = (*features.vocabulary, *missing)
    place = (features.passages["document_id"] == document) & (features.passages["paragraph"] == (paragraph or 1))
    columns = [vocabulary.index(token) for token in tokens]
    rows = [int(np.flatnonzero(place.to_numpy())[0])] * len(tokens)
    old = features.counts.tocoo()
    shape = (len(features.passages), len(vocabulary))
    counts = coo_array(
        (np.append(old.data, [1] * len(rows)), (np.append(old.row, rows), np.append(old.col, columns))), shape
    )
    return with_texts(evidence, ngrams=ngrams, features=Features(features.passages, counts.tocsr(), vocabulary))


def other_words(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    words = a["words"] if isinstance(a["words"], tuple) else (a["words"],)
    if holds != a.get("absent", False):
        return without_words(evidence, words[0], a["document"])
    for item in words:
        evidence = with_words(evidence, item, a["document"], a.get("section", ""), a.get("paragraph", 0))
    return evidence


def other_headings(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    passages = evidence.features.passages.copy()
    passages.loc[passages["document_id"] == a["document"], "heading"] = False
    return with_texts(evidence, features=replace(evidence.features, passages=passages))


def other_count(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    columns = a.keys() - {"table", "at_least", "exactly", "first", "last"}
    column = min(columns, key=lambda name: (name.endswith("_id"), name))
    return with_cells(evidence, a["table"], slice(None), **{column: "something else"})


def other_date(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    if a["of"].startswith("E"):
        rows, day = event_rows(evidence, a["of"]), pd.Timestamp("2023-05-05") if holds else a["first"]
        return with_cells(evidence, "events", rows, date=day)
    rows = evidence.tables["documents"]["document_id"] == a["of"]
    return with_cells(evidence, "documents", rows, date=pd.Timestamp("2021-05-05"))


def other_interval(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    return with_cells(evidence, "events", event_rows(evidence, a["start"]), date=pd.Timestamp("2015-01-01"))


def other_happening(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    if a.get("expected", True):
        actors = evidence.tables["event_actors"]
        return with_table(evidence, "event_actors", actors[~actors["name"].isin(a["persons"])])
    actors = {name.replace(" ", "_"): "JPN" for name in a["persons"]}
    return with_event(evidence, a["first"], a.get("venue", ""), **actors)


def other_record(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    table = evidence.tables[a["table"]]
    rows = table[table.columns[0]] == a["key"]
    return with_cells(evidence, a["table"], rows, **{a["column"]: "something else" if holds else a["words"][0]})


def other_order(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    if holds:
        actors = {a["host"].replace(" ", "_"): "USA", "Somebody_Else": a["states"][0]}
        return with_event(evidence, a["since"], "Washington", **actors)
    actors = evidence.tables["event_actors"]
    own = set(actors.loc[actors["name"] == a["host"], "event_id"]) - {a["event"]}
    return with_table(evidence, "event_actors", actors[~actors["event_id"].isin(own)])


def other_protests(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    protests = evidence.tables["protests"].copy()
    earlier = (protests["trigger_kind"] == a["cause"]) & (protests["event_id"] < a["event"])
    protests.loc[earlier, "form"] = "remark"
    return with_table(evidence, "protests", protests)


def other_party(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    table = evidence.tables["governments"]
    last = table[(table["state"] == a["state"]) & (table["start"] < pd.Timestamp("2025-02-07"))].tail(2)
    party = last["party"].iloc[1] if holds else "another party"
    return with_cells(evidence, "governments", last.index[:1], party=party)


def other_telling(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    kind, key = ("provisions", "provision_id") if a.get("provisions") else ("events", "event_id")
    links = evidence.tables[f"claim_{kind}"]
    new = pd.DataFrame([{"claim_id": "C01", key: a[kind][0], "relation": "told"}])
    return with_table(evidence, f"claim_{kind}", pd.concat([links, new], ignore_index=True))


def other_acts(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    rows = evidence.tables["provisions"]["provision_id"].isin(a["provisions"])
    act = "note" if holds else a["acts"][0]
    evidence = with_cells(evidence, "provisions", rows, speech_act=act, speech_act_2=np.nan)
    actors = evidence.tables["provision_actors"]
    new = [{"provision_id": p, "state": state} for p in a["provisions"] for state in a["actors"]]
    others = actors[~actors["provision_id"].isin(a["provisions"])]
    return with_table(evidence, "provision_actors", pd.concat([others, pd.DataFrame(new)], ignore_index=True))


def other_speakers(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    table = evidence.tables["quotations"]
    rows = table["quotation_id"] == a["quotation"]
    return with_cells(evidence, "quotations", rows, said_by=table.loc[rows, "attributed_to"].iloc[0])


def other_strengths(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    codings = evidence.tables["codings_alignment"]
    return with_table(evidence, "codings_alignment", codings.assign(strength=0))


def other_texts(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    """The pair has no words in common: those of the strategy are exchanged for words that nobody else has."""
    features = evidence.features
    own = (features.passages["document_id"] == a["strategy"]).to_numpy()
    kept = features.counts * ~own[:, None]
    counts = hstack([kept, coo_array(own[:, None].astype(kept.dtype))]).tocsr()
    counts.eliminate_zeros()
    return with_texts(evidence, features=Features(features.passages, counts, (*features.vocabulary, "zzz")))


def other_statement_of_2024(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    return with_cells(evidence, "provisions", evidence.tables["provisions"]["pillar"] == a["pillar"], in_2024="no")


def other_change(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    codings = evidence.tables["codings_topics"]
    rows = (codings["topic_id"] == a["topic"]) & codings["change"].notna()
    return with_cells(evidence, "codings_topics", rows, change="kept")


def other_reference(evidence: Evidence, a: Arguments, holds: bool) -> Evidence:
    entry = {**evidence.bibliography[a["key"]], "date": "2025-02-12"}
    return with_texts(evidence, bibliography={**evidence.bibliography, a["key"]: entry})


OTHER: dict[str, Callable[[Evidence, Arguments, bool], Evidence]] = {
    "quotation": other_words,
    "term": other_words,
    "heading": other_words,
    "heading_count": other_headings,
    "count": other_count,
    "date": other_date,
    "interval": other_interval,
    "happened": other_happening,
    "recorded": other_record,
    "nth_meeting": other_order,
    "stronger_protest": other_protests,
    "party_changed": other_party,
    "untold": other_telling,
    "act": other_acts,
    "speakers": other_speakers,
    "coverage": other_strengths,
    "rank": other_texts,
    "carried_over": other_statement_of_2024,
    "topic_kept": other_change,
    "citation": other_reference,
}
CHECKED = sorted(set(load("checks")["entry_id"]))
COMPUTED = [entry_id for entry_id in CHECKED if entry_id.startswith("C")]


def altered(evidence: Evidence, check: Any) -> Evidence:
    arguments = read_arguments(str(check.check), str(check.arguments))
    return OTHER[str(check.check)](evidence, arguments, bool(check.holds))


@pytest.mark.parametrize("entry_id", CHECKED)
def test_every_check_and_verdict_turns_when_its_evidence_is_altered(evidence: Evidence, entry_id: str) -> None:
    found = outcomes(evidence, [entry_id])
    for number, check in enumerate(found.itertuples()):
        other = outcomes(altered(evidence, check), [entry_id])
        assert bool(other["holds"][number]) != bool(check.holds), f"{entry_id}, check {check.check_no}"
        assert other["sentence"][number] != check.sentence
        if entry_id in COMPUTED and found["holds"].all():
            changed = verdict_of(other)
            assert changed != "confirmed"
            assert list(FAILING.values()).index(changed) >= list(FAILING).index(str(check.part))


@pytest.mark.parametrize("claim_id", COMPUTED)
def test_a_verdict_other_than_confirmed_turns_when_all_that_fails_is_altered(evidence: Evidence, claim_id: str) -> None:
    found = outcomes(evidence, [claim_id])
    verdict, failed = verdict_of(found), found[~found["holds"]]
    assert (verdict == "confirmed") == failed.empty
    for check in failed.itertuples():
        evidence = altered(evidence, check)
    assert failed.empty or verdict_of(outcomes(evidence, [claim_id])) != verdict


def test_every_check_is_used_and_can_be_altered() -> None:
    assert set(registry.CHECKS) == set(OTHER) == set(load("checks")["check"].astype(str))
    assert set(registry.CHECKS) == set(load("checks")["check"].cat.categories)


# --- verdicts


def test_the_ledger_has_every_claim_and_most_are_computed(book: pd.DataFrame) -> None:
    counts = book["kind"].value_counts()
    assert len(book) == 84
    assert counts["computed"] >= 48
    assert counts["computed"] + counts["judged"] == 84
    assert (book["reason"].str.len() > 20).all()
    assert (book["would_change"].str.len() > 0).all()


def test_no_verdict_of_a_computed_claim_is_typed(book: pd.DataFrame) -> None:
    assert "verdict" not in load("claims")
    assert set(book.index[book["kind"] == "judged"]) == set(load("judgements")["claim_id"])


@pytest.mark.parametrize(
    ("failed", "verdict"),
    [
        ((), "confirmed"),
        (("detail",), "confirmed with correction"),
        (("detail", "meaning"), "imprecise"),
        (("meaning", "quotation"), "misquoted"),
        (("quotation", "core", "detail"), "unsupported"),
    ],
)
def test_the_weightiest_part_that_fails_decides(failed: tuple[str, ...], verdict: str) -> None:
    parts = ["core", "meaning", "quotation", "detail"]
    assert verdict_of(pd.DataFrame({"part": parts, "holds": [part not in failed for part in parts]})) == verdict
    assert set(FAILING.values()) | {"confirmed", "not checkable"} == set(ledger.VERDICTS)


def test_reason_and_change_name_what_decides() -> None:
    frame = pd.DataFrame(
        {
            "part": ["core", "detail", "detail"],
            "holds": [True, False, False],
            "sentence": ["A.", "B.", "B."],
            "otherwise": ["a", "b", "c"],
        }
    )
    assert ledger.reason_of(frame) == "B."
    assert ledger.would_change(frame) == "Another verdict would follow if b and c."
    assert ledger.would_change(frame[frame["holds"]]) == "Another verdict would follow if a."


def test_verdicts_differ_from_the_first_reviews_only_where_the_changelog_says_so(book: pd.DataFrame) -> None:
    reviews = load("claim_reviews").query("reviewer == 'second'").set_index("claim_id")["verdict"].astype(str)
    assert list(book.index[book["verdict"] != reviews[book.index]]) == ["C30"]


def test_the_first_reviews_are_kept_beside_the_ledger() -> None:
    reviews = load("claim_reviews")
    assert set(reviews["reviewer"]) == {"first", "second"}
    assert set(reviews["claim_id"]) == set(load("claims")["claim_id"])


# --- hindsight


def test_no_check_sees_what_came_after_the_last_source_of_the_article(evidence: Evidence) -> None:
    day = last_cited_day(evidence.tables["claims"], evidence.bibliography)
    assert day == pd.Timestamp("2025-02-25")
    kept = set(evidence.tables["events"]["event_id"])
    assert evidence.tables["events"]["date"].max() <= day < load("events")["date"].max()
    assert set(evidence.tables["codings_signals"]["event_id"]) <= kept
    assert set(evidence.tables["protests"]["event_id"]) <= kept
    assert list(evidence.tables["events"].columns) == list(load("events").columns)
    assert list(evidence.tables["events"].index) == list(range(len(kept)))


def test_a_check_that_asks_for_a_later_event_is_refused(evidence: Evidence) -> None:
    with pytest.raises(ParameterError, match=r"E126 is no event_id of events.csv that the checks may read"):
        checks_days.date(evidence, of="E126", first=pd.Timestamp("2025-11-13"))


# --- single checks


def test_the_statement_is_of_another_day_in_tokyo(evidence: Evidence) -> None:
    def on(day: str, zone: str = "") -> bool:
        return checks_days.date(evidence, of="E083", first=pd.Timestamp(day), zone=zone).holds

    assert on("2025-02-07")
    assert on("2025-02-07", "America/New_York")
    assert on("2025-02-08", "Asia/Tokyo")
    assert on("2025-02-08", "Asia/Shanghai")
    assert not on("2025-02-08")
    sentence = checks_days.date(evidence, of="E083", first=pd.Timestamp("2025-02-08")).sentence
    assert "19:00 in Washington (8 February 2025, 09:00, in Tokyo), so not of 8 February 2025" in sentence


def test_the_day_in_a_zone_needs_an_hour(evidence: Evidence) -> None:
    with pytest.raises(ParameterError, match="E086 has no hour"):
        checks_days.date(evidence, of="E086", first=pd.Timestamp("2025-02-10"), zone="Asia/Tokyo")


def test_the_time_between_two_visits(evidence: Evidence) -> None:
    outcome = checks_days.interval(evidence, start="E021", end="E065", unit="months", at_least=20.5, at_most=21.5)
    assert outcome.holds
    assert "20.8 months (1 year, 8 months and 23 days); the claim allows 20.5 to 21.5" in outcome.sentence
    assert not checks_days.interval(
        evidence, start="E021", end="E065", unit="months", at_least=19.5, at_most=20.5
    ).holds
    with pytest.raises(ParameterError, match="not one of hours, days, months"):
        checks_days.interval(evidence, start="E021", end="E065", unit="weeks")
    with pytest.raises(ParameterError, match="both need an hour"):
        checks_days.interval(evidence, start="E021", end="E065", unit="hours")


def test_the_day_counts_where_the_answer_was_given(evidence: Evidence) -> None:
    days = checks_days.interval(evidence, start="E083", end="E086", at_most=2, zone="Asia/Shanghai")
    assert days.holds
    assert not checks_days.interval(evidence, start="E083", end="E086", at_most=2).holds


def test_order_among_visitors(evidence: Evidence) -> None:
    def ishiba(place: int, **more: Any) -> Outcome:
        since = pd.Timestamp("2025-01-20")
        arguments = {"states": ("ISR", "JPN", "IND"), **more}
        return checks_events.nth_meeting(
            evidence, host="Donald Trump", event="E082", since=since, place=place, **arguments
        )

    assert ishiba(2).holds
    assert "second meeting in person" in ishiba(1).sentence
    assert "Netanyahu" in ishiba(1).sentence
    assert ishiba(1, states=("JPN",)).holds
    assert ishiba(2, states=("JPN", "IND"), in_person=False).holds
    assert not ishiba(1, states=("KOR",)).holds
    assert "is no meeting in person of Donald Trump" in ishiba(1, states=("KOR",)).sentence


def test_a_word_in_one_section_and_not_in_another(evidence: Evidence) -> None:
    def stands(section: str, **more: Any) -> Outcome:
        return checks_texts.term(evidence, words=("command and control",), document=STRATEGY, section=section, **more)

    assert stands("IV-5").holds
    assert not stands("III-2").holds
    assert stands("III-2", absent=True).holds
    assert not stands("IV-5", absent=True).holds
    assert stands("III-2").sentence == "“command and control” does not stand in section III-2 of the strategy."


def test_a_word_in_another_paragraph_of_the_same_section(evidence: Evidence) -> None:
    def stands(paragraph: int) -> bool:
        return checks_texts.term(
            evidence, words=("contingencies",), document=STATEMENT, section="#1", paragraph=paragraph
        ).holds

    assert stands(4)
    assert not stands(5)


def test_words_that_stand_instead_are_named_only_where_they_do(evidence: Evidence) -> None:
    def sentence(instead: str) -> str:
        return checks_texts.quotation(
            evidence, words="illegal", document=STATEMENT, section="#3", instead=instead
        ).sentence

    assert sentence("unlawful maritime claims").endswith("which has “unlawful maritime claims”.")
    assert "lawful conquest" not in sentence("lawful conquest")


def test_headings_and_their_order(evidence: Evidence) -> None:
    one, other = "Cooperation for Peace", "Coordination in the Indo-Pacific"
    assert checks_texts.heading(evidence, words=(one, other), document=STATEMENT).holds
    turned = checks_texts.heading(evidence, words=(other, one), document=STATEMENT)
    assert (turned.holds, "in another order" in turned.sentence) == (False, True)
    assert not checks_texts.heading(
        evidence, words=("golden age",), document=STATEMENT
    ).holds  # in the text, in no heading
    assert not checks_texts.heading_count(evidence, words="U.S.-Japan", document=STATEMENT, exactly=4).holds


def test_who_did_what(evidence: Evidence) -> None:
    def does(provision: str, act: str, *actors: str, **more: Any) -> bool:
        return checks_codings.act(evidence, provisions=(provision,), acts=(act,), actors=actors, **more).holds

    assert does("P20", "welcome", "USA")
    assert not does("P20", "encourage", "USA")
    assert not does("P20", "welcome", "JPN")
    assert does("P12", "intend", "USA")
    assert not does("P12", "intend", "USA", alone=True)
    assert does("P45", "oppose", "USA", "JPN", target="CHN")
    assert not does("P45", "oppose", "USA", "JPN", target="PRK")


def test_a_protest_is_set_beside_earlier_ones_of_its_cause(evidence: Evidence) -> None:
    outcome = checks_events.stronger_protest(evidence, event="E087", cause="alliance")
    assert not outcome.holds
    assert "three had the same form and rank as E087" in outcome.sentence
    assert not checks_events.stronger_protest(evidence, event="E013", cause="alliance").holds  # there is no earlier one


def test_an_equal_and_a_stronger_protest_do_not_make_up_for_each_other(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = pd.DataFrame({"comparison": ["equal", "stronger", "weaker"]})
    monkeypatch.setattr(diplomacy, "rank_among", lambda *_: earlier)
    assert not checks_events.stronger_protest(evidence, event="E087", cause="alliance").holds
    monkeypatch.setattr(diplomacy, "rank_among", lambda *_: earlier[2:])
    assert checks_events.stronger_protest(evidence, event="E087", cause="alliance").holds


def test_counts_by_values_and_days(evidence: Evidence) -> None:
    window = {"first": pd.Timestamp("2024-04-01"), "last": pd.Timestamp("2024-12-31")}
    assert checks_events.count(evidence, table="protests", form=("called in",), exactly=2, **window).holds
    assert checks_events.count(evidence, table="provisions", domain_tags=("Taiwan",), exactly=4).holds
    assert not checks_events.count(evidence, table="provisions", domain_tags=("Taiwan",), at_least=5).holds


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: checks_events.count(e, table="protest", at_least=1), "no table “protest” \\(nearest: protests\\)"),
        (lambda e: checks_events.count(e, table="protests", forms=("x",)), "no column “forms” \\(nearest: form\\)"),
        (
            lambda e: checks_events.recorded(e, table="events", key="E001", column="place", words=("x",)),
            "no column “place”",
        ),
        (lambda e: checks_codings.act(e, provisions=("P99",), acts=("x",), actors=("USA",)), "P99 is no provision_id"),
        (lambda e: checks_codings.coverage(e, pillar="war", least=0.5, strength=2), "pillar: “war” has no provisions"),
        (lambda e: checks_codings.carried_over(e, pillar="war", least=0.5), "pillar: “war” has no provisions"),
        (
            lambda e: checks_codings.rank(e, statement=STATEMENT, strategy=STRATEGY, among="texts", largest_p=0.1),
            "among: 'texts' is not one of statements, strategies",
        ),
        (lambda e: checks_events.party_changed(e, state="JPN", before="E001"), "fewer than two leaders of JPN"),
        (
            lambda e: checks_codings.citation(e, key="nobody", event="E088", day=pd.Timestamp("2025-02-11")),
            "no key of sources",
        ),
        (lambda e: checks_texts.term(e, words=("x",), document="kor-dwp-2022"), "quotations can be checked in"),
    ],
)
def test_a_check_that_does_not_fit_the_evidence(
    evidence: Evidence, call: Callable[[Evidence], Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        call(evidence)


# --- arguments


def test_arguments_get_the_types_of_the_check() -> None:
    found = read_arguments("coverage", "provisions=P05|P12; strength=2; least=0.75")
    assert found == {"provisions": ("P05", "P12"), "strength": 2, "least": 0.75}
    found = read_arguments("happened", "persons=A; first=2025-01-01; last=2025-02-01; expected=no")
    assert found["expected"] is False
    assert found["first"] == pd.Timestamp("2025-01-01")
    assert read_arguments("count", "table=events; kind=call|summit; at_least=2")["kind"] == ("call", "summit")


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        ("quote", "words=x", "no check “quote” \\(nearest: quotation\\)"),
        ("quotation", "words", "“words” is no argument"),
        ("quotation", "words=x; words=y; document=z", "“words=y” is no argument"),
        ("quotation", "words=x", "quotation needs document"),
        (
            "quotation",
            "words=x; document=y; place=z",
            "no argument “place”; allowed: words, document",
        ),
        ("coverage", "least=much; strength=2", "least: “much”; allowed: a number"),
        ("coverage", "least=0.5; strength=two", "strength: “two”; allowed: a whole number"),
        ("date", "of=E001; first=2025-02-30", "first: “2025-02-30”; allowed: a day as YYYY-MM-DD"),
        ("date", "of=E001; first=2025-02-01; last=soon", "last: “soon”; allowed: a day as YYYY-MM-DD"),
        ("act", "provisions=P01; acts=x; actors=USA; alone=true", "alone: “true”; allowed: yes or no"),
    ],
)
def test_arguments_that_a_check_does_not_take(check: str, arguments: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read_arguments(check, arguments)


def test_an_error_names_the_check(evidence: Evidence) -> None:
    checks = evidence.tables["checks"].assign(arguments="provisions=P99; acts=x; actors=USA")
    broken = with_table(evidence, "checks", checks[checks["entry_id"] == "C23"])
    with pytest.raises(ParameterError, match=r"checks.csv, C23, check 1 \(act\): P99 is no provision_id"):
        outcomes(broken)


# --- omissions, summary, command


def test_counts_of_verdicts_and_of_claims_that_hold(book: pd.DataFrame) -> None:
    frame = pd.DataFrame({"verdict": ["confirmed", "confirmed with correction", "imprecise", "not checkable"]})
    assert ledger.holding(frame) == (2, 3)
    assert ledger.verdict_counts(frame)["misquoted"] == 0
    assert sum(ledger.verdict_counts(book).values()) == 84


def test_the_ledger_counts_its_rows_from_the_first(evidence: Evidence) -> None:
    table = ledger.ledger(evidence, "S4")
    assert list(table.index) == list(range(len(table)))
    assert table.columns[0] == "claim_id"


def test_one_step_is_the_same_as_its_part_of_the_whole(evidence: Evidence, book: pd.DataFrame) -> None:
    part = ledger.ledger(evidence, "S4").set_index("claim_id")
    pd.testing.assert_frame_equal(part, book.loc[part.index])


def test_omissions_are_shown_by_the_data(evidence: Evidence) -> None:
    table = ledger.omissions(evidence)
    assert table["shown"].all()
    assert set(table["step_id"]) <= set(load("steps")["step_id"])


def test_the_command_prints_every_claim_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["claims", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 84
    assert sum(claim["kind"] == "computed" for claim in found) >= 48
    assert all(bool(claim["checks"]) == (claim["kind"] == "computed") for claim in found)
    one = next(claim for claim in found if claim["claim_id"] == "C32")
    assert one["checks"][1]["arguments"]["words"] == "illegal"
    assert one["provisions"] == ["P46"]


def test_the_command_chooses_by_step_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["claims", "--step", "S2", "--verdict", "misquoted"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("C32  misquoted (computed)")
    assert out.endswith("one claim: 0 of 1 that can be checked hold\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--step", "S9"], "step: “S9” is unknown (nearest: S8); allowed: S1, S2"),
        (["--verdict", "misquote"], "verdict: “misquote” is unknown (nearest: misquoted)"),
    ],
)
def test_the_command_names_what_is_allowed(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["claims", *arguments]) == 1
    assert message in capsys.readouterr().err
