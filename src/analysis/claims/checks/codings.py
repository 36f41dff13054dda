"""Checks of codings, measures and references: who says what, what has a counterpart, what is kept, told or cited."""

import pandas as pd

from analysis.claims.checks.registry import (
    Day,
    Words,
    check,
    document_name,
    event_name,
    provision_names,
    quoted,
    source_label,
)
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError
from analysis.data.faults import nearest
from analysis.data.tables import labels
from analysis.measures import alignment, continuity
from analysis.measures.placebos import placebo_sets
from analysis.signals.events import STATE_NAMES, named


@check("untold")
class Untold:
    """No claim of the article tells any of these provisions or events."""

    provisions: Words = ()
    events: Words = ()

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the claims that tell one of them."""
        telling: list[str] = []
        for kind, key, ids in (("provisions", "provision_id", self.provisions), ("events", "event_id", self.events)):
            evidence.rows(kind, key, ids)
            links = evidence.table(f"claim_{kind}")
            links = links[links[key].isin(ids) & links["relation"].isin(["told", "partly told"])]
            telling += list(links["claim_id"])
        names = [event_name(evidence, key) for key in self.events]
        if self.provisions:
            names.append(f"the provisions {provision_names(evidence, self.provisions, 'or')}")
        found = f"told in {wording.listing(list(dict.fromkeys(telling)))}" if telling else "no such claim"
        return Outcome(not telling, found, f"no claim of the article about {wording.listing(names, 'or')}")


# --- who says what


@check("act")
class Act:
    """In each of these provisions the actors perform one of these speech acts, towards a target where one is named.

    With alone, nobody else takes part.
    """

    provisions: Words
    acts: Words
    actors: Words
    alone: bool = False
    target: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return who performs which speech act in the provisions."""
        rows = evidence.rows("provisions", "provision_id", self.provisions)
        actors_of = evidence.table("provision_actors").groupby("provision_id")["state"].agg(set)
        provisions_by_act: dict[str, list[str]] = {}
        holds = True
        for provision_id, row in rows.iterrows():
            actors = actors_of.get(provision_id, set())
            acts = [str(value) for value in (row["speech_act"], row["speech_act_2"]) if pd.notna(value) and value]
            aimed = not self.target or self.target in map(str.strip, str(row["target"]).split(";"))
            by_actors = set(self.actors) == actors if self.alone else set(self.actors) <= actors
            holds &= aimed and by_actors and bool(set(acts) & set(self.acts))
            phrase = f"{quoted(acts)}{self._towards(row['target'])} by {named(actors)}"
            provisions_by_act.setdefault(phrase, []).append(str(provision_id))
        phrases = [f"{phrase} ({', '.join(ids)})" for phrase, ids in provisions_by_act.items()]
        found = "; ".join(phrases if len(phrases) > 1 else provisions_by_act)
        wanted = f"the speech act {quoted(self.acts, 'or')}{self._towards(self.target)} by {named(self.actors)}"
        where = f"the provision{'s' if len(self.provisions) > 1 else ''} {provision_names(evidence, self.provisions)}"
        return Outcome(holds, found, f"{wanted}{' alone' if self.alone else ''} in {where}")

    def _towards(self, target: str) -> str:
        return f" towards {STATE_NAMES.get(target, target)}" if self.target else ""


@check("speakers")
class Speakers:
    """A quotation is of those to whom the article gives it."""

    quotation: str

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return whose words they are on record."""
        row = evidence.rows("quotations", "quotation_id", [self.quotation]).iloc[0]
        given, on_record = set(row["attributed_to"]), set(row["said_by"])
        found = f"said by {named(on_record)}{' alone' if on_record < given else ''}"
        return Outcome(given == on_record, found, f"“{row['words']}” said by {named(given)}")


# --- codings and measures


def _part(pillar: str, provisions: pd.DataFrame) -> str:
    """Return a part of the statement in words. Raise ParameterError where it has no provisions."""
    parts = labels("provisions", "pillar")
    if not (provisions["pillar"] == pillar).any():
        raise ParameterError(f"pillar: “{pillar}” has no provisions; allowed: {', '.join(parts)}")
    return f"the provisions of the part {parts[pillar]}"


@check("coverage")
class Coverage:
    """At least a share of these provisions, or of a part of the statement, has a counterpart in the strategy."""

    least: float
    strength: int
    provisions: Words = ()
    pillar: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return how many have a counterpart. Raise ParameterError where there is no such part or provision."""
        provisions = evidence.table("provisions")[["provision_id", "pillar"]]
        coded = alignment.adjudicate(evidence.table("codings_alignment")).merge(provisions, on="provision_id")
        subject = "the provisions"
        if self.provisions:
            evidence.rows("provisions", "provision_id", self.provisions)
            coded = coded[coded["provision_id"].isin(self.provisions)]
            subject = f"the provisions {provision_names(evidence, self.provisions)}"
        elif self.pillar:
            subject = _part(self.pillar, provisions)
            coded = coded[coded["pillar"] == self.pillar]
        covered = int((coded["strength"] >= self.strength).sum())
        coders = wording.plural(int(coded["coders"].min()), "coder")
        expected = f"at least {wording.percent(self.least)} of {subject} with a counterpart in the strategy"
        expected += f" of strength {self.strength} or more"
        found = f"{covered} of {len(coded)}, by the median of {coders}"
        return Outcome(covered >= self.least * len(coded), found, expected)


