"""Decisions at the door, as pure functions: which door keeps a ticket while there is no network, and what a scan means.

`static/js/door-rules.js` decides the same on a device without network; docs/decisions/0013-door.md says why it is so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from app.events.models import Verdict

SILENT = timedelta(seconds=12)  # a door that was not heard for so long may be admitting on its own


@dataclass(frozen=True, slots=True)
class Post:
    """An open door, as far as it matters which tickets it keeps. `heard_at`: when the newest list that its device is
    known to hold was made; None when it is not known to hold any."""

    id: int
    opened_at: datetime
    heard_at: datetime | None

    def may_not_know(self, other: Post) -> bool:
        """Whether this device may still go by a list that was made before the other door was opened."""
        return self.heard_at is None or self.heard_at <= other.opened_at

    def silent(self, at: datetime) -> bool:
        """Whether the device may be without network."""
        return at - (self.heard_at or self.opened_at) > SILENT


def keeper(ticket: int, doors: Sequence[Post], me: int | None = None) -> int | None:
    """The door that alone may admit a ticket while there is no network, as a list made now for door `me` says it.

    A door gets a ticket only once no other open door can hold a list by which the ticket is its own; until then the list
    names the other one. So no two devices ever keep the same ticket, whatever of them heard of which door. None without
    doors.
    """
    if not doors:
        return None
    best = max(doors, key=lambda door: _weight(door.id, ticket))
    holding = [door for door in doors if door is not best and _may_hold(door, ticket, doors)]
    if not holding or any(door.id == me for door in holding):
        return best.id  # who asks now learns from this very list that it is not theirs any more
    return holding[0].id


def _may_hold(door: Post, ticket: int, doors: Sequence[Post]) -> bool:
    known = [other for other in doors if other is door or not door.may_not_know(other)]
    return max(known, key=lambda other: _weight(other.id, ticket)) is door


@lru_cache(maxsize=50_000)
def _weight(door: int, ticket: int) -> bytes:
    """Rendezvous: each ticket has an order of all doors, so that a door that closes moves only its own tickets."""
    return hashlib.sha256(f"{door}:{ticket}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of a scan. `counted`: how many people count as arrived by it. `conflict`: they were let in without
    network, and the house cannot count them all."""

    verdict: Verdict
    counted: int
    conflict: bool = False


def ruling(seats: int, arrived: int, people: int, *, let_in: bool) -> Ruling:
    """A ticket with `seats` seats, of whom `arrived` are in, and `people` more who stand at the door or, when `let_in`, are
    inside already: then those who fit count, and the organiser is told of the others."""
    free = max(0, seats - arrived)
    if people <= free:
        return Ruling(Verdict.ADMITTED, people)
    if seats == 0:
        return Ruling(Verdict.NOT_VALID, 0, conflict=let_in)
    if let_in and free:
        return Ruling(Verdict.ADMITTED, free, conflict=True)
    return Ruling(Verdict.BEYOND if free else Verdict.AGAIN, 0, conflict=let_in)


def kept_by_silent(ticket: int, doors: Sequence[Post], me: int | None, at: datetime) -> int | None:
    """Another door that is silent and may be admitting this ticket on its own, or None."""
    for door in doors:
        if door.id != me and door.silent(at) and _may_hold(door, ticket, doors):
            return door.id
    return None
