"""What the sentences of checks call documents, sections, tables and columns."""

from collections.abc import Iterable

from analysis.claims.evidence import Evidence
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
# tables and columns as a sentence calls them
NOUNS = {
    "codings_signals": "coded signals",
    "event_actors": "actors of events",
    "protests": "Chinese protests",
    "strategy_sections": "sections of the strategy",
}
LABELS = {
    "domain_tags": "tag",
    "event_id": "event",
    "speech_act": "speech act",
    "trigger_event_id": "trigger",
    "trigger_kind": "cause",
}


def document_name(evidence: Evidence, document_id: str) -> str:
    """A document in words: the statement, the strategy, the joint statement of 10 April 2024."""
    row = evidence.rows("documents", "document_id", [document_id]).iloc[0]
    if document_id in NAMES:
        return NAMES[document_id]
    return f"the joint statement of {wording.day(row['date'])}" if row["kind"] == "statement" else f"the {row['title']}"


def place_name(evidence: Evidence, document: str, section: str, paragraph: int = 0) -> str:
    """A place in a document, in words."""
    name = document_name(evidence, document)
    if paragraph:
        return f"paragraph {paragraph} of {name}"
    if not section:
        return name
    return f"{PARTS[section]} of {name}" if document == FOCAL_STATEMENT else f"section {section} of {name}"


def quoted(words: Iterable[str], last: str = "and") -> str:
    """Words in quotation marks, as a list in a sentence."""
    return wording.listing([f"“{item}”" for item in words], last)
