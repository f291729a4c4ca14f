"""Whether the books of seats agree: for the tests, the races, the doctor, and whoever doubts."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, or_, select, true

from app.core.clock import now
from app.core.database import db
from app.events.models import (
    LIVE,
    Door,
    Event,
    EventStatus,
    Hold,
    Registration,
    RegistrationStatus,
    SeatPool,
)
from app.events.seats import servable


def seat_faults(event_id: int | None = None) -> list[str]:
    """What is wrong with an event's seats, or with those of all events; empty when the books agree (S1 to S6)."""
    return [*_pools(event_id), *_registrations(event_id), *_passed(event_id)]


def _pools(event_id: int | None) -> Iterator[str]:
    """Each pool counts what its registrations, offers, holds and doors have."""
    theirs = Registration.pool_id == SeatPool.id
    offered = Registration.status == RegistrationStatus.OFFERED
    held = (
        _sum(Registration.party - Registration.seated, theirs & offered)
        + _sum(Hold.seats, and_(Hold.pool_id == SeatPool.id, Hold.released_at.is_(None)))
        + _sum(Door.allotment - Door.used, and_(Door.pool_id == SeatPool.id, Door.closed_at.is_(None)))
    )
    query = select(SeatPool, _sum(Registration.seated, theirs), held).execution_options(populate_existing=True)
    for pool, seated, kept in db.session.execute(query.where(_of(SeatPool.event_id, event_id))):
        where = f"event {pool.event_id}, pool {pool.id}: "
        if seated != pool.confirmed:
            yield f"{where}{seated} people are seated, {pool.confirmed} are counted"
        if kept != pool.held:
            yield f"{where}{kept} seats are kept back, {pool.held} are counted"
        if max(seated, pool.confirmed) + max(kept, pool.held) > pool.ceiling:
            yield f"{where}oversold"
        if pool.ceiling != max(pool.capacity, pool.confirmed + pool.held):
            yield f"{where}the ceiling does not follow"


def _sum(column: ColumnElement[int] | object, where: ColumnElement[bool]) -> ColumnElement[int]:
    query = select(func.coalesce(func.sum(column), 0)).where(where)  # type: ignore[arg-type]
    return cast(query.scalar_subquery(), Integer)


def _of(column: object, event_id: int | None) -> ColumnElement[bool]:
    return true() if event_id is None else column == event_id  # type: ignore[return-value]


def _registrations(event_id: int | None) -> Iterator[str]:
    """Each registration has the seats that its state says."""
    status, seated, party = Registration.status, Registration.seated, Registration.party
    right = case(
        (status == RegistrationStatus.CONFIRMED, seated == party),
        (status == RegistrationStatus.WAITING, seated < party),
        else_=seated == 0,
    )
    lost = and_(status.in_(LIVE), Registration.pool_id.is_(None))
    offer = and_(status == RegistrationStatus.OFFERED, Registration.offered_until.is_(None))
    query = select(Registration.id, status, seated, party).where(_of(Registration.event_id, event_id))
    for number, state, has, size in db.session.execute(query.where(or_(~right, lost, offer))):
        yield f"registration {number} is {state} with {has} of {size} seats"
    elsewhere = select(Registration.id).join(SeatPool, SeatPool.id == Registration.pool_id)
    elsewhere = elsewhere.where(_of(Registration.event_id, event_id), SeatPool.event_id != Registration.event_id)
    for number in db.session.scalars(elsewhere):
        yield f"registration {number} sits at another event"


def _passed(event_id: int | None) -> Iterator[str]:
    """Nobody waits for whom there are seats."""
    free = SeatPool.capacity - SeatPool.confirmed - SeatPool.held
    at = now()
    could = or_(
        and_(Event.starts_at > at, servable(free, begun=False)), and_(Event.starts_at <= at, servable(free, begun=True))
    )
    query = select(Registration.id).join(SeatPool, SeatPool.id == Registration.pool_id)
    query = query.join(Event, Event.id == Registration.event_id).where(_of(Event.id, event_id), free > 0, could)
    open_now = (Event.status == EventStatus.PUBLISHED, Event.ends_at > at)
    for number in db.session.scalars(query.where(Registration.status == RegistrationStatus.WAITING, *open_now)):
        yield f"registration {number} waits, who could be served"
