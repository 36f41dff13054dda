"""Figures, tables, prose and named results carry every form they are needed in, and show text as text."""

import altair as alt
import pandas as pd
import pytest

from analysis.charts.show import Figure, Outline, Prose, Table, entries_marked, finding, limits
from analysis.charts.vega import MIME_TYPE as VEGA_LITE
from analysis.core.errors import ParameterError
from analysis.runs.results import MIME_TYPE, Results

FRAME = pd.DataFrame({"name": ["a", "b"], "count": [1, 2]})
CHART = alt.Chart(FRAME).mark_bar().encode(x="count:Q", y="name:N")


def test_a_figure_does_not_hang_on_how_pandas_prints() -> None:
    specs = []
    for columns in (1, 20):
        with pd.option_context("display.max_columns", columns, "display.width", 40):
            one, two = (CHART.add_params(alt.selection_interval(name=name)) for name in ("a", "b"))
            specs.append(Figure("fig-test-one", one | two, "Bars.", "Source: none").specification())
    assert specs[0] == specs[1]
    assert [param["views"] for param in specs[0]["params"]] == [["view_0_0"], ["view_0_1"]]


def test_a_figure_does_not_hang_on_the_last_digits_of_a_number() -> None:
    specs = []
    for share in (0.1614145010827083, 0.16141450108270833):  # one sum on two processors
        frame = pd.DataFrame({"name": ["a", "b"], "share": [share, 0.5], "count": [1, 12_345_678_901]})
        chart = alt.Chart(frame).mark_bar().encode(x="share:Q", y="name:N")
        specs.append(Figure("fig-test-one", chart, "Bars.", "Source: none").specification())
    assert specs[0] == specs[1]
    [(name, rows)] = specs[0]["datasets"].items()
    assert specs[0]["data"] == {"name": name}
    assert [row["share"] for row in rows] == [0.1614145011, 0.5]
    assert rows[1]["count"] == 12_345_678_901


def test_a_figure_has_chart_picture_and_text() -> None:
    bundle = Figure("fig-test-one", CHART, "Two bars.", "Source: none")._repr_mimebundle_()
    assert bundle["text/plain"] == "Two bars. (Source: none)"
    assert bundle["image/svg+xml"].startswith("<svg")
    spec = bundle[VEGA_LITE]
    assert spec["usermeta"]["figure"] == {"name": "fig-test-one", "alt": "Two bars.", "source": "Source: none"}
    assert spec["description"] == "Two bars."
    assert spec["config"]["font"].startswith("Inter")
    assert spec["$schema"].endswith("/v5.json")


def test_a_figure_is_the_same_each_time() -> None:
    first, second = (Figure("fig-test-one", CHART.copy(), "Bars.", "S")._repr_mimebundle_() for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("name", "text"), [("chart", "Bars."), ("fig-", "Bars."), ("fig-x", " ")])
def test_a_figure_without_name_or_text_is_refused(name: str, text: str) -> None:
    with pytest.raises(ParameterError, match="needs a name"):
        Figure(name, CHART, text, "Source")


def test_a_table_in_html_and_markdown() -> None:
    frame = FRAME.assign(
        share=[0.5, float("nan")], url=["https://example.org/a", ""], day=pd.Timestamp("2025-02-07"), yes=True
    )
    columns = {"name": "Name", "count": "Count", "share": "Share", "day": "Day", "yes": "Holds"}
    bundle = Table(frame, "A caption", columns, links={"name": "url"})._repr_mimebundle_()
    assert "<figcaption>A caption</figcaption>" in bundle["text/html"]
    assert '<a href="https://example.org/a">a</a>' in bundle["text/html"]
    assert '<td>b</td><td class="num">2</td>' in bundle["text/html"]
    assert "| [a](https://example.org/a) | 1 | 0.50 | 2025-02-07 | yes |" in bundle["text/markdown"]
    assert "| b | 2 |  | 2025-02-07 | yes |" in bundle["text/markdown"]


def test_a_table_shows_markup_as_text() -> None:
    frame = pd.DataFrame({"x": ["<script>alert(1)</script>", "a|b\nc", "javascript:alert(1)"]})
    bundle = Table(frame, "<b>", {"x": "<i>"}, links={"x": "x"})._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert "href" not in bundle["text/html"]
    assert "a\\|b c" in bundle["text/markdown"]


def test_an_empty_table_still_has_its_head() -> None:
    assert "Name" in Table(FRAME.iloc[:0], "None", {"name": "Name"})._repr_mimebundle_()["text/html"]


def test_findings_and_limits_are_set_apart() -> None:
    bundle = finding("It is *so*.")._repr_mimebundle_()
    assert (
        bundle["text/html"]
        == '<aside class="finding" aria-label="Finding"><p><strong>Finding.</strong> It is <em>so</em>.</p></aside>'
    )
    assert bundle["text/markdown"] == "> **Finding.** It is *so*."
    assert "<li>one</li>" in limits(["one", "two"])._repr_mimebundle_()["text/html"]
    assert set(Prose("Plain.")._repr_mimebundle_()) == {"text/markdown", "text/plain"}


def test_named_results() -> None:
    results = Results("04-test")
    assert results.add("share", 2 / 3, "67%") == "67%"
    assert results.add("count", pd.Series([3]).sum()) == "3"
    assert results["share"] == "67%"
    bundle = results._repr_mimebundle_()
    assert bundle[MIME_TYPE] == {
        "04-test": {"share": {"value": 0.666667, "text": "67%"}, "count": {"value": 3, "text": "3"}}
    }
    assert "<code>share</code>" in bundle["text/html"]


@pytest.mark.parametrize("name", ["share", "Share", "a b", "", "1st"])
def test_a_result_needs_a_new_and_plain_name(name: str) -> None:
    results = Results("04-test")
    results.add("share", 1)
    with pytest.raises(ParameterError, match="a new name"):
        results.add(name, 1)


def test_a_folded_table_opens_from_its_caption_and_stands_open_on_paper() -> None:
    table = Table(pd.DataFrame({"a": [1, 2]}), "Two rows", {"a": "A"}, folded=True)
    data = table._repr_mimebundle_()
    assert data["text/html"].startswith('<details class="ba-table"><summary>Two rows (2 rows)</summary>')
    assert "<details" not in data["text/markdown"]
    assert "| 1 |" in data["text/markdown"]


def test_ids_of_entries_are_marked_where_a_text_begins_with_one() -> None:
    assert entries_marked("C32") == '<span class="ba-entry">C32</span>'
    assert entries_marked("O1 <b>") == '<span class="ba-entry">O1</span> &lt;b&gt;'
    assert "span" not in entries_marked("see C32") + entries_marked("CO2") + entries_marked("C320")
    table = Table(pd.DataFrame({"claim_id": ["C32"]}), "Claims", {"claim_id": "Claim"})
    assert '<td><span class="ba-entry">C32</span></td>' in table._repr_mimebundle_()["text/html"]


def test_an_outline_is_a_nested_list_and_a_sentence_on_paper() -> None:
    bundle = Outline("The map", [("S1 Meeting", ["C05 <confirmed>"]), ("S2", [])], "See there.")._repr_mimebundle_()
    assert bundle["text/html"] == (
        '<details class="ba-outline"><summary>The map</summary><ul><li>S1 Meeting<ul><li><span class="ba-entry">C05'
        "</span> &lt;confirmed&gt;</li></ul></li><li>S2</li></ul></details>"
    )
    assert bundle["text/markdown"] == "See there."
    assert bundle["text/plain"].splitlines() == ["The map", "S1 Meeting", "  C05 <confirmed>", "S2"]
