"""A case: another statement and strategy, laid out in a folder cases/NAME of tables, pages and one file case.yml.

case.yml is read strictly: every wrong key, value or id is named with what is allowed, before any work starts. What is
made of a case is in `analysis.cases.layout`; what keeps it from being whole, in `analysis.cases.rules`.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis.core import paths, yaml_files
from analysis.core.errors import ParameterError
from analysis.data.faults import Fault, nearest, require_none, show_value
from analysis.data.schema import read_schema
from analysis.data.tables import load, read_table
from analysis.runs.parameters import declared
from analysis.texts import documents

SETTINGS = "case.yml"
DOCUMENTS = "documents.csv"
CODINGS = "codings_alignment.csv"
TABLES = ("provisions", "provision_actors", "strategy_sections", "codings_alignment")  # of the case alone
SHARED_TABLES = ("documents", "states", "terms")
CHAPTERS = ("02-statement", "03-strategy", "04-alignment")
PAGES = ("index", "codebook", *CHAPTERS)
TYPES = {"str": str, "int": int, "float": float, "bool": bool}
NAME = r"[a-z0-9]+(-[a-z0-9]+)*"
MOST_APPROACHES = 3
MOST_LETTERS = 300
PLAIN = "text in one line without < > & { }"


@dataclass(frozen=True)
class Case:
    """A case as case.yml describes it.

    statement and strategy are ids of documents; parts the names of the parts of the statement by id, as the column
    pillar of the provisions has them; approaches the names of the strategy's approaches, from number 1 on, perhaps
    none; speech_acts verbs beside those of the schema; parameters values by chapter and name.
    """

    folder: Path
    title: str
    author: str
    statement: str
    strategy: str
    parts: Mapping[str, str]
    approaches: tuple[str, ...]
    speech_acts: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, Any]]

    @property
    def name(self) -> str:
        """The name of the case, which is that of its folder."""
        return self.folder.name


def names(folder: Path = paths.CASES) -> list[str]:
    """The names of the cases in a folder, in order."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [place.name for place in found if place.is_dir() and re.fullmatch(NAME, place.name)]


def require_name(name: str) -> str:
    """The name itself. Raises ParameterError where it is not made of small letters, digits and hyphens."""
    if not re.fullmatch(NAME, name) or len(name) > 60:
        raise ParameterError(f"case “{name}”; allowed: a name of small letters, digits and single hyphens between them")
    return name


def find(name: str, folder: Path = paths.CASES) -> Path:
    """The folder of a case. Raises ParameterError with the nearest name where there is none."""
    known = names(folder)
    if require_name(name) not in known:
        raise ParameterError(
            f"there is no case “{name}”{nearest(name, known)}; cases: {', '.join(known) or 'none'}; "
            f"`balancing-act new-case {name}` lays it out"
        )
    return folder / name


# --- documents


def own_documents(folder: Path) -> pd.DataFrame:
    """The documents that a case adds to the shared ones, none where it has no documents.csv. Raises DataError."""
    if not (folder / DOCUMENTS).exists():
        return load("documents", paths.SHARED_DATA).iloc[:0]
    frame, faults = read_table(read_schema(paths.SHARED_DATA / paths.DATAPACKAGE.name)["documents"], folder)
    require_none(faults)
    return frame


def all_documents(folder: Path) -> pd.DataFrame:
    """The shared documents and those of the case. Raises DataError where one stands in both or in neither rightly."""
    shared, own = load("documents", paths.SHARED_DATA), own_documents(folder)
    known = set(shared["document_id"])
    require_none(
        Fault(DOCUMENTS, row, "document_id", f"“{document_id}”", "allowed: an id that data/documents.csv does not have")
        for row, document_id in enumerate(own["document_id"], 2)
        if document_id in known
    )
    return pd.concat([shared, own], ignore_index=True) if len(own) else shared


# --- case.yml


