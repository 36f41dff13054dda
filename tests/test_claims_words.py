"""What each check says, word for word, where it holds and where it does not: the sentences are published."""

from typing import Any

import pandas as pd
import pytest

from analysis.claims.checks import codings, days, events, texts
from analysis.claims.checks.registry import CHECKS, Check
from analysis.claims.evidence import Evidence, Outcome, load_evidence

STATEMENT = "us-jpn-2025-02-07"
STRATEGY = "jpn-nds-2022"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


@pytest.mark.parametrize(
    ("check", "arguments", "holds", "sentence", "otherwise"),
    [
        (
            texts.quotation,
            {"words": "free and open Indo-Pacific", "document": STATEMENT},
            True,
            "“free and open Indo-Pacific” stands word for word in the statement.",
            "the statement had other words",
        ),
        (
            texts.quotation,
            {"words": "new golden era", "document": STATEMENT},
            False,
            "“new golden era” does not stand in the statement; the nearest wording there is “new golden age” "
            "(one word changed).",
            "the statement had “new golden era”",
        ),
        (
            texts.term,
            {"words": ("security",), "document": STATEMENT, "section": "#1"},
            True,
            "“security” stands in the part on peace of the statement.",
            "the part on peace of the statement did not have “security”",
        ),
        (
            texts.term,
            {"words": ("security", "defense cooperation"), "document": STATEMENT, "section": "#1", "absent": True},
            False,
            "“security” and “defense cooperation” stand in the part on peace of the statement.",
            "the part on peace of the statement did not have “security” or “defense cooperation”",
        ),
        (
            texts.term,
            {"words": ("whales", "dolphins"), "document": STATEMENT},
            False,
            "“whales” and “dolphins” do not stand in the statement.",
            "the statement had “whales” and “dolphins”",
        ),
        (
            texts.term,
            {"words": ("whales",), "document": STATEMENT, "absent": True},
            True,
            "“whales” does not stand in the statement.",
            "the statement had “whales”",
        ),
        (
            texts.heading,
            {"words": ("Peace",), "document": STATEMENT},
            True,
            "“Peace” stands in a heading of the statement.",
            "the headings of the statement were others",
        ),
        (
            texts.heading,
            {"words": ("Peace", "Prosperity"), "document": STATEMENT},
            True,
            "“Peace” and “Prosperity” stand in headings of the statement, in this order.",
            "the headings of the statement were others",
        ),
        (
            texts.heading,
            {"words": ("Whales", "Dolphins"), "document": STATEMENT},
            False,
            "“Whales” and “Dolphins”: no heading of the statement has it.",
            "a heading of the statement had it",
        ),
        (
            texts.heading_count,
            {"words": "Cooperation", "document": STATEMENT, "exactly": 1},
            False,
            "Two of the four headings of the statement have “Cooperation”; the claim needs one.",
            "one headings had “Cooperation”",
        ),
        (
            texts.heading_count,
            {"words": "Cooperation", "document": STATEMENT, "exactly": 2},
            True,
            "Two of the four headings of the statement have “Cooperation”; the claim needs two.",
            "more or fewer headings had “Cooperation”",
        ),
        (
            events.count,
            {"table": "protests", "at_least": 1, "trigger_kind": ("alliance",), "form": ("called in",)},
            True,
            "Four Chinese protests have cause alliance and form called in; the claim needs at least one.",
            "fewer Chinese protests had these values",
        ),
        (
            events.count,
            {
                "table": "protests",
                "at_least": 9,
                "form": ("called in",),
                "first": pd.Timestamp("2024-01-01"),
                "last": pd.Timestamp("2024-12-31"),
            },
            False,
            "Two Chinese protests have form called in from 1 January 2024 to 31 December 2024; the claim needs "
            "at least nine.",
            "at least nine Chinese protests had these values",
        ),
        (
            events.count,
            {"table": "protests", "exactly": 0, "form": ("letter to the UN",), "last": pd.Timestamp("2025-02-28")},
            True,
            "No Chinese protests have form letter to the UN to 28 February 2025; the claim needs none.",
            "more or fewer Chinese protests had these values",
        ),
        (
            events.count,
            {"table": "protests", "exactly": 1, "form": ("letter to the UN",), "first": pd.Timestamp("2021-01-01")},
            False,
            "No Chinese protests have form letter to the UN from 1 January 2021; the claim needs one.",
            "one Chinese protests had these values",
        ),
        (
            days.date,
            {"of": STATEMENT, "first": pd.Timestamp("2025-02-07")},
            True,
            "The statement is of 7 February 2025.",
            "the day were another",
        ),
        (
            days.date,
            {"of": "E083", "first": pd.Timestamp("2025-02-08"), "zone": "Asia/Tokyo"},
            True,
            "“Joint leaders' statement issued” is of 7 February 2025, 19:00 in Washington (8 February 2025, "
            "09:00, in Tokyo).",
            "the day were another in Tokyo",
        ),
        (
            days.date,
            {
                "of": "E083",
                "first": pd.Timestamp("2025-02-01"),
                "last": pd.Timestamp("2025-02-06"),
                "zone": "Asia/Tokyo",
            },
            False,
            "“Joint leaders' statement issued” is of 7 February 2025, 19:00 in Washington (8 February 2025, "
            "09:00, in Tokyo), so not of 1 February 2025 to 6 February 2025 in Tokyo.",
            "the day were 1 February 2025 to 6 February 2025 in Tokyo",
        ),
        (
            days.interval,
            {"start": "E083", "end": "E087", "at_most": 10},
            True,
            "From “Joint leaders' statement issued” to “Japan's chief minister called in” are 3 days; the claim "
            "allows at most 10.",
            "the time between the two were outside of these limits",
        ),
        (
            days.interval,
            {"start": "E083", "end": "E087", "at_least": 10},
            False,
            "From “Joint leaders' statement issued” to “Japan's chief minister called in” are 3 days; the claim "
            "allows 10 to inf.",
            "the time between the two were within these limits",
        ),
        (
            days.interval,
            {"start": "E048", "end": "E083", "unit": "months", "at_least": 4, "at_most": 5},
            True,
            "From “Ishiba becomes prime minister” to “Joint leaders' statement issued” are 4.2 months (4 months "
            "and 6 days); the claim allows 4 to 5.",
            "the time between the two were outside of these limits",
        ),
        (
            events.happened,
            {
                "first": pd.Timestamp("2025-02-01"),
                "last": pd.Timestamp("2025-02-28"),
                "persons": ("Ishiba Shigeru", "Donald Trump"),
                "venue": "Washington",
                "kind": ("summit",),
            },
            True,
            "Ishiba Shigeru and Donald Trump in Washington, 1 February 2025 to 28 February 2025: “Ishiba-Trump "
            "summit” (7 February 2025).",
            "no such event were on record",
        ),
        (
            events.happened,
            {
                "first": pd.Timestamp("2025-02-01"),
                "last": pd.Timestamp("2025-02-28"),
                "persons": ("Ishiba Shigeru",),
                "venue": "Beijing",
                "expected": False,
            },
            True,
            "Ishiba Shigeru in Beijing, 1 February 2025 to 28 February 2025: nothing is on record.",
            "such an event were on record",
        ),
        (
            events.happened,
            {
                "first": pd.Timestamp("2025-02-01"),
                "last": pd.Timestamp("2025-02-28"),
                "title": "Ishiba",
                "expected": False,
            },
            False,
            "“Ishiba”, 1 February 2025 to 28 February 2025: “Ishiba leaves for Washington” (6 February 2025), "
            "“Ishiba-Trump summit” (7 February 2025) and "
            "“Reports of an Ishiba trip to China in May” (11 February 2025).",
            "no such event were on record",
        ),
        (
            events.recorded,
            {"table": "protests", "key": "E087", "column": "official", "words": ("liu jinsong",)},
            True,
            "The official of E087 is “Liu Jinsong”.",
            "the official of E087 were another",
        ),
        (
            events.recorded,
            {"table": "protests", "key": "E087", "column": "official", "words": ("Wang Yi", "Mao Ning")},
            False,
            "The official of E087 is “Liu Jinsong”, not “Wang Yi” or “Mao Ning”.",
            "the official of E087 were “Wang Yi” or “Mao Ning”",
        ),
        (
            events.stronger_protest,
            {"event": "E087", "cause": "alliance"},
            False,
            "Of three earlier protests over the alliance on record three had the same form and rank as E087, and "
            "none a stronger one.",
            "all of them had been weaker",
        ),
        (
            events.stronger_protest,
            {"event": "E083", "cause": "alliance"},
            False,
            "“Joint leaders' statement issued” is no protest over the alliance.",
            "it were one",
        ),
        (
            events.party_changed,
            {"state": "USA", "before": "E083"},
            True,
            "In the United States Donald Trump followed Joe Biden on 20 January 2025, from the Republican Party.",
            "the same party had stayed in office",
        ),
        (
            events.party_changed,
            {"state": "JPN", "before": "E083"},
            False,
            "In Japan Ishiba Shigeru followed Kishida Fumio on 1 October 2024, from the Liberal Democratic Party "
            "as before.",
            "another party had come into office in Japan",
        ),
        (
            codings.untold,
            {"provisions": ("P02", "P60"), "events": ("E083",)},
            False,
            "C12 tells P02, C13 tells P02, C11 tells E083, C12 tells E083, C13 tells E083, C14 tells E083, C23 "
            "tells E083, C25 tells E083, C32 tells E083 and C78 tells E083.",
            "no claim told it",
        ),
        (
            codings.untold,
            {"provisions": ("P60",), "events": ()},
            True,
            "No claim of the article tells P60.",
            "a claim of the article told it",
        ),
        (
            codings.act,
            {"provisions": ("P01", "P02"), "acts": ("state", "affirm"), "actors": ("USA", "JPN")},
            True,
            "In P01 the speech act of the United States and Japan is “state”; in P02 the speech act of the "
            "United States and Japan is “affirm”.",
            "in P01 or P02 speakers or speech acts were others",
        ),
        (
            codings.act,
            {"provisions": ("P01",), "acts": ("welcome",), "actors": ("USA",), "alone": True},
            False,
            "In P01 the speech act of the United States and Japan is “state”; the claim needs “welcome” by the "
            "United States alone.",
            "in P01 it were “welcome” by the United States alone",
        ),
        (
            codings.speakers,
            {"quotation": "Q01"},
            True,
            "The article gives “new golden era” to the United States and Japan; on record it is of the United "
            "States and Japan.",
            "the words were on record as of others",
        ),
        (
            codings.coverage,
            {"least": 0.5, "strength": 2, "pillar": "peace"},
            True,
            "16 of 22 provisions (of the part Peace) have a counterpart of strength 2 or more in the strategy, "
            "by the median of three coders; the claim needs 50%.",
            "fewer provisions (of the part Peace) were coded so",
        ),
        (
            codings.coverage,
            {"least": 0.9, "strength": 3, "provisions": ("P02", "P03")},
            False,
            "0 of 2 provisions (P02 and P03) have a counterpart of strength 3 or more in the strategy, by the "
            "median of three coders; the claim needs 90%.",
            "more provisions (P02 and P03) were coded so",
        ),
        (
            codings.rank,
            {"statement": STATEMENT, "strategy": STRATEGY, "among": "strategies", "largest_p": 0.05},
            False,
            "By likeness of words the pair ranks third among 45 strategies with p = 0.067; the claim needs 0.05 "
            "or less.",
            "fewer other strategies lay closer",
        ),
        (
            codings.rank,
            {
                "statement": STATEMENT,
                "strategy": STRATEGY,
                "among": "strategies",
                "largest_p": 0.05,
                "other_states": True,
            },
            True,
            "By likeness of words the pair ranks first among 37 strategies, those of the same state left out, "
            "with p = 0.027; the claim needs 0.05 or less.",
            "more other strategies lay closer",
        ),
        (
            codings.carried_over,
            {"pillar": "peace", "least": 0.5},
            True,
            "19 of 22 provisions of the part Peace stand in the statement of 2024 as well, as they are or in "
            "like form; the claim needs 50%.",
            "fewer of them stood in the statement of 2024",
        ),
        (
            codings.carried_over,
            {"pillar": "prosperity", "least": 0.9},
            False,
            "9 of 13 provisions of the part Growth and prosperity stand in the statement of 2024 as well, as "
            "they are or in like form; the claim needs 90%.",
            "more of them stood in the statement of 2024",
        ),
        (
            codings.topic_kept,
            {"topic": "T01"},
            True,
            "By the majority of the coders the topic “Alliance as cornerstone; strength of the alliance” is kept "
            "in 2025 against 2024.",
            "topic T01 were dropped",
        ),
        (
            codings.citation,
            {"key": "kawashima2025", "event": "E083", "day": pd.Timestamp("2025-02-25")},
            False,
            "The reference kawashima2025 is of 25 February 2025, and its address is not that of a page read for E083.",
            "day or address of the reference were those",
        ),
        (
            events.nth_meeting,
            {
                "host": "Donald Trump",
                "event": "E082",
                "since": pd.Timestamp("2025-01-20"),
                "place": 2,
                "states": ("ISR", "JPN", "IND"),
            },
            True,
            "“Ishiba-Trump summit” is the second meeting in person of Donald Trump with the leader of one of 3 "
            "states since 20 January 2025, after “Netanyahu received at the White House”.",
            "others had come before",
        ),
        (
            events.nth_meeting,
            {
                "host": "Donald Trump",
                "event": "E082",
                "since": pd.Timestamp("2025-01-20"),
                "place": 1,
                "states": ("JPN",),
                "in_person": False,
            },
            True,
            "“Ishiba-Trump summit” is the first meeting or call of Donald Trump with the leader of Japan since "
            "20 January 2025.",
            "others had come before",
        ),
        (
            events.nth_meeting,
            {
                "host": "Donald Trump",
                "event": "E083",
                "since": pd.Timestamp("2025-01-20"),
                "place": 1,
                "states": ("JPN", "ISR"),
                "in_person": False,
            },
            False,
            "“Joint leaders' statement issued” is no meeting or call of Donald Trump with the leader of one of 2 "
            "states since 20 January 2025.",
            "it were one",
        ),
        (
            days.interval,
            {"start": "E001", "end": "E002", "unit": "hours", "at_most": 10},
            False,
            "From “First Biden-Suga call after the inauguration” to “First Quad leaders' summit (virtual)” are "
            "1055.5 hours; the claim allows at most 10.",
            "the time between the two were within these limits",
        ),
        (
            events.happened,
            {
                "first": pd.Timestamp("2025-02-07"),
                "last": pd.Timestamp("2025-02-07"),
                "persons": ("Ishiba Shigeru",),
                "kind": ("protest",),
            },
            False,
            "Ishiba Shigeru, 7 February 2025 to 7 February 2025: nothing is on record.",
            "such an event were on record",
        ),
        (
            codings.act,
            {"provisions": ("P45",), "acts": ("oppose",), "actors": ("USA", "JPN"), "target": "CHN"},
            True,
            "In P45 the speech act of the United States and Japan is “oppose” and “reiterate”, towards China.",
            "in P45 speakers or speech acts were others",
        ),
        (
            codings.carried_over,
            {"pillar": "peace", "least": 0.8636363636363636},
            True,
            "19 of 22 provisions of the part Peace stand in the statement of 2024 as well, as they are or in "
            "like form; the claim needs 86%.",
            "fewer of them stood in the statement of 2024",
        ),
        (
            codings.coverage,
            {"least": 0.7272727272727273, "strength": 2, "pillar": "peace"},
            True,
            "16 of 22 provisions (of the part Peace) have a counterpart of strength 2 or more in the strategy, "
            "by the median of three coders; the claim needs 73%.",
            "fewer provisions (of the part Peace) were coded so",
        ),
        (
            texts.term,
            {"words": ("contingencies",), "document": STATEMENT, "section": "#1", "paragraph": 4},
            True,
            "“contingencies” stands in paragraph 4 of the statement.",
            "paragraph 4 of the statement did not have “contingencies”",
        ),
        (
            texts.quotation,
            {"words": "illegal", "document": STATEMENT, "section": "#3", "instead": "unlawful maritime claims"},
            False,
            "“illegal” does not stand in the part on the Indo-Pacific of the statement, which has “unlawful "
            "maritime claims”.",
            "the part on the Indo-Pacific of the statement had “illegal”",
        ),
        (
            events.recorded,
            {"table": "claims", "key": "C01", "column": "cited_sources", "words": ("x",)},
            False,
            "The cited_sources of C01 is “”, not “x”.",
            "the cited_sources of C01 were “x”",
        ),
    ],
)
def test_what_a_check_says(
    evidence: Evidence, check: Check, arguments: dict[str, Any], holds: bool, sentence: str, otherwise: str
) -> None:
    assert check(evidence, **arguments) == Outcome(holds, sentence, otherwise)


def test_every_check_is_quoted() -> None:
    quoted = {row[0].__name__ for row in test_what_a_check_says.pytestmark[0].args[1]}
    assert quoted == set(CHECKS)
