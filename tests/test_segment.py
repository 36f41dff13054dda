"""The segmenter on the hard cases of these texts, in sentences of our own."""

import pytest

from analysis.texts.features import hash_ngram, ngram_hashes
from analysis.texts.segment import Outline, block_tokens, passages, split_sentences, tokenize


@pytest.mark.parametrize(
    ("paragraph", "sentences"),
    [
        ("One ends. Another begins.", ["One ends.", "Another begins."]),
        # abbreviations in capitals end a sentence only before a word that opens one
        ("The U.S. Navy came. It left.", ["The U.S. Navy came.", "It left."]),
        (
            "They met in Washington, D.C. The talks were short.",
            ["They met in Washington, D.C.", "The talks were short."],
        ),
        ("With the Japan-U.S. Alliance it grows.", ["With the Japan-U.S. Alliance it grows."]),
        ("Groups such as Japan-India-U.S. (Quad) met.", ["Groups such as Japan-India-U.S. (Quad) met."]),
        ("Forces of Japan and the U.S. will train.", ["Forces of Japan and the U.S. will train."]),
        (
            "Mr. Abe and Dr. Sato wrote to J. Smith. All agreed.",
            ["Mr. Abe and Dr. Sato wrote to J. Smith.", "All agreed."],
        ),
        ("See No. 5 and Art. 9 of it.", ["See No. 5 and Art. 9 of it."]),
        ("Fuel, food, etc. In addition, tents.", ["Fuel, food, etc.", "In addition, tents."]),
        ("Fuel, food, etc. MOD buys them.", ["Fuel, food, etc. MOD buys them."]),
        # years and numbers
        ("It lasts until FY 2027. Japan pays.", ["It lasts until FY 2027.", "Japan pays."]),
        ("A share of 1.5 percent by FY 2027 is meant.", ["A share of 1.5 percent by FY 2027 is meant."]),
        # a list in one sentence stays one
        ("They will: train; equip; and, in time, deploy.", ["They will: train; equip; and, in time, deploy."]),
        ("It does: 1. Train. 2. Buy. 3. Sell.", ["It does: 1. Train.", "2. Buy.", "3. Sell."]),
        # quotation marks and brackets close before the next sentence
        ("He called it “new.” She did not.", ["He called it “new.”", "She did not."]),
        ('It is "open." (It is free.) They agreed.', ['It is "open."', "(It is free.)", "They agreed."]),
        ("Was it so? It was! Then came more.", ["Was it so?", "It was!", "Then came more."]),
        ("2024. The year ended.", ["2024.", "The year ended."]),
        ("(3)", ["(3)"]),
        ("", []),
    ],
)
def test_sentences(paragraph: str, sentences: list[str]) -> None:
    assert split_sentences(paragraph) == sentences


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("U.S.-Japan ties", ["us", "japan", "ties"]),
        ("the US and the U.S", ["the", "us", "and", "the", "us"]),
        ("Japan’s and leaders' will", ["japan", "'s", "and", "leaders", "will"]),
        ("Japan's “like-minded” CO-OPERATION", ["japan", "'s", "like", "minded", "co", "operation"]),
        ("FY 2027, FY2027", ["fy", "2027", "fy", "2027"]),
        ("1.5°C, 10,000 and 5G", ["1.5", "c", "10,000", "and", "5g"]),
        ("they don’t, 2+2", ["they", "don't", "2", "2"]),
        ("co\u00adoperation and ﬁre", ["cooperation", "and", "fire"]),
        ("— • —", []),
        ("尖閣諸島 in Okinawa", ["尖閣諸島", "in", "okinawa"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


def test_outline_follows_numbers_letters_and_brackets() -> None:
    text = """# I The policy

Before it.

# 1 Own efforts

# (1) Reinforcement

In three ways.

a. First, this.

Still the first.

b. Second, that.

# (2) The whole country

a. Anew from a.

# 2 The ally

# II Means

(1) In space.

(2) At sea.
"""
    found = [(p.section, p.block, p.paragraph, p.text) for p in passages(text)]
    assert found == [
        ("I", 1, 0, "The policy"),
        ("I", 2, 1, "Before it."),
        ("I-1", 3, 0, "Own efforts"),
        ("I-1-(1)", 4, 0, "Reinforcement"),
        ("I-1-(1)", 5, 2, "In three ways."),
        ("I-1-(1)-a", 6, 3, "First, this."),
        ("I-1-(1)-a", 7, 4, "Still the first."),
        ("I-1-(1)-b", 8, 5, "Second, that."),
        ("I-1-(2)", 9, 0, "The whole country"),
        ("I-1-(2)-a", 10, 6, "Anew from a."),
        ("I-2", 11, 0, "The ally"),
        ("II", 12, 0, "Means"),
        ("II-(1)", 13, 7, "In space."),
        ("II-(2)", 14, 8, "At sea."),
    ]


def test_headings_without_a_number_are_counted() -> None:
    assert [p.section for p in passages("# A new era\n\nYes.")] == ["#1", "#1"]
    found = [(p.section, p.heading) for p in passages("Before.\n\n# Peace\n\nYes.\n\n# Growth\n\nYes.")]
    assert found == [("0", False), ("#1", True), ("#1", False), ("#2", True), ("#2", False)]


def test_a_paragraph_that_begins_with_a_number_opens_no_section() -> None:
    outline = Outline()
    assert outline.enter("2024 was a year.", heading=False) == "2024 was a year."
    assert outline.enter("7. A footnote out of order.", heading=False) == "7. A footnote out of order."
    assert outline.path == "0"


def test_a_letter_is_read_as_the_series_goes() -> None:
    outline = Outline()
    for block, path in (("A. One", "A"), ("B. Two", "B"), ("C. Three", "C"), ("D. Four", "D")):
        outline.enter(block, heading=True)
        assert outline.path == path
    outline = Outline()
    outline.enter("I One", heading=True)
    outline.enter("II Two", heading=True)
    assert outline.path == "II"


def test_passages_without_a_token_are_left_out_but_counted() -> None:
    assert [(p.block, p.paragraph) for p in passages("One.\n\n—\n\nThree.")] == [(1, 1), (3, 3)]
    assert passages("") == []


def test_sentences_are_numbered_in_their_paragraph() -> None:
    assert [(p.paragraph, p.sentence) for p in passages("A one. A two.\n\nB one.")] == [(1, 1), (1, 2), (2, 1)]


def test_tokens_of_a_block_run_across_its_sentences_and_not_across_blocks() -> None:
    parts = passages("It ends. It begins.\n\nAnother.")
    assert list(block_tokens(parts)) == [("0", ["it", "ends", "it", "begins"]), ("0", ["another"])]


def test_hashes_of_ngrams() -> None:
    tokens = tokenize("New golden age, a “golden-age”.")
    assert ngram_hashes(tokens, 2) == {
        hash_ngram(pair) for pair in (["new", "golden"], ["golden", "age"], ["age", "a"], ["a", "golden"])
    }
    assert ngram_hashes(tokens, 7) == set()
    assert all(0 <= value < 2**64 for value in ngram_hashes(tokens, 1))
    # BLAKE2b with 8 bytes of output over UTF-8, big end first
    assert hash_ngram(["a", "b"]) == int.from_bytes(
        __import__("hashlib").blake2b(b"a b", digest_size=8).digest(), "big"
    )
