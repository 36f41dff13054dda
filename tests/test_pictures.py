"""The charts of the committed notebooks look as they did: each is compared with a small picture of it.

After a change that is meant, `PICTURES=write pytest tests/test_pictures.py` writes the small pictures again; look at
them before they are committed.
"""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vl_convert
from PIL import Image

from analysis.charts import vega
from analysis.runs.notebooks import notebook_files

BASELINE = Path(__file__).parent / "pictures"
SCALE = 0.5  # of the size in the book
FAR, MOST = 48, 0.001  # a pixel differs where a colour is so far off (of 255); so many may


def figures() -> dict[str, dict[str, Any]]:
    """The specifications of all charts by name."""
    found = {}
    for file in notebook_files():
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                if spec := output.get("data", {}).get(vega.MIME_TYPE):
                    found[spec["usermeta"]["figure"]["name"]] = spec
    return found


FIGURES = figures()


def draw(spec: dict[str, Any]) -> Image.Image:
    vega.draw_svg(spec)  # knows the fonts
    return Image.open(io.BytesIO(vl_convert.vegalite_to_png(spec, vl_version=vega.VERSION, scale=SCALE))).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels that differ; 1 where the sizes do."""
    if one.size != other.size:
        return 1.0
    apart = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int)).max(axis=2)
    return float((apart > FAR).mean())


@pytest.mark.parametrize("name", FIGURES)
def test_a_chart_looks_as_before(name: str) -> None:
    drawn, file = draw(FIGURES[name]), BASELINE / f"{name}.png"
    if os.environ.get("PICTURES") == "write":
        BASELINE.mkdir(exist_ok=True)
        drawn.quantize(256).save(file, optimize=True)
    assert difference(drawn, Image.open(file).convert("RGB")) <= MOST


def test_every_small_picture_has_its_chart() -> None:
    assert {file.stem for file in BASELINE.glob("*.png")} == FIGURES.keys()


def test_a_colour_a_mark_and_a_size_that_change_are_seen() -> None:
    spec = FIGURES["fig-alignment-coverage"]
    before = draw(spec)
    assert difference(before, draw(spec)) == 0
    text = json.dumps(spec)
    assert difference(before, draw(json.loads(text.replace("#A9C3DE", "#B07D00")))) > MOST
    assert difference(before, draw(spec | {"title": "Another title"})) > MOST
    assert difference(before, draw(spec | {"padding": 40})) == 1
