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

from analysis.charts import argument, diplomacy, events, provisions, relations, texts, theme, vega
from analysis.claims.ledger import VERDICTS
from analysis.data.completeness import NOT_DECIDABLE
from analysis.data.tables import labels, load
from analysis.measures.alignment import STRENGTHS
from analysis.measures.continuity import EMPHASES, GROUPS
from analysis.measures.specifications import CHOICES, Specification
from analysis.runs.notebooks import notebook_files
from analysis.signals import protests
from analysis.signals.events import DYADS

WORDS = {"title": "A finding", "subtitle": "Unit and sample"}
DAY = pd.Timestamp("2025-02-07")


def rows(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the largest data set of a specification."""
    return max(spec["datasets"].values(), key=len)  # type: ignore[no-any-return]


def drawn(spec: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that a layer draws."""
    return spec["datasets"][layer.get("data", spec.get("data"))["name"]]  # type: ignore[no-any-return]


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
    dated, chapters = [], set()
    for file in notebook_files():
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            specs = [output.get("data", {}).get(vega.MIME_TYPE) for output in cell.get("outputs", ())]
            of_days = [spec for spec in specs if spec and '"temporal"' in json.dumps(spec)]
            dated += of_days
            chapters |= {file.stem for _ in of_days}
    assert chapters == {"01-timeline", "06-reaction", "07-signals", "09-aftermath"}
    [same] = in_two_zones(dated)
    assert "27 January 2021" in same


def in_two_zones(specs: list[dict[str, Any]]) -> set[str]:
    """The pictures of charts, as two readers see them."""
    return {
        subprocess.run(
            [sys.executable, "-c", DRAWN], input=json.dumps(specs), env={**os.environ, "TZ": zone}, check=True,
            capture_output=True, encoding="utf-8",
        ).stdout
        for zone in ("Asia/Tokyo", "America/Los_Angeles")
    }  # fmt: skip


def test_coverage_shows_how_many_of_how_many_on_each_bar() -> None:
    groups = pd.DataFrame(
        {"pillar": ["peace", "prosperity"], "covered": [1, 0], "provisions": [4, 2], "share": [0.25, 0.0]}
    )
    coders = pd.concat([groups.assign(coder="a"), groups.assign(coder="b", share=0.5)])
    spec = provisions.coverage_shares(groups, coders, names=labels("provisions", "pillar"), **WORDS).to_dict()
    bars, ticks, words = spec["layer"]
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar", "tick", "text"]
    assert words["encoding"]["text"]["field"] == "words"
    assert [(row["label"], row["words"], row["share"]) for row in drawn(spec, words)] == [
        ("Peace", "1 of 4", 0.25),
        ("Growth and prosperity", "0 of 2", 0.0),
    ]
    assert [(row["coder"], row["label"], row["share"]) for row in drawn(spec, ticks)] == [
        ("a", "Peace", 0.25), ("a", "Growth and prosperity", 0.0),
        ("b", "Peace", 0.5), ("b", "Growth and prosperity", 0.5),
    ]  # fmt: skip
    assert bars["encoding"]["y"]["sort"] == ["Peace", "Growth and prosperity"]


def test_names_in_code_and_tables_are_the_same() -> None:
    """One word for one concept: what the code names and what the schema allows agree."""
    assert list(labels("provisions", "pillar")) == list(load("provisions")["pillar"].cat.categories)
    assert set(GROUPS) == set(load("topics")["group"])
    assert set(DYADS) < set(load("events")["dyad"].cat.categories)
    assert set(events.LANES) == set(load("events")["dyad"].cat.categories)
    assert {*protests.RUNGS, *protests.BESIDE} == set(load("protests")["form"].cat.categories)
    assert list(protests.CAUSES) == list(load("occasions")["cause"].cat.categories)
    assert set(diplomacy.STEPS) == set(protests.DRAWN)
    assert set(diplomacy.CAUSE_COLOURS) - {"other causes"} < set(protests.CAUSES.values())
    assert list(diplomacy.LEVEL_COLOURS) == list(load("contacts")["level"].cat.categories)
    assert set(load("contacts")["dyad"]) == set(DYADS)
    judged = set(load("judgements")["verdict"].cat.categories)
    assert set(VERDICTS) == {*judged, NOT_DECIDABLE}  # which no annotator gives: it follows from the completeness
    assert set(labels("strategy_sections", "approach")) == set(load("codings_alignment")["approach"])
    assert set(STRENGTHS) == set(load("codings_alignment")["strength"])
    assert set(EMPHASES) == set(load("codings_topics")["emphasis"])


def test_every_chart_has_a_docstring_that_names_its_columns() -> None:
    modules = {module.__name__: vars(module) for module in (provisions, events, texts, argument, relations, diplomacy)}
    own = [f for name, known in modules.items() for f in known.values() if getattr(f, "__module__", "") == name]
    charts = [function for function in own if "title" in getattr(function, "__annotations__", {})]
    assert len(charts) > 15
    for function in charts:
        assert re.search(r"Needs|Takes|are the frames of|needs", function.__doc__ or ""), function.__name__


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
    assert [layer["mark"]["type"] for layer in layers] == ["tick", "point"]
    assert [layer["transform"] for layer in layers] == [
        [{"filter": "(datum.group !== 'own')"}],
        [{"filter": "(datum.group === 'own')"}],
    ]
    size = layers[0]["encoding"]["size"]  # long and short ticks
    assert size == {"condition": {"test": "(datum.group === 'near')", "value": 24}, "value": 11}
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


def test_sensitivity_has_two_points_a_setting() -> None:
    table = pd.DataFrame({"label": ["x", "y"], "balance_beijing": [0.1, 0.2], "balance_washington": [0.8, 0.9]})
    found = rows(relations.balance_dots(table, **WORDS).to_dict())
    assert len(found) == 4
    assert {row["balance"] for row in found if row["track"] == "towards Beijing"} == {0.1, 0.2}


# --- the closed lists


MEETINGS = pd.DataFrame(
    {"label": ["Late, 1993", "Asked, 2025", "Early, 1989"], "days": [86, 18, 13], "asked": [False, True, False]}
).assign(words=["86 days, eleventh", "18 days", "13 days"], place=9)


def test_a_meeting_has_its_words_behind_its_mark() -> None:
    spec = diplomacy.first_meetings(MEETINGS, **WORDS).to_dict()
    bar, point, words = spec["layer"]
    assert [layer["mark"]["type"] for layer in (bar, point, words)] == ["bar", "point", "text"]
    assert words["encoding"]["text"]["field"] == "words"
    assert [row["words"] for row in rows(spec)] == ["13 days", "18 days", "86 days, eleventh"]
    assert bar["encoding"]["y"]["sort"] == ["Early, 1989", "Asked, 2025", "Late, 1993"]
    assert point["encoding"]["color"]["scale"] == {
        "domain": [True, False],
        "range": [theme.PALETTE["accent"], theme.SEQUENCE[2]],
    }
    assert bar["encoding"]["x"]["scale"]["domain"][1] > 86 * 1.5  # room for the words
    assert "place" not in rows(spec)[0]


HALVES = pd.DataFrame(
    [
        ("2024-07-01", "JPN-CHN", "leader", 2, "2024, second half"),
        ("2024-07-01", "JPN-CHN", "foreign minister", 3, "2024, second half"),
        ("2025-01-01", "JPN-CHN", "leader", 1, "2025, first half"),
        ("2025-01-01", "JPN-USA", "security adviser", 4, "2025, first half"),
    ],
    columns=["half", "dyad", "level", "contacts", "words"],
)


def test_contacts_have_a_panel_a_pair_with_the_sum_above_each_bar() -> None:
    spec = diplomacy.contacts_by_half_year(HALVES, **WORDS).to_dict()
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == [
        "Japan-China", "Japan-United States", "China-United States",
    ]  # fmt: skip
    sums = [[(row["half"], row["contacts"]) for row in drawn(spec, panel["layer"][1])] for panel in spec["vconcat"]]
    assert sums == [[("2024 II", 5), ("2025 I", 1)], [("2025 I", 4)], []]  # a pair without contacts keeps its panel
    bars, numbers = spec["vconcat"][0]["layer"]
    assert numbers["encoding"]["text"]["field"] == "contacts"
    assert bars["encoding"]["x"]["scale"]["domain"] == ["2024 I", "2024 II", "2025 I"][1:]
    assert {(row["level"], row["rank"]) for row in drawn(spec, bars)} == {("leader", 0), ("foreign minister", 1)}
    tops = [panel["layer"][0]["encoding"]["y"]["scale"]["domain"] for panel in spec["vconcat"]]
    assert tops[0] == tops[1] == tops[2]  # one scale
    assert tops[0][1] > 5


def answers(*acts: tuple[str, str, str, str, str | None, str]) -> pd.DataFrame:
    """Answers from (occasion, day, cause, protest, day of the protest, what was drawn)."""
    frame = pd.DataFrame(acts, columns=["occasion_id", "date", "cause", "protest_id", "protest_date", "drawn"])
    frame = frame.assign(title="Occasion " + frame["occasion_id"], official="Guo Jiakun")
    frame["drawn"] = pd.Categorical(frame["drawn"], categories=list(protests.DRAWN), ordered=True)
    return frame.assign(date=pd.to_datetime(frame["date"]), protest_date=pd.to_datetime(frame["protest_date"]))


LADDER = answers(
    ("K1", "2025-02-07", "alliance", "A1", "2025-02-10", "called in"),
    ("K2", "2025-02-09", "alliance", "A1", "2025-02-10", "called in"),
    ("K3", "2025-03-01", "islands", "", None, "none found"),
    ("K4", "2025-03-01", "taiwan", "", None, "none found"),
    ("K5", "2025-04-01", "taiwan", "A2", "2025-04-02", "headline only"),
    ("K6", "2025-05-01", "water", "A3", "2025-05-02", "countermeasure"),
)
NAMED = pd.DataFrame({"date": [DAY, DAY, DAY], "drawn": "called in", "words": ["Feb 2025, the alliance", "b", "c"]})


def test_the_ladder_shows_acts_filled_and_silence_hollow() -> None:
    spec = diplomacy.answer_ladder(LADDER, marked=DAY, label="Day", named=NAMED, **WORDS).to_dict()
    rule, acts, silence, above, below = spec["layer"]
    assert drawn(spec, rule) == [{"date": "2025-02-07", "label": "Day"}]
    assert (acts["mark"]["filled"], silence["mark"]["filled"]) == (True, False)
    found = [(row["day"], row["drawn"], row["cause"], row["title"]) for row in drawn(spec, acts)]
    assert found == [
        ("2025-02-10", "called in", "the alliance", "Occasion K1"),  # once, though it answers two occasions
        ("2025-05-02", "countermeasure", "other causes", "Occasion K6"),
    ]
    assert [(row["day"], row["cause"]) for row in drawn(spec, silence)] == [
        ("2025-03-01", "other causes"),
        ("2025-03-01", "Taiwan"),
    ]
    forms = acts["encoding"]["y"]["scale"]["domain"]
    assert forms[-3:] == ["strong words", "remark", "none found"]
    assert [form for form in forms if form in protests.RUNGS] == [*reversed(protests.RUNGS)]
    assert "headline only" not in forms
    assert [row["words"] for row in drawn(spec, above)] == ["Feb 2025, the alliance", "c"]
    assert [row["words"] for row in drawn(spec, below)] == ["b"]
    assert above["mark"]["dy"] < 0 < below["mark"]["dy"]


def test_every_act_with_a_form_is_on_the_ladder_once() -> None:
    answered = protests.answered(load("occasions"), load("answers"), load("protests"))
    spec = diplomacy.answer_ladder(answered, marked=DAY, label="Day", named=NAMED[:0], **WORDS).to_dict()
    _, acts, silence, *_ = spec["layer"]
    assert len(drawn(spec, acts)) == load("protests")["form"].notna().sum()
    assert len(drawn(spec, silence)) == (load("answers")["answer"] == "none found").sum()
    assert {row["cause"] for row in drawn(spec, acts)} == set(diplomacy.CAUSE_COLOURS)


def test_families_show_numbers_in_the_middle_of_their_parts() -> None:
    families = pd.DataFrame(
        [
            ("leaders", "representations", 1), ("leaders", "remark", 1), ("leaders", "strong words", 2),
            ("ministers", "called in", 2), ("ministers", "none found", 1), ("ministers", "countermeasure", 1),
        ],
        columns=["family", "drawn", "occasions"],
    ).assign(of=4)  # fmt: skip
    spec = diplomacy.family_shares(families, **WORDS).to_dict()
    bars, light, dark = spec["layer"]
    columns = ("family", "step", "occasions", "middle")
    parts = {tuple(row[column] for column in columns) for row in drawn(spec, bars)}
    assert parts == {
        ("leaders", "remark or strong words", 3, 1.5),
        ("leaders", "representations", 1, 3.5),
        ("ministers", "none found", 1, 0.5),
        ("ministers", "deputy called in", 2, 2.0),
        ("ministers", "a measure alone", 1, 3.5),
    }
    assert bars["encoding"]["y"]["sort"] == ["ministers", "leaders"]  # the strongest answers first
    numbered = drawn(spec, light) + drawn(spec, dark)
    assert sorted(row["middle"] for row in numbered) == sorted(part[3] for part in parts)
    assert {row["step"] for row in drawn(spec, dark)} == {"deputy called in", "a measure alone"}
    assert light["encoding"]["text"]["field"] == dark["encoding"]["text"]["field"] == "occasions"


PRESSURE = pd.DataFrame(
    [
        ("scrambles", "2024-04-01", "2024-06-30", 180, 60.2),
        ("scrambles", "2024-07-01", "2024-09-30", 61, 20.1),
        ("days in the contiguous zone", "2024-01-01", "2024-12-31", 355, 29.5),
        ("days of intrusion", "2024-01-01", "2024-12-31", 42, 3.5),
    ],
    columns=["series", "first", "last", "count", "per_month"],
).astype({"first": "datetime64[ns]", "last": "datetime64[ns]"})


def test_pressure_has_its_number_on_every_bar() -> None:
    spec = diplomacy.pressure_panels(PRESSURE, **WORDS).to_dict()
    above, below = spec["vconcat"]
    assert [(row["first"], row["rounded"]) for row in drawn(spec, above["layer"][1])] == [
        ("2024-04-01", 60),
        ("2024-07-01", 20),
    ]
    assert above["layer"][1]["encoding"]["text"]["field"] == "rounded"
    assert [(row["year"], row["count"]) for row in drawn(spec, below)] == [("2024", 355)]
    assert below["layer"][1]["encoding"]["text"]["field"] == "count"


def test_a_closed_list_without_rows_is_drawn_as_an_empty_chart() -> None:
    families = pd.DataFrame({"family": "", "drawn": "", "occasions": [1], "of": 1})
    empty = [
        diplomacy.first_meetings(MEETINGS[:0], **WORDS),
        diplomacy.contacts_by_half_year(HALVES[:0], **WORDS),
        diplomacy.answer_ladder(LADDER[:0], marked=DAY, label="Day", named=NAMED[:0], **WORDS),
        diplomacy.family_shares(families[:0], **WORDS),
        diplomacy.pressure_panels(PRESSURE[:0], **WORDS),
    ]
    for chart in empty:
        spec = chart.to_dict()
        json.dumps(spec, allow_nan=False)
        assert vega.draw_svg(spec).startswith("<svg")


def test_days_of_the_closed_lists_are_the_same_in_every_time_zone() -> None:
    ladder = diplomacy.answer_ladder(LADDER, marked=DAY, label="Day", named=NAMED, **WORDS).to_dict()
    pressure = diplomacy.pressure_panels(PRESSURE, **WORDS).to_dict()
    [same] = in_two_zones([ladder, pressure])
    assert "10 February 2025" in same
    assert "1 April 2024 to 30 June 2024: 180" in same
