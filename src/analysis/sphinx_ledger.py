"""The ledger of claims in the book: entries, omissions, filter and summary, and links to entries from other pages.

Entries and folds are nodes of their own; HTML shows a fold closed, the PDF in full. The filter and the strip need no
place in the PDF: its sentences say the same.
"""

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from analysis import ledger, text
from analysis.claims import CHECKS
from analysis.evidence import Evidence, load_evidence
from analysis.sphinx_charts import LEDGER, ledger_address

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SCRIPT = "ledger.js"
ENTRY = re.compile(r'<span class="ba-entry">([CO]\d+)</span>')
PART_WORDS = {
    "core": "the claim itself",
    "meaning": "its meaning",
    "quotation": "its quoted words",
    "detail": "a detail",
}


class ledger_entry(nodes.General, nodes.Element):
    """A claim or an omission; its id is the id of the entry in small letters."""


class fold(nodes.General, nodes.Element):
    """What opens when its summary is clicked."""


class ledger_filter(nodes.General, nodes.Element):
    """The form that chooses entries: attribute choices maps a label to (value, label) pairs, by class."""


class verdict_strip(nodes.General, nodes.Element):
    """The counts of the verdicts as links to the entries: attribute counts."""


def slug(value: object) -> str:
    """A value as a part of a class: misquoted, not-checkable."""
    return re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")


# --- building entries


def _paragraph(*parts: str | nodes.Node, css: str = "") -> nodes.paragraph:
    node = nodes.paragraph("", classes=[css] if css else [])
    node += [nodes.Text(part) if isinstance(part, str) else part for part in parts]
    return node


def _link(label: str, url: str) -> nodes.reference:
    return nodes.reference("", label, refuri=url)


def _strong(label: str) -> nodes.strong:
    return nodes.strong("", label)


def _items(items: Iterable[Iterable[str | nodes.Node]]) -> nodes.bullet_list:
    found = nodes.bullet_list()
    found += [nodes.list_item("", _paragraph(*parts)) for parts in items]
    return found


def _fold(summary: str, *children: nodes.Node) -> fold:
    node = fold("", *children)
    node["summary"] = summary
    return node


def _head(entry_id: str, verdict: str, facts: Iterable[str]) -> nodes.paragraph:
    badge = nodes.strong("", verdict, classes=["ba-verdict", f"verdict-{slug(verdict)}"])
    own = nodes.reference("", "", _strong(entry_id), refid=entry_id.lower(), internal=True, classes=["ba-claim-id"])
    return _paragraph(
        own, " ", badge, " ", nodes.inline("", " · ".join(facts), classes=["ba-facts"]), css="ba-claim-head"
    )


