"""The benchmark tables of the book, and the model of how time and memory grow with size.

`make bench` measures and writes two tables beside the pages. `peers.csv` has one row for each way of each job: job, way
(here, or a plain way), seconds (median), least, most, times (seconds by those of here), peak_mb, runs, part (what was
measured, where not all), machine, versions. `growth.csv` has one row for each size: of (documents, passages,
specifications, events), way, size, seconds, least, most, peak_mb, runs, machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.core.errors import DataError

HERE = "here"
MEASURED = ("seconds", "least", "most", "peak_mb", "runs")
COLUMNS = {
    "peers": ("job", "way", *MEASURED, "times", "part", "machine", "versions"),
    "growth": ("of", "way", "size", *MEASURED, "machine"),
}
TEXTS = ("job", "way", "part", "machine", "versions", "of")
POWERS = np.arange(0.5, 2.51, 0.05)
BEYOND = 10  # so many times the largest size is predicted
LITTLE = 0.02


def read_benchmark(file: Path) -> pd.DataFrame:
    """One of the two tables, by the name of its file.

    Raises DataError where the file or a column is missing, or a cell is no number above 0 where one belongs.
    """
    if not file.exists():
        raise DataError(f"book/{file.name} is missing; `make bench` writes it")
    table = pd.read_csv(file, keep_default_na=False, dtype=str)
    lacking = [column for column in COLUMNS[file.stem] if column not in table]
    if lacking or table.empty:
        raise DataError(f"book/{file.name} has no {', '.join(lacking) or 'rows'}; `make bench` writes it again")
    for column in COLUMNS[file.stem]:
        if column not in TEXTS:
            numbers = pd.to_numeric(table[column], errors="coerce")
            if len(wrong := table.index[~(numbers > 0)]):
                value = table.at[wrong[0], column]
                raise DataError(
                    f"book/{file.name}, row {wrong[0] + 2}, column {column}: “{value}”; allowed: numbers above 0"
                )
            table[column] = numbers
    return table


def peers_of(peers: pd.DataFrame) -> pd.DataFrame:
    """The rows of the plain ways alone, without variants of here, by job in the order of the table."""
    return peers[~peers["way"].str.startswith(HERE)]


@dataclass(frozen=True)
class Growth:
    """A model of a cost by size n: fixed + unit · n^power. error: its largest relative error at the sizes measured."""

    fixed: float
    unit: float
    power: float
    error: float

    def at(self, size: float) -> float:
        """The cost of a size."""
        return float(self.fixed + self.unit * size**self.power)


def fit_growth(sizes: Sequence[float], costs: Sequence[float]) -> Growth:
    """The model of growth that comes closest to the costs of these sizes, by the sum of squares of relative errors.

    Both terms are not negative: for each power of POWERS they are found by non-negative least squares (C. L. Lawson and
    R. J. Hanson, Solving Least Squares Problems, 1974, chapter 23); of powers that do as well the smallest is taken.
    """
    from scipy.optimize import nnls

    n, y = np.asarray(sizes, dtype=float), np.asarray(costs, dtype=float)
    best: tuple[float, Growth] | None = None
    for power in POWERS:
        scale = n.max() ** power  # so that both columns are of the size of the costs
        relative = np.column_stack([np.ones_like(n), n**power / scale]) / y[:, None]
        (fixed, unit), residual = nnls(relative, np.ones_like(y))
        if best is None or residual < best[0] - 1e-9:
            error = float(np.abs(relative @ [fixed, unit] - 1).max())
            best = residual, Growth(float(fixed), float(unit / scale), round(float(power), 2), error)
    assert best is not None
    return best[1]


def growth_models(growth: pd.DataFrame) -> pd.DataFrame:
    """The models of seconds and of memory of each way.

    Columns: of, way, cost (seconds or peak_mb), largest (the largest size measured), measured (its cost), model,
    beyond (BEYOND times that size), predicted (the cost there).
    """
    rows = []
    for (of, way), part in growth.groupby(["of", "way"], sort=False):
        largest = int(part["size"].max())
        for cost in ("seconds", "peak_mb"):
            model = fit_growth(part["size"].to_list(), part[cost].to_list())
            measured = float(part[cost].to_numpy()[part["size"].to_numpy().argmax()])
            rows.append((of, way, cost, largest, measured, model, BEYOND * largest, model.at(BEYOND * largest)))
    columns = ["of", "way", "cost", "largest", "measured", "model", "beyond", "predicted"]
    return pd.DataFrame(rows, columns=columns)


# --- in words


def duration(seconds: float) -> str:
    """Seconds in words: 0.35 s, 12 s, 4.2 min, 1.5 h."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{significant(seconds / length)} {unit}"
    return f"{significant(seconds)} s"


def memory(megabytes: float) -> str:
    """Megabytes in words: 350 MB, 4.2 GB."""
    return f"{significant(megabytes / 1024)} GB" if megabytes >= 1024 else f"{significant(megabytes)} MB"


def significant(value: float) -> str:
    """A number with two significant digits: 0.35, 4.2, 350, 1,200."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def formula(model: Growth, unit: str, size: float) -> str:
    """A model in words: 0.3 s + 2.1 s · (n / 1,000)^1.5, by the power of ten that makes the number handy.

    What adds less than LITTLE of the fixed part at a size is left out.
    """
    fixed = duration(model.fixed) if unit == "seconds" else memory(model.fixed)
    if model.at(size) < (1 + LITTLE) * model.fixed:
        return f"{fixed}, whatever the size"
    step = 10.0
    while model.unit * step**model.power < 0.1:
        step *= 10
    cost = model.unit * step**model.power
    each = duration(cost) if unit == "seconds" else memory(cost)
    power = "" if model.power == 1 else f"^{model.power:g}"
    return f"{fixed} + {each} · (n / {step:,.0f}){power}"
