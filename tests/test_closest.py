"""The closest texts: which documents are compared, leads and their intervals, pieces, and the race by words."""

import numpy as np
import pandas as pd
import pytest

from analysis.core import paths
from analysis.data.tables import load
from analysis.measures import pair, precedents, rivals
from analysis.measures.embeddings import no_scores
from analysis.measures.precedents import SOURCES, STRATEGY
from analysis.measures.specifications import Source, Specification
from analysis.texts.documents import DEFENSE_PROGRAMS, FOCAL_STATEMENT, LEADERS, LEAST, OPENING, among
from analysis.texts.features import as_features, build_tables
from analysis.validation.check import check, unfit_documents
from analysis.validation.rules import genres_fit_the_kind

DRAWN = {"draws": 200, "seed": 1}

# --- which documents are compared


def test_leaders_and_strategies_are_compared_and_others_where_they_are_named() -> None:
    table = load("documents")
    usual = among(table)
    assert set(usual["genre"]) == {LEADERS, "strategy"}
    assert set(usual["extent"]) == {"whole"}
    [opening] = table.loc[table["document_id"] == "us-jpn-scc-2023-01-11", "document_id"]
    assert set(among(table, opening)["document_id"]) == {*usual["document_id"], opening}
    every = among(table, genres=set(table["genre"]))
    assert set(table["document_id"]) - set(every["document_id"]) == set(
        table.loc[table["extent"] == "opening", "document_id"]
    )


def test_features_and_scores_of_other_documents_are_left_out() -> None:
    source = pair.load_source()
    known = set(source.documents["document_id"])
    assert set(source.features.passages["document_id"]) == known
    assert set(source.embeddings["statement"]) | set(source.embeddings["strategy"]) == known
    assert "us-jpn-scc-2019-04-19" not in known
    assert source.features.counts.shape == (len(source.features.passages), len(source.features.vocabulary))


def test_a_document_is_named_by_who_issued_it_as_what_and_when() -> None:
    names = pair.in_words(load("documents"))
    assert names["us-jpn-scc-2019-04-19"] == "Japan and U.S., ministers, April 2019"
    assert names["jpn-nds-2022"] == "Japan, strategy, December 2022"
    assert names["us-eu-2023-10-20"] == "EU and U.S., leaders, October 2023"  # no name of its own


# --- refused by check


def test_a_strategy_has_its_genre_and_a_statement_another() -> None:
    table = load("documents").astype({"genre": "object", "extent": "object"})
    assert list(genres_fit_the_kind(table)) == []
    strategy, statement = ((table["kind"] == kind).idxmax() for kind in ("strategy", "statement"))
    table.loc[strategy, ["genre", "extent"]] = ["leaders", "opening"]
    table.loc[statement, "genre"] = "strategy"
    faults = list(genres_fit_the_kind(table))
    found = {(fault.row, fault.column) for fault in faults}
    assert found == {(strategy + 2, "genre"), (statement + 2, "genre"), (strategy + 2, "extent")}
    assert "leaders, ministers, trade or factsheet" in str(faults[0])


def test_a_statement_too_short_for_a_placebo_is_refused_with_its_row() -> None:
    table = load("documents").astype({"extent": "object"})
    assert list(unfit_documents(table, paths.FEATURES)) == []
    row = int(table.index[table["document_id"] == "us-jpn-scc-2023-01-11"][0])
    table.loc[row, "extent"] = "whole"
    [fault] = unfit_documents(table, paths.FEATURES)
    assert (fault.row, fault.column) == (row + 2, "extent")
    assert f"has {OPENING} sentences" in str(fault)
    assert f"at least {LEAST} sentences" in str(fault)


def test_a_document_without_embedding_scores_is_refused() -> None:
    table = load("documents")
    table.loc[0, "document_id"] = "us-aaa-2020-01-01"
    [fault] = [fault for fault in unfit_documents(table, paths.FEATURES) if fault.column == "document_id"]
    assert "us-aaa-2020-01-01 has no embedding scores" in str(fault)


def test_check_asks_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check() == []
    monkeypatch.setattr("analysis.validation.check.LEAST", 1000)
    assert {fault.column for fault in check()} == {"extent"}


# --- leads

MATCHED = pd.DataFrame(
    {
        "document_id": ["own"] * 4 + ["other"] * 3,
        "paragraph": [1, 1, 2, 2, 1, 1, 2],
        "sentence": [1, 2, 1, 2, 1, 2, 1],
        "match": [0.4, 0.6, 0.5, 0.7, 0.3, 0.5, 0.1],
    }
)


def test_a_lead_is_the_difference_of_two_means() -> None:
    [row] = rivals.leads(MATCHED, "own", **DRAWN).to_dict("records")
    assert row["document_id"] == "other"
    assert row["lead"] == pytest.approx(0.55 - 0.3)
    # paragraph means of the statement are .5 and .6, of the other .4 and .1: the gap of means lies between these
    assert 0.1 - 1e-12 <= row["low"] < row["lead"] < row["high"] <= 0.5 + 1e-12


def test_whole_paragraphs_are_drawn() -> None:
    one = pd.Series(1, index=range(4))
    values = pd.Series([0.0, 1.0, 2.0, 3.0])
    assert set(precedents.drawn_means(values, one, 50, 1)) == {1.5}  # one paragraph leaves nothing to draw
    means = precedents.drawn_means(values, pd.Series([1, 1, 2, 2]), 500, 1)
    assert set(means.round(6)) == {0.5, 1.5, 2.5}


