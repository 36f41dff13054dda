"""Quotations against the features: word for word, whatever the marks, and the nearest wording where they are not."""

import re

import numpy as np
import pandas as pd
import pytest
from conftest import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.claims.quotation_audit import audit, audit_markdown, mark_differences, summary
from analysis.cli import command
from analysis.core.errors import ParameterError
from analysis.data.tables import load
from analysis.texts.features import Features, as_features, build_tables, load_features, load_ngrams, ngram_hashes
from analysis.texts.quotations import Ngrams, Quotation, Record, find_quotation, parts_of
from analysis.texts.segment import tokenize

DOCUMENT = "us-jpn-2025-02-07"
TEXT = """The leaders met. They agreed on Japan’s “far-reaching” plans for the U.S. Navy.

# Peace

They will train more often and more widely, by day and by night, on land, at sea and in the air.

# Growth

They will trade more."""


def record_of(text: str) -> Record:
    tables = build_tables({DOCUMENT: text}, {})["ngrams"].to_pandas()
    words = sorted(set(tokenize(text)))
    return Record([(n, np.sort(rows["hash"].to_numpy())) for n, rows in tables.groupby("n")], words)


@pytest.fixture(scope="module")
def small() -> tuple[Ngrams, Features]:
    tables = build_tables({DOCUMENT: TEXT}, {})
    grouped = tables["ngrams"].to_pandas().groupby(["document_id", "section", "n"], observed=True)["hash"]
    ngrams = {(str(d), str(s), int(n)): np.sort(hashes.to_numpy()) for (d, s, n), hashes in grouped}
    return ngrams, as_features(tables)


def test_words_before_and_after_a_run_that_is_longer_than_what_is_on_record() -> None:
    words = "They will train more often and more widely by day and by night".lower().split()
    record = record_of(" ".join(words) + ".")
    for length in range(1, 10):
        assert record.before(tuple(words[1 : 1 + length])) == "they"
        assert record.before(tuple(words[:length])) is None
        assert record.follows(tuple(words[:length]), words[length])
        assert not record.follows(tuple(words[:length]), "they")


def test_the_word_before_is_told_by_as_long_a_run_as_is_on_record() -> None:
    record = record_of("Some talk calmly about every plan they made.\n\nOthers talk calmly about every plan they like.")
    shared = ("talk", "calmly", "about", "every", "plan", "they")
    assert record.before(shared) == "others"  # the first of both in the alphabet
    assert record.before((*shared, "made")) == "some"


def look(small: tuple[Ngrams, Features], text: str, section: str | None = None) -> Quotation:
    return find_quotation(text, DOCUMENT, *small, section=section)


@pytest.mark.parametrize(
    "text",
    [
        "agreed on Japan's",
        "AGREED ON JAPAN’S “FAR REACHING” PLANS",
        "‘far-reaching’ plans",
        "plans for the US Navy",
        "leaders met. They agreed",
        "met they agreed",
        "They will train more often and more widely, by day and by night, on land, at sea",
        "train more often … by night",
        "train more often [...] by night",
        "The leaders met. They agreed on Japan’s “far-reaching” plans for the U.S. Navy.",
    ],
)
def test_a_quotation_that_stands_there(small: tuple[Ngrams, Features], text: str) -> None:
    assert look(small, text).found


@pytest.mark.parametrize(
    ("text", "nearest", "changes"),
    [
        ("agreed on Japan", None, 0),
        ("train less often and more widely", "train more often and more widely", 1),
        ("train often and more widely", "train more often and more widely", 1),
        ("train much more often and more widely", "train more often and more widely", 1),
        ("agreed on China's far-reaching plans", "agreed on japan's far reaching plans", 1),
        ("the leaders spoke", "the leaders met", 1),
        ("the U.S. Army", "the us navy", 1),
        ("Navy. They will train", "they will train", 1),
        ("plans for a larger Navy", "plans for the us navy", 2),
        ("on land, at sea and in space", "on land at sea and in the", 1),
    ],
)
def test_the_nearest_wording_of_one_that_does_not(
    small: tuple[Ngrams, Features], text: str, nearest: str | None, changes: int
) -> None:
    result = look(small, text)
    if nearest is None:
        assert result.found  # the possessive is a word of its own
        return
    assert not result.found
    [wording] = result.nearest
    assert wording is not None
    assert (str(wording), wording.changes) == (nearest, changes)


