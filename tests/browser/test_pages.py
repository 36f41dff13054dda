"""Every page of the book: nothing asked of another host, no error, no fault that axe knows, nothing off a phone."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from analysis import paths

PAGES = sorted(
    file.relative_to(paths.HTML).as_posix()
    for file in paths.HTML.rglob("*.html")
    if (
        not any(part.startswith("_") for part in file.relative_to(paths.HTML).parts)
        and file.name not in ("index.html", "genindex.html")
    )
    or file.relative_to(paths.HTML).as_posix() == "book/index.html"
)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def test_there_are_pages(book: Path) -> None:
    assert len(PAGES) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(book: Path, page: Page, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto((book / name).as_uri())
    draw_all(page)
    found = Axe().run(page, options={**RULES, "resultTypes": ["violations"], "preload": False})
    shown = [
        f"{violation['id']} ({violation['help']}): {node['html'][:160]} {' '.join(map(str, node['target']))}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    assert shown == []


def draw_all(page: Page) -> None:
    """Let every chart of the page be drawn: they are when they come into view."""
    for figure in page.locator("figure.ba-chart").all():
        figure.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('figure.ba-chart')].every(f => f.matches('.ba-drawn'))")
