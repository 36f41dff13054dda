"""Charts are functions of a frame: what they draw follows the frame, and colours are the palette's."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from analysis.charts import argument, events, provisions, relations, texts, theme, vega
from analysis.claims.ledger import VERDICTS
from analysis.data.tables import labels, load
from analysis.measures.alignment import STRENGTHS
from analysis.measures.continuity import EMPHASES, GROUPS
from analysis.measures.specifications import CHOICES, Specification
from analysis.runs.notebooks import notebook_files
from analysis.signals.events import DYADS, FORMS

WORDS = {"title": "A finding", "subtitle": "Unit and sample"}
DAY = pd.Timestamp("2025-02-07")


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the largest data set of a specification."""
    return max(spec["datasets"].values(), key=len)  # type: ignore[no-any-return]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("key", ["USA", "CHN", "JPN", "other", "0", "1", "2", "3", "accent", "ink", "muted", *VERDICTS])
def test_marks_stand_out_from_a_white_page(key: str) -> None:
    assert contrast(theme.PALETTE[key], "#FFFFFF") >= 3


def test_steps_of_the_sequence_run_from_light_to_dark() -> None:
    lights = [luminance(colour) for colour in theme.SEQUENCE]
    assert lights == sorted(lights, reverse=True)
    assert all(before / after > 1.5 for before, after in pairwise(lights))


def test_timeline_has_a_point_and_a_link_for_each_event() -> None:
    frame = pd.DataFrame(
        {
            "event_id": ["E1", "E2"], "date": pd.to_datetime(["2025-02-07", "2025-02-10"]),
            "dyad": ["JPN-USA", "JPN-CHN"],
            "group": ["contact", "friction"], "kind": ["summit", "protest"], "title": ["a", "b"], "publisher": "p",
            "url": "https://example.org",
        }
    )  # fmt: skip
    spec = events.timeline(frame, marked=DAY, label="Day", **WORDS).to_dict()
    assert [row["date"] for row in rows(spec)] == ["2025-02-07", "2025-02-10"]
    assert spec["title"] == {"text": "A finding", "subtitle": "Unit and sample"}
    points = spec["layer"][-1]
    assert points["encoding"]["href"] == {"field": "url", "type": "nominal"}
    assert {parameter["name"] for parameter in spec["params"]} >= {"group", "zoom"}


DRAWN = """
import json, sys
from analysis.charts import vega
for spec in json.load(sys.stdin):
    print(vega.draw_svg(spec))
"""


def test_days_are_the_same_in_every_time_zone() -> None:
    dated = []
    for file in notebook_files():
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            found = [output.get("data", {}).get(vega.MIME_TYPE) for output in cell.get("outputs", ())]
            dated += [spec for spec in found if spec and '"temporal"' in json.dumps(spec)]
    assert len(dated) == 7
    pictures = {
        subprocess.run(
            [sys.executable, "-c", DRAWN], input=json.dumps(dated), env={**os.environ, "TZ": zone}, check=True,
            capture_output=True, encoding="utf-8",
        ).stdout
        for zone in ("Asia/Tokyo", "America/Los_Angeles")
    }  # fmt: skip
    [same] = pictures
    assert "27 January 2021" in same


def test_coverage_shows_each_group_with_its_size() -> None:
    groups = pd.DataFrame(
        {"pillar": ["peace"], "covered": [1], "provisions": [4], "share": [0.25], "low": [0.1], "high": [0.5]}
    )
    spec = provisions.coverage_intervals(
        groups, groups.assign(coder="a"), names=labels("provisions", "pillar"), **WORDS
    ).to_dict()
    assert {row["label"] for data in spec["datasets"].values() for row in data} == {"Peace (4)"}


def test_quarters_show_frictions_below_the_line() -> None:
    counts = pd.DataFrame(
        {
            "quarter": pd.to_datetime(["2025-01-01"] * 3),
            "dyad": "JPN-CHN",
            "group": ["contact", "friction", "other"],
            "events": [3, 2, 9],
        }
    )
    spec = events.quarterly_contacts(counts, marked=DAY, label="Day", **WORDS).to_dict()
    assert sorted(row["signed"] for row in rows(spec)) == [-2, 3]


def test_names_in_code_and_tables_are_the_same() -> None:
    """One word for one concept: what the code names and what the schema allows agree."""
    assert list(labels("provisions", "pillar")) == list(load("provisions")["pillar"].cat.categories)
    assert set(GROUPS) == set(load("topics")["group"])
    assert set(DYADS) < set(load("events")["dyad"].cat.categories)
    assert set(events.LANES) == set(load("events")["dyad"].cat.categories)
    assert list(FORMS) == list(load("protests")["form"].cat.categories)
    assert set(VERDICTS) == set(load("judgements")["verdict"].cat.categories)
    assert set(labels("strategy_sections", "approach")) == set(load("codings_alignment")["approach"])
    assert set(STRENGTHS) == set(load("codings_alignment")["strength"])
    assert set(EMPHASES) == set(load("codings_topics")["emphasis"])


