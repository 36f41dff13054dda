"""Checks of days: when an event or a document is of, and how long it is from one event to another."""

from typing import Any

import pandas as pd

from analysis.claims.checks.wording import document_name
from analysis.claims.evidence import Evidence, Outcome
from analysis.core import wording
from analysis.core.errors import ParameterError

CITIES = {
    "America/New_York": "Washington",
    "America/Lima": "Lima",
    "Asia/Tokyo": "Tokyo",
    "Asia/Shanghai": "Beijing",
    "Asia/Seoul": "Seoul",
}
DAYS_IN_MONTH = 30.436875  # of the Gregorian calendar, on average


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
    moment, words = _moment(event), wording.day(event["date"])
    if moment is None:
        return words
    words += f", {moment:%H:%M} in {CITIES[event['zone']]}"
    tokyo = moment.tz_convert("Asia/Tokyo")
    return words + (f" ({wording.day(tokyo)}, {tokyo:%H:%M}, in Tokyo)" if tokyo.date() != moment.date() else "")


def date(
    evidence: Evidence, *, of: str, first: pd.Timestamp, last: pd.Timestamp | None = None, zone: str = ""
) -> Outcome:
    """An event, or a document, is of a certain day, or of the days from first to last.

    zone: the time zone in which the day counts, such as Asia/Tokyo; without it the day at the place of the event.
    """
    last = first if last is None else last
    if of in set(evidence.tables["documents"]["document_id"]):
        found = pd.Timestamp(evidence.rows("documents", "document_id", [of]).iloc[0]["date"])
        subject, known = wording.capital(document_name(evidence, of)), wording.day(found)
    else:
        event = evidence.event(of)
        if zone and not event["time"]:
            raise ParameterError(f"{of} has no hour in events.csv, so its day in {zone} is not known")
        found, subject, known = _local_day(event, zone), f"“{event['title']}”", _day_and_hour(event)
    holds = first <= found <= last
    asked = wording.day(first) if first == last else f"{wording.day(first)} to {wording.day(last)}"
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
        words = f"{days} days" if unit == "days" else f"{passed:.1f} months ({wording.elapsed(first, second)})"
    holds = at_least <= passed <= at_most
    limits = f"at most {at_most:g}" if at_least <= 0 else f"{at_least:g} to {at_most:g}"
    sentence = f"From “{one['title']}” to “{other['title']}” are {words}; the claim allows {limits}."
    return Outcome(holds, sentence, f"the time between the two were {'outside of' if holds else 'within'} these limits")
