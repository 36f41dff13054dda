"""Colours, type and spacing of the charts: one palette with one meaning a colour, light and dark.

A chart of this package is a function of a data frame and returns an Altair chart without theme. The title (the finding)
and the subtitle (unit and sample) come from the notebook, because they carry numbers of the run.

Every mark colour has a contrast of at least 3 to 1 with a white and with a dark page (WCAG 2.2, 1.4.11); hues stay
apart for colour-blind readers, and shape or position always says the same as colour.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

PALETTE: dict[str, str] = {
    # states
    "USA": "#2166AC",
    "CHN": "#D5541B",
    "JPN": "#A64D9C",
    "other": "#7A7A7A",
    # approaches of the strategy: Tokyo alone, with Washington, with others
    "0": "#8A8A8A",
    "1": "#A64D9C",
    "2": "#2166AC",
    "3": "#00836B",
    # verdicts
    "confirmed": "#0B6E69",
    "confirmed with correction": "#4C9A94",
    "imprecise": "#B58900",
    "misquoted": "#B23A48",
    "unsupported": "#6F42A0",
    "not decidable from a selection": "#6B7F94",
    "not checkable": "#8A8A8A",
    # page
    "ink": "#4A5560",
    "muted": "#8A8A8A",
    "grid": "#C9CED4",
    "paper": "#FFFFFF",
    "accent": "#B07D00",
}

# four steps of one hue, for strength and emphasis 0 to 3
SEQUENCE = ("#E3E8EE", "#A9C3DE", "#5F93C4", "#1B5490")

FONT = "Inter, sans-serif"
WIDTH = 600


def config(ink: str, muted: str, grid: str, background: str) -> dict[str, Any]:
    """Return a Vega-Lite configuration for the colours of a page."""
    label: dict[str, Any] = {"labelColor": ink, "titleColor": muted, "labelFontSize": 12, "titleFontSize": 12}
    label |= {"titleFontWeight": "normal"}
    return {
        "background": background,
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": ink,
            "fontSize": 16,
            "fontWeight": 600,
            "offset": 14,
            "subtitleColor": muted,
            "subtitleFontSize": 12.5,
            "subtitlePadding": 6,
        },
        "axis": {
            **label,
            "domainColor": grid,
            "tickColor": grid,
            "gridColor": grid,
            "gridOpacity": 0.6,
            "labelPadding": 5,
            "titlePadding": 8,
        },
        "axisY": {"domain": False, "ticks": False},
        "header": {"labelColor": ink, "labelFontSize": 12.5, "labelFontWeight": 600, "titleColor": muted},
        "legend": {
            **label,
            "orient": "top",
            "direction": "horizontal",
            "symbolSize": 90,
            "labelLimit": 260,
            "offset": 8,
        },
        "text": {"fontSize": 12},
    }


CONFIG = config(ink="#20272E", muted="#5A6570", grid="#D5DADF", background="#FFFFFF")
DARK_CONFIG = config(ink="#E6E9EC", muted="#A9B2BA", grid="#48515A", background="#15191E")
DARK_CONFIG["legend"] |= dict.fromkeys(("symbolBaseFillColor", "symbolBaseStrokeColor"), "#A9B2BA")  # black by default

# What a dark page draws instead: colours that would vanish there, and sequences that run from dark to bright.
DARK_COLOURS: dict[str, str] = {
    PALETTE["ink"]: "#B4BEC8",
    PALETTE["paper"]: "#14181E",
    PALETTE["grid"]: "#4B5560",
    PALETTE["USA"]: "#5B9BD9",
    PALETTE["JPN"]: "#C77BBE",
    PALETTE["3"]: "#2FA88D",
    PALETTE["confirmed"]: "#2C9C95",
    PALETTE["confirmed with correction"]: "#7CC3BD",
    PALETTE["misquoted"]: "#DB6B77",
    PALETTE["unsupported"]: "#A583D1",
    SEQUENCE[0]: "#262D35",
    SEQUENCE[1]: "#35587A",
    SEQUENCE[2]: "#5B93C9",
    SEQUENCE[3]: "#BBD7F2",
}


@alt.theme.register("balancing-act", enable=True)
def reader_theme() -> alt.theme.ThemeConfig:
    """Return the settings that give a reader's own Altair chart the look of the book."""
    return alt.theme.ThemeConfig(config=CONFIG)  # type: ignore[typeddict-item]


def titled(title: str, subtitle: str) -> alt.TitleParams:
    """Return the finding and the line below it as the title of a chart."""
    return alt.TitleParams(title, subtitle=subtitle)


def scale_of(colours: Mapping[str, str]) -> alt.Scale:
    """Return the scale of values with their colours or shapes, which keeps their order."""
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def tooltips(titles: Mapping[str, str]) -> list[alt.Tooltip]:
    """Return the tooltip of a mark: fields with their type, such as `date:T`, and what each is called."""
    return [alt.Tooltip(field, title=title) for field, title in titles.items()]


def in_rows(column: str, order: Sequence[str], padding: int) -> alt.Row:
    """Return the rows of a chart by the values of a column, each with its name above it."""
    header = alt.Header(labelAngle=0, labelAnchor="start", labelOrient="top", labelPadding=padding)
    return alt.Row(f"{column}:N", title=None, sort=list(order), header=header)
