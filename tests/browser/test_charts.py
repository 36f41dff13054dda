"""What a reader does with charts: choose, point, follow a source, take data, picture and code away."""

import csv
import io
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlparse

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from analysis.core import paths
from analysis.data.tables import load

from .test_pages import PAGES


def open_chart(page: Page, book: Path, chapter: str, name: str) -> Locator:
    """A chart of a chapter, drawn."""
    page.goto((book / "notebooks" / f"{chapter}.html").as_uri())
    figure = page.locator(f"figure#{name}")
    figure.scroll_into_view_if_needed()
    page.mouse.move(5, 5)
    expect(figure).to_have_class("ba-chart ba-drawn")
    return figure


POINTS = "path[aria-roledescription=point]"


def test_the_timeline_filters(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "01-timeline", "fig-timeline-events")
    script = "all => all.filter(mark => Number(mark.getAttribute('opacity') || 1) > 0.5).length"

    def strong() -> int:
        page.wait_for_timeout(200)
        return int(figure.locator(POINTS).evaluate_all(script))

    before = strong()
    figure.locator("select").select_option(label="Japan-China")
    assert 0 < strong() < before
    figure.locator("select").select_option(label="all pairs")
    assert strong() == before


def test_a_point_of_the_timeline_opens_its_source(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "01-timeline", "fig-timeline-events")
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.context.expect_page():  # a tab of its own
        figure.locator(POINTS).last.click(force=True)
    assert asked
    assert asked[-1] in set(load("event_sources")["url"])


def test_the_keyboard_steps_through_the_timeline_and_opens_a_source(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "01-timeline", "fig-timeline-events")
    box, voice = figure.locator(".ba-scroll"), figure.get_by_role("status")
    box.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#vg-tooltip-element")).to_be_visible()
    first = voice.inner_text()
    assert first.endswith("Enter opens it.")
    page.keyboard.press("ArrowRight")
    assert voice.inner_text() != first
    page.keyboard.press("ArrowLeft")
    assert voice.inner_text() == first
    page.keyboard.press("ArrowLeft")  # from the first to the last
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    with page.context.expect_page():
        page.keyboard.press("Enter")
    assert asked[-1] in set(load("event_sources")["url"])
    page.bring_to_front()
    page.keyboard.press("Escape")
    expect(page.locator("#vg-tooltip-element")).to_be_hidden()
    assert voice.inner_text() == ""
    expect(figure.locator(".ba-chart-frame")).to_be_hidden()


