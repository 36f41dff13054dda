"""What a reader does with a table: sort, search, turn pages, follow a link into it, read it on a phone, print it."""

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

BALANCE = "notebooks/08-balance.html"
ALIGNMENT = "notebooks/04-alignment.html"
LONG = "details.ba-table:has(.ba-paged)"  # folded, and of more than one page
SHOWN = "tbody tr:visible"


def opened(book: Path, page: Page, name: str = BALANCE, table: str = LONG) -> Locator:
    """The first table of a kind on a page of the book, unfolded."""
    page.goto((book / name).as_uri())
    found = page.locator(table).first
    found.evaluate("element => { if (element.tagName === 'DETAILS') element.open = true; }")
    return found


def column(table: Locator, number: int) -> list[str]:
    return table.locator(f"{SHOWN} > td:nth-child({number})").all_inner_texts()


def put_rows(page: Page, rows: list[list[str]], heads: list[str]) -> Locator:
    """A table with our own cells in place of the first one of the page; its script starts again."""
    page.evaluate(
        """([rows, heads]) => {
            const box = document.querySelector('.ba-grid');
            const cells = (row, tag) => row.map((text) => {
                const cell = document.createElement(tag);
                const label = document.createElement('span');
                label.className = 'ba-sort';
                (tag === 'th' ? label : cell).textContent = text;
                if (tag === 'th') cell.append(label);
                return cell;
            });
            const line = (row, tag) => {
                const made = document.createElement('tr');
                made.append(...cells(row, tag));
                return made;
            };
            const table = document.createElement('table');
            table.className = 'ba-sorts' + (rows.length > 25 ? ' ba-paged' : '');
            table.createTHead().append(line(heads, 'th'));
            table.createTBody().append(...rows.map((row) => line(row, 'td')));
            const field = '<label>Search <input type="search"></label>';
            const tools = `<div class="ba-tools" hidden>${field}<output></output></div>`;
            const pager = '<div class="ba-pager" hidden><button>Previous</button><output></output>' +
                '<button>Next</button><button>Show all</button></div>';
            box.innerHTML = tools + (rows.length > 25 ? pager : '');
            box.querySelector('.ba-tools').after(table);
            document.querySelectorAll('.ba-grid').forEach((other) => other === box || other.remove());
        }""",
        [rows, heads],
    )
    source = page.locator("script[src*='tables.js']").first.get_attribute("src") or ""
    page.add_script_tag(url=str(page.evaluate("source => new URL(source, location).href", source)))
    return page.locator(".ba-grid")


# --- sorting


def test_a_head_sorts_up_then_down_then_not_at_all(book: Path, page: Page) -> None:
    table = opened(book, page, ALIGNMENT, "figure.ba-table:has(:text('How far each choice moves'))")
    before = column(table, 4)
    head = table.locator("thead th").nth(3)
    button = head.get_by_role("button")
    expect(head).not_to_have_attribute("aria-sort", "ascending")
    button.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert column(table, 4) == sorted(before, key=float)
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(table, 4) == sorted(before, key=float, reverse=True)
    page.keyboard.press("Space")
    assert head.get_attribute("aria-sort") is None
    assert column(table, 4) == before


def test_another_head_takes_over(book: Path, page: Page) -> None:
    table = opened(book, page, ALIGNMENT, "figure.ba-table:has(:text('How far each choice moves'))")
    for number in (1, 2):
        table.locator("thead th").nth(number).get_by_role("button").click()
    assert table.locator("thead th[aria-sort]").count() == 1
    expect(table.locator("thead th").nth(2)).to_have_attribute("aria-sort", "ascending")


CELLS = {
    "numbers": (["10", "9", "", "-1,000", "−2.5", "< 0.01"], ["-1,000", "−2.5", "< 0.01", "9", "10", ""]),
    "shares": (["100%", "9%", "–", "67.5%"], ["9%", "67.5%", "100%", "–"]),
    "days": (
        ["2025-02-07", "3 January 2024", "12 December 2024", "", "May 2021"],
        ["May 2021", "3 January 2024", "12 December 2024", "2025-02-07", ""],
    ),
    "texts": (["b", "É", "a", "", "e 10", "e 9"], ["a", "b", "É", "e 9", "e 10", ""]),
    "numbers that are not all numbers": (["10", "9", "none"], ["9", "10", "none"]),
}


