"""The page on speed: charts and tables of the benchmarks, and the machine that they were measured on."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from analysis.book import speed, speed_charts
from analysis.book.charts import chart_folder, chart_node
from analysis.book.directives import parsed
from analysis.charts.show import Figure
from analysis.core.errors import DataError
from analysis.core.wording import in_markdown, table_in_markdown

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "book"


def peers_table(table: pd.DataFrame) -> str:
    """All ways of all jobs in Markdown."""
    heads = ["Job", "Way", "Seconds", "from–to", "Times", "Memory", "Measured"]
    rows = [
        [
            row["job"],
            row["way"],
            f"{row['seconds']:g}",
            f"{row['least']:g}–{row['most']:g}",
            "" if row["way"] == speed.HERE else speed.significant(row["times"]),
            speed.memory(row["peak_mb"]),
            row["part"] or "all",
        ]
        for row in table.to_dict("records")
    ]
    return table_in_markdown(heads, [[in_markdown(cell) for cell in row] for row in rows])


def models_table(table: pd.DataFrame) -> str:
    """The models of growth in Markdown."""
    heads = ["Of", "Way", "Largest measured", "Cost there", "Model", "Largest error", "Beyond", "Predicted"]
    words = {"seconds": speed.duration, "peak_mb": speed.memory}
    rows = [
        [
            row["of"],
            row["way"],
            f"{row['largest']:,}",
            words[row["cost"]](row["measured"]),
            speed.formula(row["model"], row["cost"], row["beyond"]),
            f"{row['model'].error:.0%}",
            f"{row['beyond']:,}",
            words[row["cost"]](row["predicted"]),
        ]
        for row in speed.growth_models(table).to_dict("records")
    ]
    return table_in_markdown(heads, [[in_markdown(cell) for cell in row] for row in rows])


def machine_line(table: pd.DataFrame) -> str:
    """The machine and the versions in a sentence of Markdown."""
    return in_markdown(f"Measured on {table['machine'].iloc[0]}, with {table['versions'].iloc[0]}.")


CHARTS: Mapping[str, tuple[str, Callable[[pd.DataFrame], Figure]]] = {
    "peers-chart": ("peers", speed_charts.peers_figure),
    "growth-chart": ("growth", speed_charts.growth_figure),
}
TEXTS: Mapping[str, tuple[str, Callable[[pd.DataFrame], str]]] = {
    "machine": ("peers", machine_line),
    "peers-table": ("peers", peers_table),
    "models-table": ("growth", models_table),
}


class Benchmark(SphinxDirective):
    """```{benchmark} peers-chart becomes a chart or a text of the benchmark tables."""

    required_arguments: ClassVar[int] = 1

    def run(self) -> list[nodes.Node]:
        """The chart, or the nodes of the text."""
        name = self.arguments[0]
        if name not in CHARTS and name not in TEXTS:
            raise self.error(f"“{name}”; allowed: {', '.join([*CHARTS, *TEXTS])}")
        stem = (CHARTS.get(name) or TEXTS[name])[0]
        file = Path(self.env.srcdir) / FOLDER / f"{stem}.csv"
        self.env.note_dependency(str(file))
        try:
            table = speed.read_benchmark(file)
        except DataError as error:
            raise self.error(str(error)) from None
        if name in TEXTS:
            return parsed(self, TEXTS[name][1](table))
        node = chart_node(CHARTS[name][1](table).specification(), chart_folder(self.env.app))
        self.state.document.note_explicit_target(node, node)
        return [node]


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("benchmark", Benchmark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