@check("rank")
class Rank:
    """A pair ranks so high among placebos that the exact p is at most largest_p, by the score of chapter 4.

    among: statements or strategies. other_states: without documents of the states that issued the strategy.
    """

    statement: str
    strategy: str
    among: str
    largest_p: float
    other_states: bool = False

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the rank and p. Raise ParameterError where `among` names no set of placebos."""
        documents, scores = evidence.table("documents"), evidence.scores(self.statement, self.strategy)
        sets = placebo_sets(scores, documents, self.statement, self.strategy)
        if self.among not in sets:
            raise ParameterError(f"among: {self.among!r} is not one of {', '.join(sets)}")
        placebos = sets[self.among]
        if self.other_states:
            [issuers] = documents.loc[documents["document_id"] == self.strategy, "parties"]
            placebos = placebos.without_states(documents, issuers)
        rank = placebos.standing()
        among = f"{self.among} of other states" if self.other_states else f"all {self.among}"
        expected = f"{document_name(evidence, self.statement)} and {document_name(evidence, self.strategy)} so alike"
        expected += f" in words that p among {among} is at most {self.largest_p:g}"
        found = f"{wording.ordinal(rank.rank)} of {rank.placebos + 1}, p = {rank.p:.3f}"
        return Outcome(rank.p <= self.largest_p, found, expected)


@check("carried_over")
class CarriedOver:
    """At least a share of the provisions of a part stand, as they are or in like form, in the statement of 2024."""

    pillar: str
    least: float

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return how many do. Raise ParameterError where there is no such part."""
        provisions = evidence.table("provisions")
        subject = _part(self.pillar, provisions)
        part = provisions[provisions["pillar"] == self.pillar]
        alike = int(part["in_2024"].isin(["yes", "similar"]).sum())
        expected = f"at least {wording.percent(self.least)} of {subject} in the same or a like form"
        expected += " in the statement of 2024"
        return Outcome(alike >= self.least * len(part), f"{alike} of {len(part)}", expected)


@check("topic_kept")
class TopicKept:
    """A topic of the statement of 2024 is kept or stronger in that of 2025, by the majority of the coders."""

    topic: str

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return what became of the topic."""
        [name] = evidence.rows("topics", "topic_id", [self.topic])["topic"]
        changes = continuity.changes(evidence.table("codings_topics"), evidence.table("topics"))
        change = str(changes.set_index("topic_id").at[self.topic, "change"])
        expected = f"the topic “{name}” kept or stronger in 2025 against 2024"
        return Outcome(change in ("kept", "stronger"), f"{change}, by the majority of the coders", expected)


# --- references


@check("citation")
class Citation:
    """A reference of the article is of a day and has the address of a page that was read for an event."""

    key: str
    event: str
    day: Day

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the day of the reference, and whether its address fits. Raise ParameterError for an unknown key."""
        if self.key not in evidence.bibliography:
            raise ParameterError(f"{self.key} is no key of sources.bib{nearest(self.key, list(evidence.bibliography))}")
        entry, sources = evidence.bibliography[self.key], evidence.table("event_sources")
        same = entry.get("url") in set(sources.loc[sources["event_id"] == self.event, "url"])
        day = pd.Timestamp(entry["date"])
        expected = f"the reference {source_label(self.key, evidence.bibliography)} dated {wording.day(self.day)}, with"
        expected += f" the address of a page read for {event_name(evidence, self.event)}"
        found = f"dated {wording.day(day)}, with the address of {'such a' if same else 'another'} page"
        return Outcome(same and day == self.day, found, expected)
