"""What belongs together around a provision of the statement or an event: claims, events, codings, sources, chapters.

Pure functions from the tables to plain values; `analysis.book.records` puts them on pages.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.core import wording
from analysis.measures.alignment import adjudicate
from analysis.measures.precedents import PREVIOUS, settled
from analysis.signals.coding import counted, load_settled
from analysis.signals.events import RANKS, STATE_NAMES, named

Row = dict[Any, Any]
Tables = Mapping[str, pd.DataFrame]
STRENGTHS = {
    0: "no counterpart",
    1: "a counterpart of the same theme",
    2: "a counterpart of the same kind of measure",
    3: "a counterpart of the same specific measure",
}


def rows_by(table: pd.DataFrame, key: str) -> dict[str, list[Row]]:
    """Return the rows of a table as plain values, by a key, in their order; none for a key that is not there."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table.to_dict("records"):
        rows[row[key]].append(row)
    return rows


def claim_lines(claims: list[Row], label: str, linked: Mapping[str, list[Row]], column: str) -> list[tuple[str, str]]:
    """Return claims with their relation, C12 (told), and the ids in a column of what they tell or rest on as well."""
    ids = sorted({row[column] for claim in claims for row in linked[claim["claim_id"]]})
    relations = [f"{claim['claim_id']} ({claim['relation']})" for claim in claims]
    return [("Claims", ", ".join(relations)), (label, ", ".join(ids))]


def when(event: Row) -> str:
    """Return the day or days of an event, with its hour where it is known: 7 February 2025, 11:55 (New York)."""
    end: Any = event["end_date"]
    if event["date_precision"] == "month":
        return f"{event['date']:%B %Y}"
    day = wording.day(event["date"])
    if not pd.isna(end):
        day = f"{day.removesuffix(f' {end.year}')} to {wording.day(end)}"
    if event["date_precision"] == "approximate":
        day = f"about {day}"
    zone = str(event["zone"]).rpartition("/")[2].replace("_", " ")
    return f"{day}, {event['time']} ({zone})" if event["time"] else day


def who(actors: list[Row], names: Mapping[str, str]) -> str:
    """Return the actors of an event by state: Japan: Ishiba Shigeru; United States: Donald Trump."""
    by_state: dict[str, list[str]] = defaultdict(list)
    for actor in actors:
        by_state[names.get(actor["state"], actor["state"])] += filter(None, [actor["name"]])
    return "; ".join(f"{state}: {', '.join(people)}" if people else state for state, people in by_state.items())


def pair(dyad: str, names: Mapping[str, str]) -> str:
    """Return a pair of states in words: Japan and China; for more than a pair what the table says."""
    if "-" not in dyad:
        return "three states" if dyad == "trilateral" else "other states"
    one, other = dyad.split("-")
    return f"{names[one]} and {wording.the(names[other])}"


def protest_line(row: Row, occasions: list[Row]) -> str:
    """Return what is on record of a Chinese answer: its form, who made it, and the occasions that it answers."""
    official = " ".join(filter(None, (row["official"], row["official_native"])))
    sender = ", ".join(filter(None, (official, row["office"] if official else f"the {row['office']}")))
    form: str = "an answer known from a headline" if pd.isna(row["form"]) else row["form"]
    titles = wording.listing([f"{occasion['title']} ({wording.day(occasion['date'])})" for occasion in occasions])
    return f"{wording.capital(form)} by {sender}. It answers: {titles}."


