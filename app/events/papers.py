"""What a door needs on paper: who comes, and badges to hand out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.events.asking_queries import guest_names
from app.events.door_queries import ONLINE
from app.events.models import Event, Registration, Source
from app.events.programme_queries import speakers_of


@dataclass(frozen=True)
class Badge:
    """One to hand out. `note` is an affiliation, or for a guest whose party they belong to; `registration` has the ticket."""

    name: str
    note: str = ""
    speaks: bool = False
    registration: Registration | None = None


def seated_of(event_id: int) -> list[Registration]:
    """Parties with seats in a room, by name."""
    query = select(Registration).where(Registration.event_id == event_id, Registration.seated > 0, ~ONLINE)
    rows = db.session.scalars(query.options(joinedload(Registration.pool)))
    return sorted(rows, key=lambda row: (row.name.casefold(), row.id))


def badges_of(event: Event) -> list[Badge]:
    """Speakers first, then whoever comes by a name that we know. Guests who are only counted get none."""
    badges = [Badge(one.name, one.affiliation, speaks=True) for one in speakers_of(event.id)]
    names, guests = {badge.name for badge in badges}, guest_names(event.id)
    for row in seated_of(event.id):
        if row.source is Source.WALK_IN:
            continue
        if row.name not in names:
            badges.append(Badge(row.name, registration=row))
        badges += [Badge(name, row.name, registration=row) for name in guests.get(row.id, [])[: row.seated - 1]]
    return badges
