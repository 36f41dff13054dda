"""The folder of texts from which the features are made, and the proof that the committed features are theirs.

A corpus folder holds texts/ID.txt for each document of data/documents.csv, in the normal form
(`analysis.texts.segment`). The texts are never part of the repository.
"""

import hashlib
from itertools import zip_longest
from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.data.faults import FIRST_ROW
from analysis.texts.features import TABLES, build_tables, parquet, read_features, write_features


def read_texts(folder: Path, table: pd.DataFrame) -> dict[str, str]:
    """Return all texts by id. Raises DataError with every text that is missing, altered or not UTF-8."""
    texts, faults = {}, []
    for number, row in enumerate(table.itertuples(), FIRST_ROW):
        file = folder / "texts" / f"{row.document_id}.txt"
        try:
            raw = file.read_bytes()
            texts[str(row.document_id)] = raw.decode("utf-8")
        except OSError as error:
            faults.append(f"texts/{file.name}: cannot be read ({error.strerror})")
        except UnicodeDecodeError as error:
            faults.append(f"texts/{file.name}: byte {error.start} is not UTF-8")
        else:
            if (digest := hashlib.sha256(raw).hexdigest()) != row.sha256:
                recorded = f"data/documents.csv, row {number}, column sha256 has {str(row.sha256)[:12]}…"
                advice = "use the text that was read, or record the new one there"
                faults.append(f"texts/{file.name}: SHA-256 {digest}; {recorded}: {advice}")
    if faults:
        shown = "\n".join(faults[:10]) + (f"\n… and {len(faults) - 10} more" if len(faults) > 10 else "")
        raise DataError(f"{folder} is not the corpus of data/documents.csv:\n{shown}")
    return texts


def last_blocks(table: pd.DataFrame) -> dict[str, int]:
    """Return the last block of the documents that end before their text does (column last_block), by id."""
    cut = table.dropna(subset=["last_block"])
    return dict(zip(cut["document_id"], cut["last_block"].astype(int), strict=True))


def build(folder: Path, table: pd.DataFrame, target: Path = paths.FEATURES) -> dict[str, int]:
    """Write the features of texts; return the rows of each table. Raises DataError unless all texts are as recorded."""
    tables = build_tables(read_texts(folder, table), last_blocks(table))
    write_features(tables, target)
    return {name: features.num_rows for name, features in tables.items()}


def verify(folder: Path, table: pd.DataFrame, target: Path = paths.FEATURES) -> list[str]:
    """Return the first difference of each table of the committed features from what the texts give; none where equal.

    The values are compared, then the bytes of the files. Raises DataError where a text is not as recorded.
    """
    made = build_tables(read_texts(folder, table), last_blocks(table))
    if differences := [line for name in TABLES for line in _difference(name, read_features(name, target), made[name])]:
        return differences
    different_bytes = [name for name in TABLES if parquet(made[name]) != (target / f"{name}.parquet").read_bytes()]
    reason = "the values are those of the texts, but not the bytes of the file: another version of pyarrow wrote it"
    return [f"{name}.parquet: {reason}" for name in different_bytes]


def _difference(name: str, committed: pa.Table, made: pa.Table) -> list[str]:
    """Return a line on the first row of a committed table that is not the one made of the texts, if there is any."""
    tables = (table.to_pandas().itertuples(index=False, name="row") for table in (committed, made))
    for row, (one, other) in enumerate(zip_longest(*tables, fillvalue="no row")):
        if one != other:
            return [f"{name}.parquet, row {row}: committed {one}; the texts give {other}"]
    return []