def signal_lines(signals: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """Return the settled signals of each event in words. Takes the frame of `signals.counted`."""
    lines = [
        f"{names[row['source']]} to {wording.the(names[row['target']])}: {row['mode'].lower()}, "
        f"by a {RANKS[int(row['level'])]}"
        for row in signals.to_dict("records")
    ]
    by_event = signals.assign(line=lines).groupby("event_id")["line"].agg("; ".join)
    return {str(event_id): line for event_id, line in by_event.items()}


def chapter_words(places: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return chapters with where an entry stands in them: ("01-timeline", "chart and table")."""
    return [(chapter, wording.listing(found)) for chapter, found in sorted(places.items())]


def provisions(tables: Tables) -> list[dict[str, Any]]:
    """Return the provisions in their order, each with what to show of it.

    Keys: id, part (of the statement), facts, words (our paraphrase), lines (label and text), codings (texts). Tables:
    provisions, provision_actors, claim_provisions, claim_events, codings_alignment, codings_precedents.
    """
    actors, claims, codings = (
        rows_by(tables[name], "provision_id") for name in ("provision_actors", "claim_provisions", "codings_alignment")
    )
    events_of = rows_by(tables["claim_events"], "claim_id")
    before = settled(tables["codings_precedents"])[PREVIOUS]
    strengths = adjudicate(tables["codings_alignment"]).set_index("provision_id")["strength"]
    records = []
    for row in tables["provisions"].to_dict("records"):
        provision_id = row["provision_id"]
        speakers = named(actor["state"] for actor in actors[provision_id])
        acts = " and ".join(act for act in (row["speech_act"], row["speech_act_2"]) if pd.notna(act) and act)
        lines = [
            ("About", STATE_NAMES.get(row["target"], row["target"])),
            ("In the statement of April 2024", f"{STRENGTHS[int(before[provision_id])]}, by the coders"),
            ("In the strategy of 2022", f"{STRENGTHS[int(strengths[provision_id])]}, by the median of the coders"),
            *claim_lines(claims[provision_id], "Events of these claims", events_of, "event_id"),
            ("Claims", "" if claims[provision_id] else "none; the article does not tell it"),
        ]
        records.append(
            {
                "id": provision_id,
                "part": row["pillar"],
                "facts": [f"¶{row['paragraph']}", speakers, acts],
                "words": row["paraphrase"],
                "lines": [(label, words) for label, words in lines if words],
                "codings": [
                    f"Coder {coding['coder']}: strength {coding['strength']}"
                    f"{', section ' + coding['section_id'] if coding['section_id'] else ''}. {coding['rationale']}"
                    for coding in codings[provision_id]
                ],
            }
        )
    return records


def events(tables: Tables, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the events in the order of their days, each with what to show of it.

    names: of the states, by code. Keys: id, month, kind, facts, title, words, lines, sources (publisher, title,
    address, kind). Tables: events, event_actors, event_sources, claim_events, claim_provisions, protests, answers,
    occasions, readouts, codings_signals, scales.
    """
    actors, sources, claims, protests, readouts = (
        rows_by(tables[name], "event_id")
        for name in ("event_actors", "event_sources", "claim_events", "protests", "readouts")
    )
    provisions_of = rows_by(tables["claim_provisions"], "claim_id")
    occasions = rows_by(tables["answers"].merge(tables["occasions"], on="occasion_id"), "protest_id")
    signals = signal_lines(counted(load_settled(tables["codings_signals"], tables["events"], tables["scales"])), names)
    records = []
    for row in tables["events"].sort_values(["date", "event_id"], kind="stable").to_dict("records"):
        event_id = row["event_id"]
        lines = [
            ("Actors", who(actors[event_id], names)),
            *claim_lines(claims[event_id], "Provisions of these claims", provisions_of, "provision_id"),
            ("Protest", " ".join(protest_line(act, occasions[act["protest_id"]]) for act in protests[event_id])),
            ("Signals", signals.get(event_id, "")),
            ("How it was verified", f"{row['verified']}; checked by {wording.number(int(row['checkers']))}"),
        ]
        addresses = {source["url"] for source in sources[event_id]}
        accounts = [
            {**account, "title": f"account of {wording.the(names[account['state']])}"}
            for account in readouts[event_id]
            if account["url"] not in addresses
        ]
        pages = [
            (page["publisher"], page["title"], page["url"], "" if pd.isna(page["kind"]) else page["kind"])
            for page in [*sources[event_id], *accounts]
        ]
        records.append(
            {
                "id": event_id,
                "month": f"{row['date']:%B %Y}",
                "kind": row["kind"],
                "facts": [when(row), pair(row["dyad"], names), row["venue"]],
                "title": row["title"],
                "words": row["description"],
                "lines": [(label, words) for label, words in lines if words],
                "sources": pages,
            }
        )
    return records
