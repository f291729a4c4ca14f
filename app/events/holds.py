"""Seats kept back by an organiser until a time: for a delegation, for the family of who speaks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic, locked
from app.events import rules
from app.events.models import Event, Hold, Invitation, SeatPool
from app.events.seats import lock_pools, promote, take


class TooMany(Exception):
    """`free` seats are left to be kept back."""

    def __init__(self, free: int) -> None:
        super().__init__(free)
        self.free = free


def hold(pool: SeatPool, seats: int, reason: str, until: datetime, actor_id: int | None = None) -> Hold:
    """Keep seats back. `pool` is locked. Raises TooMany: nobody who has a seat loses it for this."""
    free = rules.free_seats(pool.capacity, pool.confirmed + pool.held)
    if seats > free:
        raise TooMany(free)
    kept = Hold(pool_id=pool.id, seats=seats, reason=reason, until=until, created_by=actor_id, created_at=now())
    db.session.add(kept)
    db.session.flush()
    take(pool, held=seats)
    audit.record("hold seats", "event", pool.event_id, actor_id)
    return kept


def release(hold_id: int, actor_id: int | None = None) -> None:
    """Give the seats of a hold to the queue and to whoever comes; an invitation for which they were kept does not promise
    them any more. A second time does nothing. Raises LookupError."""
    found = db.session.get(Hold, hold_id)
    if found is None:
        raise LookupError(hold_id)
    event = db.session.get(Event, found.pool.event_id)
    pools = {pool.id: pool for pool in lock_pools(found.pool.event_id)}
    kept = locked(Hold, hold_id)
    if kept is None or kept.released_at is not None or event is None:
        return
    kept.released_at = now()
    db.session.execute(update(Invitation).where(Invitation.hold_id == hold_id).values(hold_id=None))
    db.session.flush()
    take(pools[kept.pool_id], held=-kept.seats)
    audit.record("release seats", "event", event.id, actor_id)
    promote(event, pools[kept.pool_id])


def follow(event: Event) -> None:
    """Let what is kept for the invited end with their time to answer, which ends when their event begins: it was moved."""
    query = select(Hold, Invitation.answer_by).join(Invitation, Invitation.hold_id == Hold.id)
    for kept, answer_by in db.session.execute(query.where(Invitation.event_id == event.id)):
        kept.until = min(answer_by or event.starts_at, event.starts_at)


def overdue() -> None:
    """Sweep: release the holds whose time has come, each in a transaction of its own."""
    late = select(Hold.id).where(Hold.released_at.is_(None), Hold.until <= now()).order_by(Hold.until)
    for number in db.session.scalars(late).all():
        with atomic():
            release(number)
