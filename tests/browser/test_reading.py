"""Reading the book in a browser: cards, filters of provisions and events, search, sides, folds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="needs the packages of the extra `browser`")

if TYPE_CHECKING:
    from playwright.sync_api import Page


def open_page(page: Page, book: Path, name: str, more: str = "") -> None:
    page.goto(f"{(book / f'{name}.html').as_uri()}{more}")


def test_a_card_opens_on_hover_stays_under_the_pointer_and_closes_with_escape(page: Page, book: Path) -> None:
    open_page(page, book, "book/provisions")
    link = page.locator("#p46 a.ba-entry", has_text="C32").first
    link.scroll_into_view_if_needed()
    assert page.locator(".ba-card").count() == 0
    link.hover()
    card = page.locator(".ba-card")
    card.wait_for(state="visible")
    assert card.locator(".ba-card-head").inner_text().startswith("C32 confirmed with correction")
    assert link.get_attribute("aria-describedby") == card.get_attribute("id")
    of_link, of_card = link.bounding_box(), card.bounding_box()
    assert of_link is not None
    assert of_card is not None
    assert abs(of_card["x"] - of_link["x"]) < 300
    below, above = of_card["y"] - of_link["y"] - of_link["height"], of_link["y"] - of_card["y"] - of_card["height"]
    assert 0 <= max(below, above) < 20  # beside the link, and never over it
    card.hover()
    page.wait_for_timeout(600)
    assert card.is_visible()
    page.keyboard.press("Escape")
    assert card.is_hidden()
    assert link.get_attribute("aria-describedby") is None
    link.hover()
    card.wait_for(state="visible")
    page.mouse.move(5, 5)
    card.wait_for(state="hidden")


def test_a_card_opens_on_focus_and_goes_with_it(page: Page, book: Path) -> None:
    open_page(page, book, "book/index")
    page.locator(".ba-question").click()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Guo, 2025":
            break
    card = page.locator(".ba-card")
    card.wait_for(state="visible")
    assert "Balancing Act" in card.inner_text()
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    page.keyboard.press("Tab")
    gone = "(card) => card.hidden || !card.innerText.includes('Balancing Act')"
    page.wait_for_function(gone, arg=card.element_handle())


def test_a_card_waits_and_loads_its_texts_only_then(page: Page, book: Path) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    open_page(page, book, "notebooks/02-statement")
    assert not any("/previews/" in address for address in loaded)
    page.locator("a.ba-entry", has_text="P49").first.hover()
    page.locator(".ba-card").wait_for(state="visible")
    assert [address.rpartition("/")[2] for address in loaded if "/previews/" in address] == ["book-provisions.js"]


@pytest.mark.parametrize(
    ("name", "noun", "word", "least"), [("provisions", "provisions", "taiwan", 4), ("events", "events", "buoy", 2)]
)
def test_words_choose_entries_and_stand_in_the_address(
    page: Page, book: Path, name: str, noun: str, word: str, least: int
) -> None:
    open_page(page, book, f"book/{name}")
    every = page.locator(".ba-record").count()
    output = page.locator(".ba-words output")
    assert output.inner_text() == f"{every} of {every} {noun}"
    page.locator(".ba-words input").fill(word)
    left = page.locator(".ba-record:visible").count()
    assert least <= left < every
    assert output.inner_text() == f"{left} of {every} {noun}"
    assert page.url.endswith(f"?words={word}")
    assert all(word in text.lower() for text in page.locator(".ba-record:visible").all_text_contents())
    page.reload()
    assert page.locator(".ba-record:visible").count() == left
    page.locator(".ba-words button").click()
    page.wait_for_function(f"document.querySelectorAll('.ba-record:not([hidden])').length === {every}")


def test_the_address_of_an_event_shows_it_whatever_was_chosen(page: Page, book: Path) -> None:
    open_page(page, book, "book/events", "?words=nothing-has-these#e083")
    entry = page.locator("#e083")
    assert entry.is_visible()
    assert entry.locator("details").get_attribute("open") is not None
    top = entry.evaluate("element => element.getBoundingClientRect().top")
    assert -5 <= top <= 200


@pytest.mark.parametrize(
    ("query", "page_name", "excerpt"),
    [
        ("Senkaku", "book/glossary", "Senkaku"),
        ("尖閣", "book/glossary", "尖閣"),
        ("钓鱼岛", "book/glossary", "钓鱼岛"),
        ("石破", "notebooks/01-timeline", "石破"),
    ],
)
def test_the_search_finds_names_in_all_scripts_and_shows_where(
    page: Page, book: Path, query: str, page_name: str, excerpt: str
) -> None:
    open_page(page, book, "search", f"?q={quote(query)}")
    result = page.locator(f'#search-results li:has(> a[href^="{page_name}.html"])').first
    result.locator(".ba-excerpt mark").first.wait_for()
    assert excerpt in result.locator(".ba-excerpt mark").first.inner_text()


def test_an_excerpt_leads_to_the_place(page: Page, book: Path) -> None:
    open_page(page, book, "search", f"?q={quote('钓鱼岛')}")
    link = page.locator("#search-results .ba-excerpt a", has_text="Senkaku Islands").first
    link.click()
    assert page.url.split("?")[0].endswith("book/glossary.html#term-Senkaku-Islands") or "#term-Senkaku" in page.url


@pytest.mark.parametrize(("width", "shown"), [(1680, True), (1536, True), (1280, False), (390, False)])
def test_sources_stand_at_the_side_only_where_there_is_room(page: Page, book: Path, width: int, shown: bool) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("book/methods", "notebooks/04-alignment", "notebooks/07-signals"):
        open_page(page, book, name)
        sides = page.locator(".ba-side")
        assert sides.first.is_visible() == shown
        if not shown:
            continue
        clashes = page.evaluate(
            """() => {
              const box = (element) => element.getBoundingClientRect();
              const others = [...document.querySelectorAll(".bd-article :is(p, li, figure, pre, table, h2, h3)")];
              return [...document.querySelectorAll(".ba-side")].flatMap((side) =>
                others.filter((other) => !side.contains(other) && other.checkVisibility()).filter((other) => {
                  const a = box(side), b = box(other);
                  return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
                }).map((other) => other.textContent.slice(0, 40)));
            }"""
        )
        assert clashes == [], name


def test_question_and_answer_fit_on_the_first_screen(page: Page, book: Path) -> None:
    open_page(page, book, "book/index")
    bottom = page.locator("ul.ba-answer").evaluate("element => element.getBoundingClientRect().bottom")
    assert bottom <= 900


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_runs_off_the_screen(page: Page, book: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("book/index", "book/abstract", "book/provisions", "book/events", "book/teaching"):
        open_page(page, book, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_solutions_are_hidden_until_they_are_asked_for(page: Page, book: Path) -> None:
    open_page(page, book, "book/teaching")
    solution = page.locator("details.ba-fold").first
    assert solution.locator("p").first.is_hidden()
    solution.locator("summary").press("Enter")
    assert "security provisions" in solution.locator("p").first.inner_text()


def test_the_map_follows_light_and_dark(page: Page, book: Path) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        open_page(page, book, "book/index")
        shown = [picture for picture in page.locator(".ba-map img").all() if picture.is_visible()]
        assert [picture.get_attribute("class") for picture in shown] == [f"only-{scheme}"]
        assert shown[0].evaluate("picture => picture.naturalWidth") > 0
