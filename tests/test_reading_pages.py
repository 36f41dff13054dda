"""What helps to read the HTML book: built once from the real tables on a few pages, and as a PDF."""

import json
import re
import shutil
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from conftest import stage_book
from docutils import nodes
from pypdf import PdfReader
from sphinx.errors import ExtensionError
from test_publish import CHART, code_cell

from analysis.book import build
from analysis.book.links import linkable, pattern
from analysis.book.pages import darkened, minutes, newest_release, with_addresses
from analysis.book.reading import shortened, split_words
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.data.tables import load
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import read_results

INDEX = """# Sample

{.ba-question}
How far does E083 carry C32, and what of P46 and `P05`? Not E999.

A placebo, another placebo, and Krippendorff's alpha {cite:p}`guo_article`; again {cite:p}`guo_article`.

```{whats-new}
```

```{argument-map}
```
"""
CHANGELOG = """# Changelog

## [0.2.0] - 2026-11-24

What is new,
in *two* lines.

### Added

- A thing.

## [0.1.0] - 2026-11-23

Old.
"""
LONG = "Words of a text that has something to say and takes a while to read. " * 40
TABLE = (
    '<figure class="ba-table"><figcaption>Two rows &amp; more</figcaption><div class="ba-scroll"><table><tr>'
    '<td><span class="ba-entry">C32</span></td><td>P05 and E083</td></tr></table></div></figure>'
)
FOLDED = (
    '<details class="ba-table"><summary>Two rows &amp; more</summary><div class="ba-scroll"><table><tr><td>O1</td></tr>'
    "</table></div></details>"
)


