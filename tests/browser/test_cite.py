"""Citations as a reader gets them, and titles wherever they are taken over: from the data, without the page's signs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("playwright", reason="needs the packages of the extra `browser`")

from analysis.book import cite
from analysis.core import paths
from analysis.core.files import read_yaml

from .test_pages import PAGES, draw_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

CITED = [name for name in PAGES if "ba-cite-data" in (paths.HTML / name).read_text(encoding="utf-8")]

# of each part with a button: its class, its id, the title that one reads on the page, and the forms behind the button
PARTS = """() => [...document.querySelectorAll(".ba-cite-button")].map((button) => {
  const part = button.closest("figure.ba-chart, .ba-table, article.ba-claim");
  const seen = part.querySelector(".ba-chart-title, .ba-claim-text, summary, figcaption").cloneNode(true);
  seen.querySelectorAll(".headerlink, button").forEach((sign) => sign.remove());
  button.click();
  const dialog = document.querySelector("dialog.ba-cite");
  const forms = [...dialog.querySelectorAll("pre")].map((block) => block.textContent);
  dialog.querySelector("form button").click();
  return [part.className, part.id, seen.textContent, forms];
})"""

# titles that stand elsewhere than where they belong, with a sign of a link to a place at their end
SIGNED = """() => {
  const names = [...document.querySelectorAll("[aria-label], [title], [alt]")].flatMap((part) =>
    ["aria-label", "title", "alt"].map((name) => part.getAttribute(name) || ""));
  const links = [...document.querySelectorAll("nav a, .ba-steps a, .prev-next-area a")].map((link) => link.textContent);
  const meta = [...document.querySelectorAll("meta[content]")].map((part) => part.content);
  return [document.title, ...names, ...links, ...meta].filter((text) => /[#¶]\\s*$/.test(text));
}"""


def test_there_is_something_to_cite() -> None:
    assert len(CITED) > 10


@pytest.mark.parametrize("name", CITED)
def test_a_citation_has_the_title_that_the_page_shows(book: Path, page: Page, name: str) -> None:
    page.goto((book / name).as_uri())
    edition = cite.edition_of(read_yaml(paths.ROOT / "CITATION.cff"))
    parts = page.evaluate(PARTS)
    assert parts
    for kind, part_id, seen, forms in parts:
        title = re.sub(r"(?<![A-Z.])\.$", "", " ".join(re.sub(r" \(\d+ rows\)$", "", seen.strip()).split()))
        label = f"Figure {part_id}" if "ba-chart" in kind else f"Table {part_id}"
        if "ba-claim" in kind:
            label = f"{'Entry' if 'ba-omission' in kind else 'Claim'} {part_id.upper()}"
        part = cite.Part(title, label, re.sub(r"[^A-Za-z0-9]+", "_", part_id))
        assert forms[: len(cite.FORMS)] == list(cite.forms(edition, part).values())


@pytest.mark.parametrize("name", PAGES)
def test_no_title_takes_the_sign_of_its_address_along(book: Path, page: Page, name: str) -> None:
    page.goto((book / name).as_uri())
    draw_all(page)
    assert page.evaluate(SIGNED) == []
