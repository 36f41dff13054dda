"""Checks of claims by name: functions of the evidence, each of which says whether something holds, and why.

A check is named in the table `checks` with its arguments. It reads tables, text features and the bibliography: alter
what it reads, and its outcome alters. `analysis.claims.ledger` makes the verdict of a claim from its checks.
"""

from collections.abc import Callable, Mapping
from typing import Concatenate

from analysis.claims.checks import codings, days, events, texts
from analysis.claims.evidence import Evidence, Outcome

Check = Callable[Concatenate[Evidence, ...], Outcome]

CHECKS: Mapping[str, Check] = {
    function.__name__: function
    for function in (
        texts.quotation,
        texts.term,
        texts.heading,
        texts.heading_count,
        events.count,
        days.date,
        days.interval,
        events.happened,
        events.recorded,
        events.nth_meeting,
        events.stronger_protest,
        events.party_changed,
        codings.untold,
        codings.act,
        codings.speakers,
        codings.coverage,
        codings.rank,
        codings.carried_over,
        codings.topic_kept,
        codings.citation,
    )
}
