"""The HTML book: built once from a tiny sample with the real settings, then read as a browser or reader would."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from analysis import __version__
from analysis.book import build
from analysis.charts import theme, vega
from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import BuildError
from analysis.runs import notebooks
from analysis.runs import workers as workers_module

CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "config": theme.CONFIG,
    "title": {"text": "Two bars, one finding", "subtitle": "Unit: none"},
    "data": {"values": [{"kind": "a, quoted", "n": 2}, {"kind": "</script>", "n": 3}]},
    "mark": "bar",
    "encoding": {"x": {"field": "n", "type": "quantitative"}, "y": {"field": "kind", "type": "nominal"}},
    "usermeta": {
        "figure": {"name": "fig-sample-bars", "alt": "Bars: a has 2, b has 3.", "source": "Source: data/none.csv"}
    },
}
TABLE = (
    '<figure class="ba-table"><figcaption>A table</figcaption><table><tr><td class="num">1</td></tr></table></figure>'
)
RESULTS = {"01-sample": {"coverage_peace": {"value": 0.727, "text": "73 in 100"}, "events": {"value": 2, "text": "2"}}}
MIME = "application/vnd.balancing-act.results+json"
INDEX = """# Sample

Covered: {result}`01-sample.coverage_peace`; see {ref}`the bars <fig-sample-bars>`.

$$\\alpha = 1 - D_o / D_e$$

Names: {ja}`尖閣諸島`, {zh}`钓鱼岛`. Cited {cite:p}`sample2025`.

:::{admonition} Finding
:class: finding
It holds.
:::

```{bibliography}
```
"""
BIB = "@misc{sample2025, author = {{Some Office}}, title = {A Page on {Japan}}, year = {2025}, url = {https://example.org/a}}\n"


def code_cell(source: str, *outputs: Mapping[str, Any], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    shown = [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": data} for data in outputs]
    return {
        "cell_type": "code",
        "id": f"c{len(source)}",
        "execution_count": 1,
        "metadata": {"tags": list(tags)},
        "source": source,
        "outputs": shown,
    }


def notebook() -> dict[str, Any]:
    cells = [
        {"cell_type": "markdown", "id": "head", "metadata": {}, "source": "# The sample\n\nText."},
        code_cell("threshold: int = 2", tags=("parameters",)),
        code_cell("quiet_call()", tags=("hide-input",)),
        code_cell(
            "hidden_call()",
            {"application/vnd.vegalite.v5+json": CHART, "image/svg+xml": '<svg class="marks"/>', "text/plain": "PLAIN"},
            tags=("hide-input",),
        ),
        code_cell(
            "table", {"text/html": TABLE, "text/markdown": "*A table*", "text/plain": "PLAIN"}, tags=("hide-input",)
        ),
        code_cell(
            "results", {MIME: RESULTS, "text/html": '<details class="ba-results">R</details>', "text/plain": "PLAIN"}
        ),
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def write_source(folder: Path) -> Path:
    for name in ("book", "notebooks", "data"):
        (folder / name).mkdir(parents=True)
    shutil.copy(paths.CONFIG, folder)
    shutil.copytree(paths.BOOK / "_static", folder / "book" / "_static")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: notebooks/01-sample\n")
    (folder / "book" / "index.md").write_text(INDEX, encoding="utf-8")
    (folder / "data" / "sources.bib").write_text(BIB, encoding="utf-8")
    (folder / "notebooks" / "01-sample.ipynb").write_text(json.dumps(notebook()), encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(RESULTS))
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source and the finished HTML of the sample book; tests that change the source put it back."""
    folder = tmp_path_factory.mktemp("sample")
    source, html = write_source(folder / "source"), folder / "html"
    build.build_html(source, html)
    return source, html


@pytest.fixture
def page(sample: tuple[Path, Path]) -> str:
    return (sample[1] / "notebooks" / "01-sample.html").read_text(encoding="utf-8")


