"""The order of a queue: anybody in it can check it, and an organiser can change it only with a reason that they read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.events.models import Event, QueueMove, Registration, RegistrationStatus
from app.events.seats import locked_registration, promote


@dataclass(frozen=True)
class Place:
    """A place in a queue, as everybody in it may see it: no names."""

    number: int
    party: int
    missing: int
    since: datetime
    moved: bool
    registration: Registration


def queue_of(pool_id: int) -> list[Place]:
    """A pool's queue in order."""
    moved = set(db.session.scalars(select(QueueMove.registration_id).where(QueueMove.pool_id == pool_id)))
    return [
        Place(number, row.party, row.party - row.seated, row.queued_at, row.id in moved, row)
        for number, row in enumerate(_rows(pool_id), 1)
    ]


def moves_of(pool_id: int) -> list[QueueMove]:
    """What organisers changed in a pool's queue, the latest first."""
    query = select(QueueMove).where(QueueMove.pool_id == pool_id).options(joinedload(QueueMove.registration))
    return list(db.session.scalars(query.order_by(QueueMove.at.desc(), QueueMove.id.desc())))


def requests_of(event_id: int) -> list[Registration]:
    """Who waits for an organiser's yes or no, the first who asked first."""
    asked = (Registration.event_id == event_id, Registration.status == RegistrationStatus.REQUESTED)
    query = select(Registration).where(*asked).options(joinedload(Registration.pool))
    return list(db.session.scalars(query.order_by(Registration.queued_at, Registration.id).limit(500)))


def history_of(registration_id: int) -> list[QueueMove]:
    """How a registration was moved, the latest first."""
    query = select(QueueMove).where(QueueMove.registration_id == registration_id)
    return list(db.session.scalars(query.order_by(QueueMove.at.desc(), QueueMove.id.desc())))


def _rows(pool_id: int) -> list[Registration]:
    waiting = (Registration.pool_id == pool_id, Registration.status == RegistrationStatus.WAITING)
    return list(
        db.session.scalars(select(Registration).where(*waiting).order_by(Registration.ranked_at, Registration.id))
    )


def move(registration_id: int, number: int, reason: str, actor_id: int | None) -> QueueMove | None:
    """Put a waiting party at the place with that number, from 1. None when it is there already or waits no more.

    `reason` is read by everybody in the queue, with how many the party went by. Raises LookupError.
    """
    _pools, event, registration = locked_registration(registration_id)
    rows = _rows(registration.pool_id) if registration.pool_id is not None else []
    if registration not in rows:
        return None
    before = rows.index(registration)
    rows.remove(registration)
    place = max(0, min(number - 1, len(rows)))
    if place == before:
        return None
    rows.insert(place, registration)
    _rank(rows, place)
    kept = QueueMove(
        registration_id=registration.id, pool_id=registration.pool_id, reason=reason, passed=max(0, before - place),
        actor_id=actor_id, at=now(),
    )  # fmt: skip
    db.session.add(kept)
    audit.record("move in the queue", "registration", registration.id, actor_id, place=place + 1, passed=kept.passed)
    db.session.flush()
    _promote(event, registration)
    return kept


def _rank(rows: list[Registration], place: int) -> None:
    """Give the moved row a time between its neighbours; where there is none, the rows before it make room."""
    row = rows[place]
    if place == len(rows) - 1:
        row.ranked_at = rows[place - 1].ranked_at + timedelta(microseconds=1)
        return
    latest = rows[place + 1].ranked_at
    for earlier in reversed(rows[: place + 1]):
        if earlier is not row and earlier.ranked_at < latest:
            break
        latest -= timedelta(microseconds=1)
        earlier.ranked_at = latest


def _promote(event: Event, registration: Registration) -> None:
    if registration.pool is not None:
        promote(event, registration.pool)
