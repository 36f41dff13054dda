"""What keeps a case from being whole: the rules of the tables, and those that tie them to the two texts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from analysis.cases.settings import SETTINGS, Case
from analysis.core import paths
from analysis.core.errors import DataError, ParameterError
from analysis.data.faults import FIRST_ROW, Fault, nearest, row_of
from analysis.data.tables import described, load
from analysis.measures.counterparts import provision_rows
from analysis.measures.placebos import in_unit
from analysis.runs import parameters
from analysis.texts.features import load_features
from analysis.validation.check import check

NO_ROWS = "the table has no rows"
# what to do where a table has no rows yet
NEXT = {
    "provisions.csv": "next: cut the statement into provisions, a row each, paraphrased in your own words",
    "provision_actors.csv": "next: after provisions.csv, a row for each state that speaks in a provision",
    "strategy_sections.csv": (
        "next: list the sections of the strategy: the document itself first, then its headings with the ids "
        "that data/features/passages.parquet (column section) gives them"
    ),
}


def outline_faults(folder: Path) -> Iterator[Fault]:
    """Sections of the outline that hold no passage of the strategy, so that no measure can find them."""
    strategy = described("strategy_sections", folder)
    frame = load_features(folder / paths.FEATURES.name).passages
    known = list(dict.fromkeys(frame.loc[frame["document_id"] == strategy, "section"].astype(str)))
    sections = load("strategy_sections", folder)
    held = {section for path in known for section in _above(path)}
    for index, row in sections.iterrows():
        if row["level"] > 0 and row["section_id"] not in held:
            value = f"“{row['section_id']}”{nearest(row['section_id'], known)}"
            allowed = f"allowed: a section of {strategy} in data/features/passages.parquet"
            yield Fault("strategy_sections.csv", row_of(index), "section_id", value, allowed)


def _above(path: str) -> list[str]:
    parts = path.split("-")
    return ["-".join(parts[:end]) for end in range(1, len(parts) + 1)]


def anchor_faults(folder: Path) -> Iterator[Fault]:
    """Provisions whose anchor words stand in no sentence of their paragraph of the statement."""
    features, provisions = load_features(folder / paths.FEATURES.name), load("provisions", folder)
    sentences = in_unit(features, load("documents", folder), load("terms", folder), "sentence", mask=False)
    statement = described("provisions", folder)
    for place in range(len(provisions)):
        row = provisions.iloc[place : place + 1]
        try:
            provision_rows(row, sentences, features, statement)
        except DataError:
            value = f"“{row['anchor_words'].iloc[0]}”"
            allowed = f"allowed: words of one sentence of paragraph {row['paragraph'].iloc[0]} of {statement}"
            yield Fault("provisions.csv", place + FIRST_ROW, "anchor_words", value, allowed)


def case_faults(folder: Path = paths.DATA) -> list[Fault]:
    """All faults of the tables of a laid-out case; where a table is empty, what to do next."""
    faults = [
        replace(fault, allowed=NEXT[fault.file]) if fault.value == NO_ROWS and fault.file in NEXT else fault
        for fault in check(folder)
    ]
    return faults or [*outline_faults(folder), *anchor_faults(folder)]


def value_faults(case: Case) -> Iterator[Fault]:
    """Values of parameters in case.yml that the chapters of the laid-out case refuse, as their first cells say."""
    for chapter in case.parameters:
        try:
            notebook = paths.NOTEBOOKS / f"{chapter}.ipynb"
            parameters.check_values(notebook, {one.name: one.default for one in parameters.declared(notebook)})
        except ParameterError as error:
            value, _, allowed = str(error).removeprefix("parameter ").partition("; ")
            yield Fault(f"{SETTINGS}, parameters.{chapter}", None, None, value, allowed)
