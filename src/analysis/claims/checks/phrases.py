"""What the phrases of checks call documents, provisions, events, references and days."""

import re
from collections.abc import Iterable

import pandas as pd

from analysis.claims.evidence import Bibliography, Evidence
from analysis.core import wording
from analysis.texts.documents import FOCAL_STATEMENT, FOCAL_STRATEGY

# the sections of the statement of 2025, by what they are about
PARTS = {
    "0": "the opening",
    "#1": "the part on peace",
    "#2": "the part on growth and prosperity",
    "#3": "the part on the Indo-Pacific",
    "#4": "the invitation",
}
NAMES = {FOCAL_STATEMENT: "the statement", FOCAL_STRATEGY: "the strategy"}


def quoted(items: Iterable[str], last: str = "and") -> str:
    """Return words in quotation marks, as a list in a sentence."""
    return wording.listing([f"“{item}”" for item in items], last)


def document_name(evidence: Evidence, document_id: str) -> str:
    """Return a document in words: the statement, the strategy, the joint statement of 10 April 2024."""
    row = evidence.rows("documents", "document_id", [document_id]).iloc[0]
    if document_id in NAMES:
        return NAMES[document_id]
    return f"the joint statement of {wording.day(row['date'])}" if row["kind"] == "statement" else f"the {row['title']}"


def place_name(evidence: Evidence, document: str, section: str, paragraph: int = 0) -> str:
    """Return a place in a document in words."""
    name = document_name(evidence, document)
    if paragraph:
        return f"paragraph {paragraph} of {name}"
    if not section:
        return name
    return f"{PARTS[section]} of {name}" if document == FOCAL_STATEMENT else f"section {section} of {name}"


def event_name(evidence: Evidence, event_id: str) -> str:
    """Return the title of an event in quotation marks."""
    return f"“{evidence.event(event_id)['title']}”"


def provision_names(evidence: Evidence, provisions: Iterable[str], last: str = "and") -> str:
    """Return provisions by words of the statement that stand in them, with their ids in brackets."""
    rows = evidence.rows("provisions", "provision_id", provisions)
    return wording.listing([f"“{words.strip('()')}” ({key})" for key, words in rows["anchor_words"].items()], last)


def source_label(key: str, bibliography: Bibliography) -> str:
    """Return a reference as a reader knows it: author, or organisation, and year."""
    return f"{re.sub(r'[{}]', '', bibliography[key]['author'])} {bibliography[key]['year']}"


def period(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Return days as a phrase: on 7 February 2025, in October 2024, in 2022, from 10 May to 11 July 2025."""
    if first == last:
        return f"on {wording.day(first)}"
    if first.day == 1 and last.is_month_end and first.year == last.year:
        if first.month == last.month:
            return f"in {first:%B %Y}"
        if (first.month, last.month) == (1, 12):
            return f"in {first.year}"
    start = wording.day(first).removesuffix(f" {last.year}")
    return f"from {start} to {wording.day(last)}"
