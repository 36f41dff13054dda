"""Hostile input at every door: nothing runs, nothing leaves its folder, a text is shown as a text or refused."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from docutils import nodes
from pypdf import PdfReader
from test_publish import CHART, code_cell
from test_reading_pages import article, entry, notebook, read

from analysis.book import build
from analysis.book.charts import chart_node, data_table
from analysis.book.safety import html_faults, is_harmless, spec_faults
from analysis.charts import show
from analysis.cli import command
from analysis.core import paths
from analysis.core.errors import BuildError, DataError, ParameterError, RunError
from analysis.core.files import read_yaml
from analysis.core.wording import address_in_markdown, in_markdown
from analysis.data.export import About, DataTable, as_csv, as_xlsx, text_cell
from analysis.data.schema import read_schema
from analysis.runs import exercises, parameters, rerun, sweep
from analysis.runs.notebooks import notebook_files
from analysis.runs.results import MIME_TYPE, read_results
from analysis.signals import exports
from analysis.texts.quotations import parts_of
from analysis.validation import coding_sheet
from analysis.validation.check import check

Change = Callable[..., Path]

HTML = "<script>window.hit=1</script><img src=x onerror=window.hit=1>\"'><svg onload=window.hit=1>"
MARKDOWN = (
    "[a](javascript:window.hit=1) ![b](../../../etc/passwd) **c** `d` {download}`/etc/passwd` {{ e }} | f &lt; ~~g~~"
)
LATEX = r"$\input{/etc/passwd}$ \write18{id}"
TYPST = '#read("/etc/passwd") ") #panic("h") *i* <j>'
FORMULA = '=HYPERLINK("http://evil.example","k")'
TEXT = f"{FORMULA} {HTML} {MARKDOWN} {LATEX} {TYPST}"
FILE = "file:" + "///etc/passwd"
SIGNS = {"bidirectional": "a\u202eb", "NUL": "a\x00b", "zero width": "a\u200bb", "escape": "a\x1b[31mb"}


# --- tables


@pytest.mark.parametrize("value", SIGNS.values(), ids=SIGNS)
def test_a_sign_that_cannot_be_seen_is_refused_by_its_place(change: Change, data: Path, value: str) -> None:
    change("events", 12, title=value)
    [fault] = check(data)
    sign = f"{ord(value[1]):04x}"
    assert str(fault) == (
        f"events.csv, row 12, column title: “a\\u{sign}{value[2:]}” (U+{sign.upper()} cannot be seen); allowed: text"
    )


def test_a_huge_cell_and_a_hidden_head_are_refused(change: Change, data: Path) -> None:
    change("events", 12, title="x" * 5_001)
    assert [str(f) for f in check(data)] == [
        "events.csv, row 12, column title: 5,001 characters; allowed: up to 5,000 characters"
    ]
    change("events", 12, title="x" * 200_000)
    assert str(check(data)[0]).startswith("events.csv, row 12: the file is not well-formed CSV (field larger than")
    file = data / "topics.csv"
    file.write_text(file.read_text("utf-8").replace("topic_id,", "topic_id\u202e,", 1), encoding="utf-8")
    faults = [str(f) for f in check(data) if f.file == "topics.csv"]
    assert any("column topic_id\\u202e: the column is unknown" in fault for fault in faults)


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", "javascript:alert(1)"), ("url", FILE), ("doi", '10.1/x"><script>'), ("title", "a\u202eb")],
)
def test_a_source_leads_to_the_web_alone(data: Path, field: str, value: str) -> None:
    file = data / "sources.bib"
    file.write_text(f"{file.read_text('utf-8')}\n@misc{{evil, {field} = {{{value}}}}}\n", encoding="utf-8")
    [fault] = check(data)
    assert (fault.file, fault.column) == ("sources.bib, evil", field)


def test_addresses_in_tables_lead_to_the_web_alone() -> None:
    fields = [
        (table.name, field)
        for table in read_schema(paths.DATAPACKAGE).values()
        for field in table.fields
        if "url" in field.name
    ]
    assert len(fields) > 6
    assert [name for name, field in fields if not re.match(r"\(?https\?://\\S\+\)?$", field.pattern or "")] == []


# --- pages


def hostile_table() -> dict[str, Any]:
    frame = pd.DataFrame({"a": [TEXT, "plain"], "b": ["javascript:window.hit=1", "https://example.org/(a)|b"]})
    bundle = show.Table(frame, TEXT, {"a": TEXT}, links={"a": "b"})._repr_mimebundle_()
    return {name: bundle[name] for name in ("text/html", "text/markdown", "text/plain")}


def stage_book(folder: Path) -> Path:
    """A small book with payloads in tables, a notebook's table, a finding and a chart."""
    (folder / "notebooks").mkdir(parents=True)
    shutil.copy(paths.CONFIG, folder)
    shutil.copytree(paths.DATA, folder / "data")
    shutil.copytree(paths.BOOK / "_static", folder / "book" / "_static")
    for table, key, wanted, columns in (
        ("events", "event_id", "E083", ("title", "description", "venue")),
        ("event_sources", "event_id", "E083", ("title", "publisher")),
        ("provisions", "provision_id", "P46", ("paraphrase",)),
        ("claims", "claim_id", "C32", ("claim",)),
        ("quotations", "quotation_id", "Q01", ("original", "remark")),
    ):
        file = folder / "data" / f"{table}.csv"
        rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8"), newline="")))
        for row in rows:
            if row[key] == wanted:
                row.update(dict.fromkeys(columns, TEXT))
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file.write_text(text.getvalue(), encoding="utf-8")
    for name in ("ledger", "provisions", "events"):
        page = (paths.BOOK / f"{name}.md").read_text("utf-8")
        page = re.sub(r"\[([^\]]+)\]\((?:[a-z-]+\.md|\.\./notebooks/)[^)]*\)", r"\1", page)
        (folder / "book" / f"{name}.md").write_text(page, encoding="utf-8")
    (folder / "book" / "index.md").write_text("# Sample\n\nWords.\n\n```{quotation-audit}\n```\n", encoding="utf-8")
    figure = {"name": "fig-hostile", "alt": TEXT, "source": TEXT}
    spec = {**CHART, "title": TEXT, "usermeta": {"figure": figure}}
    spec["data"] = {"values": [{"kind": TEXT, "n": 1}, {"kind": "y", "n": 2}]}
    chart = {"application/vnd.vegalite.v5+json": spec, "text/plain": "PLAIN"}
    finding = show.finding(f"The event {in_markdown(TEXT)} counts.")._repr_mimebundle_()
    (folder / "notebooks" / "01-hostile.ipynb").write_text(
        notebook("Hostile", hostile_table(), chart, finding), encoding="utf-8"
    )
    listed = ", ".join(f"{{file: {name}}}" for name in ("book/ledger", "book/provisions", "book/events"))
    toc = f"format: jb-book\nroot: book/index\nchapters: [{listed}, {{file: notebooks/01-hostile}}]\n"
    (folder / "_toc.yml").write_text(toc)
    (folder / "results.json").write_text(json.dumps(read_results(notebook_files(paths.NOTEBOOKS))))
    (folder / "CHANGELOG.md").write_text("## [0.1.0] - 2026-11-23\n")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stage_book(tmp_path_factory.mktemp("hostile") / "source")


