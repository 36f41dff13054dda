"""Checks of days: when an event or a document is of, and how long it is from one event to another."""

from typing import Any

import pandas as pd

from analysis.claims.checks.phrases import document_name, event_name, period
from analysis.claims.checks.registry import Day, check
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
UNITS = ("hours", "days", "months")


def _moment(event: "pd.Series[Any]") -> Day | None:
    """Return day and hour of an event in its own zone; None where no hour is recorded."""
    if not event["time"]:
        return None
    return pd.Timestamp(f"{event['date']:%Y-%m-%d} {event['time']}", tz=event["zone"])


def _local_day(event: "pd.Series[Any]", zone: str) -> Day:
    """Return the day of an event, in a zone where one is asked for and the hour is known."""
    moment = _moment(event)
    if not zone or moment is None:
        return pd.Timestamp(event["date"])
    return moment.tz_convert(zone).tz_localize(None).normalize()


def _day_and_hour(event: "pd.Series[Any]") -> str:
    """Return the day of an event, with the hour where it is known, and the day in Tokyo where that is another."""
    moment, words = _moment(event), wording.day(event["date"])
    if moment is None:
        return words
    words += f", {moment:%H:%M} in {CITIES[event['zone']]}"
    tokyo = moment.tz_convert("Asia/Tokyo")
    return words + (f" ({wording.day(tokyo)}, {tokyo:%H:%M}, in Tokyo)" if tokyo.date() != moment.date() else "")


@check("date")
class Date:
    """An event, or a document, is of a certain day, or of the days from first to last.

    zone: the time zone in which the day counts, such as Asia/Tokyo; without it the day at the place of the event.
    """

    of: str
    first: Day
    last: Day | None = None
    zone: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the day of the event or document. Raise ParameterError where a zone needs an hour that is missing."""
        last = self.first if self.last is None else self.last
        if self.of in set(evidence.table("documents")["document_id"]):
            day = pd.Timestamp(evidence.rows("documents", "document_id", [self.of]).iloc[0]["date"])
            subject, found = f"{document_name(evidence, self.of)} issued", wording.day(day)
        else:
            event = evidence.event(self.of)
            if self.zone and not event["time"]:
                raise ParameterError(f"{self.of} has no hour in events.csv, so its day in {self.zone} is not known")
            day, found = _local_day(event, self.zone), _day_and_hour(event)
            subject = event_name(evidence, self.of)
        where = f" in {CITIES[self.zone]}" if self.zone else ""
        return Outcome(self.first <= day <= last, found, f"{subject} {period(self.first, last)}{where}")


@check("interval")
class Interval:
    """From one event to another pass so many hours, days or months: at_least to at_most."""

    start: str
    end: str
    unit: str = "days"
    at_least: float = 0.0
    at_most: float = float("inf")
    zone: str = ""

    def outcome(self, evidence: Evidence) -> Outcome:
        """Return the time between the two. Raise ParameterError where the unit is unknown or an hour is missing."""
        start, end = evidence.event(self.start), evidence.event(self.end)
        if self.unit not in UNITS:
            raise ParameterError(f"unit: {self.unit!r} is not one of {', '.join(UNITS)}")
        if self.unit == "hours":
            first, second = _moment(start), _moment(end)
            if first is None or second is None:
                raise ParameterError(f"hours between {self.start} and {self.end}: both need an hour in events.csv")
            passed = (second - first).total_seconds() / 3600
            found = f"{passed:.1f} hours"
        else:
            first, second = _local_day(start, self.zone), _local_day(end, self.zone)
            days = (second - first).days
            passed = days if self.unit == "days" else days / DAYS_IN_MONTH
            found = wording.plural(days, "day") if days else "the same day"
            if self.unit == "months":
                found = f"{passed:.1f} months ({wording.elapsed(first, second)})"
        limits = f"at most {self.at_most:g}" if self.at_least <= 0 else f"{self.at_least:g} to {self.at_most:g}"
        unit = self.unit.removesuffix("s") if self.at_most == 1 else self.unit
        expected = f"{limits} {unit} from {event_name(evidence, self.start)} to {event_name(evidence, self.end)}"
        return Outcome(self.at_least <= passed <= self.at_most, found, expected)
