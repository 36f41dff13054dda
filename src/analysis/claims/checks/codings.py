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
from analysis.measures import alignment, continuity, precedents
from analysis.measures.placebos import placebo_sets
from analysis.signals.events import STATE_NAMES, named


@check("untold")
class Untold:
    """No claim of the article tells any of these provisions or events."""

    provisions: Words = ()
    events: Words = ()

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return the claims that tell one of them."""
        telling: list[str] = []
        for kind, key, ids in (("provisions", "provision_id", self.provisions), ("events", "event_id", self.events)):
            evidence.rows(kind, key, ids)
            links = evidence.table(f"claim_{kind}")
            links = links[links[key].isin(ids) & links["relation"].isin(["told", "partly told"])]
            telling += list(links["claim_id"])
        names = [event_name(evidence, key) for key in self.events]
        names += [f"the provisions {provision_names(evidence, self.provisions, 'or')}"] if self.provisions else []
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

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return who performs which speech act in the provisions."""
        actors_of = evidence.table("provision_actors").groupby("provision_id")["state"].agg(set)
        provisions_by_act: dict[str, list[str]] = {}
        holds = True
        for provision_id, row in evidence.rows("provisions", "provision_id", self.provisions).iterrows():
            actors = actors_of.get(provision_id, set())
            acts = [str(value) for value in (row["speech_act"], row["speech_act_2"]) if pd.notna(value) and value]
            aimed = not self.target or self.target in map(str.strip, str(row["target"]).split(";"))
            by_actors = set(self.actors) == actors if self.alone else set(self.actors) <= actors
            holds &= aimed and by_actors and bool(set(acts) & set(self.acts))
            phrase = f"{quoted(acts)}{self._towards(row['target'])} by {named(actors)}"
            provisions_by_act.setdefault(phrase, []).append(str(provision_id))
        phrases = [f"{phrase} ({', '.join(ids)})" for phrase, ids in provisions_by_act.items()]
        wanted = f"the speech act {quoted(self.acts, 'or')}{self._towards(self.target)} by {named(self.actors)}"
        wanted += f"{' alone' if self.alone else ''} in the provision{'s' if len(self.provisions) > 1 else ''}"
        found = "; ".join(phrases if len(phrases) > 1 else provisions_by_act)
        return Outcome(holds, found, f"{wanted} {provision_names(evidence, self.provisions)}")

    def _towards(self, target: str) -> str:
        return f" towards {STATE_NAMES.get(target, target)}" if self.target else ""


@check("speakers")
class Speakers:
    """A quotation is of those to whom the article gives it."""

    quotation: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return whose words they are on record."""
        row = evidence.rows("quotations", "quotation_id", [self.quotation]).iloc[0]
        given, on_record = set(row["attributed_to"]), set(row["said_by"])
        found = f"said by {named(on_record)}{' alone' if on_record < given else ''}"
        return Outcome(given == on_record, found, f"“{row['words']}” said by {named(given)}")


# --- codings and measures


def _part(evidence: Evidence, pillar: str) -> tuple[str, pd.DataFrame]:
    """Return a part of the statement in words, and its provisions. Raise ParameterError where it has none."""
    provisions, parts = evidence.table("provisions"), labels("provisions", "pillar")
    rows = provisions[provisions["pillar"] == pillar]
    if rows.empty:
        raise ParameterError(f"pillar: “{pillar}” has no provisions; allowed: {', '.join(parts)}")
    return f"the provisions of the part {parts[pillar]}", rows


def _covered(evidence: Evidence, strengths: pd.DataFrame, subject: str, text: str) -> Outcome:
    """Return whether enough of some provisions have a counterpart in a text, by the rule of chapter 4."""
    covered = int((strengths["strength"] >= evidence.threshold).sum())
    holds = alignment.follows(strengths, threshold=evidence.threshold, bar=evidence.bar)
    expected = f"at least {wording.percent(evidence.bar)} of {subject} with a counterpart in {text} of strength "
    coders = wording.plural(int(strengths["coders"].min()), "coder")
    found = f"{covered} of {len(strengths)}, by the lower median of {coders}"
    return Outcome(holds, found, f"{expected}{evidence.threshold} or more")


@check("coverage")
class Coverage:
    """The provisions that the article tells in a paragraph, or those of a part, follow the strategy."""

    told_in: int = 0
    pillar: str = ""

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return how many have a counterpart. Raise ParameterError where there is no such part or paragraph."""
        coded = alignment.adjudicate(evidence.table("codings_alignment"))
        if self.pillar:
            subject, rows = _part(evidence, self.pillar)
            ids = list(rows["provision_id"])
        else:
            ids = alignment.told_in(evidence.table("claim_provisions"), evidence.table("claims"), self.told_in)
            if not ids:
                raise ParameterError(f"told_in: the article tells no provision in its paragraph {self.told_in}")
            subject = f"the provisions that the article tells in its ¶{self.told_in} ({', '.join(ids)})"
        return _covered(evidence, coded[coded["provision_id"].isin(ids)], subject, "the strategy")


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

    def __call__(self, evidence: Evidence) -> Outcome:
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
        pair = f"{document_name(evidence, self.statement)} and {document_name(evidence, self.strategy)}"
        found = f"{wording.ordinal(rank.rank)} of {rank.placebos + 1}, p = {rank.p:.3f}"
        expected = f"{pair} so alike in words that p among {among} is at most {self.largest_p:g}"
        return Outcome(rank.p <= self.largest_p, found, expected)


@check("carried_over")
class CarriedOver:
    """The provisions of a part follow the statement of 2024."""

    pillar: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return how many have a counterpart there. Raise ParameterError where there is no such part."""
        subject, part = _part(evidence, self.pillar)
        codings = evidence.table("codings_precedents")
        settled = precedents.settled(codings)[precedents.PREVIOUS].rename("strength").to_frame()
        settled = settled.assign(coders=codings["coder"].nunique()).loc[part["provision_id"]]
        return _covered(evidence, settled, subject, "the statement of 2024")


@check("topic_kept")
class TopicKept:
    """A topic of the statement of 2024 is kept or stronger in that of 2025, by the majority of the coders."""

    topic: str

    def __call__(self, evidence: Evidence) -> Outcome:
        """Return what became of the topic."""
        [name] = evidence.rows("topics", "topic_id", [self.topic])["topic"]
        changes = continuity.changes(evidence.table("codings_topics"), evidence.table("topics"))
        change = str(changes.set_index("topic_id").at[self.topic, "change"])
        found = f"{change}, by the majority of the coders"
        expected = f"the topic “{name}” kept or stronger in 2025 against 2024"
        return Outcome(change in ("kept", "stronger"), found, expected)


# --- references


@check("citation")
class Citation:
    """A reference of the article is of a day and has the address of a page that was read for an event."""

    key: str
    event: str
    day: Day

    def __call__(self, evidence: Evidence) -> Outcome:
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
