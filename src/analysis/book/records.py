"""The entries of the book: claims and omissions, provisions and events, each with what belongs to it; the audit.

An entry names claims, provisions, events and chapters by their ids, which `analysis.book.links` makes links. Filters
and the strip of verdicts need no place in the PDF: its sentences say the same.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.book import html
from analysis.book.charts import ledger_address
from analysis.book.entries import (
    Part,
    data_folder,
    entry,
    entry_filter,
    evidence_of,
    folded,
    items,
    joined,
    known,
    ledger_entry,
    paragraph,
    parsed,
    section,
    slug,
    strong,
)
from analysis.book.links import mentions
from analysis.claims import ledger, records, robustness
from analysis.claims.checks import CHECKS
from analysis.claims.checks.registry import source_label
from analysis.claims.evidence import Bibliography, Evidence
from analysis.claims.quotation_audit import audit, audit_markdown
from analysis.core import wording
from analysis.data.schema import read_schema
from analysis.data.tables import labels, load
from analysis.runs.notebooks import RESULTS

Line = list[Part]


class word_filter(entry_filter):
    """The field that chooses entries by their words: attribute noun, what they are."""


class ledger_filter(entry_filter):
    """The form that chooses entries: attribute choices maps a label to (value, label) pairs, by class."""


class verdict_strip(nodes.General, nodes.Element):
    """The counts of the verdicts as links to the entries: attribute counts."""


CHOSEN_BY = {"step": "step_id", "type": "type", "verdict": "verdict", "kind": "kind"}  # classes of the filter
PARTS = {"core": "the claim itself", "meaning": "its meaning", "quotation": "its quoted words", "detail": "a detail"}


def badge(verdict: str) -> nodes.strong:
    """Return a verdict as its mark."""
    return strong(verdict, "ba-verdict", f"verdict-{slug(verdict)}")


def check_table(checked: pd.DataFrame) -> nodes.table:
    """Return a table of the outcomes of checks: whether each holds and what it is about, expected, found."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (2, 5, 4)), cols=3)
    group += nodes.thead("", _row("Check", "Expected", "Found"))
    body = nodes.tbody()
    for row in checked.to_dict("records"):
        decided = "Holds" if row["holds"] else "Fails"
        holds = paragraph(strong(decided if row["decided"] else "Undecided"), f": {PARTS[str(row['part'])]}")
        if row.get("weak"):
            holds += nodes.inline("", "; most other texts of the genre pass this as well")
        body += _row(holds, wording.capital(row["expected"]), wording.capital(row["found"]))
    group += body
    return nodes.table("", group, classes=["ba-checks"])


