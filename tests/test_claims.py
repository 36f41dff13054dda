"""Checks and ledger: every computed verdict moves when its evidence moves, and every check says what it found."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from altered import altered
from scipy.sparse import coo_array, hstack

from analysis import claims
from analysis.claims import ledger
from analysis.claims.checks import CHECKS, codings, events, read_check, texts
from analysis.claims.evidence import Check, Evidence, Outcome, last_cited_day, load_evidence
from analysis.claims.ledger import FAILING, outcomes, verdict_of
from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import ParameterError
from analysis.data.completeness import NOT_DECIDABLE
from analysis.data.tables import load
from analysis.texts.features import LONGEST, Features, hash_ngram
from analysis.texts.segment import tokenize

STATEMENT = "us-jpn-2025-02-07"
STRATEGY = "jpn-nds-2022"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


@pytest.fixture(scope="module")
def book(evidence: Evidence) -> pd.DataFrame:
    return ledger.ledger(evidence).set_index("claim_id")


# --- other evidence, in which a check comes out the other way


def with_table(evidence: Evidence, name: str, table: pd.DataFrame) -> Evidence:
    return altered(evidence, {name: table})


def with_cells(evidence: Evidence, name: str, rows: Any, **cells: Any) -> Evidence:
    """Other values in some rows (a mask) of a table."""
    table = evidence.table(name).copy()
    changed = pd.Series(False, index=table.index)
    changed[rows] = True
    for column, value in cells.items():
        kept = table[column].astype("object")
        table[column] = pd.Series([value if c else k for k, c in zip(kept, changed, strict=True)], index=table.index)
    return with_table(evidence, name, table)


def event_rows(evidence: Evidence, *ids: str) -> Any:
    return evidence.table("events")["event_id"].isin(ids)


def with_event(evidence: Evidence, day: pd.Timestamp, venue: str, **actors: str) -> Evidence:
    """One more summit; actors maps names, with _ for blanks, to states."""
    events, present = evidence.table("events"), evidence.table("event_actors")
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
    return altered(
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
    return altered(evidence, ngrams=ngrams, features=Features(features.passages, counts.tocsr(), vocabulary))


def other_words(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    words = c.words if isinstance(c.words, tuple) else (c.words,)
    if holds != getattr(c, "absent", False):
        return without_words(evidence, words[0], c.document)
    for item in words:
        evidence = with_words(evidence, item, c.document, c.section, getattr(c, "paragraph", 0))
    return evidence


def other_headings(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    passages = evidence.features.passages.copy()
    passages.loc[passages["document_id"] == c.document, "heading"] = False
    return altered(evidence, features=replace(evidence.features, passages=passages))


def other_count(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    column = min((column for column, _ in c.where), key=lambda name: (name.endswith("_id"), name))
    table = "occasions" if column == "cause" and c.table == "protests" else c.table
    return with_cells(evidence, table, slice(None), **{column: "something else"})


def other_date(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    if c.of.startswith("E"):
        rows, day = event_rows(evidence, c.of), pd.Timestamp("2023-05-05") if holds else c.first
        return with_cells(evidence, "events", rows, date=day)
    rows = evidence.table("documents")["document_id"] == c.of
    return with_cells(evidence, "documents", rows, date=pd.Timestamp("2021-05-05"))


def other_interval(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    return with_cells(evidence, "events", event_rows(evidence, c.start), date=pd.Timestamp("2015-01-01"))


def other_happening(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    if c.expected:
        actors = evidence.table("event_actors")
        return with_table(evidence, "event_actors", actors[~actors["name"].isin(c.persons)])
    actors = {name.replace(" ", "_"): "JPN" for name in c.persons}
    return with_event(evidence, c.first, c.venue, **actors)


def other_contact(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    table = evidence.table("contacts")
    if c.expected:
        met = table["persons"].map(set(c.persons).issubset)
        return with_table(evidence, "contacts", table[~met].reset_index(drop=True))
    new = table[table["dyad"] == c.dyad].tail(1).assign(persons=[c.persons], date=c.first, place=c.place, level=c.level)
    return with_table(evidence, "contacts", pd.concat([table, new.assign(contact_id="M999")], ignore_index=True))


def other_rate(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    table = evidence.table("contacts")
    inside = (table["dyad"] == c.dyad) & table["date"].between(c.first, c.last)
    return with_table(evidence, "contacts", table[~inside].reset_index(drop=True))


def other_first_meeting(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    rows = evidence.table("first_meetings")["meeting_id"] == c.meeting
    later = {c.among: c.place + 1} if c.among else {"date": pd.Timestamp("2025-03-01")}
    return with_cells(evidence, "first_meetings", rows, **later)


def other_record(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    table = evidence.table(c.table)
    rows = table[table.columns[0]] == c.key
    return with_cells(evidence, c.table, rows, **{c.column: "something else" if holds else c.words[0]})


def other_order(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    if holds:
        actors = {c.host.replace(" ", "_"): "USA", "Somebody_Else": c.states[0]}
        return with_event(evidence, c.since, "Washington", **actors)
    actors = evidence.table("event_actors")
    own = set(actors.loc[actors["name"] == c.host, "event_id"]) - {c.event}
    return with_table(evidence, "event_actors", actors[~actors["event_id"].isin(own)])


def other_protests(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    protests = evidence.table("protests").copy()
    protests.loc[protests["protest_id"] != c.protest, "form"] = "remark"
    return with_table(evidence, "protests", protests)


def other_party(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    table = evidence.table("governments")
    last = table[(table["state"] == c.state) & (table["start"] < pd.Timestamp("2025-02-07"))].tail(2)
    party = last["party"].iloc[1] if holds else "another party"
    return with_cells(evidence, "governments", last.index[:1], party=party)


def other_telling(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    kind, key = ("provisions", "provision_id") if c.provisions else ("events", "event_id")
    links = evidence.table(f"claim_{kind}")
    new = pd.DataFrame([{"claim_id": "C01", key: getattr(c, kind)[0], "relation": "told"}])
    return with_table(evidence, f"claim_{kind}", pd.concat([links, new], ignore_index=True))


def other_acts(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    rows = evidence.table("provisions")["provision_id"].isin(c.provisions)
    act = "note" if holds else c.acts[0]
    evidence = with_cells(evidence, "provisions", rows, speech_act=act, speech_act_2=np.nan)
    actors = evidence.table("provision_actors")
    new = [{"provision_id": p, "state": state} for p in c.provisions for state in c.actors]
    others = actors[~actors["provision_id"].isin(c.provisions)]
    return with_table(evidence, "provision_actors", pd.concat([others, pd.DataFrame(new)], ignore_index=True))


def other_speakers(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    table = evidence.table("quotations")
    rows = table["quotation_id"] == c.quotation
    return with_cells(evidence, "quotations", rows, said_by=table.loc[rows, "attributed_to"].iloc[0])


def other_strengths(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    codings = evidence.table("codings_alignment")
    return with_table(evidence, "codings_alignment", codings.assign(strength=0))


def other_texts(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    """The pair, or each of its rivals among strategies, shares no words: they are exchanged for one that nobody has."""
    features, documents = evidence.features, evidence.table("documents")
    rivals = documents.loc[(documents["kind"] == "strategy") & (documents["document_id"] != c.strategy), "document_id"]
    exchanged = [c.strategy] if holds else list(rivals)
    own = features.passages["document_id"].isin(exchanged).to_numpy()
    kept = features.counts * ~own[:, None]
    counts = hstack([kept, coo_array(own[:, None].astype(kept.dtype))]).tocsr()
    counts.eliminate_zeros()
    return altered(evidence, features=Features(features.passages, counts, (*features.vocabulary, "zzz")))


def other_statement_of_2024(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    return with_table(evidence, "codings_precedents", evidence.table("codings_precedents").assign(strength=0))


def other_change(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    codings = evidence.table("codings_topics")
    rows = (codings["topic_id"] == c.topic) & codings["change"].notna()
    return with_cells(evidence, "codings_topics", rows, change="kept")


def other_reference(evidence: Evidence, c: Any, holds: bool) -> Evidence:
    entry = {**evidence.bibliography[c.key], "date": "2025-02-12"}
    return altered(evidence, bibliography={**evidence.bibliography, c.key: entry})


OTHER: dict[str, Callable[[Evidence, Any, bool], Evidence]] = {
    "quotation": other_words,
    "term": other_words,
    "heading": other_words,
    "heading_count": other_headings,
    "count": other_count,
    "date": other_date,
    "interval": other_interval,
    "happened": other_happening,
    "contact": other_contact,
    "contacts_held_up": other_rate,
    "first_meeting": other_first_meeting,
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


def turned(evidence: Evidence, check: Any) -> Evidence:
    """Evidence in which a check comes out the other way."""
    return OTHER[str(check.check)](evidence, read_check(str(check.check), str(check.arguments)), bool(check.holds))


@pytest.mark.parametrize("entry_id", CHECKED)
def test_every_check_and_verdict_turns_when_its_evidence_is_altered(evidence: Evidence, entry_id: str) -> None:
    before = outcomes(evidence, [entry_id])
    for number, check in enumerate(before.itertuples()):
        other = outcomes(turned(evidence, check), [entry_id])
        assert bool(other["holds"][number]) != bool(check.holds), f"{entry_id}, check {check.check_no}"
        assert (other["found"][number], other["expected"][number]) != (check.found, check.expected)
        if entry_id in COMPUTED and before["holds"].all():
            changed = verdict_of(other)
            assert changed != "confirmed"
            if changed != NOT_DECIDABLE:
                assert list(FAILING.values()).index(changed) >= list(FAILING).index(str(check.part))


@pytest.mark.parametrize("claim_id", COMPUTED)
def test_a_verdict_other_than_confirmed_turns_when_all_that_fails_is_altered(evidence: Evidence, claim_id: str) -> None:
    before = outcomes(evidence, [claim_id])
    verdict, failed = verdict_of(before), before[~before["holds"]]
    assert (verdict == "confirmed") == failed.empty
    for check in failed.itertuples():
        evidence = turned(evidence, check)
    assert failed.empty or verdict_of(outcomes(evidence, [claim_id])) != verdict


def test_every_check_is_used_and_can_be_altered() -> None:
    used = {*load("checks")["check"].astype(str), *load("forecasts")["check"].astype(str)}
    assert set(CHECKS) == set(OTHER) == used
    assert set(CHECKS) == set(load("checks")["check"].cat.categories) == set(load("forecasts")["check"].cat.categories)


# --- what a check says

# ids without words around them, names of columns, words of a query, two full stops
CODES = re.compile(r"\w_\w|(?<!\()\b[EPQT]\d{2,3}\b(?!\)|, P)|\bit were\b|\.\.|^\W*$|[A-Z]{3}-[A-Z]{3}|  | ,|,$")


@pytest.mark.parametrize("entry_id", [*CHECKED, "forecasts"])
def test_every_check_says_what_it_needs_and_found_in_plain_words(evidence: Evidence, entry_id: str) -> None:
    table = claims.forecasts(load_evidence(hindsight=True)) if entry_id == "forecasts" else None
    table = outcomes(evidence, [entry_id]) if table is None else table
    for phrase in [*table["expected"], *table["found"]]:
        assert not CODES.search(phrase), phrase
        assert not phrase.endswith("."), phrase


@pytest.mark.parametrize(
    ("check", "holds", "expected", "found"),
    [
        (
            texts.Quotation("new golden era", STATEMENT),
            False,
            "“new golden era” word for word in the statement",
            "absent; the nearest wording is “new golden age” (one word changed)",
        ),
        (
            texts.Term(("security", "whales"), STATEMENT, section="#1", absent=True),
            False,
            "no “security” or “whales” in the part on peace of the statement",
            "“security” present",
        ),
        (
            events.Count("events", (("kind", ("call",)),), exactly=0, first=pd.Timestamp("2024-12-01")),
            False,
            "no events of the kind “call” since 1 December 2024",
            "five such events",
        ),
        (
            events.Recorded("claims", "C01", "cited_sources", ("x",)),
            False,
            "“x” as the cited sources of C01",
            "nothing is recorded",
        ),
        (
            codings.Act(("P45",), ("oppose",), ("USA", "JPN"), target="CHN"),
            True,
            "the speech act “oppose” towards China by the United States and Japan in the provision “by force or "
            "coercion” (P45)",
            "“oppose” and “reiterate” towards China by the United States and Japan",
        ),
        (
            events.Interval("E001", "E002", unit="hours", at_most=10),
            False,
            "at most 10 hours from “First Biden-Suga call after the inauguration” to “First Quad leaders' summit "
            "(virtual)”",
            "1055.5 hours",
        ),
    ],
)
def test_what_a_check_says(evidence: Evidence, check: Check, holds: bool, expected: str, found: str) -> None:
    assert evidence.outcome(check) == Outcome(holds, found, expected)


# --- verdicts


def test_the_ledger_has_every_claim_and_most_are_computed(book: pd.DataFrame) -> None:
    counts = book["kind"].value_counts()
    assert len(book) == 84
    assert counts["computed"] >= 48
    assert counts["computed"] + counts["judged"] == 84
    assert (book[["expected", "found", "would_change"]] != "").all(axis=None)


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
    frame = pd.DataFrame({"part": parts, "holds": [part not in failed for part in parts], "decided": True})
    assert verdict_of(frame) == verdict
    assert set(FAILING.values()) | {"confirmed", "not checkable", NOT_DECIDABLE} == set(ledger.VERDICTS)


@pytest.mark.parametrize(
    ("undecided", "holds", "verdict"),
    [
        ("core", True, NOT_DECIDABLE),
        ("core", False, NOT_DECIDABLE),
        ("detail", True, NOT_DECIDABLE),
        ("none", True, "confirmed"),
    ],
)
def test_what_rests_on_an_absence_is_decided_by_a_complete_list_alone(
    undecided: str, holds: bool, verdict: str
) -> None:
    parts = ["core", "meaning", "detail"]
    frame = pd.DataFrame({"part": parts, "holds": True, "decided": [part != undecided for part in parts]})
    frame.loc[frame["part"] == undecided, "holds"] = holds
    assert verdict_of(frame) == verdict
    heavier = pd.DataFrame([{"part": "quotation", "holds": False, "decided": True}, *frame.to_dict("records")])
    assert verdict_of(heavier) == (verdict if undecided == "core" else "misquoted")


RESTING = [
    entry_id
    for entry_id in COMPUTED
    if (table := outcomes(load_evidence(), [entry_id]))["decided"].all()
    and any(
        load_evidence().outcome(read_check(str(row.check), str(row.arguments))).absence is not None
        for row in table.itertuples()
    )
]


@pytest.mark.parametrize("claim_id", RESTING)
def test_a_verdict_on_an_absence_falls_with_the_declaration(evidence: Evidence, claim_id: str) -> None:
    """Take the declaration away, and what rests on it is not decidable any more."""
    declared = evidence.table("completeness")
    rows = ledger.outcomes(evidence, [claim_id])
    own = with_table(evidence, "completeness", declared.assign(status="selection"))
    assert not ledger.outcomes(own, [claim_id])["decided"].all()
    assert rows["decided"].all()


def test_some_verdicts_rest_on_an_absence() -> None:
    assert {"C05", "C06", "C70"} <= set(RESTING)


def test_what_would_change_a_verdict_follows_from_what_decides_it() -> None:
    frame = pd.DataFrame(
        {
            "part": ["core", "detail", "meaning", "meaning"],
            "holds": [True, False, False, False],
            "decided": True,
            "expected": ["a", "b", "c", "d"],
            "found": ["w", "x", "y", "y"],
        }
    )
    assert list(ledger.telling(frame)["expected"]) == ["b", "c", "d"]
    assert ledger.together(ledger.decisive(frame)["found"]) == "y"
    assert ledger.would_change(frame) == "Another verdict would follow if instead were found: (1) c; (2) d."
    assert ledger.would_change(frame[:1]) == "Another verdict would follow if what is expected were not found."
    holding = frame.assign(holds=True)[:2]
    assert ledger.would_change(holding) == (
        "Another verdict would follow if any part of what is expected were not found."
    )


def test_verdicts_differ_from_the_second_review_only_where_the_changelog_says_so(book: pd.DataFrame) -> None:
    reviews = load("claim_reviews").query("reviewer == 'second'").set_index("claim_id")["verdict"].astype(str)
    changed = [
        "C20",
        "C26",
        "C32",
        "C35",
        "C38",
        "C40",
        "C42",
        "C52",
        "C53",
        "C54",
        "C55",
        "C56",
        "C58",
        "C60",
        "C68",
        "C74",
    ]
    assert list(book.index[book["verdict"] != reviews[book.index]]) == changed
    changelog = paths.CHANGELOG.read_text(encoding="utf-8")
    assert [claim for claim in changed if claim not in changelog] == []


def test_the_first_reviews_are_kept_beside_the_ledger() -> None:
    reviews = load("claim_reviews")
    assert set(reviews["reviewer"]) == {"first", "second"}
    assert set(reviews["claim_id"]) == set(load("claims")["claim_id"])


# --- hindsight


def test_no_check_sees_what_came_after_the_last_source_of_the_article(evidence: Evidence) -> None:
    day = last_cited_day(evidence.table("claims"), evidence.bibliography)
    assert day == evidence.last_day == pd.Timestamp("2025-02-25")
    known = set(evidence.table("events")["event_id"])
    assert evidence.table("events")["date"].max() <= day < load("events")["date"].max()
    assert set(evidence.table("codings_signals")["event_id"]) <= known
    assert set(evidence.table("protests")["event_id"]) - {""} <= known
    for name in ("contacts", "occasions", "protests", "lodged_protests"):
        assert evidence.table(name)["date"].max() <= day < load(name)["date"].max()
    assert list(evidence.table("events").columns) == list(load("events").columns)
    assert list(evidence.table("events").index) == list(range(len(known)))


def test_a_check_that_asks_for_a_later_event_is_refused(evidence: Evidence) -> None:
    with pytest.raises(ParameterError, match=r"E126 is no event_id of events.csv that the checks may read"):
        events.Date("E126", first=pd.Timestamp("2025-11-13"))(evidence)


# --- single checks


def test_the_statement_is_of_another_day_in_tokyo(evidence: Evidence) -> None:
    def on(day: str, zone: str = "") -> bool:
        return events.Date("E083", first=pd.Timestamp(day), zone=zone)(evidence).holds

    assert on("2025-02-07")
    assert on("2025-02-07", "America/New_York")
    assert on("2025-02-08", "Asia/Tokyo")
    assert on("2025-02-08", "Asia/Shanghai")
    assert not on("2025-02-08")


def test_the_day_in_a_zone_needs_an_hour(evidence: Evidence) -> None:
    with pytest.raises(ParameterError, match="E086 has no hour"):
        events.Date("E086", first=pd.Timestamp("2025-02-10"), zone="Asia/Tokyo")(evidence)


def test_the_time_between_two_visits(evidence: Evidence) -> None:
    def visits(**limits: Any) -> Outcome:
        return events.Interval("E021", "E065", **limits)(evidence)

    between = visits(unit="months", at_least=20.5, at_most=21.5)
    assert (between.holds, between.found) == (True, "20.8 months (1 year, 8 months and 23 days)")
    assert not visits(unit="months", at_least=19.5, at_most=20.5).holds
    with pytest.raises(ParameterError, match="not one of hours, days, months"):
        visits(unit="weeks")
    with pytest.raises(ParameterError, match="both need an hour"):
        visits(unit="hours")


def test_the_day_counts_where_the_answer_was_given(evidence: Evidence) -> None:
    assert events.Interval("E083", "E086", at_most=2, zone="Asia/Shanghai")(evidence).holds
    assert not events.Interval("E083", "E086", at_most=2)(evidence).holds


def test_order_among_visitors(evidence: Evidence) -> None:
    def ishiba(place: int, states: tuple[str, ...] = ("ISR", "JPN", "IND"), **more: Any) -> Outcome:
        since = pd.Timestamp("2025-01-20")
        return events.NthMeeting("Donald Trump", "E082", since, place, states, **more)(evidence)

    assert ishiba(2).holds
    assert re.match("it is the second, after “.*Netanyahu", ishiba(1).found)
    assert ishiba(1, states=("JPN",)).holds
    assert ishiba(2, states=("JPN", "IND"), in_person=False).holds
    assert ishiba(1, states=("KOR",)).found == "it is no such meeting"


def test_a_word_in_one_section_and_not_in_another(evidence: Evidence) -> None:
    def stands(section: str, **more: Any) -> bool:
        return texts.Term(("command and control",), STRATEGY, section, **more)(evidence).holds

    assert stands("IV-5")
    assert not stands("III-2")
    assert stands("III-2", absent=True)
    assert not stands("IV-5", absent=True)


def test_a_word_in_another_paragraph_of_the_same_section(evidence: Evidence) -> None:
    def stands(paragraph: int) -> bool:
        return texts.Term(("contingencies",), STATEMENT, "#1", paragraph)(evidence).holds

    assert stands(4)
    assert not stands(5)


def test_words_that_stand_instead_are_named_only_where_they_do(evidence: Evidence) -> None:
    def found(instead: str) -> str:
        return texts.Quotation("illegal", STATEMENT, "#3", instead)(evidence).found

    assert found("unlawful maritime claims") == "absent, but “unlawful maritime claims” is present"
    assert found("lawful conquest") == "absent"


def test_headings_and_their_order(evidence: Evidence) -> None:
    one, other = "Cooperation for Peace", "Coordination in the Indo-Pacific"
    assert texts.Heading((one, other), STATEMENT)(evidence).holds
    turned = texts.Heading((other, one), STATEMENT)(evidence)
    assert (turned.holds, "in another order" in turned.found) == (False, True)
    assert not texts.Heading(("golden age",), STATEMENT)(evidence).holds  # in the text, in no heading
    assert not texts.HeadingCount("U.S.-Japan", STATEMENT, exactly=4)(evidence).holds


def test_who_did_what(evidence: Evidence) -> None:
    def does(provision: str, act: str, *actors: str, **more: Any) -> bool:
        return codings.Act((provision,), (act,), actors, **more)(evidence).holds

    assert does("P20", "welcome", "USA")
    assert not does("P20", "encourage", "USA")
    assert not does("P20", "welcome", "JPN")
    assert does("P12", "intend", "USA")
    assert not does("P12", "intend", "USA", alone=True)
    assert does("P45", "oppose", "USA", "JPN", target="CHN")
    assert not does("P45", "oppose", "USA", "JPN", target="PRK")


def test_a_protest_is_set_beside_earlier_ones_of_its_cause(evidence: Evidence) -> None:
    acts = evidence.acts().set_index("event_id")["protest_id"]
    outcome = events.StrongerProtest(acts["E087"], cause="alliance")(evidence)
    assert not outcome.holds
    assert "two of the same form, one stronger" in outcome.found
    assert outcome.absence is None  # one counterexample is enough
    unmatched = with_cells(evidence, "protests", evidence.table("protests")["event_id"] != "E087", form="remark")
    stronger = unmatched.outcome(events.StrongerProtest(acts["E087"], cause="alliance"))
    assert (stronger.holds, stronger.decided) == (True, False)  # the list is not complete up to that day


def test_a_contact_that_is_not_listed_is_decided_by_the_declared_part_alone(evidence: Evidence) -> None:
    def none(first: str, last: str, level: str = "foreign minister") -> Outcome:
        days = pd.Timestamp(first), pd.Timestamp(last)
        return evidence.outcome(events.Contact(*days, ("Kamikawa",), "JPN-CHN", level, "Beijing", expected=False))

    assert (none("2024-01-01", "2024-06-30").holds, none("2024-01-01", "2024-06-30").decided) == (True, True)
    assert (none("2025-01-01", "2025-02-20").holds, none("2025-01-01", "2025-02-20").decided) == (True, False)


def test_counts_by_values_and_days(evidence: Evidence) -> None:
    window = {"first": pd.Timestamp("2024-04-01"), "last": pd.Timestamp("2024-12-31")}
    taiwan = (("domain_tags", ("Taiwan",)),)
    assert events.Count("protests", (("form", ("called in",)),), exactly=2, **window)(evidence).holds
    assert events.Count("provisions", taiwan, exactly=4)(evidence).holds
    assert not events.Count("provisions", taiwan, at_least=5)(evidence).holds


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (events.Count("protest", (("form", ("x",)),)), "no table “protest” \\(nearest: protests\\)"),
        (events.Count("protests", (("forms", ("x",)),)), "no column “forms” \\(nearest: form\\)"),
        (events.Recorded("events", "E001", "place", ("x",)), "events.csv has no column “place”"),
        (codings.Act(("P99",), ("x",), ("USA",)), "P99 is no provision_id"),
        (codings.Coverage(pillar="war"), "pillar: “war” has no provisions"),
        (codings.Coverage(told_in=12), "the article tells no provision in its paragraph 12"),
        (codings.CarriedOver("war"), "pillar: “war” has no provisions"),
        (codings.Rank(STATEMENT, STRATEGY, "texts", 0.1), "among: 'texts' is not one of statements, strategies"),
        (events.PartyChanged("JPN", before="E001"), "fewer than two leaders of JPN"),
        (codings.Citation("nobody", "E088", pd.Timestamp("2025-02-11")), "no key of sources"),
        (texts.Term(("x",), "kor-dwp-2022"), "quotations can be checked in"),
    ],
)
def test_a_check_that_does_not_fit_the_evidence(evidence: Evidence, check: Check, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check(evidence)


# --- arguments


def test_arguments_get_the_types_of_the_check() -> None:
    assert read_check("coverage", '{"told_in": 3}') == codings.Coverage(3)
    cell = '{"first": "2025-01-01", "last": "2025-02-01", "persons": ["A"], "expected": false}'
    first, last = pd.Timestamp("2025-01-01"), pd.Timestamp("2025-02-01")
    assert read_check("happened", cell) == events.Happened(first, last, ("A",), expected=False)
    cell = '{"table": "events", "where": {"kind": ["call", "summit"]}, "at_least": 2}'
    assert read_check("count", cell) == events.Count("events", (("kind", ("call", "summit")),), 2)


@pytest.mark.parametrize(
    ("check", "cell", "message"),
    [
        ("quote", '{"words": "x"}', "no check “quote” \\(nearest: quotation\\)"),
        ("quotation", "words=x", "not a JSON object of arguments"),
        ("quotation", '["x"]', "not a JSON object of arguments"),
        ("quotation", "[" * 4000, "not a JSON object of arguments"),
        ("quotation", '{"words": "x", "words": "y"}', "each name once"),
        ("quotation", '{"words": "x"}', "quotation needs document"),
        ("quotation", '{"word": "x"}', "no argument “word” \\(nearest: words\\); allowed: words, document"),
        ("quotation", '{"words": "", "document": "y"}', 'words: ""; allowed: a text'),
        ("term", '{"words": [], "document": "y"}', "words: \\[\\]; allowed: a list of texts"),
        ("count", '{"table": "events", "where": {"kind": "x"}}', "allowed: columns, each with a list of texts"),
        ("interval", '{"start": "E001", "end": "E002", "at_most": NaN}', "at_most: NaN; allowed: a number"),
        ("coverage", '{"told_in": 2.5}', "told_in: 2.5; allowed: a whole number"),
        ("date", '{"of": "E001", "first": "2025-02-30"}', 'first: "2025-02-30"; allowed: a day as YYYY-MM-DD'),
        ("date", '{"of": "E001", "first": "2025-02-01", "last": 3}', "last: 3; allowed: a day as YYYY-MM-DD"),
        ("act", '{"provisions": ["P01"], "acts": ["x"], "actors": ["USA"], "alone": 1}', "allowed: true or false"),
    ],
)
def test_arguments_that_a_check_does_not_take(check: str, cell: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read_check(check, cell)


def test_an_error_names_the_check(evidence: Evidence) -> None:
    checks = evidence.table("checks").assign(arguments='{"provisions": ["P99"], "acts": ["x"], "actors": ["USA"]}')
    broken = with_table(evidence, "checks", checks[checks["entry_id"] == "C23"])
    with pytest.raises(ParameterError, match=r"checks.csv, C23, check 1 \(act\): P99 is no provision_id"):
        outcomes(broken)


# --- omissions, summary, command


def test_counts_of_verdicts_and_of_claims_that_hold(book: pd.DataFrame) -> None:
    frame = pd.DataFrame({"verdict": ["confirmed", "confirmed with correction", "imprecise", "not checkable"]})
    assert ledger.holding(frame) == (2, 3)
    assert ledger.verdict_counts(frame)["misquoted"] == 0
    assert sum(ledger.verdict_counts(book).values()) == 84


def test_one_step_is_the_same_as_its_part_of_the_whole(evidence: Evidence, book: pd.DataFrame) -> None:
    part = ledger.ledger(evidence, "S4")
    assert list(part.index) == list(range(len(part)))
    pd.testing.assert_frame_equal(part.set_index("claim_id"), book.loc[part["claim_id"]])
    shown = claims.of_step("S4")
    assert list(shown) == ["claim_id", "claim", "verdict", "kind", "expected", "found"]
    pd.testing.assert_frame_equal(shown, part[list(shown)])


def test_omissions_are_shown_by_the_data(evidence: Evidence) -> None:
    table = ledger.omissions(evidence)
    assert table["shown"].all()
    assert set(table["step_id"]) <= set(load("steps")["step_id"])


def test_the_command_prints_every_claim_with_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["claims", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert len(printed) == 84
    assert sum(claim["kind"] == "computed" for claim in printed) >= 48
    assert all(bool(claim["checks"]) == (claim["kind"] == "computed") for claim in printed)
    one = next(claim for claim in printed if claim["claim_id"] == "C32")
    assert one["checks"][1]["arguments"]["words"] == "illegal"
    assert one["provisions"] == ["P46"]


def test_the_command_chooses_by_step_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["claims", "--step", "S1", "--verdict", "misquoted"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("C12  misquoted (computed)")
    assert "Expected: “new golden era” word for word in the opening of the statement\n" in out
    assert "Found:    Absent; the nearest wording is “new golden age” (one word changed)\n" in out
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
