"""Vega-Lite: the output type of charts, and specifications drawn as pictures with the fonts of this repository."""

import json
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


def _numbered(text: str, pattern: str, prefix: str) -> str:
    """A text with the names that a pattern finds numbered from 0, in the order in which they first stand there."""
    names = {name: f"{prefix}{number}" for number, name in enumerate(dict.fromkeys(re.findall(pattern, text)))}
    return re.sub(pattern, lambda found: names[found[0]], text)


def number_clips(svg: str) -> str:
    """A picture with its clip paths numbered from 0: the converter goes on counting from one chart to the next."""
    return _numbered(svg, r"\bclip\d+\b", "clip")


def number_views(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A specification with its views numbered from 0: Altair's names hang on how pandas prints a frame just now."""
    found: dict[str, Any] = json.loads(_numbered(json.dumps(spec), r"\bview_[0-9a-f]{16}", "view_"))
    return found


def draw_svg(spec: Mapping[str, Any]) -> str:
    """A specification as an SVG picture; the same specification gives the same picture in every process."""
    _register_fonts()
    return number_clips(vl_convert.vegalite_to_svg(dict(spec), vl_version=VERSION))
