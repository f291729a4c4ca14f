"""Decisions about seats, the waiting list, an event's course and a campaign's colour, as pure functions.

Nothing here reads a clock, a database or a request: the caller takes the lock, reads the clock, and passes facts in.
Promises S1 to S6 are kept by `served`, `ceiling` and the callers' lock; see docs/decisions/0004-waiting-list.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from app.events.models import EventStatus

PAPER = "#FBF8F3"
WHITE = "#FFFFFF"
WAKES, SLEEPS = time(8), time(22)  # nobody has to answer at night
AA = 4.5  # WCAG 2.2, 1.4.3: least contrast of text


class Reason(StrEnum):
    """Why a party is neither seated nor put on the waiting list."""

    NO_REGISTRATION = "no_registration"
    NOT_OPEN = "not_open"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    OVER = "over"
    TOO_LARGE = "too_large"
    FULL = "full"  # only of a change: a newcomer waits
    ELSEWHERE = "elsewhere"  # an invitation seats them in another room
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides whether an event takes registrations. `capacity` is None when it takes none at all."""

    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime | None
    capacity: int | None
    largest_party: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A party in the queue, by the seats that it misses; `id` is any key of the caller. `in_part`: it takes fewer for now."""

    id: int
    missing: int
    in_part: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Seats for a party of the queue."""

    id: int
    seats: int


def refusal(terms: Terms, party: int, at: datetime, *, by_organiser: bool = False) -> Reason | None:
    """Why this party may not register at that time, or None. An organiser may add parties until the event ends."""
    if terms.capacity is None:
        return Reason.NO_REGISTRATION
    stopped = {
        EventStatus.DRAFT: Reason.NOT_OPEN,
        EventStatus.POSTPONED: Reason.POSTPONED,
        EventStatus.CANCELLED: Reason.CANCELLED,
        EventStatus.HELD: Reason.OVER,
    }.get(terms.status)
    if stopped is not None:
        return stopped
    if at >= terms.ends_at:
        return Reason.OVER
    if not by_organiser and at >= (terms.closes_at or terms.starts_at):
        return Reason.CLOSED
    if party > largest(terms, by_organiser=by_organiser):
        return Reason.TOO_LARGE
    return None


def largest(terms: Terms, *, by_organiser: bool = False) -> int:
    """The largest party that can ever be seated: one larger than the room would wait for nothing."""
    room = max(1, terms.capacity or 0)
    return room if by_organiser else min(room, terms.largest_party)


def served(free: int, queue: Sequence[Waiting]) -> list[Grant]:
    """What the queue gets of `free` seats: in order, each party whole, or in part where it allows that; one that does not
    fit is passed by the next that does, and keeps its place (S2, S4, S5). A newcomer is simply the last of the queue."""
    grants = []
    for waiting in queue:
        seats = min(waiting.missing, free) if waiting.in_part else waiting.missing
        if 0 < seats <= free:
            free -= seats
            grants.append(Grant(waiting.id, seats))
    return grants


def term(at: datetime, hours: int, zone: ZoneInfo, latest: datetime) -> datetime:
    """Until when an offer made at a time stands: so many waking hours of the event's zone, and not after `latest`."""
    left = timedelta(hours=hours)
    day = at.astimezone(zone).date()
    while True:
        wakes = max(at, datetime.combine(day, WAKES, zone))
        sleeps = datetime.combine(day, SLEEPS, zone)
        # In UTC, so that the hours are real ones also where the clocks change.
        awake = max(timedelta(0), sleeps.astimezone(UTC) - wakes.astimezone(UTC))
        if left <= awake or sleeps >= latest:
            return min(wakes.astimezone(UTC) + left, latest.astimezone(UTC))
        left -= awake
        day += timedelta(days=1)


def free_seats(capacity: int, taken: int) -> int:
    """Seats to give. None after a reduction below what is taken (S6)."""
    return max(0, capacity - taken)


def ceiling(capacity: int, taken: int) -> int:
    """What the database enforces: the capacity or, after a reduction, what is still taken (S1, S6)."""
    return max(capacity, taken)


COURSE = {
    EventStatus.DRAFT: {EventStatus.PUBLISHED, EventStatus.HELD},
    EventStatus.PUBLISHED: {EventStatus.POSTPONED, EventStatus.CANCELLED, EventStatus.HELD},
    EventStatus.POSTPONED: {EventStatus.PUBLISHED, EventStatus.CANCELLED},
    EventStatus.CANCELLED: set[EventStatus](),  # the cancellation has gone out: a new date is a new event
    EventStatus.HELD: set[EventStatus](),
}
# What was done by a slip, and nobody was told of.
TAKEN_BACK = {EventStatus.PUBLISHED: EventStatus.DRAFT, EventStatus.HELD: EventStatus.PUBLISHED}


def may_become(status: EventStatus, wanted: EventStatus, starts_at: datetime, at: datetime) -> bool:
    """Whether an event may take that status. It is held only once it has begun."""
    return wanted in COURSE[status] and (wanted is not EventStatus.HELD or at >= starts_at)


def announced(status: EventStatus, before: datetime | None, old: datetime, new: datetime) -> datetime | None:
    """The time for which an event was announced before it was moved from `old` to `new`; `before` is what was noted until
    now. None: it takes place when it was announced for."""
    if status is EventStatus.POSTPONED:
        return before or old
    if status is not EventStatus.PUBLISHED or old == new:
        return before
    return None if before == new else old


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio of two colours #RRGGBB, from 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_colour(text: str) -> bool:
    """Whether the text is a colour like #5B2A86."""
    return re.fullmatch(r"#[0-9A-Fa-f]{6}", text) is not None


def readable_accent(colour: str) -> bool:
    """Whether #RRGGBB is a colour that can be read as text on paper and under white text."""
    if not is_colour(colour):
        return False
    return min(contrast(colour, PAPER), contrast(colour, WHITE)) >= AA
