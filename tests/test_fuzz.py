"""Whatever comes, the readers of the package take it or refuse it with an error of the package, and nothing else.

`make fuzz` tries many more examples than this, and others each time.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.book.safety import html_faults
from analysis.claims.checks import CHECKS, read_check
from analysis.core import paths
from analysis.core.errors import DataError, ParameterError, ProjectError
from analysis.core.files import parse_yaml
from analysis.core.wording import in_markdown
from analysis.data.export import About, DataTable, as_csv, harmless, shown_cell
from analysis.data.schema import read_schema
from analysis.data.tables import load, read_table
from analysis.runs import parameters, rerun, sweep
from analysis.runs.results import MIME_TYPE
from analysis.signals import exports
from analysis.texts import documents
from analysis.texts.extract import extract
from analysis.texts.quotations import parts_of
from analysis.texts.segment import passages, split_sentences, tokenize
from analysis.validation.check import bibliography_faults

EXAMPLES = int(os.environ.get("FUZZ", "0"))
FEW, SOME = EXAMPLES or 8, EXAMPLES or 40  # of slow and of quick readers


def fuzz(examples: int) -> settings:
    """Examples that are the same in every run, unless more are asked for; each stands for itself."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=examples, deadline=None, derandomize=not EXAMPLES, database=None, suppress_health_check=checks
    )


SIGNS = ["\x00", "\u202e", "\ufeff", "\r", "\n", "\t", '"', ",", ";", "=", "|", "'", "\\", "٣", "𝟙", "ǆ", "\ud800"]
KNOWN = ["2025-02-07", "0000-01-01", "9999-12-31", "nan", "1e999", "1_0", "-0", "E083", "C32", "jpn-nds-2022"]
ODD, WORDS = st.sampled_from(SIGNS), st.sampled_from(KNOWN)
TEXT = st.one_of(
    st.text(max_size=40), WORDS, st.lists(st.one_of(ODD, WORDS, st.text(max_size=3)), max_size=8).map("".join)
)
PARAMETER = parameters.Parameter("a", "int", 1, "meaning")
SCHEMA = read_schema(paths.DATAPACKAGE)


