"""The ledger of claims and the audit of quotations in the book.

Sections with an entry for each claim, omissions, a filter and a summary. The filter and the strip need no place in the
PDF: its sentences say the same.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from analysis.book.charts import ledger_address
from analysis.book.entries import (
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
from analysis.claims import ledger
from analysis.claims.checks import CHECKS
from analysis.claims.checks.registry import source_label
from analysis.claims.evidence import Bibliography, Evidence
from analysis.claims.quotation_audit import audit, audit_markdown
from analysis.core import wording

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class ledger_filter(entry_filter):
    """The form that chooses entries: attribute choices maps a label to (value, label) pairs, by class."""


class verdict_strip(nodes.General, nodes.Element):
    """The counts of the verdicts as links to the entries: attribute counts."""


# --- entries

PARTS = {
    "core": "the claim itself",
    "meaning": "its meaning",
    "quotation": "its quoted words",
    "detail": "a detail",
}


def _head(entry_id: str, verdict: str, facts: Iterable[str]) -> nodes.paragraph:
    badge = nodes.strong("", verdict, classes=["ba-verdict", f"verdict-{slug(verdict)}"])
    line = nodes.inline("", " · ".join(facts), classes=["ba-facts"])
    return paragraph(own_link(entry_id), " ", badge, " ", line, css="ba-claim-head")


def check_table(checked: pd.DataFrame) -> nodes.table:
    """Return a table of the outcomes of checks: whether each holds and what it is about, expected, found."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (2, 5, 4)), cols=3)
    group += nodes.thead("", _row("Check", "Expected", "Found"))
    body = nodes.tbody()
    for row in checked.to_dict("records"):
        holds = paragraph(strong("Holds" if row["holds"] else "Fails"), f": {PARTS[str(row['part'])]}")
        body += _row(holds, wording.capital(row["expected"]), wording.capital(row["found"]))
    group += body
    return nodes.table("", group, classes=["ba-checks"])


