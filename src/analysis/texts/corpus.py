"""The folder of texts from which the features are made, and the proof that the committed features are theirs.

A corpus folder holds texts/ID.txt for each document of data/documents.csv, in the normal form
(`analysis.texts.segment`). The texts are never part of the repository.
"""

import hashlib
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW
from analysis.texts.features import TABLES, build_tables, read_features, write_features


def read_texts(folder: Path, table: pd.DataFrame) -> dict[str, str]:
    """Return the texts of all documents of the table of documents, by id.

    Raises DataError with every text that is missing, altered or not UTF-8.
    """
    texts, faults = {}, []
    for number, row in enumerate(table.itertuples(), FIRST_ROW):
        file = folder / "texts" / f"{row.document_id}.txt"
        try:
            raw = file.read_bytes()
        except OSError as error:
            faults.append(f"texts/{file.name}: cannot be read ({error.strerror})")
            continue
        digest = hashlib.sha256(raw).hexdigest()
        if digest != row.sha256:
            faults.append(
                f"texts/{file.name}: SHA-256 {digest}; data/documents.csv, row {number}, column sha256 has "
                f"{str(row.sha256)[:12]}…: use the text that was read, or record the new one there"
            )
            continue
        try:
            texts[str(row.document_id)] = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            faults.append(f"texts/{file.name}: byte {error.start} is not UTF-8")
    if faults:
        shown = "\n".join(faults[:10]) + (f"\n… and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise DataError(f"{folder} is not the corpus of data/documents.csv:\n{shown}")
    return texts


def last_blocks(table: pd.DataFrame) -> dict[str, int]:
    """Return the last block of the documents that end before their text does (column last_block), by id."""
    cut = table.dropna(subset=["last_block"])
    return dict(zip(cut["document_id"], cut["last_block"].astype(int), strict=True))


def build(folder: Path, table: pd.DataFrame, target: Path = paths.FEATURES) -> dict[str, int]:
    """Make the features of a folder of texts, write them and return the number of rows of each table.

    Raises DataError, and writes nothing, unless all texts are there and as recorded.
    """
    tables = build_tables(read_texts(folder, table), last_blocks(table))
    write_features(tables, target)
    return {name: features.num_rows for name, features in tables.items()}


def verify(folder: Path, table: pd.DataFrame, target: Path = paths.FEATURES) -> list[str]:
    """Return the first difference of each table of the committed features from what the texts give; none where equal.

    The values are compared, then the bytes of the files. Raises DataError where a text is not as recorded.
    """
    made = build_tables(read_texts(folder, table), last_blocks(table))
    differences = [first_difference(name, read_features(name, target), made[name]) for name in TABLES]
    if differences := list(filter(None, differences)):
        return differences
    with tempfile.TemporaryDirectory() as scratch:
        write_features(made, Path(scratch))
        return [
            f"{name}.parquet: the values are those of the texts, but not the bytes of the file: it was written by "
            "another version of pyarrow"
            for name in TABLES
            if (Path(scratch) / f"{name}.parquet").read_bytes() != (target / f"{name}.parquet").read_bytes()
        ]


def first_difference(name: str, committed: pa.Table, made: pa.Table) -> str:
    """Return in one line where a committed table first differs from the one made of the texts; empty where nowhere."""
    if committed.column_names != made.column_names:
        return f"{name}.parquet: columns {', '.join(committed.column_names)}; expected {', '.join(made.column_names)}"
    a, b = committed.to_pandas(), made.to_pandas()
    n = min(len(a), len(b))
    differs = np.any([a[column].to_numpy()[:n] != b[column].to_numpy()[:n] for column in a.columns], axis=0)
    row = int(differs.argmax()) if differs.any() else n
    if row == len(a) == len(b):
        return ""

    def shown(frame: pd.DataFrame) -> str:
        return ", ".join(f"{c} {frame[c].iloc[row]}" for c in frame.columns) if row < len(frame) else "no row"

    place = f"{name}.parquet, row {row}"
    if name == "counts" and row < n:
        place += f" (passage {b['passage'].iloc[row]})"
    return f"{place}: committed {shown(a)}; the texts give {shown(b)} ({len(a)} and {len(b)} rows)"
