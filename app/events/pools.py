"""Commands on an event's pools of seats, and on how its seats are given."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import contains_eager

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.events.models import Door, Event, Hold, Invitation, PoolKind, Registration, SeatPool
from app.events.seats import lock_pools, set_capacity


class PoolInUse(Exception):
    """Somebody holds, waits for or is offered its seats, or some are kept back."""


def set_terms(
    event_id: int,
    *,
    approval: bool,
    offer_hours: int,
    guest_names: bool,
    participants_listed: bool,
    registration_closes_at: datetime | None,
    actor_id: int | None,
) -> Event:
    """How an event's seats are given. Raises LookupError. Who has asked already is decided as before."""
    lock_pools(event_id)
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    event.approval, event.offer_hours, event.guest_names = approval, offer_hours, guest_names
    event.participants_listed, event.registration_closes_at = participants_listed, registration_closes_at
    event.updated_at = now()
    audit.record("set how seats are given", "event", event_id, actor_id, approval=approval, offer_hours=offer_hours)
    return event


def add_pool(
    event_id: int, *, name: str, kind: PoolKind, capacity: int, largest_party: int, actor_id: int | None
) -> SeatPool:
    """Give an event seats more: another room, or places online. Raises LookupError."""
    pools = lock_pools(event_id)
    if locked(Event, event_id) is None:
        raise LookupError(event_id)
    pool = SeatPool(
        event_id=event_id, name=name, kind=kind, capacity=capacity, ceiling=capacity, largest_party=largest_party,
        position=max((pool.position for pool in pools), default=-1) + 1,
    )  # fmt: skip
    db.session.add(pool)
    db.session.flush()
    audit.record("add seats", "event", event_id, actor_id, pool=pool.id, capacity=capacity)
    return pool


def update_pool(
    pool_id: int, *, name: str, kind: PoolKind, capacity: int, largest_party: int, actor_id: int | None
) -> SeatPool:
    """Change a pool; more seats go to its queue at once, fewer drop nobody. Raises LookupError."""
    event, pool = _locked(pool_id)
    pool.name, pool.kind = name, kind
    set_capacity(event, pool, capacity, largest_party)
    audit.record("change seats", "event", event.id, actor_id, pool=pool_id, capacity=capacity)
    return pool


def remove_pool(pool_id: int, actor_id: int | None) -> None:
    """Take a pool away that nobody uses. Raises LookupError, PoolInUse."""
    event, pool = _locked(pool_id)
    theirs = select(func.count()).where(Registration.pool_id == pool_id)
    if pool.confirmed or pool.held or db.session.scalar(theirs):
        raise PoolInUse
    db.session.execute(update(Door).where(Door.pool_id == pool_id).values(pool_id=None))
    db.session.delete(pool)
    audit.record("remove seats", "event", event.id, actor_id, pool=pool_id)


def _locked(pool_id: int) -> tuple[Event, SeatPool]:
    event_id = db.session.scalar(select(SeatPool.event_id).where(SeatPool.id == pool_id))
    pools = {pool.id: pool for pool in lock_pools(event_id or 0)}
    event: Event | None = locked(Event, event_id or 0)
    if event is None or pool_id not in pools:
        raise LookupError(pool_id)
    return event, pools[pool_id]


def used_pools(event_id: int) -> set[int]:
    """The ids of an event's pools that cannot be removed."""
    theirs = select(Registration.pool_id).where(Registration.event_id == event_id, Registration.pool_id.is_not(None))
    taken = or_(SeatPool.confirmed > 0, SeatPool.held > 0, SeatPool.id.in_(theirs))
    return set(db.session.scalars(select(SeatPool.id).where(SeatPool.event_id == event_id, taken)))


def holds_of(event_id: int) -> list[Hold]:
    """The seats that are kept back, those that come free first."""
    query = select(Hold).join(Hold.pool).where(SeatPool.event_id == event_id, Hold.released_at.is_(None))
    return list(db.session.scalars(query.options(contains_eager(Hold.pool)).order_by(Hold.until, Hold.id)))


def pool_of(event_id: int, pool_id: int) -> SeatPool | None:
    """A pool, if it is one of this event."""
    query = select(SeatPool).where(SeatPool.id == pool_id, SeatPool.event_id == event_id)
    found: SeatPool | None = db.session.scalar(query)
    return found


def hold_of(event_id: int, hold_id: int) -> Hold | None:
    """A hold, if it is one of this event."""
    query = select(Hold).join(Hold.pool).where(Hold.id == hold_id, SeatPool.event_id == event_id)
    found: Hold | None = db.session.scalar(query)
    return found


def kept_for(event_id: int) -> dict[int, str]:
    """Which of the seats kept back wait for an answer to an invitation: whose, by the hold's id."""
    query = select(Invitation.hold_id, Invitation.name, Invitation.email).where(
        Invitation.event_id == event_id, Invitation.hold_id.is_not(None)
    )
    return {row.hold_id: row.name or row.email for row in db.session.execute(query)}