def test_words_of_a_long_quotation_in_another_order_are_noticed(small: tuple[Ngrams, Features]) -> None:
    text = "They will train more often and more widely, by night and by day, on land, at sea and in the air"
    result = look(small, text)
    assert not result.found
    [wording] = result.nearest
    assert wording is not None
    assert wording.changes == 2


def test_nothing_near_is_said_to_be_so(small: tuple[Ngrams, Features]) -> None:
    assert look(small, "zebras cross deserts").nearest == (None,)


def test_a_section_bounds_the_search(small: tuple[Ngrams, Features]) -> None:
    assert look(small, "They will").sections == ("#1", "#2")
    assert look(small, "They will train", "#1").found
    assert not look(small, "They will train", "#2").found
    assert look(small, "more … the air").sections == ("#1",)
    assert not look(small, "train more … trade more").found
    with pytest.raises(ParameterError, match="no section '#9'; sections: 0, #1, #2"):
        look(small, "They", "#9")


def test_what_cannot_be_looked_for_is_refused(small: tuple[Ngrams, Features]) -> None:
    with pytest.raises(ParameterError, match="there is no word in it"):
        look(small, " … ")
    with pytest.raises(ParameterError, match="quotations can be checked in us-jpn-2025-02-07"):
        find_quotation("They", "kor-dwp-2022", *small)


def test_an_ellipsis_parts_a_quotation() -> None:
    assert parts_of("A b … c. . . d") == [["a", "b"], ["c"], ["d"]]
    assert parts_of("a [...] b") == [["a"], ["b"]]


@pytest.mark.parametrize(
    ("text", "document", "section"),
    [
        ("a new golden age", DOCUMENT, "0"),
        ("cornerstone of peace, security and prosperity", DOCUMENT, "#1"),
        ("primary responsibility", "jpn-nds-2022", "III-1-(1)-a"),
    ],
)
def test_words_of_the_documents(text: str, document: str, section: str) -> None:
    assert section in find_quotation(text, document, load_ngrams(), load_features()).sections


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["quote", "new golden age", "--in", DOCUMENT]) == 0
    assert capsys.readouterr().out == f"stands word for word in {DOCUMENT}, section 0\n"
    assert command.main(["quote", "new golden era", "--in", DOCUMENT]) == 1
    assert "nearest wording on record: “new golden age” (words changed: 1)" in capsys.readouterr().out
    assert command.main(["quote", "new golden age", "--in", DOCUMENT, "--section", "#2"]) == 1
    assert f"does not stand in {DOCUMENT}, section #2" in capsys.readouterr().out
    assert command.main(["quote", "new golden age", "--in", "us-jpn-2025-02-08"]) == 1
    assert "quotations can be checked in jpn-nds-2022, us-jpn-2021-04-16" in capsys.readouterr().err


