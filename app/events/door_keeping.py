"""Doors: open one on a device, close it, know what it knows; and the sweep that ends what nobody ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import atomic, locked
from app.events import rules, seats
from app.events.door_rules import Post
from app.events.models import Admission, Door, Event, EventStatus, PoolKind, Registration, SeatPool, Source

GRACE = timedelta(hours=12)  # after the end: a device that comes home late still brings its scans
KEPT = timedelta(days=30)  # who came in when, and by which door


class DoorRefused(Exception):
    """`reason`: closed (the event takes nobody in now), name (in use at another open door) or seats (`free` are left)."""

    def __init__(self, reason: str, free: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.free = reason, free


def open_door(event_id: int, *, name: str, pool_id: int | None, allotment: int, actor_id: int | None) -> Door:
    """Open a door with so many seats for walk-ins while there is no network. Raises LookupError, DoorRefused."""
    pools = seats.lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    pool = seats.chosen([pool for pool in pools if pool.kind is PoolKind.ROOM], pool_id)
    if event is None or pool is None:
        raise LookupError(event_id)
    if event.status not in (EventStatus.PUBLISHED, EventStatus.HELD) or now() >= event.ends_at + GRACE:
        raise DoorRefused("closed")
    if any(door.name.casefold() == name.casefold() for door in open_doors(event_id)):
        raise DoorRefused("name")
    free = rules.free_seats(pool.capacity, pool.confirmed + pool.held)
    if allotment > free:
        raise DoorRefused("seats", free)
    door = Door(
        event_id=event_id, pool_id=pool.id, name=name, token=token(), allotment=allotment, opened_by=actor_id,
        opened_at=now(),
    )  # fmt: skip
    db.session.add(door)
    db.session.flush()
    seats.take(pool, held=allotment)
    audit.record("open door", "event", event_id, actor_id, door=door.id, allotment=allotment)
    return door


def close_door(door_id: int, actor_id: int | None = None) -> Door:
    """Close a door; what it has not given away goes to the queue and to whoever comes. Closing twice is closing once.
    Raises LookupError."""
    event_id = db.session.scalar(select(Door.event_id).where(Door.id == door_id))
    if event_id is None:
        raise LookupError(door_id)
    pools = seats.lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    door: Door | None = locked(Door, door_id)
    if door is None or event is None:
        raise LookupError(door_id)
    if door.closed_at is not None:
        return door
    door.closed_at = now()
    db.session.flush()
    audit.record("close door", "event", event_id, actor_id, door=door_id)
    pool = pool_of(pools, door)
    if pool is not None and door.allotment > door.used:
        seats.take(pool, held=door.used - door.allotment)
        seats.promote(event, pool)
    return door


def hear(door_id: int, held: datetime) -> None:
    """Note that a door's device holds the list that was made then: by it the others know what it knows."""
    door: Door | None = locked(Door, door_id)
    if door is not None and door.opened_at <= held <= now() and held > (door.heard_at or door.opened_at):
        door.heard_at = held


def open_doors(event_id: int) -> list[Door]:
    """The doors that are open, in the order of opening."""
    query = select(Door).where(Door.event_id == event_id, Door.closed_at.is_(None)).order_by(Door.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def posts(doors: list[Door]) -> list[Post]:
    """What the rules need to know of doors."""
    return [Post(door.id, door.opened_at, door.heard_at) for door in doors]


def pool_of(pools: list[SeatPool], door: Door | None) -> SeatPool | None:
    """The seats that a door gives away: its own, else those of the event's first room."""
    if door is not None and door.pool_id is not None:
        return seats.chosen(pools, door.pool_id)
    return next((pool for pool in pools if pool.kind is PoolKind.ROOM), None)


def sweep() -> None:
    """Close the doors of events that are over, and forget who came in when once nobody asks any more."""
    over = select(Door.id).join(Door.event).where(Door.closed_at.is_(None), Event.ends_at < now() - GRACE)
    for number in db.session.scalars(over).all():
        with atomic():
            close_door(number)
    old = select(Event.id).where(Event.ends_at < now() - KEPT)
    if db.session.scalar(select(Admission.id).where(Admission.event_id.in_(old)).limit(1)) is not None:
        with atomic():
            forget = delete(Admission).where(Admission.event_id.in_(old))
            db.session.execute(forget.execution_options(synchronize_session=False))
            # Whoever gave a name in passing at the door has no address by which they could ask for its erasure.
            walked = (Registration.event_id.in_(old), Registration.source == Source.WALK_IN)
            nameless = update(Registration).where(*walked).values(name="–")
            db.session.execute(nameless.execution_options(synchronize_session=False))
