"""Vega-Lite: the output type of charts, and specifications drawn as pictures with the fonts of this repository."""

import hashlib
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from html import escape
from typing import Any

import vl_convert

from analysis.charts import theme
from analysis.core import paths

MIME_TYPE = "application/vnd.vegalite.v5+json"
SMALL, LEADING, MARGIN = 11, 15, 6  # of lines below a picture, in pixels
DIGITS = 10  # of a number in the data of a chart
VERSION = "6.4"  # of Vega-Lite: pictures and pages draw with the same one


@cache
def _register_fonts() -> None:
    """Make the fonts in book/_static/fonts known to the renderer, once in a process."""
    vl_convert.register_font_directory(str(paths.FONTS))


def _numbered(text: str, pattern: str, prefix: str) -> str:
    """Return a text with the names that match a pattern numbered from 0, in the order in which they first stand."""
    names = {name: f"{prefix}{number}" for number, name in enumerate(dict.fromkeys(re.findall(pattern, text)))}
    return re.sub(pattern, lambda match: names[match[0]], text)


def stable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a specification that is the same on every machine.

    Views are numbered from 0, because Altair's names hang on how pandas prints a frame just now. The numbers of the
    data have DIGITS digits, because the last ones hang on the processor, and the data are named by their hash.
    """
    rest = json.dumps({key: value for key, value in spec.items() if key != "datasets"})
    datasets: dict[str, Any] = {}
    for name, rows in spec.get("datasets", {}).items():
        rounded = [
            {key: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value for key, value in row.items()}
            for row in rows
        ]
        new_name = f"data-{hashlib.sha256(json.dumps(rounded, sort_keys=True).encode()).hexdigest()[:20]}"
        datasets[new_name] = rounded
        rest = rest.replace(json.dumps(name), json.dumps(new_name))
    return json.loads(_numbered(rest, r"\bview_[0-9a-f]{16}", "view_")) | ({"datasets": datasets} if datasets else {})


def draw_svg(spec: Mapping[str, Any]) -> str:
    """Return a specification as an SVG picture, the same one in every process."""
    _register_fonts()
    svg = vl_convert.vegalite_to_svg(dict(spec), vl_version=VERSION)
    return _numbered(svg, r"\bclip\d+\b", "clip")  # the converter goes on counting from one chart to the next


def draw_png(svg: str) -> bytes:
    """Return a picture as PNG, half as large again."""
    _register_fonts()
    return bytes(vl_convert.svg_to_png(svg, scale=1.5))


def size(svg: str) -> tuple[float, float]:
    """Return width and height of a picture in pixels, as its first element says, 0 where it does not."""
    sides = dict(re.findall(r'\b(width|height)="([\d.]+)"', svg.partition(">")[0]))
    return float(sides.get("width", 0)), float(sides.get("height", 0))


def with_lines(svg: str, lines: Iterable[str]) -> str:
    """Return a picture with lines of small print below it, broken where they are wider than the picture.

    So a chart that leaves its page keeps its source and says where it comes from.
    """
    width, height = size(svg)
    most = int((width - 2 * MARGIN) / (SMALL * 0.53))  # letters a line
    broken = [part for line in lines for part in textwrap.wrap(line, most)]
    below = height + MARGIN + LEADING * len(broken)
    text = "".join(
        f'<text x="{MARGIN}" y="{height + LEADING * number:g}" font-family="{theme.FONT}" font-size="{SMALL}" '
        f'fill="{theme.PALETTE["ink"]}">{escape(part)}</text>'
        for number, part in enumerate(broken, 1)
    )
    head, _, rest = svg.partition(">")
    taller = re.sub(r'\bheight="[\d.]+"', f'height="{below:g}"', head, count=1)
    taller = re.sub(r'viewBox="[^"]*"', f'viewBox="0 0 {width:g} {below:g}"', taller)
    paper = f'<rect width="{width:g}" height="{below:g}" fill="#fff"/>'
    return f"{taller}>{paper}{rest}".replace("</svg>", f"{text}</svg>")
