"""Citing and sharing: what the sample book carries for it, with a public address and without one."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document
from test_publish import write_source

from analysis.book import build as publish
from analysis.book import cite, pages

ADDRESS = "https://example.org/book/"
CFF = """cff-version: 1.2.0
title: A Sample
version: 1.0
date-released: 2026-01-02
authors: [{name: Us}]
references: [{type: article, title: The Article, authors: [{family-names: Guo, given-names: Ziya}], year: 2025}]
"""


def build(folder: Path, address: str) -> Path:
    """The sample book with a page on citing; returns the folder of its HTML."""
    source = write_source(folder / "source")
    (source / "CITATION.cff").write_text(CFF, encoding="utf-8")
    (source / "data" / "archived.csv").write_text("url,archive_url\nhttps://example.org/a,https://web.archive.org/a\n")
    (source / "book" / "cite.md").write_text("# How to cite\n\nLike this. Or so.\n\n```{citations}\n```\n")
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/01-sample\n  - file: book/cite\n"
    )
    config = source / "_config.yml"
    config.write_text(config.read_text("utf-8").replace('html_baseurl: ""', f"html_baseurl: {address!r}"), "utf-8")
    publish.build_html(source, folder / "html")
    return folder / "html"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("published"), ADDRESS)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("local"), "")


def tags(page: Path) -> dict[str, str]:
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'<meta (?:name|property)="((?:og|twitter):[^"]+|description)" content="([^"]*)"', text)
    assert len(found) == len(dict(found))
    return {name: unescape(value) for name, value in found}


def cite_data(page: Path) -> dict[str, object]:
    [text] = re.findall(r'<script type="application/json" id="ba-cite-data">(.*?)</script>', page.read_text("utf-8"))
    return dict(json.loads(text))


# --- citing


def test_the_page_on_citing_has_four_forms_of_both_works(published: Path) -> None:
    text = unescape(re.sub(r"<[^>]+>", "", (published / "book" / "cite.html").read_text(encoding="utf-8")))
    assert "Us. (2026). A Sample (Version 1.0) [Computer software]. https://example.org/book/" in text
    assert "Guo, Ziya. 2025. “The Article.”" in text
    assert "@software{balancing_act_2026,\n  author  = {{Us}}," in text
    assert "TY  - GEN\nAU  - Guo, Ziya\nPY  - 2025" in text


def test_pages_with_figures_carry_the_template_and_the_script(published: Path) -> None:
    page = published / "notebooks" / "01-sample.html"
    data = cite_data(page)
    assert data["templates"] == cite.template(
        cite.Work("A Sample", (cite.Name("Us"),), "2026-01-02", "1.0", key="balancing_act_2026"), public=True
    )
    assert data["escapes"] == cite.ESCAPES
    assert data["address"] == "https://example.org/book/notebooks/01-sample.html"
    assert data["more"] == "../book/cite.html"
    assert '<noscript><p><a href="../book/cite.html">How to cite</a>' in page.read_text(encoding="utf-8")
    assert "_static/cite.js" in page.read_text(encoding="utf-8")
    assert "_static/cite.js" not in (published / "book" / "index.html").read_text(encoding="utf-8")


def test_without_an_address_citations_name_none(local: Path) -> None:
    data = cite_data(local / "notebooks" / "01-sample.html")
    assert data["address"] == ""
    assert "⟦url⟧" not in str(data["templates"])


def test_tables_get_a_name_from_their_caption(published: Path) -> None:
    assert '<figure class="ba-table" id="tab-a-table"><figcaption>A table<' in (
        published / "notebooks" / "01-sample.html"
    ).read_text(encoding="utf-8")


def test_names_of_tables_are_their_own_and_stay() -> None:
    one = '<figure class="ba-table"><figcaption>The &amp; One, two</figcaption></figure>'
    folded = '<details class="ba-table"><summary>The One, two (12 rows)</summary></details>'
    named = '<figure class="ba-table" id="mine"><figcaption>The One</figcaption></figure>'
    assert re.findall(r'id="(.*?)"', cite.named_tables(one + folded + named, {"tab-other"})) == [
        "tab-the-one-two",
        "tab-the-one-two-2",
        "mine",
    ]


def test_a_source_is_followed_by_its_archived_copy(local: Path) -> None:
    front = (local / "book" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="https://example\.org/a">[^<]*</a> \(<a [^>]*href="(.*?)">archived</a>\)', front) == [
        "https://web.archive.org/a"
    ]


# --- sharing


def test_a_page_says_what_it_shows_where_it_is_shared(published: Path) -> None:
    found = tags(published / "notebooks" / "01-sample.html")
    image = found.pop("og:image").removeprefix(ADDRESS)
    assert (published / image).is_file()
    assert found == {
        "description": "Text.",
        "og:title": "The sample",
        "og:description": "Text.",
        "og:type": "article",
        "og:site_name": "Japan’s Strategic Balancing Act: an executable edition",
        "og:url": "https://example.org/book/notebooks/01-sample.html",
        "og:image:alt": "Bars: a has 2, b has 3.",
        "twitter:card": "summary_large_image",
    }
    assert tags(published / "book" / "cite.html")["og:description"] == "Like this. Or so."


def test_without_an_address_the_picture_is_named_from_the_page(local: Path) -> None:
    found = tags(local / "notebooks" / "01-sample.html")
    assert "og:url" not in found
    assert (local / "notebooks" / found["og:image"]).is_file()
    assert "//" not in "".join(found.values())


def test_the_entrance_has_the_tags_of_the_first_page(local: Path, published: Path) -> None:
    found = tags(local / "index.html")
    assert found["og:title"] == "Sample"
    assert found["og:type"] == "website"
    assert (local / found["og:image"]).is_file()
    assert tags(published / "index.html") == tags(published / "book" / "index.html")


def test_the_picture_is_the_first_chart_or_the_map_and_the_same_again(local: Path, published: Path) -> None:
    pictures = sorted((local / pages.CARDS).iterdir())
    chart = Path(tags(local / "notebooks" / "01-sample.html")["og:image"]).name
    assert {picture.name for picture in pictures} == {chart, "argument-map.png"}
    assert Path(tags(local / "book" / "cite.html")["og:image"]).name == "argument-map.png"
    for picture in pictures:
        content = picture.read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert content == (published / pages.CARDS / picture.name).read_bytes()


@pytest.mark.parametrize(
    ("text", "told"), [("Question. Why  so?", "Why so?"), ("one " * 99, "one " * 49 + "one…"), ("", "")]
)
def test_the_description_is_the_first_paragraph_and_no_item_and_no_note(text: str, told: str) -> None:
    document = new_document("page")
    section = nodes.section("", nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "An item."))))
    section += nodes.note("", nodes.paragraph("", "A note."))
    document += section
    section += nodes.paragraph("", text)
    assert pages.description_of(document) == told