def _row(*cells: str | nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", paragraph(cell) if isinstance(cell, str) else cell) for cell in cells))


def argument_items(checked: pd.DataFrame) -> nodes.bullet_list:
    """Return a list of the checks as they stand in checks.csv."""
    return items([nodes.literal("", f"{row['check']} {row['arguments']}")] for row in checked.to_dict("records"))


def evidence_items(entry_id: str, evidence: Evidence) -> list[list[str | nodes.Node]]:
    """Return the events, provisions, quotations and pages on which a claim rests, one line a kind."""
    events = evidence.table("events").set_index("event_id")
    main = evidence.table("event_sources").query("source_no == 1").set_index("event_id")["url"]
    provisions = evidence.table("provisions").set_index("provision_id")

    def rows(table: str) -> list[dict[Any, Any]]:
        frame = evidence.table(table)
        return frame[frame["claim_id"] == entry_id].to_dict("records")

    kinds: dict[str, list[list[str | nodes.Node]]] = {
        "Events": [
            [
                f"{row['event_id']} ",
                link(str(events.at[row["event_id"], "title"]), str(main[row["event_id"]])),
                f", {wording.day(events['date'][row['event_id']])} ({row['relation']})",
            ]
            for row in rows("claim_events")
        ],
        "Provisions": [
            [
                f"{row['provision_id']} {str(provisions.at[row['provision_id'], 'paraphrase']).rstrip('.')}, "
                f"¶{provisions.at[row['provision_id'], 'paragraph']} ({row['relation']})"
            ]
            for row in rows("claim_provisions")
        ],
        "Quotations": [[f"{row['quotation_id']} “{row['words']}”, {row['door']}"] for row in rows("quotations")],
        "Pages read": [
            [link(re.sub(r"^https?://(www\.)?|/.*$", "", row["url"]), row["url"])] for row in rows("claim_sources")
        ],
    }
    return [
        [strong(f"{kind}: "), *[part for line in lines for part in ("; ", *line)][1:]]
        for kind, lines in kinds.items()
        if lines
    ]


def place_in_article(claim: Mapping[Any, Any]) -> str:
    """Return where a claim stands in the article: abstract, ¶5 item 2, references."""
    place = {0: "abstract", 13: "references"}.get(int(claim["paragraph"]), f"¶{claim['paragraph']}")
    return place if pd.isna(claim["list_item"]) else f"{place} item {claim['list_item']}"


def claim_entry(claim: Mapping[Any, Any], checked: pd.DataFrame, evidence: Evidence) -> ledger_entry:
    """Return the entry of a claim, from a row of `ledger.ledger` and the outcomes of its checks."""
    entry_id, computed = str(claim["claim_id"]), claim["kind"] == "computed"
    node = ledger_entry("", ids=[entry_id.lower()])
    node["classes"] = [
        "ba-claim",
        f"step-{slug(claim['step_id'])}",
        f"type-{slug(claim['type'])}",
        f"verdict-{slug(claim['verdict'])}",
        f"kind-{claim['kind']}",
        *([f"source-{slug(key)}" for key in claim["cited_sources"]] or ["source-none"]),
    ]
    facts = [str(claim["type"]), place_in_article(claim), ledger.KINDS[str(claim["kind"])]]
    node += [_head(entry_id, str(claim["verdict"]), facts), paragraph(str(claim["claim"]), css="ba-claim-text")]
    details: list[nodes.Node] = []
    if computed:
        node["preview"] = [f"Expected: {claim['expected']}", f"Found: {claim['found']}"]
        node += check_table(checked)
    else:
        node += paragraph(strong("Found: "), str(claim["found"]))
        basis = f" It rests on: {claim['basis']}." if claim["basis"] else ""
        judged = f"Judged by language-model annotators, first round; confidence {claim['confidence']}.{basis}"
        details.append(paragraph(judged))
    change = f"{str(claim['would_change']).rstrip('.')}."
    details.append(paragraph(strong(f"What {'' if computed else 'evidence '}would change this verdict: "), change))
    if rows := evidence_items(entry_id, evidence):
        details.append(items(rows))
    cited = [source_label(key, evidence.bibliography) for key in claim["cited_sources"]]
    details.append(paragraph(f"The article cites {wording.listing(cited) if cited else 'no source'} here."))
    if computed:
        details += [paragraph("The checks, as they stand in checks.csv:"), argument_items(checked)]
    node += folded("Evidence, and what would change this", *details)
    return node


def omission_entry(omission: Mapping[Any, Any], checked: pd.DataFrame) -> ledger_entry:
    """Return the entry of an omission, from a row of `ledger.omissions` and the outcomes of its checks."""
    entry_id, step = str(omission["omission_id"]), str(omission["step_id"])
    bears = {"attacks": f"speaks against {step}", "supports": f"speaks for {step}"}[str(omission["relation"])]
    node = ledger_entry("", ids=[entry_id.lower()], classes=["ba-claim", "ba-omission"])
    node += [
        _head(entry_id, "left out", ["an entry of ours, not a claim of the article", bears]),
        paragraph(str(omission["omission"]), css="ba-claim-text"),
        paragraph(strong("Why it bears on the argument: "), str(omission["reason"])),
        check_table(checked),
        folded("The checks, as they stand in checks.csv", argument_items(checked)),
    ]
    return node


# --- directives


class ClaimsLedger(EntriesDirective):
    """```{claims-ledger} becomes the filter, then a section for each step with an entry for each claim."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        evidence = self.evidence()
        claims, checked = ledger.ledger(evidence), ledger.outcomes(evidence)
        steps, argument = evidence.table("steps"), evidence.table("argument")
        form = ledger_filter()
        form["choices"] = filter_choices(claims, steps, evidence.bibliography)
        holder = nodes.Element("", form)
        for step in steps.to_dict("records"):
            of_step = claims[claims["step_id"] == step["step_id"]]
            links = argument[argument["step_id"] == step["step_id"]]
            supports = "".join(f" It supports {row['supports']}: {row['reason']}" for _, row in links.iterrows())
            title = f"{step['step_id']} {step['title']}"
            section = nodes.section("", nodes.title("", title), names=[nodes.fully_normalize_name(title)])
            self.state.document.note_implicit_target(section, section)
            section += paragraph(f"{step['argument']} {share_in_words(of_step)}{supports}")
            for claim in of_step.to_dict("records"):
                section += claim_entry(claim, checked[checked["entry_id"] == claim["claim_id"]], evidence)
            holder += section
        return self.known(holder.children)


def share_in_words(claims: pd.DataFrame) -> str:
    """Return in a sentence how many of some claims hold."""
    hold, checkable = ledger.holding(claims)
    if not checkable:
        return "No claim can be checked here."
    holds = f"{wording.count(hold)} {'holds' if hold == 1 else 'hold'}"
    return f"Of {wording.plural(checkable, 'claim')} that can be checked here, {holds}."


class Omissions(EntriesDirective):
    """```{omissions} becomes an entry for each thing left out."""

    def run(self) -> list[nodes.Node]:
        """Return the entries."""
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

    def run(self) -> list[nodes.Node]:
        """Return the list, from the first lines of the docstrings."""
        asked = {name: str(check.__doc__).partition("\n")[0] for name, check in CHECKS.items()}
        return [items([nodes.literal("", name), f": {line}"] for name, line in asked.items())]


class VerdictStrip(SphinxDirective):
    """```{verdict-strip} becomes the counts of the verdicts, taken from the results of chapter 8."""

    def run(self) -> list[nodes.Node]:
        """Return the strip."""
        path = Path(self.env.srcdir) / self.config.results_file
        self.env.note_dependency(str(path))
        results = json.loads(path.read_text(encoding="utf-8"))["08-balance"]
        node = verdict_strip()
        node["counts"] = {verdict: int(results[verdict.replace(" ", "_")]["value"]) for verdict in ledger.VERDICTS}
        return [node]


class QuotationAudit(EntriesDirective):
    """```{quotation-audit} becomes the summary and the table of the audit of data/quotations.csv."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed Markdown."""
        evidence = self.evidence()
        text = audit_markdown(audit(evidence.table("quotations"), evidence.ngrams, evidence.features))
        node = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), "quotation-audit"), self.content_offset, node)
        return node.children


def filter_choices(
    claims: pd.DataFrame, steps: pd.DataFrame, bibliography: Bibliography
) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Return the choices of the filter: name of a class, with its label and the values (class, label)."""
    keys = sorted({key for cited in claims["cited_sources"] for key in cited})
    return {
        "step": ("Step", [(slug(row["step_id"]), f"{row['step_id']} {row['title']}") for _, row in steps.iterrows()]),
        "type": ("Type", [(slug(kind), kind) for kind in claims["type"].cat.categories]),
        "verdict": ("Verdict", [(slug(v), v) for v, n in ledger.verdict_counts(claims).items() if n]),
        "source": ("Cited source", [(slug(key), source_label(key, bibliography)) for key in keys] + [("none", "none")]),
        "kind": ("Decided", list(ledger.KINDS.items())),
    }


# --- HTML


def visit_filter(translator: Any, node: ledger_filter) -> None:
    """Write the form; the theme hides it where scripts are off, since without one it could do nothing."""
    choices = {"choices": node["choices"]}
    translator.body.append(translator.builder.templates.render("ledger-filter.html", choices))
    raise nodes.SkipNode


def visit_strip(translator: Any, node: verdict_strip) -> None:
    """Write the counts as links to the entries, each as wide as its share."""
    counts = [(verdict, slug(verdict), count) for verdict, count in node["counts"].items() if count]
    values = {"page": ledger_address(translator.builder), "counts": counts}
    translator.body.append(translator.builder.templates.render("verdict-strip.html", values))
    raise nodes.SkipNode


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(ledger_filter, html=(visit_filter, None))
    app.add_node(verdict_strip, html=(visit_strip, None))
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("omissions", Omissions)
    app.add_directive("check-kinds", CheckKinds)
    app.add_directive("verdict-strip", VerdictStrip)
    app.add_directive("quotation-audit", QuotationAudit)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