def test_every_chart_has_a_docstring_that_names_its_columns() -> None:
    for name, function in [
        *vars(provisions).items(),
        *vars(events).items(),
        *vars(texts).items(),
        *vars(argument).items(),
        *vars(relations).items(),
    ]:
        if (
            callable(function)
            and function.__module__.startswith("analysis.charts.provisions")
            and not name.startswith("_")
        ):
            assert re.search(r"Needs|Takes|are the frames of", function.__doc__ or ""), name


def test_every_option_of_a_specification_has_words() -> None:
    assert list(texts.CHOICE_LABELS) == list(CHOICES)
    assert {choice: tuple(words) for choice, words in texts.OPTION_LABELS.items()} == dict(CHOICES)


def curve_frame() -> pd.DataFrame:
    """Two specifications, the second one closer."""
    rows = [
        {**asdict(s), "score": 0.2, "z_statements": z, "rank_statements": rank, "p_statements": 0.5}
        for s, z, rank in ((Specification(), 1.5, 1), (Specification(unit="paragraph"), -0.5, 7))
    ]
    return pd.DataFrame(rows)


def test_the_curve_is_in_order_and_says_what_each_specification_is() -> None:
    spec = texts.specification_curve(curve_frame(), among="statements", **WORDS).to_dict()
    drawn = rows(spec)
    assert [(row["place"], row["z"], row["first"]) for row in drawn] == [(1, -0.5, "not first"), (2, 1.5, "first")]
    assert (drawn[0]["unit"], drawn[0]["mask"]) == ("paragraph", "left out")
    [marked] = [parameter for parameter in spec["params"] if parameter["name"] == "marked"]
    assert "Names: kept" in marked["bind"]["options"]
    assert [panel.get("height") for panel in spec["vconcat"]] == [190, {"step": 14}]


def test_strips_show_the_pair_apart_from_its_placebos() -> None:
    places = pd.DataFrame(
        {"panel": "p", "setting": "s", "document_id": ["a", "b", "c"], "name": "n", "group": ["far", "near", "own"],
         "z": [0.0, 1.0, 2.0], "rank": [3, 2, 1]}
    )  # fmt: skip
    spec = texts.placebo_strips(places, groups=("own", "near", "far"), **WORDS).to_dict()
    layers = spec["spec"]["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["tick", "tick", "point"]
    assert layers[0]["mark"]["size"] < layers[1]["mark"]["size"]
    assert layers[0]["encoding"]["color"]["scale"]["domain"] == ["own", "near", "far"]


def test_dumbbells_join_the_means_before_and_after() -> None:
    scores = pd.DataFrame(
        {
            "strategy": "s",
            "statement": ["a", "b", "c"],
            "period": ["before", "after", "after"],
            "score": [0.1, 0.2, 0.4],
        }
    )
    spec = texts.gain_dumbbells(scores, own="s", **WORDS).to_dict()
    wide = next(data for data in spec["datasets"].values() if "before" in data[0])
    assert wide == [{"strategy": "s", "after": pytest.approx(0.3), "before": 0.1}]


def test_recall_is_drawn_as_given() -> None:
    recall = pd.DataFrame({"k": [1, 3], "source": "measure", "recall": [0.2, 0.6]})
    spec = texts.recall_points(recall, **WORDS).to_dict()
    assert [row["sections"] for row in rows(spec)] == ["the best", "3 best"]


SIGNALS = pd.DataFrame(
    {
        "event_id": ["E1", "E2"], "date": pd.to_datetime(["2025-01-10", "2025-02-10"]), "source": ["JPN", "CHN"],
        "target": ["CHN", "USA"], "mode": ["CONSULT", "ACCUSE"], "plover": [1.5, -2.0], "cameo_goldstein": [1.0, -2.0],
        "title": ["a", "b"], "url": "https://example.org",
    }
)  # fmt: skip


def test_every_signal_is_a_point_that_opens_its_source() -> None:
    spec = relations.signal_points(SIGNALS, marked=DAY, label="Day", **WORDS).to_dict()
    found = rows(spec)
    assert [row["direction"] for row in found] == ["Japan to China", "China to United States"]
    assert [row["dyad"] for row in found] == ["Japan-China", "China-United States"]
    points = spec["layer"][-1]
    assert points["encoding"]["href"] == {"field": "url", "type": "nominal"}
    assert {parameter["name"] for parameter in spec["params"]} >= {"dyad", "scale", "zoom"}


def test_indices_are_drawn_on_both_scales() -> None:
    table = pd.DataFrame(
        {"source": "JPN", "target": "CHN", "period": DAY, "scale": ["plover", "cameo_goldstein"], "signals": [2, 2],
         "mean": [1.0, 2.0], "balance": [0.5, 0.5]}
    )  # fmt: skip
    found = rows(relations.index_lines(table, marked=DAY, label="Day", **WORDS).to_dict())
    assert {(row["scale"], row["mean"]) for row in found} == {("PLOVER", 1.0), ("CAMEO-Goldstein", 2.0)}


def test_sensitivity_has_two_points_a_setting() -> None:
    table = pd.DataFrame({"label": ["x", "y"], "balance_beijing": [0.1, 0.2], "balance_washington": [0.8, 0.9]})
    found = rows(relations.balance_dots(table, **WORDS).to_dict())
    assert len(found) == 4
    assert {row["balance"] for row in found if row["track"] == "towards Beijing"} == {0.1, 0.2}
