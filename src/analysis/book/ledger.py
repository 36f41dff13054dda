"""The ledger of claims in the book: its sections, omissions, filter and summary.

The filter and the strip need no place in the PDF: its sentences say the same.
"""

import json
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from analysis.book.charts import ledger_address
from analysis.book.entries import (
    EntriesDirective,
    entry_filter,
    items,
    paragraph,
    slug,
)
from analysis.book.ledger_entries import claim_entry, omission_entry, source_label
from analysis.claims import ledger
from analysis.claims.checks.registry import CHECKS
from analysis.core import wording

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class ledger_filter(entry_filter):
    """The form that chooses entries: attribute choices maps a label to (value, label) pairs, by class."""


class verdict_strip(nodes.General, nodes.Element):
    """The counts of the verdicts as links to the entries: attribute counts."""


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
                f"Of {wording.plural(checkable, 'claim')} that can be checked here, {wording.count(hold)} "
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
    """Write the form; the theme hides it where scripts are off, since without one it could do nothing."""
    fields = "".join(
        f'<label>{label} <select name="{name}"><option value="">all</option>'
        + "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in values)
        + "</select></label>"
        for name, (label, values) in node["choices"].items()
    )
    translator.body.append(
        f'<form class="ba-filter pst-js-only" data-noun="claims" aria-label="Choose claims">{fields}'
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
    app.add_node(ledger_filter, html=(visit_filter, None))
    app.add_node(verdict_strip, html=(visit_strip, None))
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("omissions", Omissions)
    app.add_directive("check-kinds", CheckKinds)
    app.add_directive("verdict-strip", VerdictStrip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
