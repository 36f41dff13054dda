"""The measures of the steps on small hand-worked frames, and a few facts of the committed tables."""

import pandas as pd
import pytest

from analysis.core import paths
from analysis.data.schema import read_schema
from analysis.data.tables import load
from analysis.measures import alignment, continuity
from analysis.measures import provisions as statement
from analysis.signals import contacts, protests
from analysis.signals import events as diplomacy


def codings(*rows: tuple[str, str, int, str, str, int]) -> pd.DataFrame:
    names = ["provision_id", "coder", "approach", "section_id", "section_id_2", "strength"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(stance=["na" if strength == 0 else "consistent" for strength in frame["strength"]])


THREE = codings(
    ("P01", "a", 2, "III-2", "", 2),
    ("P01", "b", 2, "III-2", "IV-5", 3),
    ("P01", "c", 1, "III-1", "", 3),
    ("P02", "a", 0, "", "", 0),
    ("P02", "b", 0, "", "", 0),
    ("P02", "c", 2, "II-2", "", 1),
)


# --- alignment


def test_settled_values() -> None:
    coded = alignment.adjudicate(THREE).set_index("provision_id")
    assert coded.loc["P01", ["approach", "section_id", "strength", "stance"]].to_list() == [2, "III-2", 3, "consistent"]
    assert coded.loc["P02", ["approach", "section_id", "strength", "stance"]].to_list() == [0, "", 0, "na"]
    assert coded["unanimous"].to_list() == [False, False]


def test_ties_go_to_the_weaker_claim() -> None:
    coded = alignment.adjudicate(THREE[(THREE["provision_id"] == "P02") & (THREE["coder"] != "b")]).iloc[0]
    assert (coded["approach"], coded["section_id"], coded["strength"], coded["stance"]) == (0, "", 0, "na")


def test_coverage_counts_from_the_threshold_on() -> None:
    frame = pd.DataFrame({"pillar": ["x", "x", "x", "y"], "strength": [1, 2, 3, 0]})
    table = alignment.coverage(frame, "pillar", threshold=2).set_index("pillar")
    assert table.loc["x", ["covered", "provisions"]].to_list() == [2, 3]
    assert table.at["x", "share"] == pytest.approx(2 / 3)
    assert table.at["y", "share"] == 0
    assert alignment.coverage(frame, "pillar", threshold=3)["covered"].to_list() == [1, 0]
    assert list(alignment.coverage(frame, "pillar")) == ["pillar", "covered", "provisions", "share"]  # no interval


def test_coverage_of_each_coder() -> None:
    provisions = pd.DataFrame({"provision_id": ["P01", "P02"], "pillar": ["x", "x"]})
    table = alignment.coverage_by_coder(THREE, provisions, "pillar").set_index("coder")
    assert table["covered"].to_dict() == {"a": 1, "b": 1, "c": 1}
    assert alignment.coverage_by_coder(THREE, provisions, "pillar", 3).set_index("coder")["covered"].to_dict() == {
        "a": 0,
        "b": 1,
        "c": 1,
    }


def test_matrix_counts_coders_once_a_section() -> None:
    table = alignment.section_matrix(THREE).set_index(["provision_id", "section_id"])
    assert table.loc[("P01", "III-2")].to_list() == [2, 2]
    assert table.loc[("P01", "IV-5")].to_list() == [1, 3]
    assert "" not in table.index.get_level_values("section_id")


def test_a_section_is_taken_up_through_its_parts() -> None:
    sections = pd.DataFrame(
        {
            "section_id": ["NDS", "III", "III-2", "III-2-(1)", "IV-5"],
            "parent_id": ["", "NDS", "III", "III-2", "NDS"],
            "level": [0, 1, 2, 3, 2],
            "heading": list("abcde"),
            "approach": [0, 0, 2, 2, 0],
        }
    )
    matrix = pd.DataFrame(
        {"provision_id": ["P01", "P02"], "section_id": ["III-2-(1)", "IV-5"], "coders": [2, 1], "strength": [2, 3]}
    )
    table = alignment.section_counterparts(matrix, sections).set_index("section_id")
    assert table["taken_up"].to_dict() == {"III-2": True, "IV-5": False}
    assert table.at["III-2", "provisions"] == "P01"
    assert table["count"].to_dict() == {"III-2": 1, "IV-5": 0}


def test_the_codings_are_read_in_four_ways() -> None:
    whole, part = ({"measures": True, "security": True, "whole": follows} for follows in (True, False))
    assert alignment.reading(**whole).endswith("in what the article is about and as a whole.")
    assert alignment.reading(**part).endswith("in what the article is about, and not beyond.")
    assert alignment.reading(measures=False, security=True, whole=True).endswith("in part.")
    assert "does not follow" in alignment.reading(measures=False, security=False, whole=True)


# --- continuity


def test_emphases_have_the_words_of_their_schema() -> None:
    [field] = [field for field in read_schema(paths.DATAPACKAGE)["codings_topics"].fields if field.name == "emphasis"]
    assert (field.minimum, field.maximum) == (0, 3)
    assert list(continuity.EMPHASES) == [0, 1, 2, 3]


def test_emphasis_is_the_lower_median() -> None:
    topics = pd.DataFrame({"topic_id": ["T01", "T02"], "topic": ["x", "y"], "group": ["region", "values"]})
    coded = pd.DataFrame(
        {
            "topic_id": ["T01"] * 4 + ["T02"] * 4,
            "document_id": "d",
            "coder": list("abcd") * 2,
            "emphasis": [1, 2, 3, 3, 0, 1, 1, 1],
        }
    )
    table = continuity.emphasis(coded, topics).set_index("topic_id")
    assert table["emphasis"].to_dict() == {"T01": 2, "T02": 1}


def test_changes_are_the_majority_and_ties_ask_least() -> None:
    topics = pd.DataFrame({"topic_id": ["T01", "T02"], "topic": ["x", "y"], "group": ["region", "values"]})
    coded = pd.DataFrame(
        {"topic_id": ["T01"] * 3 + ["T02"] * 2, "change": ["dropped", "dropped", "weaker", "dropped", "weaker"]}
    )
    table = continuity.changes(coded, topics).set_index("topic_id")
    assert table["change"].to_dict() == {"T01": "dropped", "T02": "weaker"}
    assert (
        continuity.holding_share(pd.DataFrame({"change": ["kept", "stronger", "dropped", "new", "na", "weaker"]}))
        == 0.5
    )


def test_changes_are_counted_by_kind_and_by_group() -> None:
    table = pd.DataFrame({"group": ["region"] * 4 + ["values"], "change": ["kept", "kept", "new", "na", "dropped"]})
    expected = {"kept": 2, "weaker": 0, "stronger": 0, "dropped": 1, "new": 1, "stood": 3}
    assert continuity.change_counts(table) == expected
    grouped = continuity.changes_by_group(table)
    assert grouped.to_numpy().tolist() == [
        ["Region", "kept", 2, 4, 2],
        ["Region", "new", 1, 4, 0],
        ["Values", "dropped", 1, 1, 4],
    ]


def test_one_coder_has_nobody_to_agree_with() -> None:
    coded = pd.DataFrame(
        {
            "topic_id": ["T1", "T1", "T2", "T2"],
            "document_id": "d",
            "coder": list("abab"),
            "emphasis": [0, 0, 3, 3],
            "change": ["kept", "kept", "dropped", "dropped"],
        }
    )
    table = continuity.agreement(coded, draws=100, seed=1)
    assert table[["variable", "level", "units", "alpha"]].to_numpy().tolist() == [
        ["emphasis", "ordinal", 2, 1.0],
        ["change", "nominal", 2, 1.0],
    ]
    alone = continuity.agreement(coded[coded["coder"] == "a"], draws=100, seed=1)
    assert list(alone.columns) == list(table.columns)
    assert alone.empty


# --- events


def events(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["event_id", "date", "dyad", "kind"])
    return frame.assign(date=pd.to_datetime(frame["date"]), title=frame["event_id"], venue="x")


FEW = events(
    ("E1", "2024-12-31", "JPN-CHN", "summit"),
    ("E2", "2025-01-01", "JPN-CHN", "protest"),
    ("E3", "2025-01-02", "JPN-USA", "call"),
    ("E4", "2025-01-02", "JPN-USA", "economic"),
)


def test_windows_hold_both_ends() -> None:
    found = diplomacy.in_window(FEW, pd.Timestamp("2025-01-01"), pd.Timestamp("2025-01-02"))
    assert found["event_id"].to_list() == ["E2", "E3", "E4"]


def test_kinds_are_grouped() -> None:
    assert diplomacy.kind_group(FEW["kind"]).to_list() == ["contact", "friction", "contact", "other"]


def test_directions_and_dyads_have_names() -> None:
    frame = pd.DataFrame({"source": ["JPN", "CHN", "USA"], "target": ["CHN", "JPN", "CHN"]}, index=[3, 1, 2])
    assert diplomacy.direction(frame).to_dict() == {
        3: "Japan to China",
        1: "China to Japan",
        2: "United States to China",
    }
    assert diplomacy.dyad(frame.astype("category")).to_list() == ["JPN-CHN", "JPN-CHN", "CHN-USA"]
    assert len(set(diplomacy.DIRECTIONS.values())) == 6


def test_leader_meetings_name_the_other_side_once() -> None:
    actors = pd.DataFrame(
        {
            "event_id": ["E1", "E1", "E1", "E3"],
            "state": ["USA", "JPN", "JPN", "USA"],
            "name": ["Leader", "x", "y", "Leader"],
        }
    )
    table = diplomacy.leader_meetings(FEW, actors, "Leader")
    assert table[["event_id", "state", "in_person"]].to_numpy().tolist() == [["E1", "JPN", True]]


def test_levels_have_the_ranks_of_their_schema() -> None:
    [level] = [field for field in read_schema(paths.DATAPACKAGE)["codings_signals"].fields if field.name == "level"]
    assert (min(diplomacy.RANKS), max(diplomacy.RANKS)) == (level.minimum, level.maximum)
    assert sorted(diplomacy.RANKS) == [1, 2, 3, 4]


def test_forms_in_code_and_schema_are_the_same() -> None:
    assert set(load("protests")["form"].cat.categories) == {*protests.RUNGS, *protests.BESIDE}
    assert list(protests.CAUSES) == list(load("occasions")["cause"].cat.categories)
    assert tuple(load("contacts")["level"].cat.categories) == contacts.LEVELS
    assert set(contacts.IN_PERSON) < set(load("contacts")["mode"].cat.categories)


def test_the_protest_of_february_2025() -> None:
    answered = protests.answered(load("occasions"), load("answers"), load("protests"))
    row = answered.set_index("event_id").loc["E086"]
    assert (row["addressee"], row["rank"], str(row["drawn"])) == (("JPN", "USA"), 1, "representations")
    [strongest] = protests.strongest(answered).query("occasion_id == @row.occasion_id")["event_id"]
    assert strongest == "E087"


# --- statement, strategy


def test_what_the_article_reports() -> None:
    provisions = pd.DataFrame({"provision_id": ["P01", "P02", "P03", "P04"]})
    links = pd.DataFrame(
        {"provision_id": ["P01", "P01", "P02", "P03"], "relation": ["partly told", "told", "partly told", "evidence"]}
    )
    assert statement.article_reports(provisions, links)["told"].to_list() == [
        "told",
        "partly told",
        "left out",
        "left out",
    ]


def test_places_count_within_a_part_and_tags_choose() -> None:
    provisions = pd.DataFrame(
        {
            "provision_id": ["P01", "P02", "P03", "P04"],
            "pillar": pd.Categorical(["x", "y", "x", "x"], categories=["x", "y", "z"]),
            "domain_tags": [("sea",), ("trade", "sea"), ("trade",), ()],
        }
    )
    assert statement.provision_places(provisions)["place"].to_list() == [1, 1, 2, 3]
    assert statement.tagged(provisions, "sea")["provision_id"].to_list() == ["P01", "P02"]


def test_speakers() -> None:
    provisions = pd.DataFrame({"provision_id": ["P01", "P02", "P03"], "speech_act": ["welcome", "welcome", "intend"]})
    actors = pd.DataFrame({"provision_id": ["P01", "P02", "P02", "P03"], "state": ["USA", "USA", "JPN", "JPN"]})
    table = statement.speaker_acts(statement.speakers(provisions, actors, {"JPN": "Japan", "USA": "United States"}))
    assert {tuple(row) for row in table.to_numpy()} == {
        ("welcome", "United States", 1),
        ("welcome", "both", 1),
        ("intend", "Japan", 1),
    }


def test_who_speaks_most_often_alone_perhaps_nobody() -> None:
    acts = pd.DataFrame(
        {
            "speech_act": ["invite", "seek", "welcome"],
            "speaker": ["Japan", "both", "United States"],
            "provisions": [1, 9, 2],
        }
    )
    assert statement.most_alone(acts) == "the United States most often, to welcome"
    assert statement.most_alone(acts[acts["speaker"] != "United States"]) == "Japan most often, to invite"
    assert statement.most_alone(acts[acts["speaker"] == "both"]) == ""


@pytest.mark.parametrize("level", [1, 2])
def test_section_lengths_add_up_to_the_document(level: int) -> None:
    paragraphs = int(load("documents").set_index("document_id").at["jpn-nds-2022", "paragraphs"])
    assert (
        statement.section_paragraphs(load("strategy_sections"), paragraphs, level=level)["paragraphs"].sum()
        == paragraphs
    )


def test_section_lengths_by_hand() -> None:
    """Ten blocks: a chapter of its heading and one paragraph, a section with two, an empty chapter, one with four."""
    rows = [("I", 1, 1.0), ("I-1", 2, 5.0), ("II", 1, 11.0), ("III", 1, 13.0), ("x", 1, None)]
    sections = pd.DataFrame(rows, columns=["section_id", "level", "corpus_line"])
    sections = sections.assign(heading=list("abcde"), approach=[0, 1, 0, 2, 0])
    table = statement.section_paragraphs(sections, 7, level=2)
    assert table.to_numpy().tolist() == [["I", "I  a", 0, 1], ["I-1", "I-1  b", 1, 2], ["III", "III  d", 2, 4]]
    assert list(table.index) == [0, 1, 2]
    assert statement.section_paragraphs(sections, 7, level=1)["paragraphs"].to_list() == [3, 4]
