"""Reads about programmes and series: for the public in one statement, for organisers as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Integer, bindparam, exists, func, null, select, union_all
from sqlalchemy.orm import selectinload

from app.core.database import db
from app.events.models import Event, EventStatus, Series, Session, Speaker
from app.events.models.programme import session_speaker
from app.events.queries import listed, organises, visible_events_for
from app.web.formats import stamp


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, as the public sees them: never their address."""

    name: str
    affiliation: str
    biography: str
    moderates: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A session as the public sees it."""

    title: str
    summary: str
    place: str
    starts_at: datetime
    ends_at: datetime
    speakers: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class Programme:
    """An event's sessions in order of time, and all who speak in the organiser's order."""

    parts: tuple[Part, ...] = ()
    speakers: tuple[Voice, ...] = ()

    def days(self, zone: str) -> list[tuple[datetime, list[Part]]]:
        """The parts by the days of a time zone: (the day's first start, its parts)."""
        found: dict[Any, list[Part]] = {}
        for part in self.parts:
            found.setdefault(part.starts_at.astimezone(ZoneInfo(zone)).date(), []).append(part)
        return [(parts[0].starts_at, parts) for parts in found.values()]


SESSION = (Session.id, Session.title, Session.summary, Session.place, Session.starts_at, Session.ends_at)
SPEAKER = (
    Speaker.id, Speaker.position, Speaker.name, Speaker.affiliation, Speaker.biography, Speaker.moderates,
)  # fmt: skip


def _programme() -> CompoundSelect[Any]:
    links, asked = session_speaker.c, bindparam("event_id", type_=Integer)
    spoken = select(*SPEAKER, *SESSION).select_from(Speaker)
    spoken = spoken.outerjoin(session_speaker, links.speaker_id == Speaker.id)
    spoken = spoken.outerjoin(Session, links.session_id == Session.id).where(Speaker.event_id == asked)
    alone = select(*(null() for _column in SPEAKER), *SESSION).where(Session.event_id == asked)
    return union_all(spoken, alone.where(~exists().where(links.session_id == Session.id)))


PROGRAMME = _programme()


def programme_of(event_id: int) -> Programme:
    """The public programme of an event, by one statement: who speaks, with their sessions, and sessions of nobody."""
    rows: list[Any] = list(db.session.execute(PROGRAMME, {"event_id": event_id}))
    return _gathered([tuple(cells) for cells in rows])


def _gathered(rows: list[tuple[Any, ...]]) -> Programme:
    width = len(SPEAKER)
    voices: dict[Any, Voice] = {}  # by (id, position), as they stand in a row
    parts: dict[int, tuple[Any, ...]] = {}
    heard: dict[int, set[Any]] = {}
    for cells in rows:
        who, number = cells[:2], cells[width]
        if cells[0] is not None:
            voices[who] = Voice(*cells[2:width])
        if number is not None:
            parts[number] = cells[width + 1 :]
            heard.setdefault(number, set()).add(who)
    order = sorted(voices, key=lambda key: (key[1], key[0]))
    shown = []
    for number in sorted(parts, key=lambda number: (*parts[number][3:5], number)):
        title, summary, place, starts_at, ends_at = parts[number]
        who = tuple(voices[key] for key in order if key in heard[number])
        shown.append(Part(title, summary, place, starts_at, ends_at, who))
    return Programme(tuple(shown), tuple(voices[key] for key in order))


def sessions_of(event_id: int) -> list[Session]:
    """An event's sessions in order of time, with who speaks."""
    query = select(Session).where(Session.event_id == event_id).options(selectinload(Session.speakers))
    return list(db.session.scalars(query.order_by(Session.starts_at, Session.ends_at, Session.id)))


def sessions_spoken(speaker_id: int) -> list[Session]:
    """In which sessions somebody speaks, in order of time."""
    query = select(Session).where(Session.speakers.any(Speaker.id == speaker_id))
    return list(db.session.scalars(query.order_by(Session.starts_at, Session.id)))


def speakers_of(event_id: int) -> list[Speaker]:
    """Who speaks at an event, in the organiser's order."""
    query = select(Speaker).where(Speaker.event_id == event_id).order_by(Speaker.position, Speaker.id)
    return list(db.session.scalars(query))


def session_of(event_id: int, session_id: int) -> Session | None:
    """A session, if it is one of this event."""
    query = select(Session).where(Session.id == session_id, Session.event_id == event_id)
    found: Session | None = db.session.scalar(query.options(selectinload(Session.speakers)))
    return found


def speaker_of(event_id: int, speaker_id: int) -> Speaker | None:
    """A speaker, if it is one of this event."""
    found: Speaker | None = db.session.scalar(
        select(Speaker).where(Speaker.id == speaker_id, Speaker.event_id == event_id)
    )
    return found


# Series


def series_for(viewer: Any, slug: str) -> Series | None:
    """The series of an address. Organisers see every one; others those of which they may see an event."""
    found: Series | None = db.session.scalar(select(Series).where(Series.slug == slug))
    if found is None or organises(viewer):
        return found
    seen = visible_events_for(viewer).where(Event.series_id == found.id).limit(1)
    return found if db.session.scalar(seen) is not None else None


def series_used(viewer: Any) -> list[Series]:
    """The series of which the viewer may see an event, by title."""
    shown = listed(viewer).where(Event.series_id.is_not(None)).with_only_columns(Event.series_id)
    query = select(Series).where(Series.id.in_(shown.order_by(None)))
    return list(db.session.scalars(query.order_by(Series.title, Series.id)))


def managed_series() -> list[tuple[Series, int]]:
    """(series, number of its events), by title."""
    count = select(func.count()).where(Event.series_id == Series.id).scalar_subquery()
    query = select(Series, count).order_by(Series.title, Series.id)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def series(series_id: int) -> Series | None:
    """One series by its id."""
    return db.session.get(Series, series_id)


def series_choices() -> list[tuple[int, str]]:
    """(id, title) of every series, for forms."""
    return [(row.id, row.title) for row in db.session.execute(select(Series.id, Series.title).order_by(Series.title))]


def events_in(series_id: int) -> list[Event]:
    """All events of a series for its organiser, drafts too, in order of time."""
    query = select(Event).where(Event.series_id == series_id).options(selectinload(Event.pools))
    return list(db.session.scalars(query.order_by(Event.starts_at, Event.id)))


def events_without_series(limit: int = 200) -> list[tuple[int, str]]:
    """(id, title and day) of events that could be put into a series, the latest first."""
    query = select(Event.id, Event.title, Event.starts_at, Event.timezone).where(
        Event.series_id.is_(None), Event.status != EventStatus.CANCELLED
    )
    rows = db.session.execute(query.order_by(Event.starts_at.desc(), Event.id.desc()).limit(limit))
    return [(row.id, f"{row.title} · {stamp(row.starts_at, row.timezone)}") for row in rows]
