"""A book of hostile tables in the browser: nothing of them runs, and the page asks nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from test_hostile import HTML, stage_book, straight

from analysis.book import build


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built book; that it asks for no file that it lacks is what the fixture `page` sees."""
    folder = tmp_path_factory.mktemp("hostile")
    build.build_html(stage_book(folder / "source"), folder / "html")
    return folder / "html"


@pytest.mark.parametrize(
    "name", ["book/index", "book/ledger", "book/provisions", "book/events", "notebooks/01-hostile"]
)
def test_nothing_of_a_table_runs(hostile: Path, page: Page, name: str) -> None:
    page.goto((hostile / f"{name}.html").as_uri())
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true }")
    page.wait_for_load_state()
    for figure in page.locator("figure.ba-chart").all():
        figure.scroll_into_view_if_needed()
        page.wait_for_function("() => document.querySelector('figure.ba-chart').matches('.ba-drawn')")
    assert HTML in straight(str(page.evaluate("() => document.querySelector('.bd-article').textContent")))
    for link in page.locator(".bd-article a[href]").all():
        assert str(link.evaluate("link => link.protocol")) in ("http:", "https:", "file:")
    assert page.evaluate("() => window.hit === undefined")


def test_a_search_shows_hostile_words_as_words(hostile: Path, page: Page) -> None:
    page.goto((hostile / "search.html").as_uri() + "?q=HYPERLINK")
    page.wait_for_function("() => document.querySelectorAll('#search-results li').length > 0")
    assert "<script>" in page.locator("#search-results").inner_text()
    assert page.evaluate("() => window.hit === undefined")


def test_a_card_over_a_link_shows_hostile_words_as_words(hostile: Path, page: Page) -> None:
    page.goto((hostile / "book" / "ledger.html").as_uri())
    page.locator("details").evaluate_all("folds => folds.forEach(fold => { fold.open = true })")
    page.locator("a[href='events.html#e083']").first.hover()
    page.wait_for_function("() => document.body.textContent.includes('E083 statement')")
    assert page.evaluate("() => window.hit === undefined")