@pytest.fixture(scope="module")
def html(source: Path) -> Path:
    folder = source.parent / "html"
    build.build_html(source, folder)
    return folder


def shown(html: str) -> str:
    """The text of a piece of HTML as a browser shows it, with straight quotation marks."""
    return straight(" ".join(unescape(re.sub(r"<[^>]+>", "", html)).split()))


def straight(text: str) -> str:
    """A text whose quotation marks are as they were before the book made them typographic."""
    return text.translate(str.maketrans("“”‘’", "\"\"''"))


def test_the_payloads_are_data_that_may_be(source: Path) -> None:
    assert check(source / "data") == []


@pytest.mark.parametrize(
    ("page", "places"),
    [("ledger", ["c32"]), ("provisions", ["p46"]), ("events", ["e083"])],
)
def test_entries_show_a_text_as_a_text(html: Path, page: str, places: list[str]) -> None:
    whole = read(html, f"book/{page}")
    for place in places:
        assert TEXT in shown(entry(whole, place))


def test_tables_charts_and_findings_show_a_text_as_a_text(html: Path) -> None:
    page = article(read(html, "notebooks/01-hostile"))
    cell = re.findall(r"<td>(.*?)</td>", page, re.S)[0]
    assert shown(cell) == TEXT
    [finding] = re.findall(r'<aside class="finding".*?</aside>', page, re.S)
    assert f"The event {TEXT} counts." in shown(finding)
    assert shown(re.findall(r'<p class="ba-chart-title">(.*?)<a ', page, re.S)[0]) == TEXT
    assert 'href="https://example.org/(a)|b"' in page
    assert TEXT in shown(article(read(html, "book/index")))  # of the audit of quotations