def sound(text: str) -> bool:
    """Whether a text can be written as UTF-8."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def taken_or_refused(read: Callable[..., Any], *arguments: Any) -> Any:
    """What a reader gives; None where it refuses with an error of the package, which says why."""
    try:
        return read(*arguments)
    except ProjectError as error:
        told = str(error)
    assert told
    return None


def test_any_other_error_is_a_failure() -> None:
    assert issubclass(DataError, ProjectError)
    assert issubclass(ParameterError, ProjectError)
    with pytest.raises(ValueError, match="other"):
        taken_or_refused(int, "other")


# --- tables


@fuzz(SOME)
@given(
    name=st.sampled_from(sorted(SCHEMA)), rows=st.lists(st.lists(TEXT, min_size=1, max_size=9), min_size=1, max_size=4)
)
def test_tables_of_any_cells(tmp_path: Path, name: str, rows: list[list[str]]) -> None:
    table = SCHEMA[name]
    head = ",".join(field.name for field in table.fields)
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    (tmp_path / table.file).write_text("\n".join([head, *quoted]), encoding="utf-8", errors="replace", newline="")
    frame, faults = read_table(table, tmp_path)
    assert faults or len(frame) == len(rows)
    assert all(c.isprintable() or c == "\n" for fault in faults for c in str(fault))


@fuzz(FEW)
@given(
    name=st.sampled_from(["events", "scales", "documents"]),
    row=st.integers(1, 9),
    cells=st.dictionaries(st.integers(0, 14), TEXT.filter(sound)),
)
def test_tables_with_some_cells_changed(tmp_path: Path, name: str, row: int, cells: dict[int, str]) -> None:
    table = SCHEMA[name]
    frame = pd.read_csv(paths.DATA / table.file, dtype=str, keep_default_na=False).head(10)
    for column, cell in cells.items():
        if column < frame.shape[1]:
            frame.iat[row, column] = cell
    frame.to_csv(tmp_path / table.file, index=False)
    read, faults = read_table(table, tmp_path)
    assert faults or list(read.columns) == [field.name for field in table.fields]


@fuzz(SOME)
@given(raw=st.binary(max_size=300))
def test_tables_of_any_bytes(tmp_path: Path, raw: bytes) -> None:
    table = SCHEMA["topics"]
    (tmp_path / table.file).write_bytes(raw)
    assert read_table(table, tmp_path)[1]
    (tmp_path / table.file).write_bytes(b"topic_id,topic,group\n" + raw)
    read_table(table, tmp_path)


@fuzz(SOME)
@given(text=st.one_of(TEXT, TEXT.map(lambda text: f"@misc{{a, title = {{{text}}}, url = {{{text}}}}}")))
def test_bibliographies(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sources.bib"
    file.write_text(text, encoding="utf-8", errors="replace")
    assert all(c.isprintable() or c == "\n" for fault in bibliography_faults({}, file) for c in str(fault))


# --- days, ids, parameters, arguments, texts


@fuzz(SOME)
@given(one=TEXT)
def test_days_switches_and_parameters(one: str) -> None:
    day = taken_or_refused(parameters.read_day, "day", one)
    assert day is None or f"{day:%Y-%m-%d}" == one
    taken_or_refused(parameters.read_switch, "s", one)
    for kind in parameters.BOUNDS:
        taken_or_refused(parameters.Parameter("p", kind, "", "meaning").read, one)


@fuzz(SOME)
@given(text=TEXT)
def test_ids_and_names(text: str) -> None:
    found = taken_or_refused(documents.find, "ID", text, load("documents"))
    assert found is None or found in set(load("documents")["document_id"])
    taken_or_refused(rerun.find_notebook, text)
    taken_or_refused(rerun.find_notebook, f"{text}.ipynb")
    taken_or_refused(parameters.require_declared, ["a: int = 1", f"# Parameters\n{text}", text], [PARAMETER])
    slug = rerun.slug(Path("04-alignment.ipynb"), {"p": text})
    assert (paths.RUNS / slug).resolve().parent == paths.RUNS.resolve()


@fuzz(SOME)
@given(
    check=st.sampled_from(sorted(CHECKS)),
    arguments=st.one_of(TEXT, st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT), st.floats())).map(json.dumps)),
)
def test_arguments_of_checks(check: str, arguments: str) -> None:
    taken_or_refused(read_check, check, arguments)


@fuzz(SOME)
@given(text=st.one_of(TEXT, st.text(max_size=400)))
def test_texts_are_cut_whatever_they_hold(text: str) -> None:
    assert all(tokenize(text))
    assert all(sentence.strip() for sentence in split_sentences(text))
    assert all(tokenize(passage.text) for passage in passages(text))
    taken_or_refused(parts_of, text)


# --- YAML

YAML = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT.filter(sound)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT.filter(sound), inner, max_size=4)),
    max_leaves=8,
)
KEYS = st.sampled_from([*sweep.KEYS, "extra"])
MARKS = st.sampled_from("-:{}[]&*!|>'\"%@`#,?~\n \t<=0x1")


def refused_as_sweep(folder: Path, text: str) -> None:
    (folder / "sweep.yml").write_text(text, encoding="utf-8", errors="replace", newline="")
    assert taken_or_refused(sweep.read_sweep, folder / "sweep.yml") is None


@fuzz(SOME)
@given(
    content=st.one_of(YAML, st.dictionaries(KEYS, YAML, max_size=9)),
    tail=st.sampled_from(["", "*a", "&a [*a]", "<<: 1", "\t"]),
)
def test_sweeps_of_any_values(tmp_path: Path, content: Any, tail: str) -> None:
    refused_as_sweep(tmp_path, json.dumps(content) + "\n" + tail)  # JSON is YAML


@fuzz(SOME)
@given(text=st.text(st.one_of(MARKS, st.characters()), max_size=60))
def test_sweeps_of_any_text(tmp_path: Path, text: str) -> None:
    refused_as_sweep(tmp_path, text)
    with suppress(yaml.YAMLError):
        parse_yaml(text)


@fuzz(FEW)
@given(values=st.dictionaries(st.sampled_from(["threshold", "seed", "coders", "strategy", "curve"]), YAML, min_size=1))
def test_grids_of_sweeps(tmp_path: Path, values: dict[str, Any]) -> None:
    content = {"chapter": "04", "result": "coverage", "grid": values}
    (tmp_path / "sweep.yml").write_text(json.dumps(content), encoding="utf-8")
    taken_or_refused(sweep.read_sweep, tmp_path / "sweep.yml")


# --- executed notebooks


@fuzz(SOME)
@given(
    results=st.one_of(YAML, st.dictionaries(TEXT.filter(sound), st.dictionaries(TEXT.filter(sound), YAML))),
    wrap=st.sampled_from(["{}", '{{"cells": {}}}', '{{"cells": [{{"outputs": [{{"data": {{"%s": {}}}}}]}}]}}']),
)
def test_runs_and_notebooks_of_any_values(tmp_path: Path, results: Any, wrap: str) -> None:
    for file in (tmp_path / "one.ipynb", tmp_path / rerun.RESULTS):
        file.write_text((wrap.replace("%s", MIME_TYPE)).format(json.dumps(results)), encoding="utf-8")
    for place in (tmp_path / "one.ipynb", tmp_path):
        found = taken_or_refused(rerun.results_of, place)
        assert found is None or taken_or_refused(rerun.compare, found, found) != []


# --- event files

GDELT = "\t".join(["1", "20250207", *[""] * 5, "JPN", *[""] * 9, "USA", *[""] * 8, "010", *[""] * 34])
POLECAT = "\t".join(exports.POLECAT_COLUMNS) + "\n2025-02-07\tJapan\tUnited States\tCONSULT\tvisit"


def counted(file: Path) -> Any:
    return taken_or_refused(lambda: exports.count_file(file, largest_bad_share=1))


@fuzz(SOME)
@given(base=st.sampled_from([GDELT, POLECAT]), place=st.integers(0, 200), change=st.one_of(TEXT, st.binary(max_size=9)))
def test_event_files_with_a_change(tmp_path: Path, base: str, place: int, change: str | bytes) -> None:
    raw = base.encode()
    odd = change if isinstance(change, bytes) else change.encode("utf-8", "surrogatepass")
    (tmp_path / "a").write_bytes(raw[:place] + odd + raw[place:] + b"\n" + raw + b"\n")
    if found := counted(tmp_path / "a"):
        report = found[1]
        assert report.kept + len(report.malformed) <= report.lines
        assert all(c.isprintable() or c == "\n" for c in str(report))


def packed() -> list[bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.tsv", GDELT)
    return [archive.getvalue(), gzip.compress(GDELT.encode(), mtime=0)]


@fuzz(SOME)
@given(
    which=st.integers(0, 1),
    places=st.dictionaries(st.integers(0, 400), st.integers(0, 255), min_size=1, max_size=6),
    cut=st.integers(0, 400),
)
def test_packed_event_files_that_are_broken(tmp_path: Path, which: int, places: dict[int, int], cut: int) -> None:
    raw = bytearray(packed()[which])
    for place, value in places.items():
        raw[place % len(raw)] = value
    (tmp_path / "a").write_bytes(bytes(raw[: max(1, len(raw) - cut)] if cut < 200 else raw))
    counted(tmp_path / "a")


# --- pages and PDFs


@fuzz(FEW)
@given(
    raw=st.binary(max_size=200),
    kind=st.sampled_from(["text/html", "application/pdf", "text/html; charset=utf-7", "", "x"]),
)
def test_pages_and_pdfs_of_any_bytes(raw: bytes, kind: str) -> None:
    taken_or_refused(extract, raw, kind)
    taken_or_refused(extract, b"%PDF-1.7\n" + raw, kind)


# --- what is shown


@fuzz(SOME)
@given(text=TEXT)
def test_no_text_is_a_formula_or_a_tag(text: str) -> None:
    from markdown_it import MarkdownIt

    assert html_faults(MarkdownIt("commonmark", {"html": True}).render(in_markdown(text))) == []
    written = as_csv(DataTable(["a"], [""], [[shown_cell(text)]], About("t")))
    cells = [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]
    assert not any(cell.startswith(("=", "@")) for cell in cells)
    assert not harmless(text).startswith(("=", "@", "＝"))