def distance(one: list[str], other: list[str]) -> int:
    """Levenshtein's distance of two lists of words."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, before = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=8),
    st.lists(st.sampled_from("abcdx"), min_size=1, max_size=5),
)
def test_the_nearest_wording_is_that_of_all_runs(text: list[str], quotation: list[str]) -> None:
    hashes = [(n, np.array(sorted(ngram_hashes(text, n)), dtype=np.uint64)) for n in range(1, 9)]
    runs = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    least = min(distance(quotation, run) for run in runs)
    found = Record(hashes, sorted(set(text))).nearest(quotation, len(quotation))
    if found is None:  # nothing of the quotation stands there, so nothing is near
        assert least == len(quotation)
        return
    assert found.changes == least
    assert list(found.words) in runs
    assert distance(quotation, list(found.words)) == least


def test_the_anchor_words_of_every_provision_stand_in_their_part() -> None:
    """The same as the test on the texts themselves, on a clone that has none."""
    ngrams, features = load_ngrams(), load_features()
    sections = {"preamble": "0", "peace": "#1", "prosperity": "#2", "indo-pacific": "#3", "invitation": "#4"}
    for row in load("provisions").itertuples():
        found = find_quotation(str(row.anchor_words), DOCUMENT, ngrams, features, section=sections[str(row.pillar)])
        assert found.found, row.provision_id


# --- audit


def test_differences_are_marked_on_both_sides() -> None:
    assert mark_differences("new golden era", "new golden age") == ("new golden **era**", "new golden **age**")
    assert mark_differences("Free and Open,", "free and open") == ("Free and Open,", "free and open")
    assert mark_differences("a b", "a much longer b") == ("a b", "a **much longer** b")
    assert mark_differences("illegal", "unlawful", "_") == ("_illegal_", "_unlawful_")


@pytest.fixture(scope="module")
def audited() -> pd.DataFrame:
    return audit(load("quotations"), load_ngrams(), load_features())


def test_the_audit_says_what_stands_word_for_word(audited: pd.DataFrame) -> None:
    rows = audited.set_index("quotation_id")
    assert rows.at["Q01", "on_record"] == "new golden age"
    assert rows.loc[rows["exact"]].index.to_list() == ["Q02", "Q03", "Q04"]
    # a difference matters in something exactly where there is one
    assert ((rows["matters"] == "none") == rows["exact"]).all()
    assert (rows["on_record"] != "").all()
    assert (rows["looked_up"] == (rows["door"] == "primary text")).all()


def test_another_quotation_or_text_gives_another_audit(audited: pd.DataFrame) -> None:
    quotations = load("quotations")
    quotations.loc[0, "words"] = "new golden age"
    quotations.loc[1, "words"] = "Cooperation for War"
    again = audit(quotations, load_ngrams(), load_features())
    assert again["exact"].to_list()[:2] == [True, False]
    assert again["on_record"].to_list()[1] == "cooperation for peace"
    assert summary(again) != summary(audited) or again["exact"].sum() == audited["exact"].sum()


def test_every_quotation_of_the_article_is_there(audited: pd.DataFrame) -> None:
    claims = load("claims").set_index("claim_id")
    assert set(claims.loc[audited["claim_id"], "type"].astype("object")) == {"quotation"}
    article = SHARED / "research" / "article.txt"
    if not article.exists():
        pytest.skip("needs the article beside the repository (../shared)")
    text = article.read_text("utf-8")
    marked = [" ".join(tokenize(words)) for words in re.findall('[“"]([^”"]+)[”"]', text)]
    assert [" ".join(tokenize(str(words))) for words in audited["words"]] == marked


def test_the_summary_counts(audited: pd.DataFrame) -> None:
    assert summary(audited) == (
        "Of eleven quotations five can be looked up in a text at hand, and three of these stand there word for word "
        "(60%). Of the eight that differ from the wording on record, one changes the meaning."
    )
    kinder = audited.assign(matters="wording")
    assert summary(kinder).endswith("none changes the meaning.")


def test_the_page_shows_every_quotation_with_its_source(audited: pd.DataFrame) -> None:
    page = audit_markdown(audited)
    for row in audited.itertuples():
        assert f"| {row.quotation_id}, claim {{ref}}`{row.claim_id} <{str(row.claim_id).lower()}>` |" in page
        assert f"[source]({row.url})" in page
    assert "official English; said by China, given to Japan and China" in page
    assert "primary text; said by the United States and Japan |" in page
    assert "“new golden **era**” | “new golden **age**”" in page
    assert "{zh}`严正交涉`" in page
