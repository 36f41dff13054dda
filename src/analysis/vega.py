"""Vega-Lite: the output type of charts, and specifications drawn as pictures with the fonts of this repository."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import vl_convert

from analysis import paths

MIME_TYPE = "application/vnd.vegalite.v5+json"
VERSION = "6.4"  # of Vega-Lite: pictures and pages draw with the same one


@cache
def _register_fonts() -> None:
    """Make the fonts in book/_static/fonts known to the renderer, once in a process."""
    vl_convert.register_font_directory(str(paths.FONTS))


def number_clips(svg: str) -> str:
    """A picture with its clip paths numbered from 0: the converter goes on counting from one chart to the next."""
    numbers = {name: f"clip{number}" for number, name in enumerate(dict.fromkeys(re.findall(r"\bclip\d+\b", svg)))}
    return re.sub(r"\bclip\d+\b", lambda found: numbers[found[0]], svg)


def draw_svg(spec: Mapping[str, Any]) -> str:
    """A specification as an SVG picture; the same specification gives the same picture in every process."""
    _register_fonts()
    return number_clips(vl_convert.vegalite_to_svg(dict(spec), vl_version=VERSION))