def check_items(checked: pd.DataFrame, told: str = "") -> list[list[str | nodes.Node]]:
    """One line a check: whether it holds, what it is about, its sentence unless it is told, its name and arguments."""
    return [
        [
            _strong("Holds" if row["holds"] else "Fails"),
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
        return [[_strong(f"{name}: "), *parts]] if parts else []

    of_events: list[list[str | nodes.Node]] = []
    for row in own("claim_events"):
        event = events.loc[row["event_id"]]
        title = _link(str(event["title"]), str(main[row["event_id"]]))
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
        [_link(re.sub(r"^https?://(www\.)?|/.*$", "", row["url"]), row["url"])] for row in own("claim_sources")
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
        _paragraph(str(claim["claim"]), css="ba-claim-text"),
        _paragraph(_strong("Why: "), str(claim["reason"])),
    ]
    details: list[nodes.Node] = []
    if computed:
        details += [_paragraph("The checks, in order:"), _items(check_items(checked, str(claim["reason"])))]
    else:
        who = f"Judged by language-model annotators, first round; confidence {claim['confidence']}."
        details.append(_paragraph(who + (f" It rests on: {claim['basis']}." if claim["basis"] else "")))
    change = f"{str(claim['would_change']).rstrip('.')}."
    details.append(_paragraph(_strong(f"What {'' if computed else 'evidence '}would change this verdict: "), change))
    if rows := evidence_items(entry_id, evidence):
        details.append(_items(rows))
    details.append(_paragraph(f"The article cites {text.listing(cited) if cited else 'no source'} here."))
    node += _fold(f"{'Checks, evidence' if computed else 'Evidence'}, and what would change this", *details)
    return node


def omission_entry(omission: Mapping[Any, Any], checked: pd.DataFrame) -> ledger_entry:
    """The entry of an omission, from a row of `ledger.omissions` and the outcomes of its checks."""
    entry_id, step = str(omission["omission_id"]), str(omission["step_id"])
    bears = {"attacks": f"speaks against {step}", "supports": f"speaks for {step}"}[str(omission["relation"])]
    node = ledger_entry("", ids=[entry_id.lower()], classes=["ba-claim", "ba-omission"])
    node += [
        _head(entry_id, "left out", ["an entry of ours, not a claim of the article", bears]),
        _paragraph(str(omission["omission"]), css="ba-claim-text"),
        _paragraph(_strong("Why it bears on the argument: "), str(omission["reason"])),
        _fold("How the data show it", _items(check_items(checked))),
    ]
    return node


def source_label(key: str, bibliography: Mapping[str, Mapping[str, str]]) -> str:
    """A reference as a reader knows it: author, or organisation, and year."""
    return f"{re.sub(r'[{}]', '', bibliography[key]['author'])} {bibliography[key]['year']}"


# --- directives


class _Directive(SphinxDirective):
    has_content: ClassVar[bool] = False

    def evidence(self) -> Evidence:
        """The evidence of the staged book, on all files of which the page then depends."""
        folder = Path(self.env.srcdir, "data")
        for file in folder.rglob("*"):
            self.env.note_dependency(str(file))
        return load_evidence(folder)

    def known(self, entries: list[nodes.Node]) -> list[nodes.Node]:
        """The nodes, with the id of each entry known as a label of the book."""
        std: Any = self.env.get_domain("std")
        for node in entries:
            for entry in node.findall(ledger_entry):
                [name] = entry["ids"]
                self.state.document.ids[name] = entry
                std.note_hyperlink_target(name, self.env.docname, name, name.upper())
        return entries


class ClaimsLedger(_Directive):
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
            section += _paragraph(f"{step['argument']} {share}{supports}")
            for claim in own.to_dict("records"):
                section += claim_entry(claim, checked[checked["entry_id"] == claim["claim_id"]], evidence)
            holder += section
        return self.known(holder.children)


class Omissions(_Directive):
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
        return [_items([nodes.literal("", name), f": {line}"] for name, line in asked.items())]


class VerdictStrip(SphinxDirective):
    """```{verdict-strip} becomes the counts of the verdicts, taken from the results of chapter 8."""

    has_content: ClassVar[bool] = False

    def run(self) -> list[nodes.Node]:
        """The strip."""
        path = Path(self.env.srcdir) / self.config.results_file
        self.env.note_dependency(str(path))
        results = json.loads(path.read_text(encoding="utf-8"))["08-balance"]
        node = verdict_strip()
        node["counts"] = {verdict: results[verdict.replace(" ", "_")]["value"] for verdict in ledger.VERDICTS}
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


def visit_entry(translator: Any, node: ledger_entry) -> None:
    """Begin an entry."""
    translator.body.append(f'<article id="{node["ids"][0]}" class="{" ".join(node["classes"])}">\n')


def depart_entry(translator: Any, _node: ledger_entry) -> None:
    """End an entry."""
    translator.body.append("</article>\n")


def visit_fold(translator: Any, node: fold) -> None:
    """Begin a fold."""
    translator.body.append(f'<details class="ba-fold"><summary>{escape(node["summary"])}</summary>\n')


def depart_fold(translator: Any, _node: fold) -> None:
    """End a fold."""
    translator.body.append("</details>\n")


def visit_filter(translator: Any, node: ledger_filter) -> None:
    """Write the form; a script shows it, since without one it could do nothing."""
    fields = "".join(
        f'<label>{label} <select name="{name}"><option value="">all</option>'
        + "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in values)
        + "</select></label>"
        for name, (label, values) in node["choices"].items()
    )
    translator.body.append(
        f'<form class="ba-filter" hidden aria-label="Choose claims">{fields}'
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


class LinkEntries(SphinxPostTransform):
    """In HTML, the ids of entries in tables and lists of notebooks become links to the ledger."""

    default_priority = 700
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the raw HTML of the page."""
        if LEDGER not in self.env.found_docs:
            return
        builder = self.app.builder
        page = relative_uri(builder.get_target_uri(self.env.docname), builder.get_target_uri(LEDGER))
        for node in list(self.document.findall(nodes.raw)):
            html = node.astext()
            if ENTRY.search(html):
                linked = ENTRY.sub(lambda m: f'<a class="ba-entry" href="{page}#{m[1].lower()}">{m[1]}</a>', html)
                node.replace_self(nodes.raw("", linked, format=node["format"]))


def load_script(
    app: "Sphinx", _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the script of the filter on the page that has it."""
    if doctree is not None and next(doctree.findall(ledger_filter), None) is not None:
        app.add_js_file(SCRIPT, loading_method="defer")


def setup(app: "Sphinx") -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(ledger_entry, html=(visit_entry, depart_entry))
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(ledger_filter, html=(visit_filter, None))
    app.add_node(verdict_strip, html=(visit_strip, None))
    app.add_directive("claims-ledger", ClaimsLedger)
    app.add_directive("omissions", Omissions)
    app.add_directive("check-kinds", CheckKinds)
    app.add_directive("verdict-strip", VerdictStrip)
    app.add_post_transform(LinkEntries)
    app.connect("html-page-context", load_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
