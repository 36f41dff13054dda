"""Rules that the tables obey together, beyond what a column or a foreign key can say.

Each rule takes the frames by name and yields faults. `check` runs the schema and all rules.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pybtex.database import BibliographyDataError, parse_string
from pybtex.exceptions import PybtexError

from analysis.core import paths
from analysis.core.errors import DataError
from analysis.core.wording import ADDRESS
from analysis.data.faults import LONGEST, Fault, Frames, nearest, row_of, show_value
from analysis.data.tables import read_all
from analysis.texts.features import recorded_hashes
from analysis.validation import claims, codings, events
from analysis.validation.completeness import WHOLE, broken_features

# each rule with the tables that it reads: the tables of another pair (data/cases) obey the rules that they can
RULES: Mapping[Callable[[Frames], Iterator[Fault]], tuple[str, ...]] = {
    events.events_end_after_they_begin: ("events",),
    events.events_have_a_source: ("events", "event_sources"),
    codings.alignment_codings_agree_with_themselves: ("codings_alignment",),
    codings.every_coder_codes_every_provision: ("codings_alignment", "provisions"),
    codings.every_coder_codes_every_topic: ("codings_topics", "topics"),
    codings.topics_change_in_the_focal_statement: ("codings_topics",),
    codings.signals_are_whole: ("codings_signals",),
    codings.signals_answer_earlier_events: ("codings_signals", "events"),
    codings.protests_follow_the_codings: ("protests", "codings_signals"),
    events.events_that_carry_a_claim_have_two_sources: ("events", "event_sources", "claim_events"),
    events.meetings_at_home_have_a_place: ("codings_signals", "events"),
    events.hours_have_a_zone: ("events",),
    claims.every_claim_has_one_verdict: ("claims", "judgements", "checks", "omissions"),
    **WHOLE,
    claims.checks_can_be_read: (
        "checks",
        "forecasts",
        "documents",
        *(table for table, _ in claims.IDS.values()),
    ),
}


def _visible(value: str) -> bool:
    return len(value) <= LONGEST and all(c.isprintable() or c in "\n\t" for c in value)


ANY_TEXT: tuple[Callable[[str], bool], str] = (_visible, f"up to {LONGEST:,} characters that can be seen")
# the fields that become links
BIBLIOGRAPHY_FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "url": (lambda value: ADDRESS.fullmatch(value) is not None, "an address that begins with https:// or http://"),
    "doi": (lambda value: re.fullmatch(r"10\.[\w.]+/[^\s<>\"]+", value) is not None, "a DOI such as 10.1000/182"),
}


def bibliography_faults(frames: Frames, file: Path) -> list[Fault]:
    """Faults of sources.bib: unreadable, a key used twice, or a key that claims.csv cites and the file lacks."""
    try:
        entries = parse_string(file.read_text(encoding="utf-8"), "bibtex").entries
    except FileNotFoundError:
        return [Fault(file.name, None, None, "the file is missing", "a BibTeX file in UTF-8")]
    except (BibliographyDataError, PybtexError, UnicodeDecodeError, RecursionError) as error:
        return [Fault(file.name, None, None, str(error).replace("\n", " "), "well-formed BibTeX in UTF-8")]
    known = sorted(entries.keys())
    faults = [
        Fault(f"{file.name}, {key}", None, name, show_value(value), f"allowed: {allowed}")
        for key, entry in entries.items()
        for name, value in entry.fields.items()
        for holds, allowed in (BIBLIOGRAPHY_FORMS.get(name.lower(), ANY_TEXT),)
        if not holds(value)
    ]
    return faults + (
        [
            Fault(
                "claims.csv",
                row_of(index),
                "cited_sources",
                show_value(key) + nearest(key, known),
                f"allowed: keys of {file.name}",
            )
            for index, keys in frames["claims"]["cited_sources"].items()
            for key in keys
            if key not in entries
        ]
        if "claims" in frames
        else []
    )


def feature_faults(frames: Frames, folder: Path) -> list[Fault]:
    """Documents whose features are missing or were made of another text than the recorded one, and features of none."""
    if "documents" not in frames:
        return []
    try:
        made_of = recorded_hashes(folder)
    except DataError as error:
        return [Fault("features/passages.parquet", None, None, str(error), "the features of all documents")]
    faults = []
    for index, row in frames["documents"].iterrows():
        found = made_of.pop(str(row["document_id"]), None)
        if found is None or found != row["sha256"]:
            value = "has no features" if found is None else f"has features of another text ({found[:12]}…)"
            allowed = "make them with `balancing-act corpus build --texts DIR`"
            faults.append(Fault("documents.csv", row_of(index), "sha256", f"{row['document_id']} {value}", allowed))
    return faults + [
        Fault("features/passages.parquet", None, None, f"holds {document_id}", "documents of documents.csv alone")
        for document_id in made_of
    ]


def broken_rules(frames: Frames) -> list[Fault]:
    """Return the faults that the rules find, of those whose tables are there."""
    return [fault for rule, needed in RULES.items() if frames.keys() >= set(needed) for fault in rule(frames)]


def case_faults(folder: Path) -> list[Fault]:
    """Return the faults of the tables of another pair, a folder of data/cases: schema, foreign keys, then the rules."""
    frames, faults = read_all(folder)
    return [replace(fault, file=f"cases/{folder.name}/{fault.file}") for fault in faults or broken_rules(frames)]


def check(folder: Path = paths.DATA) -> list[Fault]:
    """All faults of the tables in a folder: schema, foreign keys, bibliography, features, then the rules.

    Rules run only when every table can be read, because a rule over a broken table would raise false alarms.
    """
    frames, faults = read_all(folder)
    faults += bibliography_faults(frames, folder / paths.BIBLIOGRAPHY.name)
    faults += feature_faults(frames, folder / paths.FEATURES.name) or broken_features(folder)
    for declared in sorted(folder.glob(f"{paths.CASES.name}/*/{paths.DATAPACKAGE.name}")):
        faults += case_faults(declared.parent)
    return faults or broken_rules(frames)
