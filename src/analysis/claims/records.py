"""What belongs together around a provision of the statement or an event: claims, events, codings, sources, chapters.

Pure functions from the tables to plain values; `analysis.book.records` puts them on pages.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.core import wording
from analysis.measures.alignment import adjudicate
from analysis.signals.coding import counted, load_settled
from analysis.signals.events import RANKS, STATE_NAMES, named

Row = Mapping[Any, Any]
Tables = Mapping[str, pd.DataFrame]
STRENGTHS = {
    0: "no counterpart",
    1: "a counterpart of the same theme",
    2: "a counterpart of the same kind of measure",
    3: "a counterpart of the same specific measure",
}
IN_2024 = {"yes": "says the same", "similar": "says something similar", "no": "says nothing of the kind"}


def rows_by(table: pd.DataFrame, key: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a table as plain values, by a key, in their order; none for a key that is not there."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_dict("records"):
        rows[str(row[key])].append({str(name): value for name, value in row.items()})
    return rows


def with_relations(rows: list[dict[str, Any]], column: str) -> str:
    """Return ids with their relation as a list: C12 (told), C13 (partly told)."""
    return ", ".join(f"{row[column]} ({row['relation']})" for row in rows)


def through_claims(claims: list[dict[str, Any]], linked: Mapping[str, list[dict[str, Any]]], column: str) -> str:
    """Return the ids in a column of what the same claims tell or rest on, each once, in order: E082, E083."""
    return ", ".join(sorted({str(row[column]) for claim in claims for row in linked[str(claim["claim_id"])]}))


def when(event: Row) -> str:
    """Return the day or days of an event, with its hour where it is known: 7 February 2025, 11:55 (New York)."""
    start: pd.Timestamp = event["date"]
    end: Any = event["end_date"]
    if event["date_precision"] == "month":
        return f"{start:%B %Y}"
    day = wording.day(start)
    if not pd.isna(end):
        first = wording.day(start).removesuffix(f" {start.year}") if end.year == start.year else day
        day = f"{first} to {wording.day(end)}"
    if event["date_precision"] == "approximate":
        day = f"about {day}"
    zone = str(event["zone"]).rpartition("/")[2].replace("_", " ")
    return f"{day}, {event['time']} ({zone})" if event["time"] else day


def who(rows: list[dict[str, Any]], names: Mapping[str, str]) -> str:
    """Return the actors of an event by state: Japan: Ishiba Shigeru; United States: Donald Trump."""
    by_state: dict[str, list[str]] = {}
    for row in rows:
        people = by_state.setdefault(names.get(str(row["state"]), str(row["state"])), [])
        if row["name"]:
            people.append(str(row["name"]))
    return "; ".join(f"{state}: {', '.join(people)}" if people else state for state, people in by_state.items())


def pair(dyad: str, names: Mapping[str, str]) -> str:
    """Return a pair of states in words: Japan and China; for more than a pair what the table says."""
    if "-" not in dyad:
        return "three states" if dyad == "trilateral" else "other states"
    one, other = dyad.split("-")
    return f"{names[one]} and {wording.the(names[other])}"


def protest_line(row: Row) -> str:
    """Return what is on record of a protest: its form, who made it and what it answers."""
    official = " ".join(filter(None, (str(row["official"]), str(row["official_native"]))))
    office = f", {row['office']}" if row["office"] else ""
    by = f" by {official}{office}" if official else (f" by the {row['office']}" if row["office"] else "")
    answers = f" It answers {row['trigger_event_id']}: {row['trigger']}." if row["trigger_event_id"] else ""
    subject = "" if answers or not row["trigger"] else f" It is about: {row['trigger']}."
    return f"{wording.capital(str(row['form']))}{by}.{answers}{subject}"


def signal_lines(signals: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """Return the settled signals of each event in words. Takes the frame of `signals.counted`."""
    return {
        event_id: "; ".join(
            f"{names[str(row['source'])]} to {wording.the(names[str(row['target'])])}: {str(row['mode']).lower()}, "
            f"by a {RANKS[int(row['level'])]}"
            for row in rows
        )
        for event_id, rows in rows_by(signals, "event_id").items()
    }


def chapter_words(places: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return chapters with where an entry stands in them: ("01-timeline", "chart and table")."""
    return [(chapter, wording.listing(found)) for chapter, found in sorted(places.items())]