def test_a_reader_in_america_sees_the_same_days(book: Path, browser: Browser) -> None:
    context = browser.new_context(timezone_id="America/Los_Angeles", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    figure = open_chart(page, book, "01-timeline", "fig-timeline-events")
    figure.locator(".ba-scroll").focus()
    page.keyboard.press("ArrowRight")
    first = load("events").sort_values("date")["date"].iloc[0]
    assert f"Day: {first:%d %B %Y}" in figure.get_by_role("status").inner_text()
    context.close()


def test_every_mark_that_says_something_is_reached_by_keyboard(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "04-alignment", "fig-alignment-coverage")
    box, voice = figure.locator(".ba-scroll"), figure.get_by_role("status")
    box.focus()
    said: list[str] = []
    for _ in range(200):
        page.keyboard.press("ArrowRight")
        if voice.inner_text() in said[:1]:
            break
        said.append(voice.inner_text())
    data = linked_text(figure.locator("a.ba-chart-data").first).splitlines()
    rows = list(csv.DictReader(io.StringIO("\n".join(line for line in data if not line.startswith("# ")))))
    assert len(said) >= len(rows)


def test_a_dark_page_prints_light_charts(book: Path, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    figure = open_chart(page, book, "03-strategy", "fig-strategy-outline")
    paper = figure.locator("img.ba-chart-picture")
    assert paper.is_hidden()
    page.emulate_media(media="print")
    assert paper.is_visible()
    assert figure.locator(".vega-embed").is_hidden()


def test_the_matrix_says_what_a_cell_is(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "04-alignment", "fig-alignment-matrix")
    figure.locator("path[aria-roledescription=rect], path[aria-roledescription='rect mark']").first.hover(force=True)
    expect(page.locator("#vg-tooltip-element")).to_be_visible()
    assert page.locator("#vg-tooltip-element tr").count() >= 3


def test_the_specification_curve_marks_what_is_chosen(book: Path, page: Page) -> None:
    figure = open_chart(page, book, "04-alignment", "fig-alignment-curve")
    before = figure.locator("svg").inner_html()
    menu = figure.locator("select")
    menu.select_option(index=1)
    page.wait_for_timeout(200)
    assert figure.locator("svg").inner_html() != before


def linked_text(link: Locator) -> str:
    """The text of the file that a link leads to."""
    return Path(unquote(urlparse(str(link.evaluate("link => link.href"))).path)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["fig-alignment-coverage", "fig-alignment-keyness"])
def test_data_picture_and_code_are_one_click_away(book: Path, page: Page, name: str) -> None:
    figure = open_chart(page, book, "04-alignment", name)
    lines = linked_text(figure.locator("a.ba-chart-data").first).splitlines()
    notes = [line for line in lines if line.startswith("# ")]
    assert notes[0] == f"# {figure.locator('.ba-chart-title').inner_text()}"
    assert any("Cite as: " in note for note in notes)
    assert len(list(csv.DictReader(io.StringIO("\n".join(lines[len(notes) :]))))) > 1
    svg = linked_text(figure.get_by_role("link", name="Picture"))
    assert svg.startswith("<svg")
    assert name in svg
    assert "Source: " in svg
    fold = page.locator(".cell", has=figure).locator("details.hide")
    expect(fold).not_to_have_attribute("open", "")
    figure.get_by_role("button", name="Code").click()
    expect(fold).to_have_attribute("open", "")
    drawn_by = {"fig-alignment-coverage": "def coverage_shares", "fig-alignment-keyness": "alt.Chart("}
    assert drawn_by[name] in fold.inner_text()


def test_a_dark_page_draws_dark_charts(book: Path, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    figure = open_chart(page, book, "03-strategy", "fig-strategy-outline")
    fills = figure.locator("svg text").evaluate_all("all => all.map(text => text.getAttribute('fill'))")
    assert "#E6E9EC" in fills
    assert "#20272E" not in fills


def test_without_scripts_every_chart_is_a_picture(book: Path, browser) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto((book / "notebooks" / "04-alignment.html").as_uri())
    pictures = page.locator("figure.ba-chart img.ba-chart-picture")
    assert pictures.count() == page.locator("figure.ba-chart").count() > 5
    assert all(picture.get_attribute("alt") for picture in pictures.all())
    context.close()


WITH_CHARTS = [name for name in PAGES if 'class="ba-chart"' in (paths.HTML / name).read_text(encoding="utf-8")]


def seen_at_once(page: Page, address: str, media: Literal["print", "screen"]) -> list[tuple[str, int]]:
    """The charts of a page that nobody has moved on, with how many colours each shows; 0 without its picture."""
    page.emulate_media(media=media)
    page.goto(address)
    figures = page.locator("figure.ba-chart")
    boxes = figures.evaluate_all(
        """all => all.map(figure => {
          const box = figure.querySelector(".ba-chart-view").getBoundingClientRect();
          const picture = figure.querySelector(".ba-chart-view img");
          const there = picture !== null && picture.complete && picture.naturalWidth > 0;
          const [top, bottom] = [box.top + scrollY, box.bottom + scrollY];
          return [figure.id, there, [box.left, top, Math.min(box.right, innerWidth), bottom]];
        })"""
    )
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    assert figures.and_(page.locator(".ba-drawn")).count() == 0
    crops = [whole.crop(tuple(round(side) for side in box)) for _, _, box in boxes]
    colours = [len(crop.getcolors(1 << 24) or ()) for crop in crops]
    return [(name, count if there else 0) for (name, there, _), count in zip(boxes, colours, strict=True)]


@pytest.mark.parametrize("name", WITH_CHARTS)
def test_before_they_are_drawn_charts_are_pictures_on_paper_and_screen(book: Path, page: Page, name: str) -> None:
    page.route("**/vega.js", lambda route: None)  # it never comes
    for media in ("print", "screen"):
        seen = seen_at_once(page, (book / name).as_uri(), media)  # type: ignore[arg-type]
        assert seen
        assert [chart for chart, colours in seen if colours < 10] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_map_of_the_front_page_is_there_at_once_on_paper(book: Path, page: Page, scheme: str) -> None:
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 1280, "height": 100})
    page.goto((book / "book" / "index.html").as_uri())
    shown = page.locator(".ba-map img:visible")
    assert shown.count() == 1
    assert shown.get_attribute("class") == "only-light"
    assert shown.evaluate("picture => picture.complete && picture.naturalWidth > 0")


def test_where_drawing_fails_the_picture_stands(book: Path, browser) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route("**/vega.js", lambda route: route.abort())
    page.goto((book / "notebooks" / "03-strategy.html").as_uri())
    figure = page.locator("figure.ba-chart").first
    figure.scroll_into_view_if_needed()
    page.mouse.move(9, 9)
    expect(figure.locator("img.ba-chart-picture")).to_be_visible()
    page.close()


def test_a_page_without_a_reader_loads_no_drawing_script(book: Path, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((book / "notebooks" / "01-timeline.html").as_uri())
    page.wait_for_timeout(500)
    assert not any(url.endswith("vega.js") for url in asked)
    page.mouse.move(50, 50)
    page.locator("figure.ba-chart").first.scroll_into_view_if_needed()
    expect(page.locator("figure.ba-drawn").first).to_be_visible()
    assert any(url.endswith("vega.js") for url in asked)
