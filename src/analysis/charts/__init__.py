"""Charts in one style, each a function of a data frame, and what a notebook shows.

It imports core to claims.
"""

from analysis.charts.argument import VERDICT_COLOURS, argument_map
from analysis.charts.events import (
    FORM_COLOURS,
    day_axis,
    protest_ladder,
    quarterly_contacts,
    timeline,
)
from analysis.charts.provisions import (
    CHANGE_COLOURS,
    TOLD,
    agreement_intervals,
    approach_scale,
    coverage_intervals,
    provision_tiles,
    scale_of,
    section_heatmap,
    section_take_up,
    speaker_colours,
    titled,
    topic_heatmap,
)
from analysis.charts.relations import (
    COST_COLOURS,
    SERIES_NAMES,
    balance_dots,
    index_lines,
    series_strip,
    signal_points,
    strand_lines,
)
from analysis.charts.texts import (
    CHOICE_LABELS,
    OPTION_LABELS,
    curve_figure,
    gain_dumbbells,
    placebo_figure,
    placebo_strips,
    recall_points,
    specification_curve,
)
from analysis.charts.theme import PALETTE

__all__ = [
    "CHANGE_COLOURS",
    "CHOICE_LABELS",
    "COST_COLOURS",
    "FORM_COLOURS",
    "OPTION_LABELS",
    "PALETTE",
    "SERIES_NAMES",
    "TOLD",
    "VERDICT_COLOURS",
    "agreement_intervals",
    "approach_scale",
    "argument_map",
    "balance_dots",
    "coverage_intervals",
    "curve_figure",
    "day_axis",
    "gain_dumbbells",
    "index_lines",
    "placebo_figure",
    "placebo_strips",
    "protest_ladder",
    "provision_tiles",
    "quarterly_contacts",
    "recall_points",
    "scale_of",
    "section_heatmap",
    "section_take_up",
    "series_strip",
    "signal_points",
    "speaker_colours",
    "specification_curve",
    "strand_lines",
    "timeline",
    "titled",
    "topic_heatmap",
]
