"""The scripts that draw charts in the HTML book: the Vega bundle, and the colours of the dark page."""

import importlib.metadata
import json
from functools import cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from analysis.book.charts import ENGINE, chart_folder, write_once
from analysis.charts import theme, vega


@cache
def _bundle() -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle(vl_version=vega.VERSION))  # type: ignore[call-arg]


def vega_script(folder: Path) -> str:
    """The Vega scripts with the colours of the dark page, as a classic script, which also loads from file://.

    The bundle takes a second to make, so a folder keeps it between builds.
    """
    kept = folder / f"bundle-{vega.VERSION}-{importlib.metadata.version('vl-convert-python')}.js"
    if not kept.exists():
        write_once(kept, _bundle())
    dark = json.dumps({"config": theme.DARK_CONFIG, "colours": theme.DARK_COLOURS}, sort_keys=True)
    return f"(function () {{\n{kept.read_text(encoding='utf-8')}\n}})();\nwindow.bookCharts = {dark};\n"


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Write the Vega scripts into a finished HTML book."""
    if error is None and app.builder.format == "html":
        target = Path(app.outdir) / "_static" / ENGINE
        target.write_text(vega_script(chart_folder(app)), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