def _row(*cells: str | nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", paragraph(cell) if isinstance(cell, str) else cell) for cell in cells))


def argument_items(checked: pd.DataFrame) -> nodes.bullet_list:
    """Return a list of the checks as they stand in checks.csv."""
    return items([nodes.literal("", f"{row['check']} {row['arguments']}")] for row in checked.to_dict("records"))


def evidence_items(entry_id: str, evidence: Evidence) -> list[Line]:
    """Return the events, provisions, quotations and pages on which a claim rests, one line a kind."""
    events = evidence.table("events").set_index("event_id")
    main = evidence.table("event_sources").query("source_no == 1").set_index("event_id")["url"]
    provisions = evidence.table("provisions").set_index("provision_id")

    def event(row: Mapping[Any, Any]) -> Line:
        title, day = str(events["title"][row["event_id"]]), wording.day(events["date"][row["event_id"]])
        return [
            f"{row['event_id']} ",
            nodes.reference("", title, refuri=str(main[row["event_id"]])),
            f", {day} ({row['relation']})",
        ]

    def provision(row: Mapping[Any, Any]) -> Line:
        words, paragraph_no = map(str, provisions.loc[row["provision_id"], ["paraphrase", "paragraph"]])
        return [f"{row['provision_id']} {words.rstrip('.')}, ¶{paragraph_no} ({row['relation']})"]

    def quotation(row: Mapping[Any, Any]) -> Line:
        return [f"{row['quotation_id']} “{row['words']}”, {row['door']}"]

    def page(row: Mapping[Any, Any]) -> Line:
        host = re.sub(r"^https?://(www\.)?|/.*$", "", row["url"])
        return [nodes.reference("", host, refuri=row["url"])]

    lines: list[Line] = []
    for kind, table, write in (
        ("Events", "claim_events", event),
        ("Provisions", "claim_provisions", provision),
        ("Quotations", "quotations", quotation),
        ("Pages read", "claim_sources", page),
    ):
        rows = evidence.table(table).query("claim_id == @entry_id").to_dict("records")
        if rows:
            lines.append([strong(f"{kind}: "), *joined(map(write, rows))])
    return lines


def place_in_article(claim: Mapping[Any, Any]) -> str:
    """Return where a claim stands in the article: abstract, ¶5 item 2, references."""
    place = {0: "abstract", 13: "references"}.get(int(claim["paragraph"]), f"¶{claim['paragraph']}")
    return place if pd.isna(claim["list_item"]) else f"{place} item {claim['list_item']}"


def rounds(reviewed: Mapping[Any, Any]) -> list[nodes.Node]:
    """Return what two reviewers had, what the verdict rests and leans on, and what other choices give, a line each."""
    first, second = (str(reviewed[name]) if pd.notna(reviewed[name]) else "none" for name in ("first", "second"))
    lines: list[Line] = [
        [strong("Two reviewers before: "), f"{first}; {second}"],
        [strong("Rests on: "), str(reviewed["basis"])],
    ]
    if reviewed["leaning"]:
        lines.append([strong("Leans on: "), str(reviewed["leaning"])])
    if pd.notna(reviewed["neighbours"]) and reviewed["neighbours"]:
        same, of = int(reviewed["same"]), int(reviewed["neighbours"])
        words = f"the same in {same} of {of}" + (f", else {reviewed['others']}" if reviewed["others"] else "")
        bar = nodes.inline("", "■" * same + "□" * (of - same), classes=["ba-neighbours"])
        lines.append([strong("Under other choices: "), bar, f" {words}"])
    return [items(lines)]


def rounds_of(evidence: Evidence) -> dict[str, Mapping[Any, Any]]:
    """Return for each claim the verdicts of the reviewers, its basis, what it leans on and its neighbours."""
    table = robustness.reviewed(evidence).merge(robustness.bases(evidence), on="claim_id")
    table = table.merge(robustness.multiverse(evidence), on="claim_id", how="left")
    table = table.assign(leaning=[robustness.leaning(evidence, claim_id) for claim_id in table["claim_id"]])
    return {str(row["claim_id"]): row for row in table.to_dict("records")}


def claim_entry(
    claim: Mapping[Any, Any], checked: pd.DataFrame, evidence: Evidence, reviewed: Mapping[Any, Any]
) -> ledger_entry:
    """Return the entry of a claim, from a row of `ledger.ledger`, the outcomes of its checks and its rounds."""
    entry_id, verdict, computed = str(claim["claim_id"]), str(claim["verdict"]), claim["kind"] == "computed"
    facts = [str(claim["type"]), place_in_article(claim), ledger.KINDS[str(claim["kind"])]]
    sources = [f"source-{slug(key)}" for key in claim["cited_sources"]] or ["source-none"]
    chosen_by = [f"{name}-{slug(claim[column])}" for name, column in CHOSEN_BY.items()]
    node = entry(entry_id, badge(verdict), facts, *chosen_by, *sources)
    node += paragraph(str(claim["claim"]), css="ba-claim-text")
    details: list[nodes.Node] = []
    if computed:
        node["preview"] = [f"Expected: {claim['expected']}", f"Found: {claim['found']}"]
        node += check_table(checked)
    else:
        node += paragraph(strong("Found: "), str(claim["found"]))
        basis = f" It rests on: {claim['basis']}." if claim["basis"] else ""
        judged = f"Judged by language-model annotators, first round; confidence {claim['confidence']}.{basis}"
        details.append(paragraph(judged))
    node += rounds(reviewed)
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
    step = str(omission["step_id"])
    bears = {"attacks": f"speaks against {step}", "supports": f"speaks for {step}"}[str(omission["relation"])]
    facts = ["an entry of ours, not a claim of the article", bears]
    node = entry(str(omission["omission_id"]), badge("left out"), facts, "ba-omission")
    node += [
        paragraph(str(omission["omission"]), css="ba-claim-text"),
        paragraph(strong("Why it bears on the argument: "), str(omission["reason"])),
        check_table(checked),
        folded("The checks, as they stand in checks.csv", argument_items(checked)),
    ]
    return node


def claims_ledger(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the filter, then a section for each step with an entry for each claim."""
    evidence = evidence_of(directive.env)
    claims, checked, reviewed = ledger.ledger(evidence), ledger.outcomes(evidence), rounds_of(evidence)
    audited = robustness.placebo_audit(evidence)[["entry_id", "check_no", "weak"]]
    checked = checked.merge(audited, on=["entry_id", "check_no"], how="left").fillna({"weak": False})
    steps, argument = evidence.table("steps"), evidence.table("argument")
    made: list[nodes.Node] = [ledger_filter("", choices=filter_choices(claims, steps, evidence.bibliography))]
    for step in steps.to_dict("records"):
        of_step = claims[claims["step_id"] == step["step_id"]]
        links = argument[argument["step_id"] == step["step_id"]].to_dict("records")
        supports = "".join(f" It supports {row['supports']}: {row['reason']}" for row in links)
        entries = [
            claim_entry(claim, checked[checked["entry_id"] == claim["claim_id"]], evidence, reviewed[claim["claim_id"]])
            for claim in of_step.to_dict("records")
        ]
        about = paragraph(f"{step['argument']} {share_in_words(of_step)}{supports}")
        made.append(section(directive, f"{step['step_id']} {step['title']}", about, *entries))
    return known(directive, made)


def share_in_words(claims: pd.DataFrame) -> str:
    """Return in a sentence how many of some claims hold."""
    hold, checkable = ledger.holding(claims)
    if not checkable:
        return "No claim can be checked here."
    holds = f"{wording.count(hold)} {'holds' if hold == 1 else 'hold'}"
    return f"Of {wording.plural(checkable, 'claim')} that can be checked here, {holds}."


def omission_entries(directive: SphinxDirective) -> list[nodes.Node]:
    """Return an entry for each thing left out."""
    evidence = evidence_of(directive.env)
    checked = ledger.outcomes(evidence)
    rows = ledger.omissions(evidence).to_dict("records")
    return known(directive, [omission_entry(row, checked[checked["entry_id"] == row["omission_id"]]) for row in rows])


def check_kinds(_directive: SphinxDirective) -> list[nodes.Node]:
    """Return a list of the checks, each with what it asks, the first line of its docstring."""
    asked = {name: str(check.__doc__).partition("\n")[0] for name, check in CHECKS.items()}
    return [items([nodes.literal("", name), f": {line}"] for name, line in asked.items())]


def verdict_counts(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the counts of the verdicts, taken from the results of chapter 8."""
    file = html.staged(directive.env, RESULTS)
    results = json.loads(file.read_text(encoding="utf-8"))["08-balance"]
    counts = {verdict: int(results[verdict.replace(" ", "_")]["value"]) for verdict in ledger.VERDICTS}
    return [verdict_strip("", counts=counts)]


def quotation_audit(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the summary and the table of the audit of data/quotations.csv."""
    evidence = evidence_of(directive.env)
    return parsed(directive, audit_markdown(audit(evidence.table("quotations"), evidence.ngrams, evidence.features)))


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


def strip_values(builder: Any, node: verdict_strip) -> dict[str, Any]:
    """Return the counts as links to the entries, each as wide as its share."""
    counts = [(verdict, slug(verdict), count) for verdict, count in node["counts"].items() if count]
    return {"page": ledger_address(builder), "counts": counts}


def more(summary: str, lines: list[Line]) -> nodes.Node:
    """Return a fold that only a screen shows: the PDF would grow by pages that nobody reads through."""
    return addnodes.only("", folded(summary, items(lines)), expr="html")


def _line(label: str, *parts: Part) -> Line:
    return [strong(f"{label}: "), *parts]


def facts(lines: list[Line]) -> nodes.paragraph:
    """Return lines in one paragraph: HTML sets each on a line of its own, the PDF one after another."""
    parts: Line = []
    for line in lines:
        parts += [nodes.inline("", "", *paragraph(*line).children, classes=["ba-line"]), ". "]
    return paragraph(*parts[:-1], css="ba-lines")


def provision_entry(record: Mapping[str, Any], chapters: Line) -> ledger_entry:
    """Return the entry of a provision, an item of `records.provisions`."""
    node = entry(record["id"], None, record["facts"], "ba-record")
    lines = [_line(label, words) for label, words in record["lines"]]
    lines += [_line("Chapters", *chapters)] if chapters else []
    node += [
        paragraph(record["words"], css="ba-claim-text"),
        facts(lines),
        more("What each coder found in the strategy", [[line] for line in record["codings"]]),
    ]
    return node


def event_entry(record: Mapping[str, Any], chapters: Line) -> ledger_entry:
    """Return the entry of an event, an item of `records.events`."""
    kind = record["kind"]
    node = entry(record["id"], strong(kind, "ba-kind"), record["facts"], "ba-record", f"kind-{slug(kind)}")
    sources: list[Line] = []
    for publisher, title, url, source_kind in record["sources"]:
        after = (f", {publisher}" if title else "") + (f" ({source_kind})" if source_kind else "")
        sources.append([nodes.reference("", title or publisher, refuri=url), after])
    shown = ("Actors", "Claims", "Provisions of these claims", "Protest")
    lines = [_line(label, words) for label, words in record["lines"] if label in shown]
    lines += [_line("Chapters", *chapters)] if chapters else []
    others = [_line(label, words) for label, words in record["lines"] if label not in shown]
    node += [
        paragraph(record["title"], css="ba-claim-text"),
        paragraph(record["words"]),
        facts([*lines, _line("Sources" if len(sources) > 1 else "Source", *joined(sources))]),
        more("Signals, and how it was verified", others),
    ]
    return node


def all_tables(env: Any) -> dict[str, pd.DataFrame]:
    """Return the tables of the staged book; unlike evidence they know no last day."""
    folder = data_folder(env)
    return {name: load(name, folder) for name in read_schema(folder / "datapackage.json")}


def chapters_by_entry(env: Any) -> dict[str, dict[str, list[str]]]:
    """Return where the chapters of the staged book show each entry."""
    places: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for file in sorted(Path(env.srcdir, "notebooks").glob("*.ipynb")):
        notebook = json.loads(html.staged(env, str(file)).read_text(encoding="utf-8"))
        for entry_id, where in mentions(notebook).items():
            places[entry_id][file.stem] = where
    return places


def chapter_links(directive: SphinxDirective, chapters: Mapping[str, list[str]]) -> Line:
    """Return the chapters of an entry as links that resolve when the book is written."""
    parts: Line = []
    for chapter, where in records.chapter_words(chapters):
        number = chapter.partition("-")[0].lstrip("0") or chapter
        [chapter_link], _ = directive.state.inline_text(f"[{number}](/notebooks/{chapter}.ipynb)", directive.lineno)
        parts += [", " if parts else "", chapter_link, f" ({where})"]
    return parts


def _section(directive: SphinxDirective, title: str, *children: nodes.Node) -> nodes.section:
    return section(directive, title, *children, ids=[f"of-{slug(title)}"])


def provision_entries(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the filter, then a section for each part of the statement with its provisions."""
    provisions, places = records.provisions(all_tables(directive.env)), chapters_by_entry(directive.env)
    made: list[nodes.Node] = [word_filter("", noun="provisions")]
    for part, title in labels("provisions", "pillar", Path(directive.env.srcdir, "data")).items():
        entries = [
            provision_entry(record, chapter_links(directive, places[record["id"]]))
            for record in provisions
            if record["part"] == part
        ]
        made.append(_section(directive, title, *entries))
    return known(directive, made)


def event_entries(directive: SphinxDirective) -> list[nodes.Node]:
    """Return the filter, then a section for each year and in it for each month with its events."""
    tables, places = all_tables(directive.env), chapters_by_entry(directive.env)
    names = dict(zip(tables["states"]["state"], tables["states"]["name"], strict=True))
    made: list[nodes.Node] = [word_filter("", noun="events")]
    years: dict[str, dict[str, list[nodes.Node]]] = defaultdict(lambda: defaultdict(list))
    for record in records.events(tables, names):
        node = event_entry(record, chapter_links(directive, places[record["id"]]))
        years[record["month"].rpartition(" ")[2]][record["month"]].append(node)
    for year, months in years.items():
        count = wording.plural(sum(map(len, months.values())), "event")
        of_year = _section(directive, year, paragraph(f"{wording.capital(count)}."))
        of_year += [_section(directive, month, *entries) for month, entries in months.items()]
        made.append(of_year)
    return known(directive, made)


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    html.add_node(app, ledger_filter, "ledger-filter")
    html.add_node(app, verdict_strip, "verdict-strip", strip_values)
    html.add_directive(app, "claims-ledger", claims_ledger)
    html.add_directive(app, "omissions", omission_entries)
    html.add_directive(app, "check-kinds", check_kinds)
    html.add_directive(app, "verdict-strip", verdict_counts)
    html.add_directive(app, "quotation-audit", quotation_audit)
    html.add_node(app, word_filter, "word-filter")
    html.add_directive(app, "provision-entries", provision_entries)
    html.add_directive(app, "event-entries", event_entries)
