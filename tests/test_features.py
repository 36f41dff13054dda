"""Features: what is stored, that it repeats byte for byte, and that a changed text or file is found."""

import hashlib
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.tables import load
from analysis.texts import corpus
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY, QUOTED
from analysis.texts.features import (
    TABLES,
    as_features,
    build_tables,
    hash_ngram,
    load_features,
    load_ngrams,
    read_features,
    write_features,
)
from analysis.texts.segment import passages, tokenize

TEXTS = {
    FOCAL_STATEMENT: "The leaders met. They agreed on arms.\n\n# Peace\n\nThe U.S. agreed, and agreed again.",
    "us-xyz-2024-01-01": "Another text. It is short.",
}


def folder_of(texts: dict[str, str], place: Path) -> tuple[Path, pd.DataFrame]:
    """A corpus folder with these texts, and its table of documents."""
    (place / "texts").mkdir(parents=True)
    rows = []
    for document_id, text in texts.items():
        (place / "texts" / f"{document_id}.txt").write_text(text, encoding="utf-8")
        rows.append((document_id, hashlib.sha256(text.encode()).hexdigest(), pd.NA))
    return place, pd.DataFrame(rows, columns=["document_id", "sha256", "last_block"])


def test_counts_are_those_of_the_tokens() -> None:
    features = as_features(build_tables(TEXTS, {}))
    frame = features.passages
    assert frame["document_id"].tolist() == [FOCAL_STATEMENT] * 4 + ["us-xyz-2024-01-01"] * 2
    assert frame["heading"].tolist() == [False, False, True, False, False, False]
    assert frame["tokens"].tolist() == [3, 4, 1, 6, 2, 3]
    last = dict(zip(features.vocabulary, features.counts[3].toarray().ravel(), strict=True))
    assert {token: count for token, count in last.items() if count} == {
        "the": 1, "us": 1, "agreed": 2, "and": 1, "again": 1,
    }  # fmt: skip
    assert features.counts.sum() == frame["tokens"].sum()


def test_ngrams_are_kept_of_quoted_documents_alone_by_section(tmp_path: Path) -> None:
    write_features(build_tables(TEXTS, {}), tmp_path)
    grams = load_ngrams(tmp_path)
    assert {document_id for document_id, _, _ in grams} == {FOCAL_STATEMENT}
    assert hash_ngram(["met", "they"]) in grams[FOCAL_STATEMENT, "0", 2]
    assert hash_ngram(["us", "agreed"]) in grams[FOCAL_STATEMENT, "#1", 2]
    assert hash_ngram(["us", "agreed"]) not in grams[FOCAL_STATEMENT, "0", 2]
    assert hash_ngram(["arms", "peace"]) not in grams[FOCAL_STATEMENT, "#1", 2]


def test_nothing_longer_than_a_token_can_be_read() -> None:
    for name in TABLES:
        table = pq.read_table(paths.FEATURES / f"{name}.parquet")
        for column in table.column_names:
            if str(table.schema.field(column).type).startswith("dictionary"):
                values = table[column].combine_chunks().dictionary.to_pylist()
                assert not any(" " in value for value in values), (name, column)
    vocabulary = load_features().vocabulary
    assert list(vocabulary) == sorted(set(vocabulary))
    assert all(tokenize(token) == [token] for token in vocabulary if token != "'s")


def test_a_text_ends_with_its_last_block() -> None:
    table = build_tables(TEXTS, {FOCAL_STATEMENT: 1})["passages"].to_pandas()
    assert table[table["document_id"] == FOCAL_STATEMENT]["block"].tolist() == [1, 1]