@pytest.mark.parametrize("kind", CELLS)
def test_kinds_of_cells_sort_by_what_they_mean_and_empty_ones_last(book: Path, page: Page, kind: str) -> None:
    given, wanted = CELLS[kind]
    page.goto((book / BALANCE).as_uri())
    table = put_rows(page, [[text] for text in given], ["Head"])
    table.get_by_role("button", name="Head").click()
    assert column(table, 1) == wanted
    table.get_by_role("button", name="Head").click()
    filled = [text for text in wanted if text not in ("", "–")]
    assert column(table, 1) == [*reversed(filled), *(text for text in wanted if text in ("", "–"))]


def test_rows_that_are_equal_keep_their_order(book: Path, page: Page) -> None:
    page.goto((book / BALANCE).as_uri())
    table = put_rows(page, [["b", "1"], ["a", "2"], ["b", "3"], ["a", "4"]], ["Name", "Place"])
    table.get_by_role("button", name="Name").click()
    assert column(table, 2) == ["2", "4", "1", "3"]
    table.get_by_role("button", name="Name").click()
    assert column(table, 2) == ["1", "3", "2", "4"]


# --- search


def test_all_words_of_a_search_must_occur(book: Path, page: Page) -> None:
    page.goto((book / BALANCE).as_uri())
    rows = [["Café Tokyo", "尖閣諸島"], ["cafe Osaka", "钓鱼岛"], ["TOKYO", "ガイド"], ["other", "ｶｲﾄﾞ"]]
    table = put_rows(page, rows, ["Place", "Name"])
    field, count = table.get_by_role("searchbox"), table.locator(".ba-tools output")
    expect(count).to_have_text("4 rows")
    for words, wanted in {
        "CAFÉ": [0, 1],
        "tokyo cafe": [0],
        "钓鱼": [1],
        "諸島": [0],
        "ガイド": [2],
        "cafe nowhere": [],
        " ": [0, 1, 2, 3],
    }.items():
        field.fill(words)
        assert column(table, 1) == [rows[place][0] for place in wanted], words
        expect(count).to_have_text("4 rows" if len(wanted) == 4 else f"{len(wanted)} of 4 rows")


# --- pages


def test_a_long_table_is_paged_and_sort_and_search_take_all_its_rows(book: Path, page: Page) -> None:
    table = opened(book, page)
    every = table.locator("tbody tr").count()
    assert every > 25
    pager = table.locator(".ba-pager output")
    expect(pager).to_have_text(f"1 to 25 of {every}")
    assert table.locator(SHOWN).count() == 25
    table.get_by_role("button", name="Previous").click(force=True)  # there is none
    expect(pager).to_have_text(f"1 to 25 of {every}")
    table.get_by_role("button", name="Next").click()
    expect(pager).to_have_text(f"26 to {min(50, every)} of {every}")
    first = table.locator("thead th").first.get_by_role("button")
    first.click()
    expect(pager).to_have_text(f"1 to 25 of {every}")
    all_texts = table.locator("tbody tr > td:first-child").all_text_contents()
    assert all_texts == sorted(all_texts)
    last = table.locator("tbody tr").last.locator("td").first.text_content() or ""
    table.get_by_role("searchbox").fill(last)
    assert 0 < table.locator(SHOWN).count() < every
    expect(table.locator(".ba-tools output")).to_contain_text(f" of {every} rows")
    table.get_by_role("searchbox").fill("")
    table.get_by_role("button", name="Show all").click()
    assert table.locator(SHOWN).count() == every
    table.get_by_role("button", name="Show 25 at a time").click()
    assert table.locator(SHOWN).count() == 25


def test_the_last_page_has_the_rest(book: Path, page: Page) -> None:
    page.goto((book / BALANCE).as_uri())
    table = put_rows(page, [[str(n)] for n in range(1, 61)], ["Number"])
    for _ in range(5):
        table.get_by_role("button", name="Next").click(force=True)  # the last times to no avail
    assert column(table, 1) == [str(n) for n in range(51, 61)]
    expect(table.locator(".ba-pager output")).to_have_text("51 to 60 of 60")


def test_a_link_to_a_hidden_row_shows_it(book: Path, page: Page) -> None:
    table = opened(book, page)
    table.evaluate("element => { element.open = false; element.querySelectorAll('tbody tr')[40].id = 'row-of-test'; }")
    table.locator(".ba-tools input").evaluate("field => (field.value = 'nowhere to be found')")
    page.evaluate("location.hash = '#row-of-test'")
    expect(page.locator("#row-of-test")).to_be_in_viewport()
    expect(table.locator(".ba-pager output")).to_contain_text("26 to ")


