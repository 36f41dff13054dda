"""The entries of the ledger of claims: what the book shows of a claim or an omission, with checks and evidence."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from docutils import nodes

from analysis.book.entries import (
    folded,
    items,
    ledger_entry,
    link,
    own_link,
    paragraph,
    slug,
    strong,
)
from analysis.claims import ledger
from analysis.claims.evidence import Evidence
from analysis.core import wording

PART_WORDS = {
    "core": "the claim itself",
    "meaning": "its meaning",
    "quotation": "its quoted words",
    "detail": "a detail",
}


def _head(entry_id: str, verdict: str, facts: Iterable[str]) -> nodes.paragraph:
    badge = nodes.strong("", verdict, classes=["ba-verdict", f"verdict-{slug(verdict)}"])
    said = nodes.inline("", " · ".join(facts), classes=["ba-facts"])
    return paragraph(own_link(entry_id), " ", badge, " ", said, css="ba-claim-head")


def check_items(checked: pd.DataFrame, told: str = "") -> list[list[str | nodes.Node]]:
    """One line a check: whether it holds, what it is about, its sentence unless it is told, its name and arguments."""
    return [
        [
            strong("Holds" if row["holds"] else "Fails"),
            f" ({PART_WORDS[str(row['part'])]}): ",
            "" if row["sentence"] in told else f"{row['sentence']} ",
            nodes.literal("", f"{row['check']}: {row['arguments']}"),
        ]
        for _, row in checked.iterrows()
    ]


def evidence_items(entry_id: str, evidence: Evidence) -> list[list[str | nodes.Node]]:
    """The events, provisions, quotations and pages on which a claim rests, one line a kind."""
    tables = evidence.tables
    events = tables["events"].set_index("event_id")
    main = tables["event_sources"].query("source_no == 1").set_index("event_id")["url"]
    provisions = tables["provisions"].set_index("provision_id")

    def own(table: str) -> list[dict[Any, Any]]:
        return tables[table][tables[table]["claim_id"] == entry_id].to_dict("records")

    def line(name: str, found: list[list[str | nodes.Node]]) -> list[list[str | nodes.Node]]:
        parts = [part for item in found for part in ("; ", *item)][1:]
        return [[strong(f"{name}: "), *parts]] if parts else []

    of_events: list[list[str | nodes.Node]] = []
    for row in own("claim_events"):
        event = events.loc[row["event_id"]]
        title = link(str(event["title"]), str(main[row["event_id"]]))
        of_events.append([f"{row['event_id']} ", title, f", {wording.day(event['date'])} ({row['relation']})"])
    of_provisions: list[list[str | nodes.Node]] = [
        [
            f"{row['provision_id']} {str(provisions.at[row['provision_id'], 'paraphrase']).rstrip('.')}, "
            f"¶{provisions.at[row['provision_id'], 'paragraph']} ({row['relation']})"
        ]
        for row in own("claim_provisions")
    ]
    of_quotations: list[list[str | nodes.Node]] = [
        [f"{row['quotation_id']} “{row['words']}”, {row['door']}"] for row in own("quotations")
    ]
    pages: list[list[str | nodes.Node]] = [
        [link(re.sub(r"^https?://(www\.)?|/.*$", "", row["url"]), row["url"])] for row in own("claim_sources")
    ]
    return (
        line("Events", of_events)
        + line("Provisions", of_provisions)
        + line("Quotations", of_quotations)
        + line("Pages read", pages)
    )


def place_in_article(claim: Mapping[Any, Any]) -> str:
    """Where a claim stands in the article: abstract, ¶5 item 2, references."""
    named = {0: "abstract", 13: "references"}.get(int(claim["paragraph"]), f"¶{claim['paragraph']}")
    return named if pd.isna(claim["list_item"]) else f"{named} item {claim['list_item']}"


def claim_entry(claim: Mapping[Any, Any], checked: pd.DataFrame, evidence: Evidence) -> ledger_entry:
    """The entry of a claim, from a row of `ledger.ledger` and the outcomes of its checks."""
    entry_id, computed = str(claim["claim_id"]), claim["kind"] == "computed"
    facts = [str(claim["type"]), place_in_article(claim), ledger.KINDS[str(claim["kind"])]]
    cited = [source_label(key, evidence.bibliography) for key in claim["cited_sources"]]
    node = ledger_entry("", ids=[entry_id.lower()])
    sources = [f"source-{slug(key)}" for key in claim["cited_sources"]] or ["source-none"]
    node["classes"] = [
        "ba-claim",
        f"step-{slug(claim['step_id'])}",
        f"type-{slug(claim['type'])}",
        f"verdict-{slug(claim['verdict'])}",
        f"kind-{claim['kind']}",
        *sources,
    ]
    node += [
        _head(entry_id, str(claim["verdict"]), facts),
        paragraph(str(claim["claim"]), css="ba-claim-text"),
        paragraph(strong("Why: "), str(claim["reason"])),
    ]
    details: list[nodes.Node] = []
    if computed:
        details += [paragraph("The checks, in order:"), items(check_items(checked, str(claim["reason"])))]
    else:
        who = f"Judged by language-model annotators, first round; confidence {claim['confidence']}."
        details.append(paragraph(who + (f" It rests on: {claim['basis']}." if claim["basis"] else "")))
    change = f"{str(claim['would_change']).rstrip('.')}."
    details.append(paragraph(strong(f"What {'' if computed else 'evidence '}would change this verdict: "), change))
    if rows := evidence_items(entry_id, evidence):
        details.append(items(rows))
    details.append(paragraph(f"The article cites {wording.listing(cited) if cited else 'no source'} here."))
    node += folded(f"{'Checks, evidence' if computed else 'Evidence'}, and what would change this", *details)
    return node


def omission_entry(omission: Mapping[Any, Any], checked: pd.DataFrame) -> ledger_entry:
    """The entry of an omission, from a row of `ledger.omissions` and the outcomes of its checks."""
    entry_id, step = str(omission["omission_id"]), str(omission["step_id"])
    bears = {"attacks": f"speaks against {step}", "supports": f"speaks for {step}"}[str(omission["relation"])]
    node = ledger_entry("", ids=[entry_id.lower()], classes=["ba-claim", "ba-omission"])
    node += [
        _head(entry_id, "left out", ["an entry of ours, not a claim of the article", bears]),
        paragraph(str(omission["omission"]), css="ba-claim-text"),
        paragraph(strong("Why it bears on the argument: "), str(omission["reason"])),
        folded("How the data show it", items(check_items(checked))),
    ]
    return node


def source_label(key: str, bibliography: Mapping[str, Mapping[str, str]]) -> str:
    """A reference as a reader knows it: author, or organisation, and year."""
    return f"{re.sub(r'[{}]', '', bibliography[key]['author'])} {bibliography[key]['year']}"
