"""Doors for the tests: open one, scan at it, and check that the books agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import atomic
from app.events import door, door_keeping
from app.events.door import Kind, Scan, Told
from app.events.models import Admission, Door, Event, Registration, SeatPool, Verdict
from app.events.tickets import ticket_text
from tests.events.helpers import seat


def open_door(event: Event, name: str = "North", allotment: int = 0, **values: Any) -> Door:
    """An open door."""
    with atomic():
        return door_keeping.open_door(event.id, name=name, pool_id=None, allotment=allotment, actor_id=None, **values)


def heard(*doors: Door) -> None:
    """Their devices hold the newest list."""
    with atomic():
        for one in doors:
            door_keeping.hear(one.id, now())


def deafen(one: Door) -> None:
    """Let it be some minutes since the door was opened or heard."""
    with atomic():
        row = db.session.get_one(Door, one.id)
        row.opened_at, row.heard_at = row.opened_at - timedelta(minutes=9), None


def scan(event: Event, registration: Registration | None = None, at: Door | None = None, **values: Any) -> Told:
    """One scan, decided by the service."""
    facts: dict[str, Any] = {"id": token(), **values}
    if registration is not None and "code" not in facts and "registration_id" not in facts:
        facts["code"] = ticket_text(registration)
    with atomic():
        return door.take_in(event.id, Scan(**facts), at.id if at else None, None)


def walk_in(event: Event, at: Door | None = None, people: int = 1, **values: Any) -> Told:
    """Somebody without a registration."""
    return scan(event, at=at, kind=Kind.WALK_IN, people=people, **values)


def arrived(registration: Registration) -> int:
    """How many of a party count as in."""
    db.session.rollback()
    return db.session.scalars(select(Registration.arrived).where(Registration.id == registration.id)).one()


def pool_of(event: Event) -> SeatPool:
    """The event's first seats, fresh."""
    db.session.rollback()
    query = select(SeatPool).where(SeatPool.event_id == event.id).order_by(SeatPool.position, SeatPool.id).limit(1)
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def a_door(event: Event) -> dict[str, Any]:
    """A door with an admission at it; the ids that addresses are made of."""
    north = open_door(event, "The north door", allotment=3)
    scan(event, seat(event, "Doris", 2), north, id="an-admission")
    number = db.session.scalars(select(Admission.id).where(Admission.scan == "an-admission")).one()
    return {"door_id": north.id, "admission_id": number}


def a_ticket() -> str:
    """The code of a ticket, used up or not."""
    return ticket_text(db.session.scalars(select(Registration).order_by(Registration.id).limit(1)).one())


def door_faults(event: Event) -> list[str]:
    """What contradicts itself after any evening: empty when every person counts once and no seat is given twice."""
    db.session.rollback()
    found = []
    counting = (Admission.verdict == Verdict.ADMITTED, Admission.undone_at.is_(None))
    sums = select(Admission.registration_id, func.sum(Admission.people)).where(
        Admission.event_id == event.id, *counting
    )
    counted = dict(db.session.execute(sums.group_by(Admission.registration_id)).all())
    rows = db.session.scalars(
        select(Registration).where(Registration.event_id == event.id).execution_options(populate_existing=True)
    ).all()
    for row in rows:
        if row.arrived != counted.get(row.id, 0):
            found.append(f"{row.name}: {row.arrived} arrived, {counted.get(row.id, 0)} admitted")
        if row.arrived > row.seated:
            found.append(f"{row.name}: {row.arrived} of {row.seated} seats")
    pool = pool_of(event)
    seated = sum(row.seated for row in rows)
    kept = db.session.scalar(
        select(func.coalesce(func.sum(Door.allotment - Door.used), 0)).where(
            Door.event_id == event.id, Door.closed_at.is_(None)
        )
    )
    if seated != pool.confirmed:
        found.append(f"{seated} seated, {pool.confirmed} confirmed")
    if kept != pool.held:
        found.append(f"doors keep {kept}, {pool.held} held")
    if pool.confirmed + pool.held > pool.ceiling:
        found.append("oversold")
    return found
