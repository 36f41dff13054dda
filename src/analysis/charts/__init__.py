"""Charts in one style, each a function of a data frame, and what a notebook shows.

It imports core to claims.
"""

from analysis.charts.argument import VERDICT_COLOURS, argument_map
from analysis.charts.diplomacy import (
    answer_ladder,
    contacts_by_half_year,
    family_shares,
    first_meetings,
    pressure_panels,
)
from analysis.charts.events import (
    day_axis,
    timeline,
)
from analysis.charts.provisions import (
    CHANGE_COLOURS,
    TOLD,
    agreement_intervals,
    approach_scale,
    coverage_shares,
    provision_tiles,
    section_heatmap,
    section_take_up,
    speaker_colours,
    topic_heatmap,
)
from analysis.charts.relations import (
    SERIES_NAMES,
    balance_dots,
    series_strip,
    signal_points,
    strand_lines,
)
from analysis.charts.texts import (
    CHOICE_LABELS,
    OPTION_LABELS,
    closest_dots,
    curve_figure,
    gain_dumbbells,
    placebo_figure,
    placebo_strips,
    recall_points,
    specification_curve,
)
from analysis.charts.theme import PALETTE, scale_of, titled

__all__ = [
    "CHANGE_COLOURS",
    "CHOICE_LABELS",
    "OPTION_LABELS",
    "PALETTE",
    "SERIES_NAMES",
    "TOLD",
    "VERDICT_COLOURS",
    "agreement_intervals",
    "answer_ladder",
    "approach_scale",
    "argument_map",
    "balance_dots",
    "closest_dots",
    "contacts_by_half_year",
    "coverage_shares",
    "curve_figure",
    "day_axis",
    "family_shares",
    "first_meetings",
    "gain_dumbbells",
    "placebo_figure",
    "placebo_strips",
    "pressure_panels",
    "provision_tiles",
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