class Requests(HTMLParser):
    """What a browser fetches by itself when it opens a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and given.get("rel") not in ("canonical", "license", "next", "prev", "search", "author"):
            self.found.append(given.get("href") or "")
        elif tag != "a":
            self.found += [value for name in ("src", "srcset", "data", "poster") if (value := given.get(name))]


def outside(text: str) -> list[str]:
    """Addresses in a page that a browser would fetch from another host."""
    parser = Requests()
    parser.feed(text)
    return [address for address in parser.found if re.match(r"(https?:)?//", address)]


def test_nothing_comes_from_another_host(sample: tuple[Path, Path]) -> None:
    pages = list(sample[1].rglob("*.html"))
    assert len(pages) >= 3
    texts = {file.name: file.read_text(encoding="utf-8") for file in pages}
    assert {name: found for name, text in texts.items() if (found := outside(text))} == {}
    assert [
        name for name, text in texts.items() if re.search(r"unpkg\.com|jsdelivr|cdnjs", text)
    ] == []  # inline scripts
    sheets = {file: file.read_text(encoding="utf-8") for file in sample[1].rglob("*.css")}
    fetch = re.compile(r"""(url\(|@import)\s*["']?(https?:)?//""")
    assert [file.name for file, css in sheets.items() if fetch.search(css)] == []


def test_the_check_for_other_hosts_finds_one() -> None:
    assert outside('<script src="https://cdn.example/x.js"></script>') == ["https://cdn.example/x.js"]
    assert outside('<link rel="stylesheet" href="//fonts.example/a.css"><a href="https://example.org">x</a>') == [
        "//fonts.example/a.css"
    ]


def test_chart_has_text_picture_specification_and_source(page: str) -> None:
    from analysis.book.charts import digest

    assert page.count('<figure class="ba-chart" id="fig-sample-bars" data-title="Two bars, one finding">') == 1
    assert 'role="img" aria-label="Bars: a has 2, b has 3."' in page
    assert f'src="../_images/{digest(CHART)}.svg" alt="Bars: a has 2, b has 3."' in page
    assert "<noscript><img" not in page  # it stands there from the start
    assert 'loading="lazy"' not in page  # what is not loaded is blank on paper
    assert "Two bars, one finding" in page
    assert "Source: data/none.csv" in page
    found = re.search(r'<script type="application/json" class="ba-chart-spec">(.*?)</script>', page, re.S)
    assert found
    specification = json.loads(found[1])
    assert specification["data"] == CHART["data"]
    assert "title" not in specification


def test_picture_is_named_by_the_hash_and_brings_its_fonts(sample: tuple[Path, Path]) -> None:
    from analysis.book.charts import digest, with_fonts

    picture = (sample[1] / "_images" / f"{digest(CHART)}.svg").read_text(encoding="utf-8")
    assert picture.count("@font-face") == 1  # it has no bold text
    assert with_fonts('<svg><text font-weight="600">a</text></svg>').count("@font-face") == 2
    assert digest(CHART | {"mark": "point"}) != digest(CHART)


def test_picture_does_not_depend_on_the_charts_before_it(tmp_path: Path) -> None:
    from analysis.book.charts import chart_node, digest

    clipped = CHART | {"mark": {"type": "bar", "clip": True}}
    pictures = []
    for folder in ("one", "two"):
        chart_node(clipped, tmp_path / folder)
        pictures.append((tmp_path / folder / f"{digest(clipped)}.svg").read_bytes())
    assert b"clip0" in pictures[0]
    assert pictures[0] == pictures[1]


def test_data_of_a_chart_say_what_they_are(sample: tuple[Path, Path]) -> None:
    text = (sample[1] / "_downloads" / "charts" / "fig-sample-bars.csv").read_text(encoding="utf-8")
    assert text == (
        "# Two bars, one finding\n# What it is: Unit: none\n# Source: data/none.csv\n"
        f"# Version: {__version__}\n# Address: notebooks/01-sample.html#fig-sample-bars in the HTML book\n"
        'kind,n\n"a, quoted",2\n</script>,3\n'
    )


def test_the_picture_to_take_away_has_its_title_source_and_name(sample: tuple[Path, Path], page: str) -> None:
    picture = (sample[1] / "_downloads" / "charts" / "fig-sample-bars.svg").read_text(encoding="utf-8")
    for words in ("Two bars, one finding", "Unit: none", "Source: data/none.csv", "fig-sample-bars"):
        assert f">{words}" in picture
    assert picture.count("@font-face") == 2
    assert 'href="../_downloads/charts/fig-sample-bars.svg" download="fig-sample-bars.svg"' in page


def test_lines_below_a_picture_are_broken_and_make_room() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="50" viewBox="0 0 120 50"><g/></svg>'
    made = vega.with_lines(svg, ["one < two three four five", "six"])
    assert re.findall(r'<text x="6" y="(\d+)"[^>]*>([^<]*)</text>', made) == [
        ("65", "one &lt; two three"),
        ("80", "four five"),
        ("95", "six"),
    ]
    assert made.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="120" height="101" viewBox="0 0 120 101">')


def test_scripts_are_loaded_only_where_there_are_charts(sample: tuple[Path, Path], page: str) -> None:
    front = (sample[1] / "book" / "index.html").read_text(encoding="utf-8")
    assert "_static/charts.js" in page
    assert "_static/charts.js" not in front
    assert "vega.js" not in page + front  # charts.js loads it with the first chart
    engine = (sample[1] / "_static" / "vega.js").read_text(encoding="utf-8")
    assert engine.startswith("(function")  # a classic script: modules do not load from file://
    assert theme.DARK_CONFIG["axis"]["labelColor"] in engine


def test_formulas_need_no_script_and_icons_none_of_their_own(sample: tuple[Path, Path], page: str) -> None:
    front = (sample[1] / "book" / "index.html").read_text(encoding="utf-8")
    assert "<math" in front
    assert "MathJax" not in front
    assert "fontawesome.js" not in front + page
    assert not (sample[1] / "_static" / "scripts" / "fontawesome.js").exists()


def test_the_code_of_hidden_cells_is_folded(page: str) -> None:
    assert page.count("<details") == page.count("</details>")
    folds = re.findall(r'<details class="admonition hide[^"]*">.*?</details>', page, re.S)
    assert [("quiet_call" in fold, "hidden_call" in fold) for fold in folds] == [(1, 0), (0, 1), (0, 0)]
    assert page.count("quiet_call") == 1


def test_named_results_stand_in_the_text(sample: tuple[Path, Path]) -> None:
    assert "Covered: 73 in 100;" in (sample[1] / "book" / "index.html").read_text(encoding="utf-8")


def test_names_carry_their_language(sample: tuple[Path, Path]) -> None:
    front = (sample[1] / "book" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<span[^>]*lang="(..)"[^>]*>(.*?)</span>', front) == [("ja", "尖閣諸島"), ("zh", "钓鱼岛")]


def test_cells_show_the_best_form_and_fold_their_code(page: str) -> None:
    assert '<figure class="ba-table" id="tab-a-table">' in page
    assert "PLAIN" not in page
    folded = re.findall(r"<details[^>]*above-input.*?</details>", page, re.S)
    assert len(folded) == 3
    assert "hidden_call" in folded[1]


def test_bibliography_keeps_names_in_capitals(sample: tuple[Path, Path]) -> None:
    front = (sample[1] / "book" / "index.html").read_text(encoding="utf-8")
    assert "A Page on Japan" in front
    assert "Some Office, 2025" in front


def test_index_leads_to_the_first_page(sample: tuple[Path, Path]) -> None:
    entrance = (sample[1] / "index.html").read_text(encoding="utf-8")
    assert 'url=book/index.html"' in entrance
    assert "<title>Japan’s Strategic Balancing Act: an executable edition</title>" in entrance


def test_nothing_changed_builds_nothing(sample: tuple[Path, Path]) -> None:
    before = (sample[1] / "index.html").stat().st_mtime_ns
    build.build_html(*sample)
    assert (sample[1] / "index.html").stat().st_mtime_ns == before


def test_the_book_says_what_it_lacks_before_a_notebook_runs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(notebooks, "run_notebooks", lambda: pytest.fail("a notebook ran"))
    assert command.main(["book", "--html"]) == 1
    assert "the book needs further packages: pip install -r requirements/full.txt" in capsys.readouterr().err


FAULTS = {
    "{result}`01-sample.coverage_piece`": "“01-sample.coverage_piece”; did you mean 01-sample.coverage_peace",
    "[gone](no-such-page.md)": "no-such-page",
    "{cite:p}`nobody1900`": "nobody1900",
}


def test_faults_stop_the_build_and_keep_the_last_book(sample: tuple[Path, Path]) -> None:
    source, html = sample
    index = source / "book" / "index.md"
    front = (html / "book" / "index.html").read_bytes()
    index.write_text("\n\n".join([INDEX, *FAULTS]), encoding="utf-8")
    try:
        for _ in range(2):  # the second time, too: a page that was parsed must warn again
            with pytest.raises(BuildError, match=r"\nbook/index\.md:\d+: WARNING: unknown result") as caught:
                build.build_html(source, html)
            assert [told for told in FAULTS.values() if told not in str(caught.value)] == []
    finally:
        index.write_text(INDEX, encoding="utf-8")
    assert (html / "book" / "index.html").read_bytes() == front


def test_an_error_stops_the_build_and_keeps_the_last_book(sample: tuple[Path, Path]) -> None:
    source, html = sample
    (source / "results.json").write_text("{")
    try:
        with pytest.raises(BuildError, match="Expecting property name"):
            build.build_html(source, html)
    finally:
        (source / "results.json").write_text(json.dumps(RESULTS))
    assert (html / "index.html").exists()


def test_stage_brings_what_belongs_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_source(tmp_path / "root")
    for name in (build.CHANGELOG, build.CITATION):
        (root / name).write_text("")
    for name, path in {"ROOT": "", "CONFIG": "_config.yml", "TOC": "_toc.yml", "BOOK": "book", "DATA": "data"}.items():
        monkeypatch.setattr(paths, name, root / path)
    source = tmp_path / "source"
    build.stage(root / "notebooks", RESULTS, source)
    assert json.loads((source / "results.json").read_text()) == RESULTS
    times = {file: file.stat().st_mtime_ns for file in source.rglob("*") if file.is_file()}
    (source / "stray.md").write_text("stray")
    (root / "book" / "index.md").write_text("# Changed")
    build.stage(root / "notebooks", RESULTS, source)
    changed = {file.name for file in source.rglob("*") if file.is_file() and times.get(file) != file.stat().st_mtime_ns}
    assert changed == {"index.md"}


def test_first_faults_names_them_and_counts_the_rest() -> None:
    log = "reading\n" + "".join(f"\x1b[91mbook/a.md:{n}: WARNING: bad\x1b[39m\n" for n in range(10))
    assert build.first_faults(log, 2) == "book/a.md:0: WARNING: bad\nbook/a.md:1: WARNING: bad\n… and 8 more"


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", sorted(set(theme.PALETTE) - {"paper", "grid"}))
def test_marks_stand_out_on_white_and_on_dark(name: str) -> None:
    colour = theme.PALETTE[name]
    assert contrast(colour, "#FFFFFF") >= 3
    assert contrast(theme.DARK_COLOURS.get(colour, colour), "#14181E") >= 3


@pytest.mark.parametrize(("outdated", "processors", "workers"), [(2, 2, 2), (2, 1, 1), (1, 2, 1), (0, 2, 1)])
def test_both_books_are_built_apart_where_that_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outdated: int, processors: int, workers: int
) -> None:
    asked: list[Any] = []

    def pool(number: int) -> workers_module.ThisProcess:
        asked.append(number)
        return workers_module.ThisProcess()

    monkeypatch.setattr(build, "open_pool", pool)
    monkeypatch.setattr(build, "outdated", lambda *_: [tmp_path] * outdated)
    monkeypatch.setattr(build, "default_workers", lambda: processors)
    for name in ("build_html", "build_pdf"):
        monkeypatch.setattr(build, name, lambda *_, name=name: asked.append(name))
    build.build_both(tmp_path, tmp_path, tmp_path)
    assert asked == [workers, "build_pdf", "build_html"]


@pytest.mark.parametrize("name", ["build_html", "build_pdf"])
def test_a_book_that_fails_is_said_though_the_other_is_built(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def fail(*_: Path) -> None:
        raise BuildError("it failed")

    monkeypatch.setattr(build, "outdated", lambda *_: [])
    monkeypatch.setattr(build, "build_html", lambda *_: None)
    monkeypatch.setattr(build, "build_pdf", lambda *_: None)
    monkeypatch.setattr(build, name, fail)
    with pytest.raises(BuildError, match="it failed"):
        build.build_both()
