"""Write benchmarks/README.md, the tables of the last `make bench` in Markdown: the last part of it."""

from pathlib import Path

import pandas as pd

from analysis.core.wording import in_markdown, table_in_markdown

HERE = Path(__file__).parent
TEXT = """# What was last measured

`make bench` measures and writes this page. Times compare within a table alone: each was measured in one run on one
machine. *times* says how many times as long as here a way takes, *peak_mb* the most memory that all its processes held.
Where a way would take hours, *part* says which part of the work was timed, and the seconds are projected from it.

## Beside other ways

{peers_machine}; {versions}.

{peers}

## With size

{growth_machine}.

{growth}

## Other tables

`faults.csv` by `make faults`, `pages.csv` by `make lighthouse`, `repeat.csv` by `make repeat`.
"""


def markdown(table: pd.DataFrame) -> str:
    """Return the table in Markdown, whole numbers without decimals."""
    rows = (
        [f"{cell:g}" if isinstance(cell, float) else in_markdown(str(cell)) for cell in row] for row in table.values
    )
    return table_in_markdown(list(table.columns), rows)


def report() -> str:
    """Return the page on the two tables beside this file."""
    peers, growth = (pd.read_csv(HERE / f"{name}.csv", keep_default_na=False) for name in ("peers", "growth"))
    return TEXT.format(
        peers_machine=peers["machine"].iloc[0],
        growth_machine=growth["machine"].iloc[0],
        versions=peers["versions"].iloc[0],
        peers=markdown(peers.drop(columns=["machine", "versions"])),
        growth=markdown(growth.drop(columns="machine")),
    )


if __name__ == "__main__":
    (HERE / "README.md").write_text(report(), encoding="utf-8")