def notebook(title: str, *outputs: Mapping[str, Any], words: str = "Text.") -> str:
    head = {"cell_type": "markdown", "id": "head", "metadata": {}, "source": f"# {title}\n\n{words}"}
    cells = [code_cell(f"show_{number}()", data, tags=("hide-input",)) for number, data in enumerate(outputs)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": [head, *cells], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def figure(name: str) -> dict[str, Any]:
    spec = {**CHART, "usermeta": {"figure": {"name": name, "alt": "Bars: E083 has 2.", "source": "Source: none"}}}
    return {"application/vnd.vegalite.v5+json": spec, "text/plain": "PLAIN"}


def table(html: str) -> dict[str, Any]:
    return {"text/html": html, "text/markdown": "*T*\n\n| a |\n|---|\n| P05 and E083 |", "text/plain": "PLAIN"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pages = ("ledger", "provisions", "events", "glossary", "bibliography", "teaching", "abstract", "changelog")
    chapters = {
        "04-alignment": notebook("Alignment", table(TABLE), table(FOLDED), figure("fig-a"), words=LONG),
        "05-continuity": notebook("Continuity"),
        "08-balance": notebook("Balance", figure("fig-balance-map")),
    }
    folder = stage_book(tmp_path_factory.mktemp("reading") / "source", pages, INDEX, chapters, CHANGELOG)
    for file in (paths.EXERCISES, paths.ANSWERS):
        shutil.copy(file, folder / "book")
    return folder


@pytest.fixture(scope="module")
def html(source: Path) -> Path:
    folder = source.parent / "html"
    build.build_html(source, folder)
    return folder


def read(html: Path, page: str) -> str:
    return (html / f"{page}.html").read_text("utf-8")


def article(page: str) -> str:
    [found] = re.findall(r'<article class="bd-article">(.*)</article>', page, re.S)
    return str(found)


def entry(page: str, entry_id: str) -> str:
    [found] = re.findall(rf'<article id="{entry_id}" .*?</article>', page, re.S)
    return str(found)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def data_of(script: Path) -> Any:
    """What a script of the book assigns, which is JSON."""
    found = re.fullmatch(r"(?:\(.*?\)\[.*?\]|window\.\w+) = (\{.*\});\n", script.read_text("utf-8"), re.S)
    assert found
    return json.loads(found[1])


# --- entries and links to them


def test_every_provision_and_event_has_an_address(html: Path) -> None:
    for page, table_name, key in (("provisions", "provisions", "provision_id"), ("events", "events", "event_id")):
        found = re.findall(r'<article id="(\w+)"', read(html, f"book/{page}"))
        assert sorted(found) == sorted(load(table_name)[key].str.lower())


def test_claims_provisions_events_and_chapters_lead_to_one_another(html: Path) -> None:
    claim = entry(read(html, "book/ledger"), "c32")
    assert 'href="provisions.html#p46"' in claim
    assert 'href="events.html#e083"' in claim
    provision = entry(read(html, "book/provisions"), "p46")
    assert 'href="ledger.html#c32"' in provision
    assert 'href="events.html#e083"' in provision
    event = entry(read(html, "book/events"), "e083")
    assert 'href="ledger.html#c32"' in event
    assert 'href="provisions.html#p46"' in event
    assert re.search(r'<a [^>]*href="\.\./notebooks/04-alignment\.html">.*?4.*?</a> \(table\)', event)
    assert 'href="https://' in event
    assert not re.search(r"<a [^>]*></a>", read(html, "book/events"))  # a source without a title has its publisher
    assert 'href="events.html#e083"' not in event  # its own id leads nowhere else


def test_ids_become_links_in_text_and_tables_but_not_in_code(html: Path) -> None:
    index = article(read(html, "book/index"))
    for page, entry_id in (("events", "E083"), ("ledger", "C32"), ("provisions", "P46")):
        assert re.search(rf'<a class="ba-entry[^>]*href="{page}\.html#{entry_id.lower()}">{entry_id}</a>', index)
    assert ">P05</a>" not in index
    assert "Not E999." in index
    chapter = article(read(html, "notebooks/04-alignment"))
    for page, entry_id in (("ledger", "C32"), ("provisions", "P05"), ("events", "E083"), ("ledger", "O1")):
        assert f'<a class="ba-entry" href="../book/{page}.html#{entry_id.lower()}">{entry_id}</a>' in chapter


def test_words_of_the_glossary_are_links_once_on_a_page(html: Path) -> None:
    index = article(read(html, "book/index"))
    assert re.findall(r'<a class="ba-term[^>]*href="([^"]*)"', index) == [
        "glossary.html#term-Placebo",
        "glossary.html#term-Krippendorffs-alpha",
    ]
    assert "ba-term" not in article(read(html, "book/glossary"))


def test_everyday_words_of_the_glossary_stay_words() -> None:
    assert [term for term in ("Claim", "Event", "Senkaku Islands", "Placebo", "Named result") if linkable(term)] == [
        "Placebo",
        "Named result",
    ]
    assert [found[1] for found in pattern(["2+2", "placebo"]).finditer("Placebos of the 2+2, placebolike")] == [
        "Placebo",
        "2+2",
    ]


# --- cards


def test_cards_say_what_an_entry_a_word_and_a_source_is(html: Path) -> None:
    folder = html / "_static" / "previews"
    ledger = data_of(folder / "book-ledger.js")
    assert len(ledger) == len(load("claims")) + len(load("omissions"))
    assert ledger["c32"][0].startswith("C32 confirmed with correction quotation")
    assert ledger["c32"][2].startswith("Expected: “illegal” word for word")
    assert ledger["c32"][3].startswith("Found: Absent")
    assert ledger["c54"][2].startswith("Found: ")
    events = data_of(folder / "book-events.js")
    assert len(events) == len(load("events"))
    assert events["e083"][1] == "Joint leaders’ statement issued"
    assert len(events["e083"]) == 3  # head, title and description; sources stay on the page
    assert (
        data_of(folder / "book-provisions.js")["p08"][1]
        == "Article V of the security treaty covers the Senkaku Islands."
    )
    assert data_of(folder / "book-glossary.js")["term-Placebo"][0] == "Placebo"
    cited = re.findall(r'href="bibliography\.html#(id\d+)"', read(html, "book/index"))
    assert "Balancing Act" in data_of(folder / "book-bibliography.js")[cited[0]][1]


def test_every_page_knows_the_pages_with_cards_and_asks_for_none(html: Path) -> None:
    page = read(html, "notebooks/04-alignment")
    assert 'data-pages="book/ledger book/provisions book/events book/glossary book/bibliography"' in page
    assert "_static/previews/" not in page


def test_long_texts_of_cards_end_at_a_word() -> None:
    assert shortened("one, two three", 10) == "one, two …"
    assert shortened("one,  two\nthree", 14) == "one, two three"


# --- sides, time, addresses, steps


def test_what_a_paragraph_cites_stands_beside_it_once(html: Path) -> None:
    index = article(read(html, "book/index"))
    [side] = re.findall(r'<div class="ba-side" role="note".*?</div>', index, re.S)
    assert words(side) == "Guo, 2025 Japan's Strategic Balancing Act Between the U.S. and China"
    assert re.search(r'href="bibliography\.html#id\d+"', side)
    assert index.index("ba-side") < index.index("A <a")  # before the paragraph


def test_reading_time_counts_words_charts_and_tables(html: Path) -> None:
    assert '</h1>\n<p class="ba-time">About four minutes, one chart, two tables</p>' in read(
        html, "notebooks/04-alignment"
    )
    for page in ("notebooks/05-continuity", "book/events", "book/glossary", "book/index"):  # short, or looked up
        assert "ba-time" not in read(html, page)
    assert [minutes("word " * 220 * 3), minutes("日" * 880), minutes("", 2, 4), minutes("")] == [3, 2, 2, 1]


def test_charts_and_tables_have_addresses_with_named_links(html: Path) -> None:
    page = article(read(html, "notebooks/04-alignment"))
    assert (
        '<figure class="ba-table" id="tab-two-rows-more"><figcaption>Two rows &amp; more<a class="headerlink"' in page
    )
    assert '<details class="ba-table" id="tab-two-rows-more-2"><summary>' in page
    assert '<a class="headerlink" href="#tab-two-rows-more-2" aria-label="Link to this table">#</a>' in page
    assert '<a class="headerlink" href="#fig-a" aria-label="Link to this chart">#</a></p>' in page
    assert re.search(
        r'<h1>.*?<a class="headerlink" href="#alignment" aria-label="Link to this heading">#</a></h1>', page
    )
    assert len(re.findall(r'\bid="([^"]+)"', page)) == len(set(re.findall(r'\bid="([^"]+)"', page)))


def test_a_page_without_tables_stays_as_it_is() -> None:
    assert with_addresses('<p>x</p><table id="t"></table>') == '<p>x</p><table id="t"></table>'


def test_the_links_at_the_foot_say_the_step(html: Path) -> None:
    page = read(html, "notebooks/05-continuity")
    [foot] = re.findall(r'<nav class="ba-steps".*?</nav>', page, re.S)
    steps = load("steps").set_index("step_id")
    assert words(foot).startswith(f"Previous stepS4 {steps.at['S4', 'title']}")
    assert f"Next stepS8 {steps.at['S8', 'title']}{steps.at['S8', 'argument']}" in words(foot)
    assert re.findall(r'rel="(prev|next)" href="([^"]+)"', foot) == [
        ("prev", "04-alignment.html"),
        ("next", "08-balance.html"),
    ]
    assert "prev-next-footer" not in page
    assert "NextProvisions of the statement" in words(read(html, "book/ledger"))


# --- opening page


def test_the_newest_release_stands_on_the_opening_page(html: Path) -> None:
    [line] = re.findall(r'<p class="ba-new">.*?</p>', read(html, "book/index"), re.S)
    assert words(line) == "New in version 0.2.0: What is new, in two lines. What changed"
    assert 'href="changelog.html"' in line


def test_a_changelog_without_a_release_is_refused() -> None:
    with pytest.raises(ExtensionError, match=r"CHANGELOG\.md: no release with a day and a paragraph"):
        newest_release("# Changelog\n\n## [0.1.0] - 2026-11-23\n\n### Added\n")


def test_the_map_is_a_picture_for_light_and_dark_that_leads_to_its_chart(html: Path) -> None:
    [shown] = re.findall(r'<figure class="ba-map">.*?</figure>', read(html, "book/index"), re.S)
    assert '<a href="../notebooks/08-balance.html#fig-balance-map">' in shown
    pictures = re.findall(r'<img class="only-(\w+)" src="\.\./(_images/\w+\.svg)" alt="Bars: E083 has 2\."', shown)
    assert [kind for kind, _ in pictures] == ["light", "dark"]
    texts = [(html / file).read_text("utf-8") for _, file in pictures]
    assert texts[0] != texts[1]
    assert all("@font-face" in text for text in texts)
    assert "vega.js" not in read(html, "book/index")


def test_only_colours_turn_dark() -> None:
    spec = {"mark": {"color": "#2166AC"}, "data": {"values": [{"a": "#2166AC"}]}, "list": ["#FFFFFF", 1]}
    assert darkened(spec) == {
        "mark": {"color": "#5B9BD9"},
        "data": {"values": [{"a": "#2166AC"}]},
        "list": ["#14181E", 1],
    }


def test_the_abstract_marks_its_languages(html: Path) -> None:
    page = article(read(html, "book/abstract"))
    assert len(re.findall(r'<p class="language-ja" lang="ja">|<p [^>]*lang="ja"', page)) == 3
    assert len(re.findall(r'<p [^>]*lang="zh"', page)) == 3
    results = read_results(notebook_files(paths.NOTEBOOKS))["08-balance"]
    for text in (f"論文から取り出した{results['claims']['text']}の主張", f"整理出{results['claims']['text']}项论断"):
        assert text in words(page)


# --- teaching


def test_solutions_are_folded_and_their_numbers_come_from_runs(html: Path) -> None:
    page = article(read(html, "book/teaching"))
    folds = re.findall(r'<details class="ba-fold"><summary>Solution</summary>(.*?)</details>', page, re.S)
    assert len(folds) == 5
    answers = json.loads(paths.ANSWERS.read_text("utf-8"))
    assert f"Of the security provisions {answers['stricter']['covered_peace']} now have a counterpart" in words(
        folds[0]
    )
    assert "balancing-act rerun 07 -p searches=1" in words(page)


def test_an_unknown_result_of_an_exercise_stops_the_build(source: Path, html: Path, tmp_path: Path) -> None:
    page = source / "book" / "teaching.md"
    before = page.read_text("utf-8")
    page.write_text(before + "\n{exercise}`stricter.coverege`\n", encoding="utf-8")
    try:
        with pytest.raises(BuildError, match=r"“stricter\.coverege”; did you mean stricter\.coverage"):
            build.build_html(source, html)
    finally:
        page.write_text(before, encoding="utf-8")


# --- search


def test_words_are_cut_as_the_search_needs_them() -> None:
    assert split_words("Senkaku (尖閣諸島), 2+2 in 钓鱼岛a") == [
        *("Senkaku", "尖", "閣", "諸", "島", "尖閣", "閣諸", "諸島", "2", "2", "in"),
        *("钓", "鱼", "岛", "钓鱼", "鱼岛", "a"),
    ]


def test_the_index_holds_pairs_of_signs_and_queries_are_cut_alike(html: Path) -> None:
    index = (html / "searchindex.js").read_text("utf-8")
    for pair in ("尖閣", "钓鱼", "鱼岛"):
        assert f"{json.dumps(pair)}:" in index
    script = (html / "_static" / "language_data.js").read_text("utf-8")
    assert "var splitQuery" in script
    assert "SHOW_SEARCH_SUMMARY: false" in (html / "_static" / "documentation_options.js").read_text("utf-8")


def test_the_texts_for_excerpts_are_those_of_the_pages(html: Path) -> None:
    texts = data_of(html / "_static" / "search-texts.js")
    assert set(texts) >= {"book/index", "book/glossary", "book/events", "notebooks/04-alignment"}
    by_id = {name: (heading, text) for name, heading, text in texts["book/glossary"]}
    assert by_id["term-Placebo"][0] == "Placebo"
    assert "尖閣諸島" in by_id["term-Senkaku-Islands"][1]
    assert sum("尖閣諸島" in text for _, text in by_id.values()) == 1  # each text once
    [table_text] = [text for _, _, text in texts["notebooks/04-alignment"]]
    assert "P05 and E083" in table_text
    assert "show_0" not in table_text
    assert "search-texts.js" in read(html, "search")
    assert "search-texts.js" not in read(html, "book/index")


# --- PDF


def test_the_pdf_has_the_records_and_their_links_and_no_controls(source: Path) -> None:
    pytest.importorskip("typst", reason="needs the packages of the extra `book`")
    pdf = source.parent / "book.pdf"
    build.build_pdf(source, pdf)
    reader = PdfReader(pdf)
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    text = " ".join(pages)
    for entry_id in (*load("provisions")["provision_id"], *load("events")["event_id"]):
        assert f"{entry_id} " in text
    assert "Show all" not in text
    assert "Signals, and how it was verified" not in text
    assert "Why: the two texts share a program" in text
    [first] = [page for page, words in zip(reader.pages, pages, strict=True) if "How far does E083 carry C32" in words]
    inside = [
        a.get_object() for a in first.get("/Annots", []) if "/Dest" in a.get_object() or "/GoTo" in str(a.get_object())
    ]
    assert len(inside) >= 4  # E083, C32, P46, and the source


def test_links_are_made_where_they_may_be() -> None:
    from analysis.book.links import is_closed

    text = nodes.Text("E083")
    nodes.paragraph("", "", nodes.emphasis("", "", text))
    assert not is_closed(text)
    for around in (nodes.literal(), nodes.reference(), nodes.title()):
        inner = nodes.Text("E083")
        around += nodes.inline("", "", inner)
        assert is_closed(inner)
