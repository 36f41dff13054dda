"""The ledger in the book: built once from the real data on a small page, in HTML and PDF."""

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import stage_book
from docutils import nodes
from pypdf import PdfReader

from analysis.book import build
from analysis.book.entries import slug
from analysis.book.records import check_table, filter_choices, place_in_article
from analysis.claims import ledger, robustness
from analysis.claims.evidence import load_evidence
from analysis.core import paths, wording
from analysis.data.tables import load

TABLE = '<table><tr><td><span class="ba-entry">C32</span></td></tr></table>'
INDEX = """# Sample

See [the claim](#c32) and {ref}`an omission <o1>`.

```{verdict-strip}
```

```{check-kinds}
```
"""


def notebook() -> dict[str, Any]:
    output = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Notebook"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": {},
            "execution_count": 1,
            "source": "table",
            "outputs": [{**output, "data": {"text/html": TABLE, "text/markdown": "C32", "text/plain": "C32"}}],
        },
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    notebooks = {"01-sample": json.dumps(notebook())}
    return stage_book(tmp_path_factory.mktemp("ledger") / "source", ["ledger", "architecture"], INDEX, notebooks)


@pytest.fixture(scope="module")
def html(source: Path) -> Path:
    folder = source.parent / "html"
    build.build_html(source, folder)
    return folder


def test_a_page_that_did_not_change_is_not_read_again(source: Path, html: Path) -> None:
    environment = pickle.loads((source.parent / "work" / "doctrees" / "environment.pickle").read_bytes())
    for name in ("book/ledger", "book/architecture"):
        assert len(environment.dependencies[name]) > 30
        assert all((source / file).is_file() for file in environment.dependencies[name])  # else Sphinx reads it again
        assert name not in environment.reread_always


@pytest.fixture(scope="module")
def page(html: Path) -> str:
    return (html / "book" / "ledger.html").read_text("utf-8")


def entry(page: str, entry_id: str) -> str:
    [found] = re.findall(rf'<article id="{entry_id}" .*?</article>', page, re.S)
    return found


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_every_claim_and_omission_has_an_address(page: str) -> None:
    ids = re.findall(r'<article id="(\w+)"', page)
    wanted = [*load("claims")["claim_id"].str.lower(), *load("omissions")["omission_id"].str.lower()]
    assert sorted(ids) == sorted(wanted)


def test_an_entry_shows_checks_values_evidence_and_what_would_change_it(page: str) -> None:
    found = words(entry(page, "c32"))
    assert "C32 confirmed with correction quotation · ¶4 · computed by checks" in found
    expected = "“illegal” word for word in the part on the Indo-Pacific of the statement"
    assert f"Fails: a detail {expected} Absent, but “unlawful maritime claims” is present" in found
    assert f"What would change this verdict: Another verdict would follow if instead were found: {expected}." in found
    assert "quotation {&quot;words&quot;: &quot;illegal&quot;" in found
    assert "P46" in found
    assert 'href="https://www.whitehouse.gov/' in entry(page, "c32")


def test_the_page_on_architecture_tells_the_way_of_a_claim_as_it_ends_here(html: Path, page: str) -> None:
    way = words((html / "book" / "architecture.html").read_text("utf-8"))
    shown = words(entry(page, "c32"))
    [rows] = re.findall(r"Row (\d+) of data/claims.csv .*? Row (\d+) of data/checks.csv", way)
    for row, table, start in zip(map(int, rows), ("claims", "checks"), ("C32,", "C32,2,quotation,"), strict=True):
        assert (paths.DATA / f"{table}.csv").read_text("utf-8").splitlines()[row - 1].startswith(start)
    [(expected, found)] = re.findall(r"Expected: (.*?)\. Found: (.*?)\. The verdict follows", way)
    assert f"Fails: a detail {expected} {wording.capital(found)}" in shown
    assert "the weightiest part that fails: confirmed with correction." in way
    assert shown.startswith("C32 confirmed with correction")


def test_an_entry_shows_both_reviewers_what_it_rests_on_and_other_choices(page: str) -> None:
    evidence = load_evidence()
    table = robustness.multiverse(evidence).set_index("claim_id")
    reviewed = robustness.reviewed(evidence).set_index("claim_id")
    bases = robustness.bases(evidence).set_index("claim_id")["basis"]
    for claim_id, row in reviewed.iterrows():
        found = words(entry(page, str(claim_id).lower()))
        first, second = (verdict if isinstance(verdict, str) else "none" for verdict in row[["first", "second"]])
        leaning = robustness.leaning(evidence, str(claim_id))
        leans = f" Leans on: {leaning}" if leaning else ""
        assert f"Two reviewers before: {first}; {second} Rests on: {bases[claim_id]}{leans}" in found
        assert ("Leans on" in found) == bool(leaning)
        neighbours = int(table["neighbours"].get(claim_id, 0))
        assert ("Under other choices: " in found) == (neighbours > 0)
        if neighbours:
            same, others = table.loc[claim_id, ["same", "others"]]
            bar = "■" * same + "□" * (neighbours - same)
            shown = f"Under other choices: {bar} the same in {same} of {neighbours}"
            assert (shown + f", else {others}" if others else shown) in found
    assert "Two reviewers before: none; not checkable Rests on: a judgement" in words(entry(page, "c84"))
    assert table.at["C35", "neighbours"] > 4


