"""Checks of codings, measures and references: who says what, what has a counterpart, what is kept, told or cited."""

import pandas as pd

from analysis.claims.checks.wording import quoted
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.data.tables import labels
from analysis.measures import alignment, continuity
from analysis.measures.placebos import placebo_sets
from analysis.signals.events import STATE_NAMES, named


def untold(evidence: Evidence, *, provisions: tuple[str, ...] = (), events: tuple[str, ...] = ()) -> Outcome:
    """No claim of the article tells any of these provisions or events."""
    told = []
    for kind, key, ids in (("provisions", "provision_id", provisions), ("events", "event_id", events)):
        evidence.rows(kind, key, ids)
        links = evidence.tables[f"claim_{kind}"]
        links = links[links[key].isin(ids) & links["relation"].isin(["told", "partly told"])]
        told += [f"{row['claim_id']} tells {row[key]}" for _, row in links.iterrows()]
    sentence = (
        wording.listing(told)
        if told
        else f"No claim of the article tells {wording.listing([*provisions, *events], 'or')}"
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
        aim = f", towards {STATE_NAMES.get(row['target'], row['target'])}" if target else ""
        said.setdefault(f"the speech act of {named(who)} is {quoted(found)}{aim}", []).append(str(provision_id))
    sentence = "; ".join(f"in {wording.listing(ids)} {what}" for what, ids in said.items())
    wanted = f"{quoted(acts, 'or')} by {named(actors)}{' alone' if alone else ''}"
    sentence = f"{wording.capital(sentence)}" + ("" if holds else f"; the claim needs {wanted}")
    other = "speakers or speech acts were others" if holds else f"it were {wanted}"
    return Outcome(holds, f"{sentence}.", f"in {wording.listing(list(provisions), 'or')} {other}")


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
    of = f"of the part {parts[pillar]}" if pillar else wording.listing(list(provisions))
    sentence = (
        f"{hits} of {n} provisions ({of}) have a counterpart of strength {strength} or more in the strategy, by the "
        f"median of {wording.plural(int(coded['coders'].min()), 'coder')}; the claim needs {wording.percent(least)}."
    )
    holds = hits >= least * n
    return Outcome(holds, sentence, f"{'fewer' if holds else 'more'} provisions ({of}) were coded so")


def rank(
    evidence: Evidence, *, statement: str, strategy: str, among: str, largest_p: float, other_states: bool = False
) -> Outcome:
    """A pair ranks so high among placebos that the exact p is at most largest_p, by the score of chapter 4.

    among: statements or strategies. other_states: without documents of the states that issued the strategy.
    """
    table, scores = evidence.tables["documents"], evidence.scores(statement, strategy)
    sets = placebo_sets(scores, table, statement, strategy)
    if among not in sets:
        raise ParameterError(f"among: {among!r} is not one of {', '.join(sets)}")
    placebos = sets[among]
    if other_states:
        [issuers] = table.loc[table["document_id"] == strategy, "parties"]
        placebos = placebos.without_states(table, issuers)
    found = placebos.standing()
    whose = ", those of the same state left out," if other_states else ""
    sentence = (
        f"By likeness of words the pair ranks {wording.ordinal(found.rank)} among {found.placebos + 1} {among}{whose} "
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
        f"they are or in like form; the claim needs {wording.percent(least)}."
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
        f"The reference {key} is of {wording.day(found)}, "
        f"and its address is {'' if same else 'not '}that of a page read "
        f"for {event}."
    )
    holds = same and found == day
    return Outcome(holds, sentence, f"day or address of the reference were {'others' if holds else 'those'}")
