"""Lay out the folder of a new case: tables with headers alone, settings, pages and heads of the chapters."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from analysis.cases.layout import data_package
from analysis.cases.settings import TABLES, Case, require_name
from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.files import scratch_folder, unlock, written
from analysis.data.tables import load
from analysis.texts import documents

AUTHOR = "Your name"


def headers(name: str) -> dict[str, Sequence[str]]:
    """The columns of the tables of a case, by table."""
    shared = json.loads((paths.SHARED_DATA / paths.DATAPACKAGE.name).read_text(encoding="utf-8"))
    case = Case(Path(name), name, AUTHOR, "", "", {"body": "Body"}, (), (), {})
    made = data_package(shared, case, 1)
    return {
        resource["name"]: [field["name"] for field in resource["schema"]["fields"]]
        for resource in made["resources"]
        if resource["name"] in TABLES
    }


def source_entry(row: "pd.Series[Any]") -> str:
    """The BibTeX entry of a document, from its row of the table of documents; what was read is left to say."""
    fields = {
        "title": row["title"],
        "author": f"{{{row['publisher']}}}",
        "date": "" if pd.isna(row["date"]) else f"{row['date']:%Y-%m-%d}",
        "year": row["year"],
        "url": row["source_url"],
        "note": "say here what was read: the full text, an excerpt, which edition",
    }
    lines = [f"  {key:<7} = {{{value}}}" for key, value in fields.items() if value != ""]
    return f"@misc{{{row['document_id']},\n" + ",\n".join(lines) + "\n}\n"


def new_case(name: str, statement: str = "", strategy: str = "") -> Path:
    """Write the folder of a new case and return it.

    Raises ParameterError for a wrong name or id, DataError where the folder exists, and RunError where it cannot be
    written; then nothing is left of it.
    """
    require_name(name)
    table = load("documents", paths.SHARED_DATA)
    values = {"name": name, "title": json.dumps(f"Case {name}"), "author": AUTHOR}
    for kind, value in (("statement", statement), ("strategy", strategy)):
        values[kind] = documents.find(f"--{kind}", value, table, kind) if value else '""'
    target = paths.CASES / name
    if target.exists():
        raise DataError(f"cases/{name} exists already; choose another name, or go on with `--case {name} check`")
    with written(target, "the case", "nothing of it is left"), scratch_folder(paths.CASES, ".new-") as work:
        for file in sorted(paths.CASE_TEMPLATE.iterdir()):
            shown = values if file.suffix == ".yml" else values | {"title": f"Case {name}"}
            text = Template(file.read_text(encoding="utf-8")).safe_substitute(shown)
            (work / file.name).write_text(text, encoding="utf-8")
        for table_name, columns in headers(name).items():
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow(columns)
            (work / f"{table_name}.csv").write_text(line.getvalue(), encoding="utf-8")
        pair = table[table["document_id"].isin([statement, strategy])]
        sources = [
            "% Sources of this case; {cite:p}`KEY` cites one\n",
            *(source_entry(row) for _, row in pair.iterrows()),
        ]
        (work / paths.BIBLIOGRAPHY.name).write_text("\n".join(sources), encoding="utf-8")
        unlock(work).rename(target)
    return target
