"""Checks of claims by name: functions of the evidence, each of which says whether something holds, and why.

A check is named in the table `checks` with its arguments. It reads tables, text features and the bibliography: alter
what it reads, and its outcome alters. `analysis.ledger` makes the verdict of a claim from its checks.
"""

from collections.abc import Callable, Mapping
from typing import Concatenate

from analysis import checks_codings, checks_days, checks_events, checks_texts
from analysis.evidence import Evidence, Outcome

Check = Callable[Concatenate[Evidence, ...], Outcome]

CHECKS: Mapping[str, Check] = {
    function.__name__: function
    for function in (
        checks_texts.quotation,
        checks_texts.term,
        checks_texts.heading,
        checks_texts.heading_count,
        checks_events.count,
        checks_days.date,
        checks_days.interval,
        checks_events.happened,
        checks_events.recorded,
        checks_events.nth_meeting,
        checks_events.stronger_protest,
        checks_events.party_changed,
        checks_codings.untold,
        checks_codings.act,
        checks_codings.speakers,
        checks_codings.coverage,
        checks_codings.rank,
        checks_codings.carried_over,
        checks_codings.topic_kept,
        checks_codings.citation,
    )
}
