"""Find every fault of the data: schema, bibliography, text features, and the rules that the tables obey together."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from pathlib import Path

import pandas as pd
from pybtex.database import parse_string
from pybtex.exceptions import PybtexError

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.wording import ADDRESS
from analysis.data.faults import FIRST_ROW, LONGEST, Fault, Frames, show_value
from analysis.data.schema import read_schema
from analysis.data.tables import read_all
from analysis.texts.documents import LEAST, OPENING
from analysis.texts.features import read_features, recorded_hashes
from analysis.validation import coders as _coders  # noqa: F401 (its rules are among RULES)
from analysis.validation.lists import completeness_faults
from analysis.validation.rules import RULES, wrong

PASSAGES = "features/passages.parquet"


# --- references


def _visible(value: str) -> bool:
    return len(value) <= LONGEST and all(c.isprintable() or c in "\n\t" for c in value)


Form = tuple[Callable[[str], object], str]
ANY_TEXT: Form = (_visible, f"up to {LONGEST:,} characters that can be seen")
# the fields that become links
BIBLIOGRAPHY_FORMS: dict[str, Form] = {
    "url": (ADDRESS.fullmatch, "an address that begins with https:// or http://"),
    "doi": (re.compile(r"10\.[\w.]+/[^\s<>\"]+").fullmatch, "a DOI such as 10.1000/182"),
}


def bibliography_faults(frames: Frames, file: Path) -> list[Fault]:
    """Return the faults of sources.bib: unreadable, a key used twice, a malformed field, a key cited that it lacks."""
    try:
        entries = parse_string(file.read_text(encoding="utf-8"), "bibtex").entries
    except FileNotFoundError:
        return [Fault(file.name, None, None, "the file is missing", "a BibTeX file in UTF-8")]
    except (PybtexError, UnicodeDecodeError, RecursionError) as error:
        return [Fault(file.name, None, None, str(error).replace("\n", " "), "well-formed BibTeX in UTF-8")]
    faults = []
    for key, entry in entries.items():
        for name, value in entry.fields.items():
            holds, allowed = BIBLIOGRAPHY_FORMS.get(name.lower(), ANY_TEXT)
            if not holds(value):
                faults.append(Fault(f"{file.name}, {key}", None, name, show_value(value), f"allowed: {allowed}"))
    if "claims" in frames:
        cited = frames["claims"].explode("cited_sources").dropna(subset="cited_sources")
        unknown = cited[[key not in entries for key in cited["cited_sources"]]]
        faults += wrong("claims", unknown, "cited_sources", f"allowed: keys of {file.name}", entries)
    return faults


# --- features


def feature_faults(frames: Frames, folder: Path) -> list[Fault]:
    """Return documents whose features are missing or of another text than the recorded one, and features of none."""
    if "documents" not in frames:
        return []
    try:
        hashes = recorded_hashes(folder)
    except DataError as error:
        return [Fault(PASSAGES, None, None, str(error), "the features of all documents")]
    documents = frames["documents"]
    faults = []
    for row, (document_id, sha256) in enumerate(documents[["document_id", "sha256"]].to_numpy(), FIRST_ROW):
        made_of = hashes.pop(document_id, None)
        if made_of != sha256:
            value = f"has features of another text ({made_of[:12]}…)" if made_of else "has no features"
            allowed = "make them with `balancing-act corpus build --texts DIR`"
            faults.append(Fault("documents.csv", row, "sha256", f"{document_id} {value}", allowed))
    others = [Fault(PASSAGES, None, None, f"holds {name}", "documents of documents.csv alone") for name in hashes]
    return faults + others


def broken_features(folder: Path) -> list[Fault]:
    """Return the files of features that cannot be read, lack a column, or do not fit one another.

    folder: the data, with the data package and the folder of the features. The tokens of a passage are the sum of its
    counts, and every combination of settings has a score for every pair.
    """
    frames, faults = {}, []
    for name, table in read_schema(folder / paths.DATAPACKAGE.name, "parquet").items():
        try:
            frames[name] = read_features(name, folder / paths.FEATURES.name).to_pandas()
        except DataError as error:
            faults.append(Fault(table.file, None, None, str(error), "the features of all documents"))
            continue
        columns = [field.name for field in table.fields]
        if list(frames[name]) != columns:
            allowed = f"columns: {', '.join(columns)}"
            faults.append(Fault(table.file, None, None, "the columns are not those declared", allowed))
    return faults or list(_unfit(frames["passages"]["tokens"], frames["counts"], frames["embeddings"]))


def _unfit(tokens: "pd.Series[int]", counts: pd.DataFrame, scores: pd.DataFrame) -> Iterator[Fault]:
    counted = counts.groupby("passage")["count"].sum().reindex(tokens.index, fill_value=0)
    for passage in tokens.index[counted != tokens]:
        value = f"passage {passage} has {tokens[passage]} tokens, and counts of {counted[passage]}"
        yield Fault(PASSAGES, None, "tokens", value, "the sum of the counts of the passage")
    settings = scores.columns.drop("score")
    combinations = prod(scores[name].nunique() for name in settings)
    if len(scores) != combinations or scores.duplicated(settings).any():
        allowed = f"one for each combination: {combinations}"
        yield Fault("features/embeddings.parquet", None, None, f"{len(scores)} scores", allowed)


def unfit_documents(documents: pd.DataFrame, folder: Path) -> Iterator[Fault]:
    """Yield the statements with too few sentences for a placebo, and the documents without embedding scores.

    A whole statement needs LEAST sentences, an opening OPENING (`analysis.texts.documents`).
    """
    passages = read_features("passages", folder).to_pandas()
    sentences = passages.loc[~passages["heading"], "document_id"].value_counts()
    scores = read_features("embeddings", folder).to_pandas()
    scored = {kind: set(scores[kind].unique()) for kind in ("statement", "strategy")}
    for row, document in enumerate(documents.to_dict("records"), FIRST_ROW):
        name, kind, extent = str(document["document_id"]), str(document["kind"]), str(document["extent"])
        least = {"whole": LEAST, "opening": OPENING}[extent]
        if kind == "statement" and (has := int(sentences.get(name, 0))) < least:
            allowed = f"at least {least} sentences, or the mean match is noise; leave the document out"
            yield Fault("documents.csv", row, "extent", f"{name} ({extent}) has {has} sentences", allowed)
        if name not in scored[kind]:
            allowed = "make them with `balancing-act corpus embed --texts DIR`"
            yield Fault("documents.csv", row, "document_id", f"{name} has no embedding scores", allowed)


def place_faults(places: pd.DataFrame, folder: Path) -> Iterator[Fault]:
    """Yield the places of topics that are no sentence of their document, as the features number them."""
    passages = read_features("passages", folder).to_pandas()
    place = ["document_id", "paragraph"]
    last = passages[~passages["heading"]].astype({"document_id": str}).groupby(place)["sentence"].max().to_dict()
    rows = places.assign(last=[last.get(key, 0) for key in places[place].itertuples(index=False, name=None)])
    allowed = "allowed: a sentence of {document_id}, whose paragraph {paragraph} has {last}"
    yield from wrong("topic_places", rows[rows["sentence"] > rows["last"]], "sentence", allowed)


# --- all


def broken_rules(frames: Frames) -> list[Fault]:
    """Return the faults that the rules find, of those whose tables are there."""
    chosen = {rule: tables for rule, tables in RULES.items() if frames.keys() >= set(tables)}
    faults = [fault for rule, tables in chosen.items() for fault in rule(*(frames[table] for table in tables))]
    return [*faults, *(completeness_faults(frames) if "completeness" in frames else ())]


def case_faults(folder: Path) -> list[Fault]:
    """Return the faults of the tables of another pair, a folder of data/cases: schema, foreign keys, then the rules."""
    frames, faults = read_all(folder)
    return [replace(fault, file=f"cases/{folder.name}/{fault.file}") for fault in faults or broken_rules(frames)]


def check(folder: Path = paths.DATA) -> list[Fault]:
    """Return all faults of the data in a folder: schema, foreign keys, bibliography, features, then the rules.

    Rules run only when every table can be read, because a rule over a broken table would raise false alarms.
    """
    frames, faults = read_all(folder)
    faults += bibliography_faults(frames, folder / paths.BIBLIOGRAPHY.name)
    faults += feature_faults(frames, folder / paths.FEATURES.name) or broken_features(folder)
    if not faults:
        faults += unfit_documents(frames["documents"], folder / paths.FEATURES.name)
    for declared in sorted(folder.glob(f"{paths.CASES.name}/*/{paths.DATAPACKAGE.name}")):
        faults += case_faults(declared.parent)
    return faults or [*broken_rules(frames), *place_faults(frames["topic_places"], folder / paths.FEATURES.name)]
