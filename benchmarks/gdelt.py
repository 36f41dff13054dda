"""A made event file of GDELT 2.0 of any size, and how pandas counts it: for the benchmarks."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.data.tables import load
from analysis.signals.coding import STATES
from analysis.signals.exports import counts_frame

COLUMNS = 61
PLACES = {"day": 1, "source": 7, "target": 17, "code": 26}
BLOCK = 100_000  # lines that are made; a longer file repeats them
OTHERS = ("", "KOR", "RUS", "TWN", "AUS", "PHL", "IND", "GBR", "FRA", "DEU")
AT_ONCE = 1_000_000  # lines that pandas holds at once, where it reads in pieces


def known_codes() -> frozenset[str]:
    """The CAMEO codes that have a score."""
    scales = load("scales")
    return frozenset(scales.loc[scales["scale"] == "cameo_goldstein", "code"])


def _block(lines: int) -> bytes:
    rng = np.random.default_rng(1)
    states = (*STATES, *OTHERS)
    days = pd.date_range("2021-01-01", "2025-12-31").strftime("%Y%m%d")
    codes = sorted(known_codes())
    cells = np.full((lines, COLUMNS), "", dtype=object)
    cells[:, 0] = [str(1_000_000_000 + number) for number in range(lines)]
    for place, values in ((1, days), (7, states), (17, states), (26, codes)):
        cells[:, place] = rng.choice(np.asarray(values, dtype=object), lines)
    cells[:, 6], cells[:, 16], cells[:, 52] = "GOVERNMENT", "FOREIGN MINISTRY", "Beijing, Beijing, China"
    for place in (30, 31, 32, 33, 34):
        cells[:, place] = [f"{value:.6f}" for value in rng.normal(size=lines)]
    cells[:, 59] = cells[:, 1] + "000000"
    cells[:, 60] = [f"https://news.example.org/world/{number:08d}/foreign-ministry.html" for number in range(lines)]
    return "".join("\t".join(row) + "\n" for row in cells).encode()


def write_events(file: Path, lines: int) -> None:
    """Write so many lines: three of thirteen actors are states of this book."""
    block = _block(min(lines, BLOCK))
    with file.open("wb") as stream:
        for _ in range(lines // BLOCK or 1):
            stream.write(block)


def count_here(file: Path) -> pd.DataFrame:
    """The counts of this book, in as many processes as the command starts."""
    from analysis.runs.workers import default_workers, open_pool
    from analysis.signals.exports import count_files

    with open_pool(default_workers(), None) as pool:
        return count_files([file], pool)[0]


def count_with_pandas(file: Path, at_once: int | None = None) -> pd.DataFrame:
    """The counts of `exports.count_file`, by pandas: the whole file, or so many lines at once.

    It takes four columns, looks at none of the others, and trusts every line.
    """
    pieces = pd.read_csv(
        file,
        sep="\t",
        header=None,
        names=list(PLACES),
        usecols=list(PLACES.values()),
        dtype={"day": "int32", "source": "category", "target": "category", "code": "category"},
        quoting=csv.QUOTE_NONE,
        keep_default_na=False,
        chunksize=at_once,
    )
    counts = [_counted(piece) for piece in ([pieces] if at_once is None else pieces)]
    summed = pd.concat(counts).groupby(level=[0, 1, 2, 3]).sum()
    rows = ((*key[:3], "cameo_goldstein", key[3], number) for key, number in summed.items())
    return counts_frame(rows)


def _counted(frame: pd.DataFrame) -> "pd.Series[int]":
    own = frame[frame["source"].isin(STATES) & frame["target"].isin(STATES)]
    own = own[own["source"].astype(object) != own["target"].astype(object)]
    period = pd.to_datetime(own["day"].astype(str), format="%Y%m%d").dt.to_period("Q").dt.start_time
    known = known_codes()
    code = own["code"].astype(object).map(lambda found: found if found in known else found[:3])
    return own.groupby([own["source"].astype(object), own["target"].astype(object), period, code]).size()
