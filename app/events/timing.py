"""When an event that was moved or repeated takes place, as pure functions. A clock on the wall counts, not elapsed hours."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Rhythm(StrEnum):
    """How an event comes again. `month_day`: on the same day of the month, or on its last where that is missing.
    `month_week`: on the same weekday of the month, such as its second Tuesday; a fifth one counts as the last."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH_DAY = "month_day"
    MONTH_WEEK = "month_week"


def days(first: date, rhythm: Rhythm, times: int) -> list[date]:
    """So many days of a rhythm, the first included."""
    if rhythm in (Rhythm.WEEK, Rhythm.FORTNIGHT):
        step = timedelta(weeks=1 if rhythm is Rhythm.WEEK else 2)
        return [first + number * step for number in range(times)]
    pick = _same_day if rhythm is Rhythm.MONTH_DAY else _same_week
    return [pick(first, year, month) for year, month in _months(first, times)]


def _months(first: date, times: int) -> Iterator[tuple[int, int]]:
    for number in range(first.month - 1, first.month - 1 + times):
        yield first.year + number // 12, number % 12 + 1


def _same_day(first: date, year: int, month: int) -> date:
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def _same_week(first: date, year: int, month: int) -> date:
    found = [
        date(year, month, number)
        for number in range(1, calendar.monthrange(year, month)[1] + 1)
        if date(year, month, number).weekday() == first.weekday()
    ]
    return found[min((first.day - 1) // 7, len(found) - 1)]


@dataclass(frozen=True, slots=True)
class Move:
    """From one start in its zone to another: what hangs on an event goes along, by the clocks of both places.

    An end or a session that began at nine begins at nine again, also where the clocks changed in between.
    """

    old_start: datetime
    old_zone: ZoneInfo
    new_start: datetime
    new_zone: ZoneInfo

    def of(self, moment: datetime) -> datetime:
        """Where a moment of the old event lies in the new one, in UTC. An hour that the clocks skip becomes the next."""
        distance = _wall(moment, self.old_zone) - _wall(self.old_start, self.old_zone)
        return (_wall(self.new_start, self.new_zone) + distance).replace(tzinfo=self.new_zone).astimezone(UTC)

    def span(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """The same of a start and an end. Where the clocks would turn them around, the time between them is kept."""
        new_start = self.new_start if start == self.old_start else self.of(start)
        new_end = self.of(end)
        turned = new_end <= new_start if end > start else new_end < new_start
        return new_start, new_start + (end - start) if turned else new_end


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
