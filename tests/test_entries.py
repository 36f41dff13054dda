"""Ids of entries in texts, in HTML and in notebooks."""

import json
import re

import pytest

from analysis.book import links as entry_ids
from analysis.book.links import CHART, TABLE, TEXT
from analysis.core import paths


def split(words: str) -> list[str]:
    """A text cut at the ids in it: text, id, text, id, …, text."""
    return re.split(f"({entry_ids.ID.pattern})", words)


def address(entry_id: str) -> str:
    return "" if entry_id == "E999" else f"there.html#{entry_id.lower()}"


def link(entry_id: str) -> str:
    return f'<a class="ba-entry" href="there.html#{entry_id.lower()}">{entry_id}</a>'


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("C32 names P46, which E083 carries; O1 is ours", ["C32", "P46", "E083", "O1"]),
        ("E001 to E143", ["E001", "E143"]),
        ("(P05, P12)", ["P05", "P12"]),
        ("P1, E12, C123, COVID19, XC32, C32a", []),
        ("https://example.org/E083 event=E083 E083/a E083-1", []),
    ],
)
def test_ids_are_found_as_words(words: str, found: list[str]) -> None:
    assert entry_ids.ID.findall(words) == found
    assert split(words)[1::2] == found
    assert "".join(split(words)) == words


@pytest.mark.parametrize(
    ("html", "linked"),
    [
        ("<td>P05 and E083</td>", f"<td>{link('P05')} and {link('E083')}</td>"),
        ('<span class="ba-entry">C32</span>', link("C32")),
        ("<p>E999</p>", "<p>E999</p>"),
        ('<span class="ba-entry">E999</span>', '<span class="ba-entry">E999</span>'),
        ('<a href="x">E083</a> <code>P05</code> C1', f'<a href="x">E083</a> <code>P05</code> {link("C1")}'),
        ("<h2>E083</h2><summary><b>P05</b></summary>", "<h2>E083</h2><summary><b>P05</b></summary>"),
        ('<p title="E083">x</p><!-- P05 -->', '<p title="E083">x</p><!-- P05 -->'),
        ("<script>E083</script><br>P05", f"<script>E083</script><br>{link('P05')}"),
    ],
)
def test_ids_in_html_become_links_where_they_may(html: str, linked: str) -> None:
    assert entry_ids.linked(html, address) == linked


def test_mentions_tell_charts_tables_and_text_apart() -> None:
    def output(kind: str, content: object) -> dict[str, object]:
        return {"outputs": [{"data": {kind: content}}], "cell_type": "code", "source": "E003"}

    notebook = {
        "cells": [
            {"cell_type": "markdown", "source": ["On E001 ", "and P02."]},
            output("application/vnd.vegalite.v5+json", {"datasets": {"a": [{"event_id": "E001", "title": "E002 x"}]}}),
            output("text/html", "<table><td title='E004'>E001</td></table>"),
            output("text/html", "<aside>P02 and C03</aside>"),
            output("text/plain", "E005"),
        ]
    }
    assert entry_ids.mentions(notebook) == {"E001": [CHART, TABLE, TEXT], "P02": [TEXT], "C03": [TEXT]}


def test_the_first_chapter_draws_every_event() -> None:
    notebook = json.loads((paths.NOTEBOOKS / "01-timeline.ipynb").read_text("utf-8"))
    drawn = {entry_id for entry_id, where in entry_ids.mentions(notebook).items() if CHART in where}
    assert {f"E{number:03}" for number in range(1, 228)} <= drawn
