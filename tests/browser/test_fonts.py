"""Chinese, Japanese and Korean signs on a machine that has no font for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="needs the packages of the extra `browser`")

from cjk_fonts import ARROW, STYLE, font_file, sign_pattern, signs_of
from PIL import ImageFont

if TYPE_CHECKING:
    from playwright.sync_api import Page

MISSING = "\ue000"  # a sign that no font of ours has
SUBSETS = ("NotoSansCJK-Regular.woff2", "NotoSansCJK-Bold.woff2")

# marks the elements that show such signs, and returns how many each shows
SHOWN = """(signs) => [...document.querySelectorAll("body *")].filter((element) => {
  const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join("");
  const found = element.checkVisibility({ visibilityProperty: true }) && own.match(new RegExp(signs, "gu"));
  if (found) element.dataset.signs = found.length;
  return found;
}).map((element, number) => {
  element.id = element.id || `signs-${number}`;
  return [element.id, Number(element.dataset.signs)];
})"""


def has(weight: str, sign: str) -> bool:
    """Whether the subset of a weight has a sign: it draws something else than for one that it lacks."""
    font = ImageFont.truetype(font_file(weight), 24)
    return bytes(font.getmask(sign)) != bytes(font.getmask(MISSING))


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_subsets_have_every_sign_of_the_pages(book: Path, weight: str) -> None:
    signs = signs_of(book)
    assert len(signs) > 500
    missing = "".join(sorted(sign for sign in signs if not has(weight, sign)))
    assert not missing, f"{font_file(weight).name} lacks {missing}: run make fonts, and commit what it writes"


def test_a_sign_that_no_page_shows_is_not_in_the_subsets(book: Path) -> None:
    rare = "\u9f98"  # of four dragons
    assert rare not in signs_of(book)
    assert not has("Regular", rare)
    assert has("signs", ARROW)


def test_the_subsets_are_small() -> None:
    assert sum(font_file(weight).stat().st_size for weight in ("Regular", "Bold", "signs")) < 350_000


@pytest.mark.parametrize("name", ["book/abstract.html", "book/events.html", "notebooks/06-reaction.html"])
def test_no_sign_is_blank(book: Path, page: Page, name: str) -> None:
    page.goto((book / name).as_uri())
    page.wait_for_function("document.fonts.status === 'loaded'")
    shown = page.evaluate(SHOWN, sign_pattern(STYLE.read_text(encoding="utf-8")).pattern)
    assert shown
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    blank = []
    for element, signs in shown:
        found = session.send("DOM.querySelector", {"nodeId": root, "selector": f"[id='{element}']"})
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": found["nodeId"]})["fonts"]
        if not any(font["isCustomFont"] and "CJK" in font["familyName"] for font in fonts) and any(
            re.search(r"CJK|Hiragino|Yu Gothic|Meiryo|Noto Sans (JP|SC)|PingFang|YaHei", font["familyName"])
            for font in fonts
        ):
            pytest.skip("this machine has a font for such signs")
        if sum(font["glyphCount"] for font in fonts if "CJK" in font["familyName"]) < signs:
            blank.append((element, signs, fonts))
    assert blank == []


def test_only_a_page_with_such_signs_loads_the_subsets(book: Path, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto((book / "book" / "methods.html").as_uri())
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert "Inter-Regular.woff2" in asked
    assert not set(SUBSETS) & set(asked)
    ranges = page.evaluate("[...document.fonts].filter(f => /CJK/.test(f.family)).map(f => f.unicodeRange)")
    assert len(ranges) == len(SUBSETS)
    assert all("u+2e80-9fff" in signs.lower() for signs in ranges)
    page.goto((book / "book" / "abstract.html").as_uri())
    page.wait_for_function("document.fonts.status === 'loaded'")
    assert set(SUBSETS) <= set(asked)


def test_no_picture_shows_such_a_sign(book: Path) -> None:
    """A picture cannot use the fonts of the page, and brings Inter alone."""
    pattern = sign_pattern(STYLE.read_text(encoding="utf-8"))
    for file in book.glob("_images/*.svg"):
        assert not pattern.search(re.sub(r"<[^>]*>", " ", file.read_text(encoding="utf-8"))), file.name