def test_a_check_that_most_texts_pass_is_marked(page: str) -> None:
    audit = robustness.placebo_audit(load_evidence())
    weak = audit[audit["weak"]].groupby("entry_id").size()
    assert len(weak)
    for entry_id in load("claims")["claim_id"]:
        marks = words(entry(page, entry_id.lower())).count("most other texts of the genre pass this as well")
        assert marks == weak.get(entry_id, 0)


def test_a_check_of_an_incomplete_list_is_undecided() -> None:
    row = {"part": "core", "expected": "no earlier one", "found": "none", "holds": True, "decided": False}
    rows = pd.DataFrame([row, row | {"decided": True}, row | {"decided": True, "holds": False}])
    decided = [paragraph.astext() for paragraph in check_table(rows).findall(nodes.strong)]
    assert decided == ["Undecided", "Holds", "Fails"]


def test_a_judged_claim_says_who_judged(page: str) -> None:
    found = words(entry(page, "c54"))
    assert "judged by annotators" in found
    assert "Judged by language-model annotators, first round; confidence high." in found
    assert "What evidence would change this verdict: The full Chinese answer" in found


def test_an_omission_is_marked_as_ours(page: str) -> None:
    found = words(entry(page, "o1"))
    assert "O1 left out an entry of ours, not a claim of the article · speaks against S6" in found
    assert "No claim of the article about the provisions “indispensable element” (P49)" in found


def test_every_choice_of_the_filter_fits_some_claim_and_every_claim_a_choice(page: str) -> None:
    evidence = load_evidence()
    claims = ledger.ledger(evidence)
    choices = filter_choices(claims, evidence.table("steps"), evidence.bibliography)
    classes = re.findall(r'<article id="c\d+" class="([^"]+)"', page)
    for name, (_, values) in choices.items():
        offered = {f"{name}-{value}" for value, _ in values}
        used = {css for found in classes for css in found.split() if css.startswith(f"{name}-")}
        assert used == offered
        assert all(f'<option value="{value}">' in page for value, _ in values)


def test_the_filter_waits_for_its_script(page: str, html: Path) -> None:
    assert '<form class="ba-filter pst-js-only"' in page
    assert "ledger.js" in page
    assert "ledger.js" not in (html / "book" / "index.html").read_text("utf-8")
    assert (html / "_static" / "ledger.js").exists()


def test_the_strip_shows_the_counts_of_the_run(html: Path, source: Path) -> None:
    index = (html / "book" / "index.html").read_text("utf-8")
    results = json.loads((source / "results.json").read_text("utf-8"))["08-balance"]
    for verdict, count in ledger.verdict_counts(ledger.ledger(load_evidence())).items():
        assert results[slug(verdict).replace("-", "_")]["value"] == count
        shown = f'<a href="ledger.html?verdict={slug(verdict)}"><b>{count}</b> {verdict}</a>'
        assert (shown in index) == (count > 0)


def test_other_pages_lead_to_entries(html: Path) -> None:
    index = (html / "book" / "index.html").read_text("utf-8")
    assert 'href="ledger.html#c32"' in index
    assert 'href="ledger.html#o1"' in index
    chapter = (html / "notebooks" / "01-sample.html").read_text("utf-8")
    assert '<a class="ba-entry" href="../book/ledger.html#c32">C32</a>' in chapter


def test_every_kind_of_check_is_explained(html: Path) -> None:
    index = words((html / "book" / "index.html").read_text("utf-8"))
    assert "heading_count: Exactly so many headings of a document have some words." in index


def test_the_pdf_has_every_entry_and_no_form(source: Path) -> None:
    pytest.importorskip("typst", reason="needs the packages of the extra `book`")
    pdf = source.parent / "book.pdf"
    build.build_pdf(source, pdf)
    reader = PdfReader(pdf)
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for claim_id in load("claims")["claim_id"]:
        assert f"{claim_id} " in text
    assert "Show all" not in text
    assert "What would change this verdict" in text


def test_places_in_the_article() -> None:
    claims = load("claims").set_index("claim_id")
    rows = {claim_id: claims.loc[claim_id].to_dict() for claim_id in ("C01", "C39", "C12", "C78")}
    assert [place_in_article(row) for row in rows.values()] == ["abstract", "¶5 item 2", "¶1", "references"]


def test_white_words_on_a_verdict_can_be_read() -> None:
    from test_charts import contrast

    css = (paths.BOOK / "_static" / "book.css").read_text("utf-8")
    colours = dict(re.findall(r"--ba-([a-z-]+): (#[0-9a-f]{3,6});", css.split("/* --- the ledger of claims */")[1]))
    for verdict in (*ledger.VERDICTS, "left out"):
        colour = colours[slug(verdict)]
        full = colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])
        assert contrast(full, "#FFFFFF") >= 4.5
