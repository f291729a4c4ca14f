"""VTIMEZONE (RFC 5545, 3.6.5) of a zone for some years, as calendars like it: a rule for each half of the year.

Written here because dates alone are ignored by some calendars, and because the onset has to be told in the time that was
valid before it: an hour off there moves every event of that night. Pure.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Onset(NamedTuple):
    """When other offsets begin: local time by the old one, both offsets, the new name, and whether that is summer time."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str
    summer: bool


@lru_cache(maxsize=256)
def vtimezone(name: str, first_year: int, last_year: int) -> Timezone:
    """The component for events that begin and end in these years."""
    start, end = datetime(first_year - 1, 1, 1, tzinfo=UTC), datetime(last_year + 1, 12, 31, tzinfo=UTC)
    onsets = _onsets(ZoneInfo(name), start, end)
    component = Timezone()
    component.add("TZID", name)
    if not onsets or onsets[0].at.year >= first_year:  # else the year before says how the first one begins
        begins = start.astimezone(ZoneInfo(name))
        offset = begins.utcoffset() or timedelta(0)
        first = Onset(begins.replace(tzinfo=None), offset, offset, begins.tzname() or name, bool(begins.dst()))
        component.add_component(_observance([first], ""))
    kinds: dict[tuple[object, ...], list[Onset]] = {}
    for onset in onsets:
        kinds.setdefault((onset[1:], onset.at.month, onset.at.time(), onset.at.weekday()), []).append(onset)
    for alike in kinds.values():
        rule = _rule(alike, last_year + 1)
        for group in [alike] if rule else [[one] for one in alike]:
            component.add_component(_observance(group, rule))
    return component


def _onsets(zone: ZoneInfo, start: datetime, end: datetime) -> list[Onset]:
    def state(at: datetime) -> tuple[timedelta, str, bool]:
        local = at.astimezone(zone)
        return local.utcoffset() or timedelta(0), local.tzname() or "", bool(local.dst())

    found, at, step = [], start, timedelta(days=1)
    while at < end:
        if state(at) != state(at + step):
            low, high = at, at + step
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if state(middle) == state(low) else (low, middle)
            high = high.replace(microsecond=0)
            before, (after, name, summer) = state(at)[0], state(high)
            found.append(Onset(high.replace(tzinfo=None) + before, before, after, name, summer))
        at += step
    return found


def _rule(alike: Sequence[Onset], until_year: int) -> str:
    """`FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU` if these come every year on that day of a month, else nothing."""
    years = [onset.at.year for onset in alike]
    if len(years) < 2 or years != list(range(years[0], until_year + 1)):
        return ""
    days = [onset.at.day for onset in alike]
    last = all(onset.at.day + 7 > monthrange(onset.at.year, onset.at.month)[1] for onset in alike)
    numbers = {(day - 1) // 7 + 1 for day in days}
    if not last and len(numbers) > 1:
        return ""
    number = -1 if last else numbers.pop()
    return f"FREQ=YEARLY;BYMONTH={alike[0].at.month};BYDAY={number}{DAYS[alike[0].at.weekday()]}"


def _observance(onsets: Sequence[Onset], rule: str) -> TimezoneStandard | TimezoneDaylight:
    first = onsets[0]
    part = TimezoneDaylight() if first.summer else TimezoneStandard()
    part.add("DTSTART", first.at)
    if rule:
        words = dict(word.split("=") for word in rule.split(";"))
        part.add("RRULE", words)
    part.add("TZNAME", first.name)
    part.add("TZOFFSETFROM", first.before)
    part.add("TZOFFSETTO", first.after)
    return part