def test_the_closest_run_and_the_opening() -> None:
    runs = rivals.best_windows(MATCHED, 2)
    assert runs.to_dict() == pytest.approx({"own": 0.6, "other": 0.4})
    assert rivals.best_windows(MATCHED, 9).to_dict() == pytest.approx({"own": 0.55, "other": 0.3})  # all there are
    assert rivals.openings(MATCHED, 2).to_dict() == pytest.approx({"own": 0.5, "other": 0.4})


# --- strategies of their time


def test_a_strategy_is_in_force_from_the_year_after_its_issue() -> None:
    years = pd.Series({"new": 2022, "old": 2018})
    assert rivals.in_force(pd.Timestamp("2022-05-23"), years) == "old"
    assert rivals.in_force(pd.Timestamp("2023-01-13"), years) == "new"
    with pytest.raises(ValueError, match="no strategy was out on 2018-04-18"):
        rivals.in_force(pd.Timestamp("2018-04-18"), years)


def test_each_text_of_the_alliance_stands_with_the_strategy_of_its_time() -> None:
    documents = pd.DataFrame(
        {
            "document_id": ["a", "b", "c", "early", *DEFENSE_PROGRAMS],
            "parties": [("USA", "JPN"), ("USA", "JPN"), ("USA", "KOR"), ("USA", "JPN"), *[("JPN",)] * 4],
            "date": pd.to_datetime(["2019-04-19", "2024-04-10", "2023-04-26", "2006-06-29", *[None] * 4]),
            "year": [2019, 2024, 2023, 2006, 2010, 2013, 2018, 2022],
        }
    )
    scores = pd.DataFrame(0.1, index=["a", "b", "c", "early"], columns=list(DEFENSE_PROGRAMS))
    scores.loc["a", "jpn-ndpg-2018"], scores.loc["c", "jpn-nds-2022"] = 0.5, 0.4
    table = rivals.with_own_strategies(scores, documents).set_index("document_id")
    assert table["strategy"].to_dict() == {"a": "jpn-ndpg-2018", "b": "jpn-nds-2022"}
    assert table["rank"].to_dict() == {"a": 1, "b": 4}  # a tie counts against the text
    assert table["ahead"].to_dict() == {"a": "a", "b": "c"}


# --- the race by words


def sources_of_words() -> Source:
    texts = {
        "us-jpn-2025-01-01": "Alpha beta gamma delta.\n\nKappa lambda omega sigma.\n",
        "us-jpn-2024-01-01": "Alpha beta gamma delta.\n\nOne two three four.\n",
        "jpn-nds-2022": "Kappa lambda omega sigma.\n\nFive six seven eight.\n\nNine ten eleven twelve.\n",
    }
    kinds = {name: "strategy" if "nds" in name else "statement" for name in texts}
    table = pd.DataFrame({"document_id": list(texts), "kind": [kinds[name] for name in texts], "language": "en"})
    terms = pd.DataFrame({"token": ["alpha"], "role": ["security"]})
    return Source(as_features(build_tables(texts, {})), table, terms, no_scores())


def test_the_race_by_words_by_hand() -> None:
    passages, compared = sources_of_words().compared(Specification(mask=False))
    sources = ["us-jpn-2024-01-01", "jpn-nds-2022"]
    near = rivals.nearest_sources(passages, compared, "us-jpn-2025-01-01", sources, [1, 2])
    assert near["nearest"].to_list() == sources
    assert near["us-jpn-2024-01-01"].to_list() == pytest.approx([1.0, 0.0])
    # two of the three sentences of the strategy are drawn: the one that is the same is among them in two of three draws
    assert near["jpn-nds-2022"].to_list() == pytest.approx([0.0, 2 / 3])
    assert rivals.nearest_sources(passages, compared, "us-jpn-2025-01-01", sources, [2])["paragraph"].to_list() == [2]
    race = rivals.race(near, "jpn-nds-2022", **DRAWN).set_index("source")
    assert race["nearest"].to_dict() == dict.fromkeys(sources, 1)
    assert race.loc["us-jpn-2024-01-01", ["lead", "low", "high"]].to_list() == pytest.approx([1 / 6, -2 / 3, 1.0])
    assert race.loc["jpn-nds-2022", ["lead", "low", "high"]].to_list() == [0, 0, 0]


def test_every_source_of_the_race_is_a_whole_text() -> None:
    table = load("documents").set_index("document_id")
    assert set(table.loc[[*SOURCES], "extent"]) == {"whole"}
    assert STRATEGY in SOURCES


# --- readings


@pytest.mark.parametrize(
    ("rank", "low", "words"),
    [(1, 0.001, "larger than its uncertainty"), (1, -0.001, "too small to be sure of"), (2, 0.5, "Another text")],
)
def test_the_reading_follows_rank_and_lead(rank: int, low: float, words: str) -> None:
    assert words in rivals.reading(rank, low)


def test_the_reading_of_sources_follows_the_count() -> None:
    assert "nearer to earlier statements" in rivals.reading_of_sources(1, 18)
    assert "as near to the strategy" in rivals.reading_of_sources(9, 18)


def test_the_ranking_is_that_of_the_scores() -> None:
    source = pair.load_source()
    table = rivals.ranking(source, Specification(), STRATEGY)
    scores = source.scores(Specification())[STRATEGY]
    assert table.set_index("document_id")["score"].to_dict() == pytest.approx(scores.to_dict())
    assert np.all(np.diff(table["score"]) <= 0)
    [rank] = table.loc[table["document_id"] == FOCAL_STATEMENT, "rank"]
    assert rank == (scores >= scores[FOCAL_STATEMENT]).sum()