def test_nothing_in_the_pages_runs_or_reads(html: Path) -> None:
    found = 0
    for file in html.rglob("*.html"):
        page = file.read_text("utf-8")
        for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.S):
            assert "<script" not in script
            assert "<!--" not in script
        bodies = re.findall(r'<article class="bd-article">(.*?)</article>\s*(?:<footer|</div)', page, re.S)
        for body in [re.sub(r"<script.*?</script>|<form.*?</form>", "", body, flags=re.S) for body in bodies]:
            assert html_faults(body) == [], file
            assert "passwd" not in " ".join(re.findall(r'(?:src|href)="([^"]*)"', body))
            found += len(body) > 0
    assert found >= 5
    names = [file.name for file in html.rglob("*")]
    assert not any("passwd" in name for name in names)
    assert sorted(path.name for path in html.parent.iterdir()) == ["html", "jupyter_execute", "source", "work"]


def test_downloads_hold_no_formula(html: Path) -> None:
    found = 0
    for file in html.glob("_downloads/**/*.csv"):
        for row in csv.reader(line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")):
            found += any(FORMULA in cell for cell in row)
            assert not any(cell.startswith("=") for cell in row), file
    assert found >= 2  # of the chart and of the table
    named = [file.name for file in html.glob("_downloads/**/*") if file.is_file()]
    assert all(re.fullmatch(r"[\w-]+\.(csv|xlsx|svg|ipynb)", name) for name in named)


def test_cards_for_sharing_hold_no_tag(html: Path) -> None:
    for tag in re.findall(r"<meta [^>]*>", read(html, "notebooks/01-hostile")):
        assert tag.count('"') % 2 == 0
        assert "onload" not in tag or "&lt;svg onload" in tag


def test_the_pdf_shows_a_text_as_a_text(source: Path, html: Path) -> None:
    pytest.importorskip("typst", reason="needs the packages of the extra `book`")
    pdf = source.parent / "pdf" / "book.pdf"
    pdf.parent.mkdir()
    build.build_pdf(source, pdf)
    reader = PdfReader(pdf)
    text = straight(re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages)))
    for part in (
        "<script>window.hit=1</script>",
        "[a](javascript:window.hit=1)",
        '#read("/etc/passwd")',
        r"\write18{id}",
    ):
        assert text.count(re.sub(r"\s", "", part)) >= 4, part
    assert "root:" not in text
    targets = [str(a.get_object().get("/A", {}).get("/URI", "")) for p in reader.pages for a in p.get("/Annots", [])]
    assert not [target for target in targets if target.startswith(("javascript:", "file:"))]
    shutil.rmtree(pdf.parent)


OUTPUTS_THAT_RUN = [
    ({"text/html": "<p>x</p><SCRIPT >window.hit=1</SCRIPT >"}, "<script>"),
    ({"text/html": "<img src=x OnError=window.hit=1>"}, "<img onerror=“window.hit=1”>"),
    ({"text/markdown": "a <object data='x'></object>"}, "<object>"),
    ({"application/javascript": "window.hit=1"}, "<script>"),
]


