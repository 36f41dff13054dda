"""How time and memory grow with documents, passages, specifications and events, to this machine's limit: `make bench`.

Each size runs in a process of its own, the smaller ones several times. Documents, passages and events beyond those of
this book are made from them: passages drawn at random, lines repeated. Prints the table and writes it to
benchmarks/growth.csv.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gdelt
import measuring
import numpy as np
import pandas as pd
from measuring import HERE, Timing, timed

OUTPUT = Path(__file__).with_suffix(".csv")
PANDAS = "pandas, in pieces"
STATEMENT, STRATEGY = "us-jpn-2025-02-07", "jpn-nds-2022"
LONG = 20.0  # seconds from which a size runs once
LINE = 330  # bytes of an event at most, to see whether a file has room on the disk

Work = Callable[[int, Path], Timing]


# --- texts


def _source(lengths: Sequence[tuple[str, int]]) -> tuple[Any, pd.DataFrame]:
    """A source of made documents: kind and number of passages of each, drawn from all passages in English."""
    from analysis.measures.pair import load_source
    from analysis.texts import documents

    real = load_source()
    english = set(documents.comparable(real.documents)["document_id"])
    passages = real.features.passages
    pool = np.flatnonzero(passages["document_id"].isin(english).to_numpy() & ~passages["heading"].to_numpy())
    rng = np.random.default_rng(1)
    ids = [f"{kind}-{number}" for number, (kind, _) in enumerate(lengths)]
    sizes = [size for _, size in lengths]
    drawn = rng.choice(pool, sum(sizes))
    place = np.concatenate([np.arange(size) for size in sizes])
    frame = passages.iloc[drawn].reset_index(drop=True)
    frame = frame.assign(document_id=np.repeat(np.array(ids, dtype=object), sizes), paragraph=place, sentence=place)
    features = replace(real.features, passages=frame, counts=real.features.counts[drawn])
    row = real.documents[real.documents["document_id"] == STATEMENT]
    table = pd.concat([row] * len(ids), ignore_index=True)
    table["document_id"], table["kind"] = ids, [kind for kind, _ in lengths]
    return replace(real, features=features), table


def _scores(lengths: Sequence[tuple[str, int]]) -> Timing:
    from analysis.measures.placebos import base_rows, frames_of, in_unit
    from analysis.measures.similarity import represent

    source, table = _source(lengths)

    def work() -> None:
        passages = in_unit(source.features, table, source.terms, "sentence", mask=True)
        frames_of(passages, represent("tfidf", passages.counts, base_rows(passages.frame, "all")), table, ["whole"])

    return timed(work)


def documents_here(size: int, _folder: Path) -> Timing:
    """All scores of statements with strategies, half of each, as long as the documents of this book."""
    from analysis.measures.pair import load_source
    from analysis.texts import documents

    real = load_source()
    known = documents.comparable(real.documents).set_index("document_id")["kind"]
    passages = real.features.passages[~real.features.passages["heading"]].groupby("document_id", observed=True).size()
    rng = np.random.default_rng(2)
    lengths = []
    for kind, many in (("statement", size // 2), ("strategy", size - size // 2)):
        own = passages[[i for i in known.index if known[i] == kind]].to_numpy()
        lengths += [(kind, int(length)) for length in rng.choice(own, many)]
    return _scores(lengths)


def passages_here(size: int, _folder: Path) -> Timing:
    """The score of one statement with one strategy, each of so many passages."""
    return _scores([("statement", size), ("strategy", size)])


def specifications_here(size: int, _folder: Path) -> Timing:
    """So many points of specification curves; beyond one curve, those of further statements with the strategy."""
    from analysis.measures.pair import load_source
    from analysis.measures.specifications import all_specifications, curve
    from analysis.texts import documents

    source, every = load_source(), all_specifications()
    table = documents.comparable(source.documents)
    statements = [STATEMENT, *(i for i in documents.ids(table, "statement") if i != STATEMENT)]
    curves = [
        (statement, every[: size - start])
        for statement, start in zip(statements, range(0, size, len(every)), strict=False)
    ]

    def work() -> None:
        for statement, some in curves:
            curve(source, statement, STRATEGY, some)

    return timed(work)


# --- events


def events_here(size: int, folder: Path) -> Timing:
    """Lines of an event file, in as many processes as the command starts."""
    file = folder / "events.csv"
    gdelt.write_events(file, size)
    return timed(lambda: gdelt.count_here(file))


def events_pandas(size: int, folder: Path) -> Timing:
    """The same lines by pandas, a million at once."""
    file = folder / "events.csv"
    gdelt.write_events(file, size)
    return timed(lambda: gdelt.count_with_pandas(file, gdelt.AT_ONCE))


GROWTH: dict[str, tuple[str, str, Work, tuple[int, ...]]] = {
    "documents": ("documents", HERE, documents_here, (10, 30, 100, 300, 1000)),
    "passages": ("passages", HERE, passages_here, (100, 300, 1000, 3000, 10_000, 30_000)),
    "specifications": ("specifications", HERE, specifications_here, (10, 30, 100, 448, 1000, 3000, 10_000)),
    "events": ("events", HERE, events_here, (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)),
    "events-pandas": ("events", PANDAS, events_pandas, (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)),
}


def room(of: str, size: int) -> bool:
    """Whether the disk holds what a size needs, twice."""
    return of != "events" or shutil.disk_usage(tempfile.gettempdir()).free > 2 * size * LINE


def rows_of(name: str, runs: int, longest: float) -> list[dict[str, Any]]:
    """The rows of one kind of size, up to the first that has no room or would take longer than so many seconds."""
    of, way, _, sizes = GROWTH[name]
    rows: list[dict[str, Any]] = []
    for size in sizes:
        if not room(of, size):
            print(f"{of}: no room on the disk for {size:,}", file=sys.stderr)
            break
        if rows and rows[-1]["seconds"] * size / rows[-1]["size"] > longest:
            print(f"{of}: {size:,} would take more than {longest:.0f} s", file=sys.stderr)
            break
        timings: list[Timing] = []
        while len(timings) < runs and not (timings and timings[0].seconds > LONG):
            timings.append(measuring.ask(Path(__file__), f"{name}:{size}")["job"])
        row = {"of": of, "way": way, "size": size, **measuring.summary(timings), "machine": measuring.machine()}
        print(f"{of}, {way}: {size:,} {row['seconds']} s {row['peak_mb']} MB", file=sys.stderr, flush=True)
        rows.append(row)
    return rows


def kept(name: str) -> list[dict[str, Any]]:
    """The rows of one kind of size that the table holds from an earlier run."""
    of, way, _, _ = GROWTH[name]
    table = pd.read_csv(OUTPUT)
    return table[(table["of"] == of) & (table["way"] == way)].to_dict("records")


def main() -> int:
    """Run all sizes, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", metavar="WHAT:SIZE", help="one size, here; print its timing as JSON")
    parser.add_argument("--only", choices=list(GROWTH), help="one kind of size; the rows of the others stay")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--longest", type=float, default=1200, help="seconds that a size may take at most, as it looks")
    options = parser.parse_args()
    if options.one:
        name, size = options.one.split(":")
        with tempfile.TemporaryDirectory() as folder:
            measuring.answer({"job": GROWTH[name][2](int(size), Path(folder))})
        return 0
    rows: list[dict[str, Any]] = []
    for name in GROWTH:
        rows += rows_of(name, options.runs, options.longest) if options.only in (None, name) else kept(name)
    table = pd.DataFrame(rows)
    table.to_csv(OUTPUT, index=False, lineterminator="\n")
    print(table.drop(columns="machine").to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
