"""What a reader does with the ledger of claims."""

from pathlib import Path

from playwright.sync_api import Page, expect

CLAIMS = ".ba-claim:not(.ba-omission)"


def test_the_filter_hides_what_is_not_chosen_and_an_address_brings_it_back(book: Path, page: Page) -> None:
    address = (book / "book" / "ledger.html").as_uri()
    page.goto(address)
    every = page.locator(CLAIMS).count()
    page.locator(".ba-filter select[name=verdict]").select_option(value="misquoted")
    shown = page.locator(f"{CLAIMS}:visible")
    assert 0 < shown.count() < every
    assert shown.count() == page.locator(f"{CLAIMS}.verdict-misquoted").count()
    expect(page.locator(".ba-filter output")).to_have_text(f"{shown.count()} of {every} claims")
    assert page.url.endswith("?verdict=misquoted")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".ba-filter output")).to_have_text(f"{every} of {every} claims")
    page.goto(f"{address}?verdict=misquoted#c01")
    expect(page.locator("#c01")).to_be_visible()


def test_a_strip_of_the_front_page_leads_to_claims_of_one_verdict(book: Path, page: Page) -> None:
    page.goto((book / "book" / "index.html").as_uri())
    page.locator(".ba-strip a").last.click()
    expect(page.locator(".ba-filter output")).to_contain_text(" of ")
    assert "?verdict=" in page.url


def test_the_ledger_by_keyboard_alone(book: Path, page: Page) -> None:
    page.goto((book / "book" / "ledger.html").as_uri())
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.ba-filter select')"):
            break
    assert page.evaluate("document.activeElement.name") == "step"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("ArrowDown")
    assert page.locator(f"{CLAIMS}:visible").count() < page.locator(CLAIMS).count()
