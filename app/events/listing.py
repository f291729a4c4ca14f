"""The public list of events and the calendars that one subscribes to: filtered, in order, and cheap to ask for again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import Response, request
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import lazyload

from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.events import calendars
from app.events.links import host
from app.events.models import Campaign, Event, EventKind, EventStatus, SeatPool, Series, Session, Speaker
from app.events.queries import listed
from app.web.formats import locale

RUNNING = (EventStatus.PUBLISHED, EventStatus.POSTPONED, EventStatus.CANCELLED)
FEED_REACHES_BACK = timedelta(days=400)
WEEK, MONTH, PAST = "week", "month", "past"
REACH = {WEEK: timedelta(days=7), MONTH: timedelta(days=31)}
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asks for. `campaign` and `series` are slugs; `when` is `week`, `month`, `past` or empty; `free`: only
    where one can still come."""

    search: str = ""
    kind: str = ""
    campaign: str = ""
    series: str = ""
    when: str = ""
    free: bool = False

    def __bool__(self) -> bool:
        return self != Filters()

    def args(self, **changes: Any) -> dict[str, str]:
        """The query of an address with these filters and some changes."""
        values = asdict(replace(self, **changes))
        named = {"q": values.pop("search"), "free": "1" if values.pop("free") else "", **values}
        return {name: value for name, value in named.items() if value}


def asked() -> Filters:
    """The filters of this request's address. What is unknown asks for nothing."""
    kind, when = request.args.get("kind", ""), request.args.get("when", "")
    return Filters(
        search=request.args.get("q", "")[:100].strip(),
        kind=kind if kind in set(EventKind) else "",
        campaign=request.args.get("campaign", "")[:80],
        series=request.args.get("series", "")[:80],
        when=when if when in (WEEK, MONTH, PAST) else "",
        free=request.args.get("free", "") == "1",
    )


def filtered(viewer: Any, filters: Filters) -> Select[Event]:
    """The events that the viewer may see and that fit, whenever they are."""
    query = listed(viewer)
    if filters.kind:
        query = query.where(Event.kind == EventKind(filters.kind))
    for word in filters.search.split()[:MOST_WORDS]:
        query = query.where(_holds(word))
    if filters.campaign:
        query = query.where(Event.campaign.has(Campaign.slug == filters.campaign))
    if filters.series:
        query = query.where(Event.series.has(Series.slug == filters.series))
    if filters.when in REACH:
        query = query.where(Event.starts_at < now() + REACH[filters.when], _to_come())
    return query.where(_open()) if filters.free else query


def _holds(word: str) -> ColumnElement[bool]:
    """The word stands in the announcement or over a session, or is of somebody who speaks."""
    who = found_in(word, Speaker.name, Speaker.affiliation)
    return or_(
        found_in(word, Event.title, Event.summary, Event.place),
        exists().where(Speaker.event_id == Event.id, who),
        exists().where(Session.event_id == Event.id, found_in(word, Session.title)),
    )


def _open() -> ColumnElement[bool]:
    """One can still come: there is a free seat, or nobody needs one."""
    pools = exists().where(SeatPool.event_id == Event.id)
    seats = exists().where(SeatPool.event_id == Event.id, SeatPool.capacity > SeatPool.confirmed + SeatPool.held)
    closes = func.coalesce(Event.registration_closes_at, Event.starts_at)
    return and_(
        Event.status == EventStatus.PUBLISHED, or_(and_(seats, closes > now()), and_(~pools, Event.ends_at > now()))
    )


def _to_come() -> ColumnElement[bool]:
    """What lies ahead. Whatever was postponed does, also when the day it was meant for has gone by."""
    return or_(and_(Event.ends_at > now(), Event.status.in_(RUNNING)), Event.status == EventStatus.POSTPONED)


def ahead_query(viewer: Any, filters: Filters) -> Select[Event]:
    """What comes, soonest first; last what waits for a new date."""
    lost = case((and_(Event.status == EventStatus.POSTPONED, Event.ends_at <= now()), 1), else_=0)
    return filtered(viewer, filters).where(_to_come()).order_by(lost, Event.starts_at, Event.id)


def ahead(viewer: Any, filters: Filters, limit: int = 200) -> list[Event]:
    """The first of `ahead_query`."""
    return list(db.session.scalars(ahead_query(viewer, filters).limit(limit)))


def past(viewer: Any, filters: Filters) -> Select[Event]:
    """What took place, the latest first."""
    over = or_(Event.status == EventStatus.HELD, and_(Event.status == EventStatus.PUBLISHED, Event.ends_at <= now()))
    return filtered(viewer, filters).where(over).order_by(Event.starts_at.desc(), Event.id.desc())


def lately(viewer: Any, filters: Filters, limit: int) -> list[Event]:
    """The latest of `past`."""
    return list(db.session.scalars(past(viewer, filters).limit(limit)))


def by_month(events: list[Event]) -> list[tuple[date | None, list[Event]]]:
    """(first of the month, its events), in the order given; None: what waits for a new date."""
    months: dict[date | None, list[Event]] = {}
    for event in events:
        lost = event.status is EventStatus.POSTPONED and event.ends_at <= now()
        months.setdefault(None if lost else event.local_start.date().replace(day=1), []).append(event)
    return list(months.items())


def calendar(viewer: Any, filters: Filters, name: str) -> Response:
    """A calendar to subscribe to, or 304 when the client has it already. Made only when something in it has changed."""
    query = filtered(viewer, replace(filters, free=False))
    if filters.free:
        query = query.where(or_(_open(), Event.status == EventStatus.CANCELLED))  # else it would stay in calendars
    reaches = or_(Event.ends_at > now() - FEED_REACHES_BACK, Event.status == EventStatus.POSTPONED)
    query = query.where(reaches).order_by(Event.starts_at, Event.id)
    seats = exists().where(SeatPool.event_id == Event.id)
    marks = query.with_only_columns(Event.id, Event.updated_at, Event.seen_version, seats).options(lazyload("*"))
    rows = [tuple(row) for row in db.session.execute(marks)]
    response = Response(mimetype="text/calendar")
    response.set_etag(sha256(repr((rows, name, host(), locale())).encode()).hexdigest()[:32])
    if not (viewer.is_authenticated or filters.free or filters.when):
        response.last_modified = _last_change()  # else what is shown changes also without an event's change
    response.vary.update(("Cookie", "Accept-Language"))
    response.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    if response.make_conditional(request.environ).status_code != 304:
        response.set_data(calendars.feed(db.session.scalars(query), name))
    return response


def _last_change() -> datetime | None:
    """Of all events, also of those that are no longer shown: a calendar that lost one has changed as well."""
    found: datetime | None = db.session.scalar(select(func.max(Event.updated_at)))
    return found