def test_the_same_texts_give_the_same_bytes(tmp_path: Path) -> None:
    for name, texts in (("one", TEXTS), ("two", dict(reversed(TEXTS.items())))):
        write_features(build_tables(texts, {}), tmp_path / name)
    for name in TABLES:
        one, two = (tmp_path / folder / f"{name}.parquet" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    assert not list(tmp_path.rglob("*.partial"))


def test_committed_features_are_small_and_of_the_listed_documents() -> None:
    files = list(paths.FEATURES.glob("*.parquet"))
    assert sum(file.stat().st_size for file in files) < 12_000_000
    committed = set(load_features().passages["document_id"])
    assert committed == set(load("documents")["document_id"])
    assert {document_id for document_id, _, _ in load_ngrams()} == set(QUOTED)


def test_sections_of_the_strategy_are_those_of_the_outline() -> None:
    features = load_features().passages
    sections = set(features.loc[features["document_id"] == FOCAL_STRATEGY, "section"])
    listed = load("strategy_sections")
    assert sections <= set(listed["section_id"])
    # two lists without a number stand in the text of III, and the text ends before IX-3
    assert set(listed["section_id"]) - sections == {"NDS", "III-0a", "III-0b", "IX-3"}


# --- the folder of texts


def test_verify_passes_on_what_was_built_and_names_the_first_difference(tmp_path: Path) -> None:
    folder, table = folder_of(TEXTS, tmp_path / "corpus")
    target = tmp_path / "features"
    assert corpus.build(folder, table, target) == {"passages": 6, "counts": 18, "ngrams": 49}
    assert corpus.verify(folder, table, target) == []

    longer = build_tables(TEXTS | {FOCAL_STATEMENT: TEXTS[FOCAL_STATEMENT].replace("on arms", "on ships")}, {})
    write_features(longer, target)
    [counts, ngrams] = corpus.verify(folder, table, target)
    assert counts == (
        "counts.parquet, row 4: committed row(passage=1, token='on', count=1); "
        "the texts give row(passage=1, token='arms', count=1)"
    )
    assert ngrams.startswith("ngrams.parquet, row ")

    write_features(build_tables({FOCAL_STATEMENT: TEXTS[FOCAL_STATEMENT]}, {}), target)
    assert any("no row" in line for line in corpus.verify(folder, table, target))


def test_other_bytes_with_the_same_values_are_named(tmp_path: Path) -> None:
    folder, table = folder_of(TEXTS, tmp_path / "corpus")
    target = tmp_path / "features"
    corpus.build(folder, table, target)
    pq.write_table(read_features("counts", target), target / "counts.parquet", compression="none")
    [line] = corpus.verify(folder, table, target)
    assert line.startswith("counts.parquet: the values are those of the texts, but not the bytes")


def test_a_missing_altered_or_broken_text_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    folder, table = folder_of({**TEXTS, "us-abc-2024-01-02": "A third."}, tmp_path / "corpus")
    (folder / "texts" / f"{FOCAL_STATEMENT}.txt").write_text("Another text.", encoding="utf-8")
    (folder / "texts" / "us-xyz-2024-01-01.txt").unlink()
    raw = b"caf\xe9"
    (folder / "texts" / "us-abc-2024-01-02.txt").write_bytes(raw)
    table.loc[table["document_id"] == "us-abc-2024-01-02", "sha256"] = hashlib.sha256(raw).hexdigest()
    with pytest.raises(DataError) as caught:
        corpus.build(folder, table, tmp_path / "features")
    message = str(caught.value)
    assert f"texts/{FOCAL_STATEMENT}.txt: SHA-256" in message
    assert "row 2, column sha256" in message
    assert "us-xyz-2024-01-01.txt: cannot be read (No such file or directory)" in message
    assert "us-abc-2024-01-02.txt: byte 3 is not UTF-8" in message
    assert not (tmp_path / "features").exists()


def test_a_missing_or_broken_file_of_features_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"passages\.parquet is missing; restore it"):
        load_features(tmp_path)
    (tmp_path / "passages.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"passages\.parquet cannot be read as Parquet"):
        load_features(tmp_path)


def test_committed_features_are_what_the_texts_give(corpus: Path) -> None:
    from analysis.texts.corpus import verify

    assert verify(corpus, load("documents")) == []


def test_committed_texts_are_one_document_each(corpus: Path) -> None:
    """No document holds a large part of another: a placebo that did would be none.

    Yearly communiqués repeat up to a third of one another. Two are printed in the white paper of their time; the table
    says so, and no chapter sets them beside it.
    """
    texts = {i: (corpus / "texts" / f"{i}.txt").read_text("utf-8") for i in load("documents")["document_id"]}
    last = {i: int(b) for i, b in load("documents").set_index("document_id")["last_block"].dropna().items()}

    def runs(document_id: str) -> set[int]:
        kept = (p for p in passages(texts[document_id]) if p.block <= last.get(document_id, p.block))
        tokens = [token for part in kept for token in tokenize(part.text)]
        return {hash(tuple(tokens[start : start + 12])) for start in range(len(tokens) - 11)}

    found = {document_id: runs(document_id) for document_id in texts}
    shared = {
        (one, other): len(found[one] & found[other]) / len(found[one])
        for one in found
        for other in found
        if one != other and found[one]
    }
    held_whole = {pair: shared.pop(pair) for pair in list(shared) if shared[pair] > 0.9}
    notes = load("documents").set_index("document_id")["note"]
    assert set(held_whole) == {(f"us-kor-scm-{day}", "kor-dwp-2022") for day in ("2021-12-02", "2022-11-03")}
    assert all(other in notes[one] for one, other in held_whole)
    yearly = [share for (one, other), share in shared.items() if "scm" in one and "scm" in other]
    assert max(yearly) < 0.34
    assert max(set(shared.values()) - set(yearly)) < 0.2
    del last["jpn-nss-2022"]
    assert len(found[FOCAL_STRATEGY] & runs("jpn-nss-2022")) / len(found[FOCAL_STRATEGY]) > 0.4


def test_last_blocks_are_read_from_the_table() -> None:
    assert corpus.last_blocks(load("documents")) == {"jpn-nss-2022": 148}