def test_outputs_that_could_run_stop_the_build(source: Path, html: Path) -> None:
    file = source / "notebooks" / "01-hostile.ipynb"
    before = file.read_text("utf-8")
    book = json.loads(before)
    for number, (output, _) in enumerate(OUTPUTS_THAT_RUN):
        book["cells"].append(code_cell(f"show_9{number}()", output | {"text/plain": "PLAIN"}))
    file.write_text(json.dumps(book), encoding="utf-8")
    try:
        with pytest.raises(BuildError) as caught:
            build.build_html(source, html)
    finally:
        file.write_text(before, encoding="utf-8")
    refused = re.findall(r"HTML with (<.*?>) is refused", str(caught.value))
    assert refused == [told for _, told in OUTPUTS_THAT_RUN]
    assert "window.hit" not in re.sub(r"(?s)<[^>]+>", "", read(html, "book/index").partition("<body")[0])


@pytest.mark.parametrize(
    "harmful",
    [
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' java\tscript:alert(1)'>x</a>",
        "<a href='&#106;avascript:alert(1)'>x</a>",
        "<a href='data:text/html,x'>x</a>",
        f"<a href='{FILE}'>x</a>",
        "<a href='//evil.example'>x</a>",
        "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
        "<svg/onload=alert(1)>",
        "<img src=x onerror=alert(1) ",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<div style='background: url(https://evil.example/x)'>x</div>",
        "<object data='x'></object>",
        "<form action='https://evil.example'></form>",
        "<img srcset='javascript:alert(1) 2x'>",
    ],
)
def test_html_that_could_run_is_seen(harmful: str) -> None:
    assert html_faults(harmful)


def test_html_of_tables_and_pictures_is_no_fault() -> None:
    picture = "<img src='data:image/png;base64,iVBORw0KGgo=' alt='x'>"
    assert (
        html_faults(f"<table class='x'><tr><td>a &lt; b</td></tr></table><a href='book/a.html#b'>x</a>{picture}") == []
    )
    assert is_harmless("https://example.org/a:b")
    assert not is_harmless("data:image/svg+xml;base64,AAAA", picture=True)