def provisions(tables: Tables) -> list[dict[str, Any]]:
    """Return the provisions in their order, each with what to show of it.

    Keys: id, part (of the statement), facts, words (our paraphrase), lines (label and text), codings (texts). Tables:
    provisions, provision_actors, claim_provisions, claim_events, codings_alignment.
    """
    actors, claims = (rows_by(tables[name], "provision_id") for name in ("provision_actors", "claim_provisions"))
    codings = rows_by(tables["codings_alignment"], "provision_id")
    events_of = rows_by(tables["claim_events"], "claim_id")
    settled = rows_by(adjudicate(tables["codings_alignment"]), "provision_id")
    records = []
    for row in tables["provisions"].to_dict("records"):
        provision_id = str(row["provision_id"])
        second = row["speech_act_2"]
        act = str(row["speech_act"]) + ("" if pd.isna(second) or not second else f" and {second}")
        [value] = settled[provision_id]
        lines = [
            ("About", STATE_NAMES.get(str(row["target"]), str(row["target"]))),
            ("In the statement of April 2024", IN_2024[str(row["in_2024"])]),
            ("In the strategy of 2022", f"{STRENGTHS[int(value['strength'])]}, by the median of the coders"),
            ("Claims", with_relations(claims[provision_id], "claim_id") or "none; the article does not tell it"),
            ("Events of these claims", through_claims(claims[provision_id], events_of, "event_id")),
        ]
        records.append(
            {
                "id": provision_id,
                "part": str(row["pillar"]),
                "facts": [f"¶{row['paragraph']}", named(str(actor["state"]) for actor in actors[provision_id]), act],
                "words": str(row["paraphrase"]),
                "lines": [(label, words) for label, words in lines if words],
                "codings": [
                    f"Coder {coding['coder']}: strength {coding['strength']}"
                    + (f", section {coding['section_id']}" if coding["section_id"] else "")
                    + f". {coding['rationale']}"
                    for coding in codings[provision_id]
                ],
            }
        )
    return records


def events(tables: Tables, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the events in the order of their days, each with what to show of it.

    names: of the states, by code. Keys: id, month, kind, facts, title, words, lines, sources (publisher, title,
    address, kind). Tables: events, event_actors, event_sources, claim_events, claim_provisions, protests, readouts,
    codings_signals, scales.
    """
    actors, sources, claims, protests, readouts = (
        rows_by(tables[name], "event_id")
        for name in ("event_actors", "event_sources", "claim_events", "protests", "readouts")
    )
    provisions_of = rows_by(tables["claim_provisions"], "claim_id")
    signals = signal_lines(counted(load_settled(tables["codings_signals"], tables["events"], tables["scales"])), names)
    records = []
    for row in tables["events"].sort_values(["date", "event_id"], kind="stable").to_dict("records"):
        event_id = str(row["event_id"])
        lines = [
            ("Actors", who(actors[event_id], names)),
            ("Claims", with_relations(claims[event_id], "claim_id")),
            ("Provisions of these claims", through_claims(claims[event_id], provisions_of, "provision_id")),
            ("Protest", " ".join(protest_line(protest) for protest in protests[event_id])),
            ("Signals", signals.get(event_id, "")),
            ("How it was verified", f"{row['verified']}; checked by {wording.number(int(row['checkers']))}"),
        ]
        pages = [
            (str(s["publisher"]), str(s["title"]), str(s["url"]), "" if pd.isna(s["kind"]) else str(s["kind"]))
            for s in sources[event_id]
        ]
        pages += [
            (str(r["publisher"]), f"account of {wording.the(names[str(r['state'])])}", str(r["url"]), str(r["kind"]))
            for r in readouts[event_id]
            if str(r["url"]) not in {page[2] for page in pages}
        ]
        records.append(
            {
                "id": event_id,
                "month": f"{row['date']:%B %Y}",
                "kind": str(row["kind"]),
                "facts": [when(row), pair(str(row["dyad"]), names), str(row["venue"])],
                "title": str(row["title"]),
                "words": str(row["description"]),
                "lines": [(label, words) for label, words in lines if words],
                "sources": pages,
            }
        )
    return records
