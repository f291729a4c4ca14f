"""Reads for the door: where one can stand, what a device may know, who is in, what has to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.events.door_keeping import GRACE, posts
from app.events.door_rules import keeper
from app.events.models import (
    Admission,
    Door,
    Event,
    EventStatus,
    Guest,
    PoolKind,
    Registration,
    SeatPool,
    Source,
    Verdict,
)
from app.events.tickets import hash_of

NEAR = timedelta(days=14)
OVERLAP = timedelta(minutes=1)  # a scan may be written some time after it was received
MOST_NEWS = 300
FOUND = 20  # people that a search shows
HAS_ROOM = Event.pools.any(SeatPool.kind == PoolKind.ROOM)
ONLINE = Registration.pool.has(SeatPool.kind == PoolKind.ONLINE)  # who sits there comes by no door


@dataclass(frozen=True)
class Count:
    """How many are in, of how many seats given."""

    arrived: int
    expected: int


def door_event(event_id: int) -> Event | None:
    """An event with a room, for whoever stands at its doors: helpers need not be organisers. Drafts have no door."""
    query = select(Event).where(Event.id == event_id, Event.status != EventStatus.DRAFT, HAS_ROOM)
    found: Event | None = db.session.scalar(query.options(selectinload(Event.pools)))
    return found


def events_with_doors() -> list[Event]:
    """The events whose doors are of interest now, soonest first."""
    query = select(Event).where(
        Event.status.in_((EventStatus.PUBLISHED, EventStatus.HELD)), HAS_ROOM, Event.ends_at > now() - GRACE,
        Event.starts_at < now() + NEAR,
    )  # fmt: skip
    return list(
        db.session.scalars(query.options(selectinload(Event.pools)).order_by(Event.starts_at, Event.id).limit(100))
    )


def door_by_token(event_id: int, token: str) -> Door | None:
    """A door of this event by the name that only its device knows."""
    found: Door | None = db.session.scalar(select(Door).where(Door.event_id == event_id, Door.token == token))
    return found


def door_of(event_id: int, door_id: int) -> Door | None:
    """A door, if it is one of this event."""
    found: Door | None = db.session.scalar(select(Door).where(Door.event_id == event_id, Door.id == door_id))
    return found


def admission_of(event_id: int, admission_id: int) -> Admission | None:
    """An admission, if it is one of this event."""
    query = select(Admission).where(Admission.event_id == event_id, Admission.id == admission_id)
    found: Admission | None = db.session.scalar(query)
    return found


def doors_of(event_id: int) -> list[Door]:
    """All doors of an event, the open ones first."""
    query = select(Door).where(Door.event_id == event_id)
    return list(db.session.scalars(query.order_by(Door.closed_at.is_not(None), Door.id)))


def count_of(event_id: int) -> Count:
    """Live: who is in, of all who have a seat in a room."""
    totals = select(func.coalesce(func.sum(Registration.arrived), 0), func.coalesce(func.sum(Registration.seated), 0))
    arrived, expected = db.session.execute(totals.where(Registration.event_id == event_id, ~ONLINE)).one()
    return Count(int(arrived), int(expected))


def counts_by_door(event_id: int) -> dict[int | None, int]:
    """How many people came in by each door; None: without a device."""
    query = select(Admission.door_id, func.sum(Admission.people)).where(
        Admission.event_id == event_id, Admission.verdict == Verdict.ADMITTED, Admission.undone_at.is_(None)
    )
    return {door: int(people) for door, people in db.session.execute(query.group_by(Admission.door_id))}


def conflicts_of(event_id: int) -> list[Admission]:
    """Who was let in without network and could not be counted, and was not taken back."""
    return _admissions(event_id, 200, Admission.conflict, Admission.undone_at.is_(None))


def recent_admissions(event_id: int, limit: int = 12) -> list[Admission]:
    """What happened last."""
    return _admissions(event_id, limit)


def _admissions(event_id: int, limit: int, *more: Any) -> list[Admission]:
    query = select(Admission).where(Admission.event_id == event_id, Admission.people > 0, *more)
    query = query.options(joinedload(Admission.registration), joinedload(Admission.door))
    return list(db.session.scalars(query.order_by(Admission.scanned_at.desc(), Admission.id.desc()).limit(limit)))


def found_by_name(event_id: int, search: str) -> list[Registration]:
    """Parties by their name or that of a guest, those with seats first; at most FOUND."""
    guests = select(Guest.registration_id).join(Guest.registration).where(Registration.event_id == event_id)
    query = select(Registration).where(
        Registration.event_id == event_id, Registration.name != "–",
        or_(found_in(search, Registration.name), Registration.id.in_(guests.where(found_in(search, Guest.name)))),
    )  # fmt: skip
    query = query.options(joinedload(Registration.pool)).order_by(Registration.seated == 0, Registration.name)
    return list(db.session.scalars(query.limit(FOUND)))


def device_list(event: Event, door: Door, doors: list[Door]) -> dict[str, Any]:
    """What a door's device may know, and nothing more: names and parties of who comes, no needs, no diet, no addresses.

    `tickets` are rows of [id, hash, name, seats, arrived, state, keeper, last admission]: state `in`, `online` (seats, but in
    no room: none is counted), `waiting` or `out` (then without a name); keeper is the door that alone admits it without
    network; the last admission is [seconds since 1970, door's id] or 0. `doors` are those that were open at the moment
    that the list says it was made. Walk-ins have no ticket: `walked` only counts them.
    """
    standing = posts(doors)
    last = _last_admissions(event.id)
    walked = (Registration.event_id == event.id, Registration.source == Source.WALK_IN)
    listed = (Registration.event_id == event.id, Registration.source != Source.WALK_IN)
    columns = (
        Registration.id,
        Registration.token,
        Registration.name,
        Registration.seated,
        Registration.arrived,
        Registration.status,
        ONLINE.label("online"),
    )
    rows = db.session.execute(select(*columns).where(*listed).order_by(Registration.id))
    tickets: list[list[Any]] = []
    for row in rows:
        over = row.seated == 0 and row.status.value in ("withdrawn", "declined")
        state = "online" if row.online and row.seated else "in" if row.seated else "out" if over else "waiting"
        name, numbers = "" if over else row.name, (0, 0) if state == "online" else (row.seated, row.arrived)
        keeps = keeper(row.id, standing, door.id) if state == "in" else 0
        tickets.append([row.id, hash_of(row.id, row.token), name, *numbers, state, keeps, last.get(row.id, 0)])
    return {
        "format": 1, "event": event.id, "door": door.id, "until": int((event.ends_at + GRACE).timestamp()),
        "allotment": door.allotment, "used": door.used, "doors": [[one.id, one.name] for one in doors],
        "walked": int(db.session.scalar(select(func.coalesce(func.sum(Registration.arrived), 0)).where(*walked)) or 0),
        "tickets": tickets,
    }  # fmt: skip


def lasting(content: dict[str, Any]) -> dict[str, Any]:
    """What a list says apart from who is in: while this is the same, a device needs only the news."""
    rows = [row[:4] + row[5:7] for row in content["tickets"]]
    return {key: value for key, value in content.items() if key not in ("used", "walked")} | {"tickets": rows}


def news(content: dict[str, Any], since: datetime) -> dict[str, Any] | None:
    """Who came in or was taken back since a list was made, as far as it is little; else None: then a new list is as good."""
    moment = since - OVERLAP
    query = select(Admission.registration_id).where(
        Admission.event_id == content["event"], or_(Admission.received_at > moment, Admission.undone_at > moment)
    )
    changed = set(db.session.scalars(query))
    if len(changed) > MOST_NEWS:
        return None
    rows = [[row[0], row[4], row[7]] for row in content["tickets"] if row[0] in changed]
    return {key: content[key] for key in ("format", "event", "door", "used", "walked")} | {"news": rows}


def _last_admissions(event_id: int) -> dict[int, list[int]]:
    query = select(Admission.registration_id, Admission.scanned_at, Admission.door_id).where(
        Admission.event_id == event_id, Admission.verdict == Verdict.ADMITTED, Admission.undone_at.is_(None),
        Admission.registration_id.is_not(None),
    )  # fmt: skip
    rows = db.session.execute(query.order_by(Admission.scanned_at, Admission.id))
    return {row.registration_id: [int(row.scanned_at.timestamp()), row.door_id or 0] for row in rows}
