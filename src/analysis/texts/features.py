"""Text features instead of texts: passages with their token counts, and hashed n-grams of the quoted documents.

The features are what every text measure and quotation check runs on; the texts stay with their publishers. Three
tables, kept as Parquet:

- passages: document_id, section, block, paragraph, sentence, heading, tokens (how many); row n is passage n. The
  metadata of the file records the SHA-256 of each text.
- counts: passage, token, count.
- ngrams: document_id, section, n (1 to 8), hash (64 bits). A hash hides no text from someone who guesses it; it keeps
  text from being stored and read.
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.files import write_whole
from analysis.data.tables import note_read
from analysis.texts.documents import QUOTED
from analysis.texts.segment import block_tokens, passages, tokenize

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LONGEST = 8
TABLES = ("passages", "counts", "ngrams")
HASHES = "sha256"  # the key of the metadata
NAME, I16 = pa.dictionary(pa.int16(), pa.string()), pa.int16()
PLACE = [("document_id", NAME), ("section", NAME), ("block", I16), ("paragraph", I16), ("sentence", I16)]
PASSAGES = pa.schema([*PLACE, ("heading", pa.bool_()), ("tokens", I16)])
COUNTS = pa.schema([("passage", pa.int32()), ("token", pa.string()), ("count", I16)])
NGRAMS = pa.schema([("document_id", NAME), ("section", NAME), ("n", pa.int8()), ("hash", pa.uint64())])


def hash_ngram(tokens: list[str]) -> int:
    """Return the first 64 bits of the BLAKE2b hash of tokens joined with blanks."""
    return int.from_bytes(hashlib.blake2b(" ".join(tokens).encode(), digest_size=8).digest(), "big")


def ngram_hashes(tokens: list[str], n: int) -> set[int]:
    """Return the hashes of all runs of n tokens."""
    return {hash_ngram(tokens[start : start + n]) for start in range(len(tokens) - n + 1)}


def build_tables(texts: Mapping[str, str], last_blocks: Mapping[str, int]) -> dict[str, pa.Table]:
    """Return the three tables of features of normalised texts by document id, as Arrow tables.

    last_blocks gives, for some documents, the last block that belongs to them. The same texts give the same tables.
    """
    rows: list[tuple[Any, ...]] = []
    counts: list[tuple[int, str, int]] = []
    grams: set[tuple[str, str, int, int]] = set()
    for document_id in sorted(texts):
        parts = passages(texts[document_id], last_blocks.get(document_id))
        for part in parts:
            tokens = Counter(tokenize(part.text))
            counts += [(len(rows), token, count) for token, count in sorted(tokens.items())]
            place = (part.section, part.block, part.paragraph, part.sentence, part.heading)
            rows.append((document_id, *place, tokens.total()))
        for section, block in block_tokens(parts) if document_id in QUOTED else ():
            for n in range(1, LONGEST + 1):
                grams |= {(document_id, section, n, value) for value in ngram_hashes(block, n)}
    hashes = {document_id: hashlib.sha256(texts[document_id].encode()).hexdigest() for document_id in sorted(texts)}
    count_table = _table(counts, COUNTS)
    vocabulary = pa.array(sorted({token for _, token, _ in counts}), pa.string())
    indices = pa.compute.index_in(count_table["token"].combine_chunks(), vocabulary)
    return {
        "passages": _table(rows, PASSAGES).replace_schema_metadata({HASHES: json.dumps(hashes)}),
        "counts": count_table.set_column(1, "token", pa.DictionaryArray.from_arrays(indices, vocabulary)),
        "ngrams": _table(sorted(grams), NGRAMS),
    }


def _table(rows: list[Any], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


# --- files


def write_features(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write tables as files NAME.parquet, none ever half written; the same tables give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_whole(folder / f"{name}.parquet", parquet(table))


def parquet(table: pa.Table) -> bytes:
    """Return a table as the content of a Parquet file; the same table gives the same bytes."""
    import pyarrow.parquet as pq

    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", compression_level=19, write_statistics=False)
    return content.getvalue()


def read_features(name: str, folder: Path) -> pa.Table:
    """Return one table of features. Raises DataError where its file is missing or broken."""
    import pyarrow.parquet as pq

    file = note_read(folder / f"{name}.parquet")
    try:
        return pq.read_table(file)
    except FileNotFoundError:
        advice = "restore it from the repository, or make it with `balancing-act corpus build --texts DIR`"
        raise DataError(f"data/features/{file.name} is missing; {advice}") from None
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"data/features/{file.name} cannot be read as Parquet: {error}") from None


def recorded_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the texts behind the features, by document id. Raises DataError where none is recorded."""
    metadata = read_features("passages", folder).schema.metadata or {}
    if HASHES.encode() not in metadata:
        raise DataError("data/features/passages.parquet does not record of which texts it was made; build it again")
    hashes: dict[str, str] = json.loads(metadata[HASHES.encode()])
    return hashes


# --- in memory


@dataclass(frozen=True)
class Features:
    """The features in the form in which the measures use them.

    passages is the table of passages; counts the matrix of token counts (passages, vocabulary); vocabulary the token of
    each column, in order.
    """

    passages: pd.DataFrame
    counts: "csr_array"
    vocabulary: tuple[str, ...]

    def only(self, documents: Iterable[str]) -> "Features":
        """Return the features of some documents alone (ids); the vocabulary stays that of all."""
        rows = np.flatnonzero(self.passages["document_id"].isin(list(documents)).to_numpy())
        return Features(self.passages.iloc[rows].reset_index(drop=True), self.counts[rows], self.vocabulary)


def as_features(tables: Mapping[str, pa.Table]) -> Features:
    """Return the features in memory from the tables passages and counts."""
    from scipy.sparse import csr_array

    frame, counts = tables["passages"].to_pandas(), tables["counts"].combine_chunks()
    tokens = counts["token"].combine_chunks()
    values = counts["count"].to_numpy().astype(np.float64)
    starts = np.searchsorted(counts["passage"].to_numpy(), np.arange(len(frame) + 1))
    shape = (len(frame), len(tokens.dictionary))
    matrix = csr_array((values, tokens.indices.to_numpy(), starts), shape=shape)
    return Features(frame, matrix, tuple(tokens.dictionary.to_pylist()))


@cache
def load_features(folder: Path = paths.FEATURES) -> Features:
    """Read the committed features. Raises DataError where a file is missing or broken."""
    return as_features({name: read_features(name, folder) for name in ("passages", "counts")})


@cache
def load_ngrams(folder: Path = paths.FEATURES) -> dict[tuple[str, str, int], NDArray[np.uint64]]:
    """Return sorted hashes of n-grams by document, section and n. Raises DataError where the file cannot be read."""
    frame = read_features("ngrams", folder).to_pandas()
    grouped = frame.groupby(["document_id", "section", "n"], observed=True)["hash"]
    return {(str(d), str(s), int(n)): np.sort(hashes.to_numpy()) for (d, s, n), hashes in grouped}
