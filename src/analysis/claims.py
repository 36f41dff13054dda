"""Checks of claims: small functions of the evidence, each of which says whether something holds, and why in a sentence.

A check is named in the table `checks` with its arguments. It reads tables, text features and the bibliography: alter
what it reads, and its outcome alters. `analysis.ledger` makes the verdict of a claim from its checks.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Concatenate

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import alignment, continuity, diplomacy, text
from analysis.diplomacy import STATES, named
from analysis.documents import FOCAL_STATEMENT, FOCAL_STRATEGY
from analysis.errors import ParameterError
from analysis.evidence import Evidence, Outcome
from analysis.quotations import find_quotation, sections_holding
from analysis.scores import standing, without_states
from analysis.segment import tokenize
from analysis.similarity import Rows
from analysis.specifications import placebo_sets
from analysis.tables import labels, nearest

CITIES = {
    "America/New_York": "Washington",
    "America/Lima": "Lima",
    "Asia/Tokyo": "Tokyo",
    "Asia/Shanghai": "Beijing",
    "Asia/Seoul": "Seoul",
}
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
DAYS_IN_MONTH = 30.436875  # of the Gregorian calendar, on average


Check = Callable[Concatenate[Evidence, ...], Outcome]


# --- words


def _document(evidence: Evidence, document_id: str) -> str:
    row = evidence.rows("documents", "document_id", [document_id]).iloc[0]
    if document_id in NAMES:
        return NAMES[document_id]
    return f"the joint statement of {text.day(row['date'])}" if row["kind"] == "statement" else f"the {row['title']}"


def _place(evidence: Evidence, document: str, section: str, paragraph: int = 0) -> str:
    """A place in a document, in words."""
    name = _document(evidence, document)
    if paragraph:
        return f"paragraph {paragraph} of {name}"
    if not section:
        return name
    return f"{PARTS[section]} of {name}" if document == FOCAL_STATEMENT else f"section {section} of {name}"


def _passages(evidence: Evidence, document: str, section: str = "") -> Rows:
    """The rows of the passages of a document, or of a section and what lies below it."""
    passages = evidence.features.passages
    chosen = (passages["document_id"] == document).to_numpy()
    if section:
        place = passages["section"].astype("object")
        chosen &= ((place == section) | place.str.startswith(f"{section}-")).to_numpy()
    return np.flatnonzero(chosen)


def _headings(evidence: Evidence, document: str, section: str = "") -> Rows:
    headings = np.flatnonzero(evidence.features.passages["heading"].to_numpy())
    return np.intersect1d(_passages(evidence, document, section), headings)


def _with_words(evidence: Evidence, rows: Rows, words: str) -> list[int]:
    """Those of the passages that hold every token of some words."""
    places = {token: column for column, token in enumerate(evidence.features.vocabulary)}
    tokens = set(tokenize(words))
    if not tokens <= places.keys():
        return []
    counts = evidence.features.counts[rows][:, [places[token] for token in sorted(tokens)]]
    return [int(row) for row in rows[(counts > 0).sum(axis=1) == len(tokens)]]


def _stand(evidence: Evidence, words: str, document: str, section: str, paragraph: int = 0) -> bool:
    """Whether words stand together in a document, a section, or a sentence of a paragraph."""
    if not sections_holding(words, document, evidence.ngrams, evidence.features, section=section or None):
        return False
    if not paragraph:
        return True
    rows = _passages(evidence, document, section)
    numbers = evidence.features.passages["paragraph"].to_numpy()[rows]
    return bool(_with_words(evidence, rows[numbers == paragraph], words))


def _quoted(words: Iterable[str], last: str = "and") -> str:
    return text.listing([f"“{item}”" for item in words], last)


def quotation(evidence: Evidence, *, words: str, document: str, section: str = "", instead: str = "") -> Outcome:
    """Words that the article puts in quotation marks stand in a document or section, word for word.

    instead: words that stand in their place, named where the search finds no near wording and they do stand there.
    """
    found = find_quotation(words, document, evidence.ngrams, evidence.features, section=section or None)
    place = _place(evidence, document, section)
    if found.found:
        return Outcome(True, f"“{words}” stands word for word in {place}.", f"{place} had other words")
    near = [wording for wording in found.nearest if wording is not None]
    sentence = f"“{words}” does not stand in {place}"
    if near:
        changes = sum(wording.changes for wording in near)
        listed = " … ".join(map(str, near))
        sentence += f"; the nearest wording there is “{listed}” ({text.plural(changes, 'word')} changed)"
    elif instead and _stand(evidence, instead, document, section):
        sentence += f", which has “{instead}”"
    return Outcome(False, f"{sentence}.", f"{place} had “{words}”")


def term(
    evidence: Evidence,
    *,
    words: tuple[str, ...],
    document: str,
    section: str = "",
    paragraph: int = 0,
    absent: bool = False,
    instead: str = "",
) -> Outcome:
    """Words or short phrases stand in a document, a section or a sentence of a paragraph; with absent, none does.

    instead: words that stand in the place of those that do not, named where they do stand there.
    """
    place = _place(evidence, document, section, paragraph)
    there = [item for item in words if _stand(evidence, item, document, section, paragraph)]
    missing = [item for item in words if item not in there]
    holds = not there if absent else not missing
    if holds != absent:  # what is said is that words stand there
        named = there
        sentence = f"{_quoted(named)} {'stands' if len(named) == 1 else 'stand'} in {place}"
        return Outcome(holds, f"{sentence}.", f"{place} did not have {_quoted(named, 'or')}")
    named = missing
    verb = "does not stand" if len(named) == 1 else "do not stand"
    sentence = f"{_quoted(named)} {verb} in {place}"
    if instead and _stand(evidence, instead, document, section, paragraph):
        sentence += f", which has “{instead}”"
    return Outcome(holds, f"{sentence}.", f"{place} had {_quoted(named, 'or' if absent else 'and')}")


def heading(evidence: Evidence, *, words: tuple[str, ...], document: str, section: str = "") -> Outcome:
    """Words stand in headings of a document or section, several of them in this order."""
    headings, place = _headings(evidence, document, section), _place(evidence, document, section)
    found = [
        _with_words(evidence, headings, item)[:1]
        if sections_holding(item, document, evidence.ngrams, evidence.features, section=section or None)
        else []
        for item in words
    ]
    if missing := [item for item, rows in zip(words, found, strict=True) if not rows]:
        return Outcome(False, f"{_quoted(missing)}: no heading of {place} has it.", f"a heading of {place} had it")
    if found != sorted(found):
        return Outcome(False, f"Headings of {place} have {_quoted(words)} in another order.", "the order were this one")
    order = ", in this order" if len(words) > 1 else ""
    verb = "stands in a heading" if len(words) == 1 else "stand in headings"
    return Outcome(True, f"{_quoted(words)} {verb} of {place}{order}.", f"the headings of {place} were others")


def heading_count(evidence: Evidence, *, words: str, document: str, exactly: int) -> Outcome:
    """Exactly so many headings of a document have some words."""
    headings, place = _headings(evidence, document), _place(evidence, document, "")
    found = len(_with_words(evidence, headings, words))
    sentence = (
        f"{text.capital(text.count(found))} of the {text.plural(len(headings), 'heading')} of {place} "
        f"{'has' if found == 1 else 'have'} “{words}”; the claim needs {text.number(exactly)}."
    )
    wanted = f"{'more or fewer' if found == exactly else text.number(exactly)} headings had “{words}”"
    return Outcome(found == exactly, sentence, wanted)


# --- counts


def _one_of(column: "pd.Series[Any]", allowed: Iterable[str]) -> NDArray[np.bool_]:
    """For each cell whether it, or one item of the list in it, is among the values allowed."""
    values = set(allowed)
    found = [bool(values & (set(map(str, cell)) if isinstance(cell, tuple) else {str(cell)})) for cell in column]
    return np.array(found, dtype=bool)


def count(
    evidence: Evidence,
    *,
    table: str,
    at_least: int = 0,
    exactly: int = -1,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
    **where: tuple[str, ...],
) -> Outcome:
    """A table has at least, or exactly, so many rows with certain values, on the days from first to last.

    where maps columns to the values allowed in them; a cell that is a list must hold one of them. Rows without a date
    of their own have that of their event.
    """
    frame = evidence.tables.get(table)
    if frame is None:
        raise ParameterError(f"there is no table “{table}”{nearest(table, list(evidence.tables))}")
    chosen = frame
    for column, allowed in where.items():
        if column not in frame:
            raise ParameterError(f"{table}.csv has no column “{column}”{nearest(column, list(map(str, frame)))}")
        chosen = chosen.loc[_one_of(chosen[column], allowed)]
    window = ""
    if first is not None or last is not None:
        if "date" not in chosen:
            chosen = chosen.merge(evidence.tables["events"][["event_id", "date"]], on="event_id")
        chosen = chosen[chosen["date"].between(first or pd.Timestamp.min, last or pd.Timestamp.max)]
        window = f" from {text.day(first)}" if first is not None else ""
        window += f" to {text.day(last)}" if last is not None else ""
    found, noun = len(chosen), NOUNS.get(table, table)
    wanted = text.count(exactly) if exactly >= 0 else f"at least {text.number(at_least)}"
    holds = found == exactly if exactly >= 0 else found >= at_least
    with_values = text.listing([f"{LABELS.get(c, c)} {text.listing(list(v), 'or')}" for c, v in where.items()])
    sentence = (
        f"{text.capital(text.number(found))} {noun} {'has' if found == 1 else 'have'} {with_values}{window}; "
        f"the claim needs {wanted}."
    )
    other = wanted if not holds else "more or fewer" if exactly >= 0 else "fewer"
    return Outcome(holds, sentence, f"{other} {noun} had these values")


# --- days


def _moment(event: "pd.Series[Any]") -> pd.Timestamp | None:
    """Day and hour of an event in its own zone; None where no hour is recorded."""
    if not event["time"]:
        return None
    return pd.Timestamp(f"{event['date']:%Y-%m-%d} {event['time']}", tz=event["zone"])


def _local_day(event: "pd.Series[Any]", zone: str) -> pd.Timestamp:
    """The day of an event, in a zone where one is asked for and the hour is known."""
    moment = _moment(event)
    if not zone or moment is None:
        return pd.Timestamp(event["date"])
    return moment.tz_convert(zone).tz_localize(None).normalize()


def _day_and_hour(event: "pd.Series[Any]") -> str:
    """The day of an event, with the hour where it is known, and the day in Tokyo where that is another."""
    moment, words = _moment(event), text.day(event["date"])
    if moment is None:
        return words
    words += f", {moment:%H:%M} in {CITIES[event['zone']]}"
    tokyo = moment.tz_convert("Asia/Tokyo")
    return words + (f" ({text.day(tokyo)}, {tokyo:%H:%M}, in Tokyo)" if tokyo.date() != moment.date() else "")


def date(
    evidence: Evidence, *, of: str, first: pd.Timestamp, last: pd.Timestamp | None = None, zone: str = ""
) -> Outcome:
    """An event, or a document, is of a certain day, or of the days from first to last.

    zone: the time zone in which the day counts, such as Asia/Tokyo; without it the day at the place of the event.
    """
    last = first if last is None else last
    if of in set(evidence.tables["documents"]["document_id"]):
        found = pd.Timestamp(evidence.rows("documents", "document_id", [of]).iloc[0]["date"])
        subject, known = text.capital(_document(evidence, of)), text.day(found)
    else:
        event = evidence.event(of)
        if zone and not event["time"]:
            raise ParameterError(f"{of} has no hour in events.csv, so its day in {zone} is not known")
        found, subject, known = _local_day(event, zone), f"“{event['title']}”", _day_and_hour(event)
    holds = first <= found <= last
    asked = text.day(first) if first == last else f"{text.day(first)} to {text.day(last)}"
    where = f" in {CITIES[zone]}" if zone else ""
    sentence = f"{subject} is of {known}" + ("" if holds else f", so not of {asked}{where}")
    return Outcome(holds, f"{sentence}.", f"the day were {'another' if holds else asked}{where}")


def interval(
    evidence: Evidence,
    *,
    start: str,
    end: str,
    unit: str = "days",
    at_least: float = 0.0,
    at_most: float = float("inf"),
    zone: str = "",
) -> Outcome:
    """From one event to another pass so many hours, days or months: at_least to at_most."""
    one, other = evidence.event(start), evidence.event(end)
    if unit not in ("hours", "days", "months"):
        raise ParameterError(f"unit: {unit!r} is not one of hours, days, months")
    if unit == "hours":
        first, second = _moment(one), _moment(other)
        if first is None or second is None:
            raise ParameterError(f"hours between {start} and {end}: both need an hour in events.csv")
        passed = (second - first).total_seconds() / 3600
        words = f"{passed:.1f} hours"
    else:
        first, second = _local_day(one, zone), _local_day(other, zone)
        days = (second - first).days
        passed = days if unit == "days" else days / DAYS_IN_MONTH
        words = f"{days} days" if unit == "days" else f"{passed:.1f} months ({text.elapsed(first, second)})"
    holds = at_least <= passed <= at_most
    limits = f"at most {at_most:g}" if at_least <= 0 else f"{at_least:g} to {at_most:g}"
    sentence = f"From “{one['title']}” to “{other['title']}” are {words}; the claim allows {limits}."
    return Outcome(holds, sentence, f"the time between the two were {'outside of' if holds else 'within'} these limits")


# --- events


def happened(
    evidence: Evidence,
    *,
    first: pd.Timestamp,
    last: pd.Timestamp,
    persons: tuple[str, ...] = (),
    venue: str = "",
    title: str = "",
    kind: tuple[str, ...] = (),
    expected: bool = True,
) -> Outcome:
    """An event with all of these persons, or at a venue, of a kind or with words in its title, happened in these days.

    With expected no: none happened.
    """
    present = evidence.tables["event_actors"].groupby("event_id")["name"].agg(set)
    chosen = diplomacy.in_window(evidence.tables["events"], first, last)
    there = np.array([set(persons) <= present.get(event, set()) for event in chosen["event_id"]], dtype=bool)
    chosen = chosen[there]
    chosen = chosen[chosen["venue"].str.contains(venue, regex=False) & chosen["title"].str.contains(title, regex=False)]
    chosen = chosen[chosen["kind"].isin(kind)] if kind else chosen
    who = text.listing([*persons, *([f"“{title}”"] if title else [])])
    what = f"{who}{f' in {venue}' if venue else ''}, {text.day(first)} to {text.day(last)}"
    if len(chosen):
        titles = text.listing([f"“{row['title']}” ({text.day(row['date'])})" for _, row in chosen.iterrows()])
        return Outcome(expected, f"{what}: {titles}.", "no such event were on record")
    return Outcome(not expected, f"{what}: nothing is on record.", "such an event were on record")


def recorded(evidence: Evidence, *, table: str, key: str, column: str, words: tuple[str, ...]) -> Outcome:
    """A cell of a table has one of some words; capitals do not matter."""
    frame = evidence.tables.get(table)
    if frame is None or column not in frame:
        raise ParameterError(f"there is no column “{column}” of a table “{table}”")
    row = evidence.rows(table, str(frame.columns[0]), [key]).iloc[0]
    cell = ", ".join(row[column]) if isinstance(row[column], tuple) else str(row[column])
    holds = any(item.casefold() in cell.casefold() for item in words)
    sentence = f"The {LABELS.get(column, column)} of {key} is “{cell.rstrip('.')}”"
    sentence += "" if holds else f", not {_quoted(words, 'or')}"
    other = "another" if holds else _quoted(words, "or")
    return Outcome(holds, f"{sentence}.", f"the {LABELS.get(column, column)} of {key} were {other}")


def nth_meeting(
    evidence: Evidence,
    *,
    host: str,
    event: str,
    since: pd.Timestamp,
    place: int,
    states: tuple[str, ...],
    in_person: bool = True,
) -> Outcome:
    """A meeting is the n-th of a leader since a day with leaders of some states: in person, or calls as well."""
    met = diplomacy.leader_meetings(evidence.tables["events"], evidence.tables["event_actors"], host)
    met = met[(met["date"] >= since) & met["state"].isin(states) & (met["in_person"] | (not in_person))]
    order = list(dict.fromkeys(met["event_id"]))
    titles = evidence.tables["events"].set_index("event_id")["title"]
    whom = f"the leader of {'one of ' + str(len(states)) + ' states' if len(states) > 1 else STATES[states[0]]}"
    what = f"{'meeting in person' if in_person else 'meeting or call'} of {host} with {whom} since {text.day(since)}"
    subject = f"“{evidence.event(event)['title']}”"
    if event not in order:
        return Outcome(False, f"{subject} is no {what}.", "it were one")
    found = order.index(event) + 1
    before = f", after {_quoted(titles[e] for e in order[: found - 1])}" if found > 1 else ""
    sentence = f"{subject} is the {text.ordinal(found)} {what}{before}."
    return Outcome(found == place, sentence, "others had come before" if found == place else "none had come before")


def stronger_protest(evidence: Evidence, *, event: str, cause: str) -> Outcome:
    """A Chinese protest is stronger, by form and rank of the sender, than every earlier one over the same cause."""
    tables = evidence.tables
    table = diplomacy.protest_table(
        tables["protests"], tables["events"], tables["codings_signals"], tables["event_sources"]
    )
    table = table[table["trigger_kind"] == cause]
    if event not in set(table["event_id"]):
        return Outcome(False, f"“{evidence.event(event)['title']}” is no protest over the {cause}.", "it were one")
    comparison = diplomacy.rank_among(table, event)["comparison"]
    equal, stronger = int((comparison == "equal").sum()), int((comparison == "stronger").sum())
    holds = len(comparison) > 0 and equal + stronger == 0
    sentence = (
        f"Of {text.plural(len(comparison), 'earlier protest')} over the {cause} on record {text.count(equal)} had the "
        f"same form and rank as {event}, and {text.count(stronger)} a stronger one."
    )
    other = "one of them had been as strong" if holds else "all of them had been weaker"
    return Outcome(holds, sentence, other)


def party_changed(evidence: Evidence, *, state: str, before: str) -> Outcome:
    """At the last change of leader of a state before an event the governing party changed as well."""
    governments = evidence.tables["governments"]
    known = governments[(governments["state"] == state) & (governments["start"] <= evidence.event(before)["date"])]
    if len(known) < 2:
        raise ParameterError(f"governments.csv has fewer than two leaders of {state} before {before}")
    old, new = (row for _, row in known.sort_values("start").tail(2).iterrows())
    holds = bool(old["party"] != new["party"])
    party = f"the {new['party']}" + ("" if holds else " as before")
    sentence = f"In {STATES[state]} {new['leader']} followed {old['leader']} on {text.day(new['start'])}, from {party}."
    other = "the same party had stayed" if holds else "another party had come"
    return Outcome(holds, sentence, f"{other} into office in {STATES[state]}" if not holds else f"{other} in office")


def untold(evidence: Evidence, *, provisions: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> Outcome:
    """No claim of the article tells any of these provisions or events."""
    told = []
    for kind, key, ids in (("provisions", "provision_id", provisions), ("events", "event_id", events)):
        evidence.rows(kind, key, ids)
        links = evidence.tables[f"claim_{kind}"]
        links = links[links[key].isin(ids) & links["relation"].isin(["told", "partly told"])]
        told += [f"{row['claim_id']} tells {row[key]}" for _, row in links.iterrows()]
    sentence = (
        text.listing(told) if told else f"No claim of the article tells {text.listing([*provisions, *events], 'or')}"
    )
    return Outcome(not told, f"{sentence}.", "no claim told it" if told else "a claim of the article told it")


# --- who says what


def act(
    evidence: Evidence,
    *,
    provisions: tuple[str, ...],
    acts: tuple[str, ...],
    actors: tuple[str, ...],
    alone: bool = False,
    target: str = "",
) -> Outcome:
    """In each of these provisions the actors perform one of these speech acts, towards a target where one is named.

    With alone, nobody else takes part.
    """
    rows = evidence.rows("provisions", "provision_id", provisions)
    by_provision = evidence.tables["provision_actors"].groupby("provision_id")["state"].agg(set)
    said: dict[str, list[str]] = {}
    holds = True
    for provision_id, row in rows.iterrows():
        who = set(map(str, by_provision.get(provision_id, set())))
        found = [str(value) for value in (row["speech_act"], row["speech_act_2"]) if pd.notna(value) and value]
        aimed = not target or target in [item.strip() for item in str(row["target"]).split(";")]
        holds &= aimed and (set(actors) == who if alone else set(actors) <= who) and bool(set(found) & set(acts))
        aim = f", towards {STATES.get(row['target'], row['target'])}" if target else ""
        said.setdefault(f"the speech act of {named(who)} is {_quoted(found)}{aim}", []).append(str(provision_id))
    sentence = "; ".join(f"in {text.listing(ids)} {what}" for what, ids in said.items())
    wanted = f"{_quoted(acts, 'or')} by {named(actors)}{' alone' if alone else ''}"
    sentence = f"{text.capital(sentence)}" + ("" if holds else f"; the claim needs {wanted}")
    other = "speakers or speech acts were others" if holds else f"it were {wanted}"
    return Outcome(holds, f"{sentence}.", f"in {text.listing(list(provisions), 'or')} {other}")


def speakers(evidence: Evidence, *, quotation: str) -> Outcome:
    """A quotation is of those to whom the article gives it."""
    row = evidence.rows("quotations", "quotation_id", [quotation]).iloc[0]
    given, on_record = set(row["attributed_to"]), set(row["said_by"])
    alone = " alone" if on_record < given else ""
    sentence = f"The article gives “{row['words']}” to {named(given)}; on record it is of {named(on_record)}{alone}."
    other = "of others" if given == on_record else f"of {named(given)}"
    return Outcome(given == on_record, sentence, f"the words were on record as {other}")


# --- codings and measures


def coverage(
    evidence: Evidence, *, least: float, strength: int, provisions: tuple[str, ...] = (), pillar: str = ""
) -> Outcome:
    """At least a share of these provisions, or of a part of the statement, has a counterpart in the strategy."""
    parts = labels("provisions", "pillar")
    coded = alignment.adjudicate(evidence.tables["codings_alignment"]).merge(
        evidence.tables["provisions"][["provision_id", "pillar"]], on="provision_id"
    )
    if provisions:
        evidence.rows("provisions", "provision_id", provisions)
        coded = coded[coded["provision_id"].isin(provisions)]
    if pillar:
        coded = coded[coded["pillar"] == pillar]
    hits, n = int((coded["strength"] >= strength).sum()), len(coded)
    if not n:
        raise ParameterError(f"pillar: “{pillar}” has no provisions; allowed: {', '.join(parts)}")
    of = f"of the part {parts[pillar]}" if pillar else text.listing(list(provisions))
    sentence = (
        f"{hits} of {n} provisions ({of}) have a counterpart of strength {strength} or more in the strategy, by the "
        f"median of {text.plural(int(coded['coders'].min()), 'coder')}; the claim needs {text.percent(least)}."
    )
    holds = hits >= least * n
    return Outcome(holds, sentence, f"{'fewer' if holds else 'more'} provisions ({of}) were coded so")


def rank(
    evidence: Evidence, *, statement: str, strategy: str, among: str, largest_p: float, other_states: bool = False
) -> Outcome:
    """A pair ranks so high among placebos that the exact p is at most largest_p, by the score of chapter 4.

    among: statements or strategies. other_states: without documents of the states that issued the strategy.
    """
    table = evidence.tables["documents"]
    sets = {name: (values, own) for name, values, own in placebo_sets(evidence.scores, table, statement, strategy)}
    if among not in sets:
        raise ParameterError(f"among: {among!r} is not one of {', '.join(sets)}")
    series, own = sets[among]
    if other_states:
        [issuers] = table.loc[table["document_id"] == strategy, "parties"]
        series = series[without_states(table, series.index, own, issuers)]
    found = standing(series, own)
    whose = ", those of the same state left out," if other_states else ""
    sentence = (
        f"By likeness of words the pair ranks {text.ordinal(found.rank)} among {found.placebos + 1} {among}{whose} "
        f"with p = {found.p:.3f}; the claim needs {largest_p:g} or less."
    )
    holds = found.p <= largest_p
    return Outcome(holds, sentence, f"{'more' if holds else 'fewer'} other {among} lay closer")


def carried_over(evidence: Evidence, *, pillar: str, least: float) -> Outcome:
    """At least a share of the provisions of a part stand, as they are or in like form, in the statement of 2024."""
    parts, provisions = labels("provisions", "pillar"), evidence.tables["provisions"]
    part = provisions[provisions["pillar"] == pillar]
    if part.empty:
        raise ParameterError(f"pillar: “{pillar}” has no provisions; allowed: {', '.join(parts)}")
    kept, n = int(part["in_2024"].isin(["yes", "similar"]).sum()), len(part)
    sentence = (
        f"{kept} of {n} provisions of the part {parts[pillar]} stand in the statement of 2024 as well, as "
        f"they are or in like form; the claim needs {text.percent(least)}."
    )
    holds = kept >= least * n
    return Outcome(holds, sentence, f"{'fewer' if holds else 'more'} of them stood in the statement of 2024")


def topic_kept(evidence: Evidence, *, topic: str) -> Outcome:
    """A topic of the statement of 2024 is kept or stronger in that of 2025, by the majority of the coders."""
    [name] = evidence.rows("topics", "topic_id", [topic])["topic"]
    changes = continuity.changes(evidence.tables["codings_topics"], evidence.tables["topics"]).set_index("topic_id")
    found = str(changes.at[topic, "change"])
    holds = found in ("kept", "stronger")
    sentence = f"By the majority of the coders the topic “{name}” is {found} in 2025 against 2024."
    return Outcome(holds, sentence, f"topic {topic} were {'dropped' if holds else 'kept or stronger'}")


# --- references


def citation(evidence: Evidence, *, key: str, event: str, day: pd.Timestamp) -> Outcome:
    """A reference of the article is of a day and has the address of a page that was read for an event."""
    if key not in evidence.bibliography:
        raise ParameterError(f"{key} is no key of sources.bib{nearest(key, list(evidence.bibliography))}")
    entry, sources = evidence.bibliography[key], evidence.tables["event_sources"]
    known = set(sources.loc[sources["event_id"] == event, "url"])
    found, same = pd.Timestamp(entry["date"]), entry.get("url") in known
    sentence = (
        f"The reference {key} is of {text.day(found)}, and its address is {'' if same else 'not '}that of a page read "
        f"for {event}."
    )
    holds = same and found == day
    return Outcome(holds, sentence, f"day or address of the reference were {'others' if holds else 'those'}")


CHECKS: Mapping[str, Check] = {
    function.__name__: function
    for function in (
        quotation,
        term,
        heading,
        heading_count,
        count,
        date,
        interval,
        happened,
        recorded,
        nth_meeting,
        stronger_protest,
        party_changed,
        untold,
        act,
        speakers,
        coverage,
        rank,
        carried_over,
        topic_kept,
        citation,
    )
}
