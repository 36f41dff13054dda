"""The ledger of claims in the book: entries, omissions, filter and summary.

The filter and the strip need no place in the PDF: its sentences say the same.
"""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from analysis import ledger, text
from analysis.claims import CHECKS
from analysis.evidence import Evidence
from analysis.sphinx_charts import ledger_address
from analysis.sphinx_entries import (
    EntriesDirective,
    entry_filter,
    folded,
    items,
    ledger_entry,
    link,
    own_link,
    paragraph,
    slug,
    strong,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PART_WORDS = {
    "core": "the claim itself",
    "meaning": "its meaning",
    "quotation": "its quoted words",
    "detail": "a detail",
}


class ledger_filter(entry_filter):
    """The form that chooses entries: attribute choices maps a label to (value, label) pairs, by class."""


class verdict_strip(nodes.General, nodes.Element):
    """The counts of the verdicts as links to the entries: attribute counts."""


# --- building entries


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
        of_events.append([f"{row['event_id']} ", title, f", {text.day(event['date'])} ({row['relation']})"])
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
    details.append(paragraph(f"The article cites {text.listing(cited) if cited else 'no source'} here."))
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


# --- directives


class ClaimsLedger(EntriesDirective):
    """```{claims-ledger} becomes the filter, then a section for each step with an entry for each claim."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        evidence = self.evidence()
        claims, checked = ledger.ledger(evidence), ledger.outcomes(evidence)
        steps, argument = evidence.tables["steps"], evidence.tables["argument"]
        form = ledger_filter()
        form["choices"] = filter_choices(claims, steps, evidence.bibliography)
        holder = nodes.Element("", form)
        for _, step in steps.iterrows():
            own = claims[claims["step_id"] == step["step_id"]]
            hold, checkable = ledger.holding(own)
            share = (
                f"Of {text.plural(checkable, 'claim')} that can be checked here, {text.count(hold)} "
                f"{'holds' if hold == 1 else 'hold'}."
                if checkable
                else "No claim can be checked here."
            )
            links = argument[argument["step_id"] == step["step_id"]]
            supports = "".join(f" It supports {row['supports']}: {row['reason']}" for _, row in links.iterrows())
            title = f"{step['step_id']} {step['title']}"
            section = nodes.section("", nodes.title("", title), names=[nodes.fully_normalize_name(title)])
            self.state.document.note_implicit_target(section, section)
            section += paragraph(f"{step['argument']} {share}{supports}")
            for claim in own.to_dict("records"):
                section += claim_entry(claim, checked[checked["entry_id"] == claim["claim_id"]], evidence)
            holder += section
        return self.known(holder.children)


class Omissions(EntriesDirective):
    """```{omissions} becomes an entry for each thing left out."""

    def run(self) -> list[nodes.Node]:
        """The entries."""
        evidence = self.evidence()
        checked = ledger.outcomes(evidence)
        return self.known(
            [
                omission_entry(row, checked[checked["entry_id"] == row["omission_id"]])
                for row in ledger.omissions(evidence).to_dict("records")
            ]
        )


class CheckKinds(SphinxDirective):
    """```{check-kinds} becomes a list of the checks, each with what it asks."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The list, from the first lines of the docstrings."""
        asked = {name: str(check.__doc__).partition("\n\n")[0].partition("\n")[0] for name, check in CHECKS.items()}
        return [items([nodes.literal("", name), f": {line}"] for name, line in asked.items())]


class VerdictStrip(SphinxDirective):
    """```{verdict-strip} becomes the counts of the verdicts, taken from the results of chapter 8."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The strip."""
        path = Path(self.env.srcdir) / self.config.results_file
        self.env.note_dependency(str(path))
        results = json.loads(path.read_text(encoding="utf-8"))["08-balance"]
        node = verdict_strip()
        node["counts"] = {verdict: int(results[verdict.replace(" ", "_")]["value"]) for verdict in ledger.VERDICTS}
        return [node]


def filter_choices(
    claims: pd.DataFrame, steps: pd.DataFrame, bibliography: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """The choices of the filter: name of a class, with its label and the values (class, label)."""
    keys = sorted({key for found in claims["cited_sources"] for key in found})
    return {
        "step": ("Step", [(slug(row["step_id"]), f"{row['step_id']} {row['title']}") for _, row in steps.iterrows()]),
        "type": ("Type", [(slug(kind), kind) for kind in claims["type"].cat.categories]),
        "verdict": ("Verdict", [(slug(v), v) for v, n in ledger.verdict_counts(claims).items() if n]),
        "source": ("Cited source", [(slug(key), source_label(key, bibliography)) for key in keys] + [("none", "none")]),
        "kind": ("Decided", list(ledger.KINDS.items())),
    }


# --- HTML


def visit_filter(translator: Any, node: ledger_filter) -> None:
    """Write the form; a script shows it, since without one it could do nothing."""
    fields = "".join(
        f'<label>{label} <select name="{name}"><option value="">all</option>'
        + "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in values)
        + "</select></label>"
        for name, (label, values) in node["choices"].items()
    )
    translator.body.append(
        f'<form class="ba-filter" hidden data-noun="claims" aria-label="Choose claims">{fields}'
        '<button type="reset">Show all</button><output aria-live="polite"></output></form>\n'
    )
    raise nodes.SkipNode


def visit_strip(translator: Any, node: verdict_strip) -> None:
    """Write the counts as links to the entries, each as wide as its share."""
    builder = translator.builder
    page = ledger_address(builder)
    parts = "".join(
        f'<li class="verdict-{slug(verdict)}" style="flex-grow: {count}"><a href="{page}?verdict={slug(verdict)}">'
        f"<b>{count}</b> {verdict}</a></li>"
        for verdict, count in node["counts"].items()
        if count
    )
    translator.body.append(f'<ul class="ba-strip" aria-label="Claims by verdict">{parts}</ul>\n')
    raise nodes.SkipNode


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.setup_extension("analysis.sphinx_entries")
    app.add_node(ledger_filter, html=(visit_filter, None))
    app.add_node(verdict_strip, html=(visit_strip, None))
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("omissions", Omissions)
    app.add_directive("check-kinds", CheckKinds)
    app.add_directive("verdict-strip", VerdictStrip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