def test_a_chart_loads_nothing_and_stays_in_its_folder(tmp_path: Path) -> None:
    figure = {"figure": {"name": "../../evil", "alt": "x", "source": "y"}}
    refused = {
        "its name": {**CHART, "usermeta": figure},
        "its key “url”": {**CHART, "data": {"url": "https://evil.example/data.json"}},
        "its key": {**CHART, "layer": [{"mark": "image", "encoding": {"url": {"field": "a"}}}]},
        "it holds “java": {**CHART, "data": {"values": [{"href": "javascript:alert(1)"}, {"href": "x"}]}},
    }
    for told, spec in refused.items():
        assert any(fault.startswith(told) for fault in spec_faults(spec))
        with pytest.raises(Exception, match=r"a chart is refused"):
            chart_node(spec, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert spec_faults({**CHART, "data": {"values": [{"url": "https://example.org"}]}}) == []


def test_markdown_shows_every_sign() -> None:
    from markdown_it import MarkdownIt

    text = MarkdownIt("commonmark", {"html": True}).render(in_markdown(TEXT))
    assert shown(text) == TEXT
    assert "<script" not in text
    assert in_markdown("codings_alignment _a_ 2 * 3") == r"codings_alignment \_a\_ 2 \* 3"
    assert address_in_markdown("javascript:alert(1)") == ""
    assert address_in_markdown("https://example.org/a)b|c") == "https://example.org/a%29b%7Cc"


# --- spreadsheets


def test_no_cell_of_a_file_is_a_formula() -> None:
    for start in ("=", "+", "-", "@", "\t=", "＝"):
        text = as_csv(data_table([{"a": f"{start}1+cmd|x", f"{start}b": -1}], About("a\n=1+1")))
        lines = text.splitlines()
        assert lines[0] == "# a =1+1"
        head, row = csv.reader(line for line in lines if not line.startswith("# "))
        assert (head, row) == (["a", f"'{start}b"], [f"'{start}1+cmd|x", "-1"])
    assert as_csv(DataTable(["a"], ["text"], [[text_cell("b\r=1+1")]], About("t"))) == '# t\na\n"b\r=1+1"\n'
    table = DataTable(["a"], ["text"], [[text_cell(FORMULA)], [text_cell("https://evil.example")]], About("t"))
    with zipfile.ZipFile(io.BytesIO(as_xlsx(table))) as book:
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet.lower()


def test_the_sheet_of_a_coder_holds_no_formula(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provisions = coding_sheet.units_of("A").assign(paraphrase=FORMULA)
    monkeypatch.setattr(coding_sheet, "units_of", lambda *_: provisions)
    coding_sheet.write_sheet(coding_sheet.sheet("A", "me"), tmp_path / "sheet.csv")
    with (tmp_path / "sheet.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["paraphrase"] for row in csv.DictReader(stream)} == {f"'{FORMULA}"}


# --- names and parameters


def test_the_command_shows_signs_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["rerun", "../\x1b[31mevil"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("there is no chapter “../\\u001b[31mevil”")
    assert "\x1b" not in told


INJECTIONS = [
    '"); import pathlib; pathlib.Path("hit").touch(); ("',
    "'); __import__('os').system('touch hit'); ('",
    'x"\nimport pathlib\npathlib.Path("hit").touch()\ny = "',
    '\\"\nopen("hit", "w")\n#',
    "x\ropen('hit','w')",
    "{{ 7*7 }} ${IFS} `touch hit` $(touch hit)",
    "\u2028open('hit','w')",
]


@pytest.mark.parametrize("value", INJECTIONS)
def test_a_parameter_is_a_value_and_never_code(value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    from analysis.runs.kernels import compute

    monkeypatch.chdir(tmp_path)
    chapter = rerun.find_notebook("04")
    with pytest.raises(ParameterError):
        rerun.read_pairs([f"{value}=1"], parameters.declared(chapter))
    with pytest.raises(ParameterError):
        rerun.read_pairs([f"unit={value}"], [parameters.Parameter("unit", "str", "a", "", "one of a, b")])
    assert "/" not in rerun.slug(chapter, {"strategy": value})
    # past the check: papermill writes the value into a cell
    cells = [
        nbformat.v4.new_code_cell('word: str = "a"  # a word', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(
            'from analysis.runs.results import Results\nresults = Results("c")\nresults.add("word", word)\nresults'
        ),
    ]
    file = tmp_path / "notebook" / "01-word.ipynb"
    file.parent.mkdir()
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), file)
    assert compute(file, {"word": value})["word"]["value"] == value
    assert [path.name for path in tmp_path.iterdir()] == ["notebook"]


@pytest.mark.parametrize("name", ["../../etc", "..", "04/../05", "04\x00", "/etc/passwd"])
def test_a_chapter_and_a_document_are_looked_up_by_name(name: str) -> None:
    with pytest.raises(ParameterError, match=r"there is no chapter"):
        rerun.find_notebook(name)
    assert command.main(["align", name, name]) == 1
    assert command.main(["quote", "alliance", "--in", name]) == 1
    assert command.main(["coding-sheet", "--coder", "me", "--out", "/nowhere/at/all.csv"]) == 1


def test_a_quotation_has_an_end() -> None:
    with pytest.raises(ParameterError, match=r"words; allowed: 100"):
        parts_of("alliance " * 101)
    assert len(parts_of("alliance " * 100)[0]) == 100


@pytest.mark.parametrize("content", ["[]", '{"a": 1}', '{"a": {"b": 1}}', '{"a": {"b": {"value": 1}}}', "[" * 100_000])
def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / rerun.RESULTS).write_text(content)
    with pytest.raises(RunError, match=r"is no run: results.json cannot be read"):
        rerun.results_of(tmp_path)


def test_a_notebook_of_others_is_compared_with_signs_as_escapes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "other"):
        results = {"04-alignment": {"score": {"value": name, "text": f"{name}\x1b[31m\u202e"}}}
        output = nbformat.v4.new_output("display_data", {MIME_TYPE: results})
        cell = nbformat.v4.new_code_cell("results", outputs=[output])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    assert command.main(["diff", *(str(tmp_path / f"{name}.ipynb") for name in ("one", "other"))]) == 0
    told = capsys.readouterr().out
    assert "one\\u001b[31m\\u202e  →  other\\u001b" in told
    assert "\x1b" not in told


def test_the_page_of_a_rerun_runs_nothing(tmp_path: Path) -> None:
    outputs = [nbformat.v4.new_output("display_data", {"text/html": "<b>x</b><SCRIPT>window.hit=1</SCRIPT\n>"})]
    cell = nbformat.v4.new_code_cell("1", outputs=outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "a.ipynb")
    page = rerun.render(tmp_path / "a.ipynb")
    assert "<script" not in page.lower()
    assert "window.hit" not in page
    assert page.index("Content-Security-Policy") < page.index("<style")
    assert "default-src 'none'" in page


# --- YAML

YAML = {
    "deep": "title: " + "[" * 2_000,
    "object": "title: !!python/object/apply:os.system [touch hit]\n",
    "number": f"title: {'1' * 5_000}\n",
    "day": "title: 2025-02-30\n",
    "key": "? [a, b]\n: c\n",
    "text": "just words",
    "large": "#" * 1_000_001,
    "latin": "title: \udce9",
}


@pytest.mark.parametrize("text", YAML.values(), ids=YAML)
def test_yaml_that_is_no_plain_data_is_refused(text: str, tmp_path: Path) -> None:
    raw = text.encode("utf-8", "surrogateescape")
    for file in (tmp_path / "sweep.yml", tmp_path / "exercises.yml"):
        file.write_bytes(raw)
    for read_it, error in (
        (lambda: sweep.read_sweep(tmp_path / "sweep.yml"), ParameterError),
        (lambda: exercises.read(tmp_path / "exercises.yml"), ParameterError),
    ):
        with pytest.raises(error) as caught:
            read_it()
        assert len(str(caught.value)) < 3_000
    assert not (tmp_path / "hit").exists()


def test_every_yaml_of_the_repository_is_read() -> None:
    for file in (paths.CONFIG, paths.TOC, paths.CITATION, paths.EXERCISES):
        assert read_yaml(file)


# --- event files


def write_zip(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file


def test_a_packed_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    good = "\t".join(["1", "20250207", *[""] * 5, "JPN", *[""] * 9, "USA", *[""] * 8, "010", *[""] * 34])
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(f"{good}\n".encode() + b"\t" * 40_000_000))
    zipped = write_zip(tmp_path / "bomb.zip", {"bomb.tsv": gzip.decompress(bomb.read_bytes())})
    for file in (bomb, zipped):
        with pytest.raises(DataError, match=r"has a line that is too long; allowed: 16,777,216 bytes"):
            exports.count_file(file)


def test_members_of_an_archive_stay_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_zip(tmp_path / "a.zip", {"../../evil\x1b.tsv": b"a\tb\n"})
    assert command.main(["signals", "--events", str(file), "--workers", "1"]) == 1
    assert "\x1b" not in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
    assert not (tmp_path.parent.parent / "evil\x1b.tsv").exists()


def test_lines_of_nul_and_of_great_length_are_malformed(tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    good = "\t".join(["1", "20250207", *[""] * 5, "JPN", *[""] * 9, "USA", *[""] * 8, "010", *[""] * 34])
    lines = [good, good.replace("20250207", "2025\x000207"), "x" * 3_000_000, good.replace("010", "<b>")]
    file.write_text("\n".join(lines) + "\n")
    counts, report = exports.count_file(file, largest_bad_share=1)
    assert (report.kept, len(report.malformed)) == (1, 3)
    assert int(counts["signals"].sum()) == 1
    assert "\x00" not in str(report)


def test_links_of_pages_are_looked_through() -> None:
    assert not is_harmless(nodes.reference("", "x", refuri="vbscript:x")["refuri"])
