"""Every page of the book: nothing asked of another host, no error, no fault that axe knows, nothing off a phone."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from analysis.core import paths

PAGES = sorted(
    file.relative_to(paths.HTML).as_posix()
    for file in paths.HTML.rglob("*.html")
    if (
        not any(part.startswith("_") for part in file.relative_to(paths.HTML).parts)
        and file.name not in ("index.html", "genindex.html")
    )
    or file.relative_to(paths.HTML).as_posix() == "book/index.html"
)
PHONE = {"width": 390, "height": 844}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def test_there_are_pages(book: Path) -> None:
    assert len(PAGES) > 20


def faults(page: Page) -> list[str]:
    """What axe finds on a page as it stands."""
    found = Axe().run(page, options={**RULES, "resultTypes": ["violations"], "preload": False})
    return [
        f"{violation['id']} ({violation['help']}): {node['html'][:160]} {' '.join(map(str, node['target']))}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_runs_off(book: Path, page: Page, name: str) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto((book / name).as_uri())
    draw_all(page)
    assert faults(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(400)  # charts are drawn again
    draw_all(page)
    assert faults(page) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wide)


# links that leave the book without its sign, and others that have it
MISMARKED = """() => [...document.querySelectorAll("a[href]")].filter((link) => {
  const out = link instanceof HTMLAnchorElement && link.protocol !== location.protocol && /^http/.test(link.protocol);
  return out !== getComputedStyle(link, "::after").content.includes("\u2197");
}).map((link) => link.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("name", PAGES)
def test_links_that_leave_the_book_are_marked_and_no_others(book: Path, page: Page, name: str) -> None:
    page.goto((book / name).as_uri())
    draw_all(page)
    assert page.evaluate(MISMARKED) == []


def test_who_listens_hears_that_a_link_leaves_the_book(book: Path, page: Page) -> None:
    page.goto((book / "book" / "events.html").as_uri())
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")["nodes"]
    names = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "link" and "name" in node]
    outside = [link for link in page.locator("a[href^=http]").all() if link.is_visible()]
    assert len(outside) > 100
    assert len([name for name in names if name.endswith(" (external)")]) == len(outside)
    assert not any("\u2197" in name for name in names)


# one page of each kind
KEYBOARD = (
    "book/index.html",
    "book/events.html",
    "book/data.html",
    "book/teaching.html",
    "notebooks/02-statement.html",
)


@pytest.mark.parametrize("name", KEYBOARD)
def test_the_keyboard_goes_through_a_page_and_is_seen(book: Path, page: Page, name: str) -> None:
    """Tab reaches every link and control that is shown, and each shows that it has the focus."""
    page.emulate_media(reduced_motion="reduce")
    page.goto((book / name).as_uri())
    draw_all(page)
    wanted = page.evaluate(CONTROLS)
    reached: list[str] = []
    while len(reached) <= wanted + 20:
        page.keyboard.press("Tab")
        name_of, shown = page.evaluate(FOCUS)
        if name_of in ("body", *reached[:1]):
            break
        assert shown, f"{name_of} does not show that it has the focus"
        reached.append(name_of)
    assert len(reached) >= wanted > 30


# the number of things on the page that the keyboard must reach; each gets a number that FOCUS names
CONTROLS = """() => {
  const kinds = 'a[href], button, input, select, summary, [tabindex="0"]';
  const all = [...document.querySelectorAll(kinds)].filter((element) =>
    element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !element.disabled
    && element.tabIndex >= 0 && !element.closest('dialog:not([open]), [inert]'));
  all.forEach((element, number) => (element.dataset.number = number));
  return all.length;
}"""
# what has the focus, and whether one sees it: an outline, a shadow, or a border of its own
FOCUS = """() => {
  const element = document.activeElement;
  if (element === document.body) return ['body', true];
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight;
  const marked = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
  const name = [element.dataset.number, element.tagName, element.className, (element.textContent || '').trim()];
  return [name.join(' ').slice(0, 80), inside && marked];
}"""


def draw_all(page: Page) -> None:
    """Let every chart of the page be drawn: they are when they come into view."""
    for figure in page.locator("figure.ba-chart").all():
        figure.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('figure.ba-chart')].every(f => f.matches('.ba-drawn'))")
