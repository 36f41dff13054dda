"""The controls around the text, by touch, mouse and keys, on a phone, a tablet and a desk: none is dead."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("playwright", reason="needs the packages of the extra `browser`")

from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

HEIGHTS = {390: 844, 820: 1180, 1280: 900}
CHAPTER = "notebooks/01-timeline"
FRAME = ":is(header, .bd-header-article, #pst-primary-sidebar, #pst-secondary-sidebar, dialog)"
CONTROLS = f"{FRAME} :is(button, summary, input, select, a.btn, [role=button], [onclick])"
NUMBER = "(controls) => document.querySelectorAll(controls).forEach((c, n) => { c.dataset.control = n; })"

# what can be used now: under an open dialog only what is in it
USABLE = """() => [...(document.querySelector("dialog:modal") || document).querySelectorAll("[data-control]")]
  .filter((c) => !c.disabled && c.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .map((c) => c.dataset.control)"""

# what a press can change for a reader; a tooltip, or the focus on the control itself, is nothing done
STATE = """(frame) => JSON.stringify([location.href, {...document.documentElement.dataset},
  document.activeElement.matches("input, select") && document.activeElement.dataset.control,
  [...document.querySelectorAll(`${frame}, ${frame} *`)].filter((part) => !part.closest(".tooltip")).map((part) => [
    part.open, part.value, part.getAttribute("aria-expanded"), part.matches("button, output") && part.textContent,
    part.checkVisibility({ opacityProperty: true, visibilityProperty: true })])])"""


def screen(width: int) -> dict[str, Any]:
    """The window of a phone, a tablet or a desk; the first two can be touched."""
    return {"viewport": {"width": width, "height": HEIGHTS[width]}, "has_touch": width < 1000}


def on_screens(*widths: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", [screen(w) for w in widths], ids=[str(w) for w in widths], indirect=True)


def open_page(page: Page, book: Path, name: str) -> None:
    page.goto((book / f"{name}.html").as_uri())
    page.evaluate(NUMBER, CONTROLS)


def press(control: Locator, way: str) -> None:
    if way == "touch":
        control.tap()
    elif way == "mouse":
        control.click()
    else:
        control.focus()
        control.page.keyboard.press("Enter")


def acts(control: Locator, way: str) -> bool:
    """Press a control, or type where letters go, and tell whether anything came of it."""
    page = control.page
    if way == "mouse":
        control.hover()  # what opens under the pointer is there before the press
    before, tabs = page.evaluate(STATE, FRAME), len(page.context.pages)
    if control.evaluate("(c) => c.matches('input')"):
        control.focus()
        page.keyboard.type("x")
    else:
        press(control, way)
    try:
        changed = f"([frame, before]) => ({STATE})(frame) !== before"
        page.wait_for_function(changed, arg=[FRAME, before], timeout=1_500)
    except PlaywrightTimeoutError:
        return len(page.context.pages) > tabs
    return True


@pytest.mark.parametrize(
    ("page", "way", "name"),
    [
        pytest.param(screen(width), way, name, id=f"{width}-{way}-{name}")
        for width, way, name in (
            (390, "touch", CHAPTER),
            (820, "keys", CHAPTER),
            (1280, "mouse", CHAPTER),
            (1280, "keys", CHAPTER),
            (390, "touch", "book/ledger"),
            (390, "touch", "search"),
        )
    ],
    indirect=["page"],
)
def test_no_control_around_the_text_is_dead(page: Page, book: Path, way: str, name: str) -> None:
    page.add_init_script("window.print = () => { document.documentElement.dataset.printed = 'yes'; };")
    open_page(page, book, name)
    paths = [[number] for number in page.evaluate(USABLE)]
    assert paths
    dead = []
    for path in paths:  # grows by what a press brings into sight
        open_page(page, book, name)
        *before, control = [page.locator(f'[data-control="{number}"]') for number in path]
        for opener in before:
            assert acts(opener, way)
        usable = page.evaluate(USABLE)
        told = control.evaluate("(c) => c.outerHTML.replace(/\\s+/g, ' ').slice(0, 120)")
        if not acts(control, way):
            dead.append(told)
        elif not before and page.url.endswith(f"{name}.html"):
            page.wait_for_timeout(400)  # drawers move in
            paths += [[*path, number] for number in page.evaluate(USABLE) if number not in usable]
        page.evaluate("localStorage.clear()")
        for tab in page.context.pages[1:]:
            tab.close()
    assert dead == []


@on_screens(390, 820)
@pytest.mark.parametrize("way", ["touch", "mouse", "keys"])
@pytest.mark.parametrize(
    ("side", "link", "lands"),
    [
        ("primary", "2. The statement", "notebooks/02-statement.html"),
        ("secondary", "1.2. The events", "#the-events"),
    ],
)
def test_a_drawer_opens_and_closes_and_leads(
    page: Page, book: Path, way: str, side: str, link: str, lands: str
) -> None:
    open_page(page, book, CHAPTER)
    button = page.locator(f".{side}-toggle:visible")
    drawer = page.locator(f"dialog#pst-{side}-sidebar-modal")
    for _ in range(2):
        press(button, way)
        drawer.get_by_role("link", name=link).wait_for(state="visible")
        page.wait_for_timeout(400)
        box, width = drawer.bounding_box(), page.evaluate("innerWidth")
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        beside = (width - 10 if side == "primary" else 10), 400
        if way == "touch":
            page.touchscreen.tap(*beside)
        elif way == "mouse":
            page.mouse.click(*beside)
        else:
            page.keyboard.press("Escape")
        drawer.wait_for(state="hidden")
    press(button, way)
    press(drawer.get_by_role("link", name=link), way)
    page.wait_for_url(f"**{lands}")
    drawer.wait_for(state="hidden")


@on_screens(1280)
@pytest.mark.parametrize("way", ["mouse", "keys"])
def test_on_a_desk_the_site_navigation_folds_and_the_contents_stand_beside_the_text(
    page: Page, book: Path, way: str
) -> None:
    open_page(page, book, CHAPTER)
    link = page.locator("#pst-primary-sidebar").get_by_role("link", name="2. The statement")
    heading = page.locator(".bd-article h1")
    assert page.locator("#pst-secondary-sidebar").get_by_role("link", name="1.2. The events").is_visible()
    left = heading.bounding_box()
    for state in ("hidden", "visible"):
        press(page.locator(".primary-toggle:visible"), way)
        link.wait_for(state=state)
        page.wait_for_timeout(400)
        assert (heading.bounding_box() == left) == (state == "visible")


@on_screens(390, 820, 1280)
def test_what_is_typed_into_the_search_is_seen_and_sought(page: Page, book: Path) -> None:
    open_page(page, book, CHAPTER)
    button, field = page.locator(".search-button__button:visible"), page.locator("#pst-search-dialog input")
    press(button, "keys")
    field.wait_for(state="visible")
    page.keyboard.press("Escape")
    field.wait_for(state="hidden")
    press(button, "touch" if page.evaluate("navigator.maxTouchPoints > 0") else "mouse")
    page.keyboard.type("Taiwan")
    begins = "(field) => field.getBoundingClientRect().left + parseFloat(getComputedStyle(field).paddingLeft)"
    for place in ("#pst-search-dialog", ".bd-search-container"):
        field, icon = page.locator(f"{place} input"), page.locator(f"{place} i").bounding_box()
        assert field.input_value() == "Taiwan"
        assert icon is not None
        assert icon["x"] + icon["width"] <= field.evaluate(begins)
        if place == "#pst-search-dialog":
            page.keyboard.press("Enter")
            page.wait_for_function("() => document.querySelectorAll('#search-results li').length > 0")


@on_screens(390, 1280)
def test_the_switch_of_light_and_dark_goes_round_and_is_kept(page: Page, book: Path) -> None:
    open_page(page, book, CHAPTER)
    colours = {}
    for _ in range(3):
        press(page.locator(".theme-switch-button:visible"), "keys")
        mode = page.evaluate("document.documentElement.dataset.mode")
        colours[mode] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.mode") == mode
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == colours[mode]
    assert set(colours) == {"light", "dark", "auto"}
    assert colours["light"] != colours["dark"]


@on_screens(390, 1280)
@pytest.mark.parametrize("name", ["notebooks/04-alignment", "book/events"])
def test_the_contents_mark_what_is_read_on_the_way_down_and_up_and_after_a_jump(
    page: Page, book: Path, name: str
) -> None:
    open_page(page, book, name)
    page.wait_for_load_state("load")
    shown = """() => {
      const links = [...document.querySelectorAll("nav.page-toc a")];
      const tops = links.map((link) => document.getElementById(link.hash.slice(1)).getBoundingClientRect().top);
      const marked = links.findIndex((link) => link.matches(".active[aria-current=true]"));
      return [tops.findLastIndex((top) => top <= innerHeight / 3), marked];
    }"""
    settled = f"() => {{ const [read, marked] = ({shown})(); return read === marked; }}"
    sections = set()
    for place in [*range(0, 6_000, 450), *range(6_000, 0, -450), 10**6, 3_000, 0]:
        page.evaluate("(top) => { scrollTo({ top, behavior: 'instant' }); }", place)
        page.wait_for_function(settled, timeout=3_000)
        sections.add(page.evaluate(shown)[0])
    assert len(sections) > 3
    last = page.locator("nav.page-toc a").last
    last.evaluate("(link) => link.click()")
    page.wait_for_function("(link) => link.matches('.active')", arg=last.element_handle())


@on_screens(390, 820)
def test_the_way_back_to_the_top_leads_there(page: Page, book: Path) -> None:
    open_page(page, book, "book/events")
    page.wait_for_load_state("load")
    for top in (3_000, 2_000):
        page.evaluate(
            """(top) => new Promise((drawn) => {
          scrollTo({ top, behavior: "instant" });
          requestAnimationFrame(() => requestAnimationFrame(drawn));
        })""",
            top,
        )
    press(page.locator("#pst-back-to-top"), "touch")
    page.wait_for_function("() => scrollY === 0")
