"""Reads for the organisers' list of events: what needs them first, then all of them, filtered and sorted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.events.models import Event, EventKind, EventStatus, Registration, RegistrationStatus, SeatPool

SOON = timedelta(days=21)
MOST = 12
COLUMNS = ("title", "when", "status", "seats")


@dataclass(frozen=True, slots=True)
class Concern:
    """Why an event needs its organiser: `requests` and `waiting` parties (`count`), a `draft` that is due, a `date` to be
    found, or it is `over` and nobody has said that it was held."""

    event: Event
    kind: str
    count: int = 0


def concerns() -> list[Concern]:
    """What needs an organiser, by one statement; the most pressing first: people who wait for an answer."""
    at = now()
    requests, waiting = _parties(RegistrationStatus.REQUESTED), _parties(RegistrationStatus.WAITING)
    running = and_(Event.status == EventStatus.PUBLISHED, Event.ends_at > at)
    reasons: dict[str, ColumnElement[bool]] = {
        "requests": and_(running, requests > 0),
        "draft": and_(Event.status == EventStatus.DRAFT, Event.starts_at < at + SOON),
        "date": Event.status == EventStatus.POSTPONED,
        "over": and_(Event.status == EventStatus.PUBLISHED, Event.ends_at <= at),
        "waiting": and_(running, waiting > 0),
    }
    kind = case(*((reason, name) for name, reason in reasons.items()), else_="")
    rank = case(*((reason, place) for place, reason in enumerate(reasons.values())), else_=len(reasons))
    query = select(Event, kind, requests, waiting).where(or_(*reasons.values()))
    rows = db.session.execute(query.order_by(rank, Event.starts_at, Event.id).limit(MOST)).all()
    return [Concern(event, name, asked if name == "requests" else queued) for event, name, asked, queued in rows]


def _parties(status: RegistrationStatus) -> ScalarSelect[Any]:
    query = select(func.count()).where(Registration.event_id == Event.id, Registration.status == status)
    return query.correlate(Event).scalar_subquery()


def managed_events(search: str = "", status: str = "", kind: str = "", when: str = "", sort: str = "") -> Select[Event]:
    """All events, filtered. `when`: `ahead` or `past`. `sort`: one of COLUMNS, `-` before it turns it around; without:
    what lies ahead, soonest first, then what was, the latest first."""
    query = select(Event).options(selectinload(Event.pools), joinedload(Event.campaign), joinedload(Event.series))
    if search:
        query = query.where(found_in(search, Event.title, Event.place))
    if status in set(EventStatus):
        query = query.where(Event.status == EventStatus(status))
    if kind in set(EventKind):
        query = query.where(Event.kind == EventKind(kind))
    if when in ("ahead", "past"):
        query = query.where(Event.ends_at > now() if when == "ahead" else Event.ends_at <= now())
    return query.order_by(*_order(sort), Event.id.desc())


def _order(sort: str) -> list[ColumnElement[Any]]:
    ahead = Event.ends_at > now()
    if sort.removeprefix("-") not in COLUMNS:
        return [case((ahead, 0), else_=1), case((ahead, Event.starts_at)), Event.starts_at.desc()]
    taken = select(func.coalesce(func.sum(SeatPool.confirmed), -1)).where(SeatPool.event_id == Event.id)
    column: Any = {
        "title": func.lower(Event.title),
        "when": Event.starts_at,
        "status": Event.status,
        "seats": taken.correlate(Event).scalar_subquery(),
    }[sort.removeprefix("-")]
    return [column.desc() if sort.startswith("-") else column.asc()]