def test_a_link_to_a_folded_table_opens_it(book: Path, page: Page) -> None:
    page.goto((book / BALANCE).as_uri())
    name = page.locator(LONG).first.get_attribute("id")
    page.goto("about:blank")
    page.goto(f"{(book / BALANCE).as_uri()}#{name}")
    expect(page.locator(LONG).first.locator("thead")).to_be_in_viewport()


def test_paper_has_every_row(book: Path, page: Page) -> None:
    table = opened(book, page)
    every = table.locator("tbody tr").count()
    page.emulate_media(media="print")
    assert table.locator(SHOWN).count() == every
    expect(table.locator(".ba-tools")).to_be_hidden()
    expect(table.locator(".ba-pager")).to_be_hidden()


def test_without_a_script_every_row_is_shown_and_no_control(book: Path, page: Page) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    plain = context.new_page()
    plain.goto((book / BALANCE).as_uri())
    table = plain.locator(LONG).first
    table.locator("summary").click()
    assert table.locator(SHOWN).count() == table.locator("tbody tr").count()
    expect(table.locator(".ba-tools")).to_be_hidden()
    expect(table.locator(".ba-pager")).to_be_hidden()
    expect(table.get_by_role("link", name="CSV")).to_be_visible()
    context.close()


# --- the place of things


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_when_the_script_starts(book: Path, page: Page, width: int) -> None:
    """Heights as the page is read, and when every script has started; no font and no chart comes between the two."""
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(
        """const heights = () => [...document.querySelectorAll('.ba-grid')].map((box) => box.offsetHeight);
        document.addEventListener('DOMContentLoaded', () => {
            document.querySelectorAll('details').forEach((fold) => (fold.open = true));
            window.heightsBefore = heights();
        });
        window.addEventListener('DOMContentLoaded', () => (window.heightsAfter = heights()));"""
    )
    for name in (BALANCE, "notebooks/04-alignment.html", "book/codebook.html"):
        page.goto((book / name).as_uri())
        before, after = page.evaluate("[window.heightsBefore, window.heightsAfter]")
        assert len(before) == len(after) > 0
        assert before == after, name


# --- a phone


PHONE_PAGES = (
    *(
        f"notebooks/{name}.html"
        for name in ("01-timeline", "04-alignment", "05-continuity", "06-reaction", "07-signals", "09-aftermath")
    ),
    *(f"book/{name}.html" for name in ("codebook", "data", "foreign-events", "quotations", "rerun")),
)


@pytest.mark.parametrize("width", [320, 390, 721])
def test_no_table_runs_off_a_narrow_page(book: Path, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name in PHONE_PAGES:
        page.goto((book / name).as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
        over = page.evaluate(
            """() => [...document.querySelectorAll('.ba-grid table')]
                .filter((table) => table.scrollWidth > table.parentElement.clientWidth + 1)
                .map((table) => table.tHead.textContent)"""
        )
        assert over == [], name


def test_a_phone_shows_cards_with_the_heads_and_they_stay_a_table(book: Path, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    table = opened(book, page)
    row = table.locator(SHOWN).first
    boxes = [cell.bounding_box() for cell in row.locator("td").all()]
    assert all(one and two and two["y"] >= one["y"] + one["height"] for one, two in pairwise(boxes))
    heads = table.locator("thead th").all_inner_texts()
    labels = row.locator("td").evaluate_all("cells => cells.map((cell) => getComputedStyle(cell, '::before').content)")
    for head, label in zip(heads, labels, strict=True):
        assert label in (f'"{head}"', f'"{head}: "', f'"{head}" ": "')
    shown = table.get_by_role("table")
    assert shown.get_by_role("columnheader").count() == len(heads)
    assert shown.get_by_role("row").count() == 26
    table.locator("thead th").nth(1).get_by_role("button").click()
    expect(table.locator("thead th").nth(1)).to_have_attribute("aria-sort", "ascending")


def test_a_small_table_keeps_its_shape_on_a_phone(book: Path, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto((book / "book/codebook.html").as_uri())
    assert page.locator(".ba-grid table:not(.ba-cards)").first.evaluate("e => getComputedStyle(e).display") == "table"


# --- downloads


def test_the_links_below_a_table_give_files(book: Path, page: Page) -> None:
    table = opened(book, page)
    for name, ending in (("CSV", "csv"), ("Excel", "xlsx")):
        link = table.get_by_role("link", name=name)
        file = (book / "notebooks" / (link.get_attribute("href") or "")).resolve()
        assert file.suffix == f".{ending}"
        assert file.stat().st_size > 500