def _text(value: object) -> bool:
    """Whether a value is a text in one line that a page, a title and a heading show as it stands."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable() and len(value) <= MOST_LETTERS


def _plain(value: object) -> bool:
    return _text(value) and not re.search("[<>&{}]", str(value))


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(_text(item) for item in value) and len(set(value)) == len(value)


def _parts(value: object) -> bool:
    named = isinstance(value, dict) and value and all(_text(name) for name in value.values())
    return bool(named) and all(isinstance(key, str) and re.fullmatch(NAME, key) for key in value)  # type: ignore[attr-defined]


# each setting with its test and what is allowed
FORMS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "title": (_plain, PLAIN),
    "author": (_plain, PLAIN),
    "statement": (_text, "the id of a statement"),
    "strategy": (_text, "the id of a strategy"),
    "parts": (_parts, "ids of small letters, digits and hyphens, each with a name: `peace: Peace`"),
    "approaches": (lambda v: _texts(v) and len(v) <= MOST_APPROACHES, "a list of up to three names, or []"),  # type: ignore[arg-type]
    "speech_acts": (_texts, "a list of verbs, each once, or []"),
    "parameters": (lambda v: isinstance(v, dict), "chapters with their parameters, or {}"),
}


def _shown(value: object) -> str:
    return "the value is empty" if value is None or value == "" else show_value(str(value))


def _fault(key: str, value: str, allowed: str) -> Fault:
    return Fault(f"{SETTINGS}, {key}", None, None, value, allowed)


def setting_faults(settings: Mapping[str, Any], table: pd.DataFrame) -> Iterator[Fault]:
    """What is wrong in the settings of case.yml, against the table of documents."""
    for key in settings:
        if key not in FORMS:
            hint = nearest(str(key), list(FORMS))
            yield _fault(str(key), f"the key is unknown{hint}", f"allowed: {', '.join(FORMS)}")
    for key, (holds, allowed) in FORMS.items():
        if key not in settings:
            yield _fault(key, "the key is missing", f"allowed: {allowed}")
        elif not holds(settings[key]):
            yield _fault(key, _shown(settings[key]), f"allowed: {allowed}")
        elif key in ("statement", "strategy"):
            try:
                documents.find(key, settings[key], table, key)
            except ParameterError as error:
                value, _, rest = str(error).removeprefix(f"{key}: ").partition("; ")
                yield _fault(key, value, f"{rest}, or describe your own document in {DOCUMENTS}")
    if isinstance(settings.get("parameters"), dict):
        yield from parameter_faults(settings["parameters"])


def parameter_faults(given: Mapping[Any, Any]) -> Iterator[Fault]:
    """What is wrong in the parameters of case.yml: chapters, names and types, as the shared notebooks declare them."""
    for chapter, values in given.items():
        place = f"parameters.{chapter}"
        if chapter not in CHAPTERS:
            hint = nearest(str(chapter), list(CHAPTERS))
            yield _fault(place, f"the chapter is unknown{hint}", f"allowed: {', '.join(CHAPTERS)}")
            continue
        known = {parameter.name: parameter for parameter in declared(paths.SHARED_NOTEBOOKS / f"{chapter}.ipynb")}
        known = {name: known[name] for name in known if name not in ("statement", "strategy")}  # settings of their own
        if not isinstance(values, dict):
            yield _fault(place, _shown(values), f"allowed: values by name, of {', '.join(known)}")
            continue
        for name, value in values.items():
            if name not in known:
                hint = nearest(str(name), list(known))
                allowed = f"allowed: {', '.join(known)}"
                yield _fault(f"{place}.{name}", f"the parameter is unknown{hint}", allowed)
                continue
            kind = known[name].type
            whole = kind == "float" and type(value) is int
            endless = isinstance(value, float) and not math.isfinite(value)
            if endless or (type(value) is not TYPES[kind] and not whole):
                words = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}[kind]
                allowed = f"allowed: {words} ({known[name].meaning})"
                yield _fault(f"{place}.{name}", _shown(value), allowed)


def read(folder: Path) -> Case:
    """The case in a folder. Raises DataError with every fault of case.yml and of the added documents."""
    try:
        settings = yaml_files.read(folder / SETTINGS)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        require_none([Fault(SETTINGS, None, None, f"the file cannot be read ({reason})", "a YAML file in UTF-8")])
        raise
    if not isinstance(settings, dict):
        require_none([Fault(SETTINGS, None, None, "the file holds no settings", f"allowed: {', '.join(FORMS)}")])
    require_none(setting_faults(settings, all_documents(folder)))
    return Case(
        folder=folder,
        **{key: settings[key] for key in ("title", "author", "statement", "strategy", "parts", "parameters")},
        approaches=tuple(settings["approaches"]),
        speech_acts=tuple(settings["speech_acts"]),
    )
