"""Decisions about what follows an event, as pure functions: reminders, who may say what, and which counts may be shown.

Why counts are hidden as they are stands in docs/decisions/0011-composition.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.events.models import OutcomeStatus

LEAD = timedelta(days=7)  # before the due date
AGAIN = timedelta(days=7)  # between two letters about what is late
MORNING = timedelta(hours=8)  # the day begins at eight: nobody is written to at midnight
RUNNING = (OutcomeStatus.OPEN, OutcomeStatus.IN_PROGRESS)
OWNER_SAYS = (OutcomeStatus.OPEN, OutcomeStatus.IN_PROGRESS, OutcomeStatus.DONE)
SURVEY = timedelta(days=60)  # after the end, how long feedback is taken
CATEGORIES = ("woman", "man", "other", "unsaid")
LEAST_CELL = 2  # a "minimum" of one would hide nothing but zeros


class Reminder(StrEnum):
    """What an owner is written about: it is due soon, or it is late."""

    SOON = "soon"
    LATE = "late"


def the_day(at: datetime, zone: ZoneInfo) -> date:
    """The day that it is there for somebody who gets up at eight."""
    return (at.astimezone(zone) - MORNING).date()


def reminder(due_on: date | None, reminded_for: date | None, today: date) -> tuple[Reminder, date] | None:
    """Which letter is due today and what to remember it by, or None.

    One letter from a week before the due date on, remembered by that date. Once it has passed one a week, remembered by
    the day it was written. Whoever moves the due date or changes the owner forgets what was remembered.
    """
    if due_on is None:
        return None
    if today <= due_on:
        known = reminded_for is not None and reminded_for >= due_on
        return None if known or today < due_on - LEAD else (Reminder.SOON, due_on)
    late = reminded_for is None or reminded_for <= due_on or today - reminded_for >= AGAIN
    return (Reminder.LATE, today) if late else None


def overdue(status: OutcomeStatus, due_on: date | None, today: date) -> bool:
    """Whether it should have been done by now."""
    return status in RUNNING and due_on is not None and due_on < today


def owner_may(status: OutcomeStatus, wanted: OutcomeStatus) -> bool:
    """Whether the owner may say so: what was dropped is the organisers' to take up again, and only they drop."""
    return status is not OutcomeStatus.DROPPED and wanted in OWNER_SAYS


def takes_feedback(*, asked: bool, over: bool, since: timedelta, came: bool, given: bool) -> bool:
    """Whether somebody may say what they thought; `since` is how long ago the event ended."""
    return asked and over and since <= SURVEY and came and not given


@dataclass(frozen=True, slots=True)
class Table:
    """The counts of one stage as they may be shown: None is fewer than the minimum, or unknown for that reason."""

    cells: Mapping[str, int | None]
    total: int | None


def publishable(counts: Mapping[str, int], cell: int) -> Table:
    """What may be shown of one stage's counts by category: none below `cell`, zeros included.

    The total is shown only when every cell is: with one hidden it would give the hidden ones away, alone or together.
    """
    cell = max(cell, LEAST_CELL)
    cells = {name: counts.get(name, 0) if counts.get(name, 0) >= cell else None for name in CATEGORIES}
    whole = all(count is not None for count in cells.values())
    return Table(cells, sum(count or 0 for count in cells.values()) if whole else None)


@dataclass(frozen=True, slots=True)
class Sum:
    """A count over several events. Not `complete`: at least so many, since what smaller events would add is hidden.
    `count` None: nothing may be said."""

    count: int | None
    complete: bool


def over_events(tables: Sequence[tuple[Mapping[str, int], int]]) -> dict[str, Sum]:
    """What may be shown of the sum of events that each show their own table; each is (counts, its minimum cell).

    The sum minus what the events show is the sum of what they hide. It is let out only when several events hide a count
    and it is itself no small number, and leaves each of them at least two possible values.
    """
    return {
        name: _sum([(counts.get(name, 0), max(cell, LEAST_CELL)) for counts, cell in tables]) for name in CATEGORIES
    }


def _sum(counts: Sequence[tuple[int, int]]) -> Sum:
    seen = sum(count for count, cell in counts if count >= cell)
    hidden = [(count, cell) for count, cell in counts if count < cell]
    secret, most = sum(count for count, _cell in hidden), sum(cell - 1 for _count, cell in hidden)
    if not hidden:
        return Sum(seen, complete=True)
    if len(hidden) > 1 and max(cell for _count, cell in hidden) <= secret < most:
        return Sum(seen + secret, complete=True)
    return Sum(seen or None, complete=False)


def of_one_sex(counts: Mapping[str, int]) -> bool:
    """Whether two or more of a panel are known and all of them are women, or all of them men."""
    known = sum(counts.get(name, 0) for name in ("woman", "man", "other"))
    return known >= 2 and known in (counts.get("woman", 0), counts.get("man", 0))


@dataclass(frozen=True, slots=True)
class Ratings:
    """How an event was rated: answers by rating from 1 to 5, and their mean to one decimal."""

    counts: Mapping[int, int]
    answers: int
    mean: float


def rated(ratings: Sequence[int], least: int) -> Ratings | None:
    """The result of a survey, or None while there are too few answers to hide among."""
    if not ratings or len(ratings) < least:
        return None
    counts = {stars: ratings.count(stars) for stars in range(5, 0, -1)}
    return Ratings(counts, len(ratings), round(sum(ratings) / len(ratings), 1))
