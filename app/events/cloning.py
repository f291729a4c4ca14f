"""An event once more, as a draft: the same text, seats, questions, programme and partners on another day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events import closed_list
from app.events.models import Audience, Event, EventStatus, Question, SeatPool, Session, Speaker
from app.events.series import create_series
from app.events.timing import Move, Rhythm, days
from app.partners.services import add_with_slug

COPIED = (
    "campaign_id", "kind", "audience", "audience_note", "title", "summary", "body", "materials", "timezone", "place",
    "online_url", "series_id", "approval", "guest_names", "participants_listed", "offer_hours", "remind_hours",
    "feedback_asked", "feedback_public", "certificates", "composition_asked", "composition_public", "minimum_cell",
)  # fmt: skip
# What belongs to one day, or to those who came: never taken along.
LEFT = (
    "id", "slug", "status", "notice", "starts_at", "ends_at", "registration_closes_at", "seen_version", "was_starts_at",
    "minutes", "minutes_public", "outcomes_public", "created_at", "updated_at",
)  # fmt: skip
POOL = ("kind", "name", "position", "capacity", "largest_party")
QUESTION = ("kind", "label", "help", "required", "options", "condition_value", "position")
SPEAKER = ("name", "affiliation", "email", "locale", "biography", "moderates", "position")


def clone(event_id: int, starts_at: datetime, *, actor_id: int | None, **changes: Any) -> Event:
    """Draft the event anew for another start, for the same readers. All its times go along by the clock on the wall;
    `changes` are columns that differ. Registrations, invitations, outcomes, minutes and notices stay where they are.
    Raises LookupError."""
    event = db.session.get(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    values = _values(event, COPIED) | changes
    zone = ZoneInfo(event.timezone)
    move = Move(event.starts_at, zone, starts_at, zone)
    start, end = move.span(event.starts_at, event.ends_at)
    closes = event.registration_closes_at
    draft = Event(
        **values, status=EventStatus.DRAFT, starts_at=start, ends_at=end, created_at=now(), updated_at=now(),
        registration_closes_at=min(move.of(closes), end) if closes else None, co_organisers=list(event.co_organisers),
        pools=[SeatPool(**_values(pool, POOL), ceiling=pool.capacity) for pool in event.pools],
    )  # fmt: skip
    add_with_slug(draft, f"{draft.title[:45]} {draft.local_start:%Y-%m-%d}", "event")
    for name in [name for name, value in values.items() if value is None]:
        setattr(draft, name, None)  # when a row is added, its default stands in for nothing
    if draft.audience is Audience.LISTED:
        closed_list.put(draft.id, closed_list.names_of(event_id), actor_id)
    _copy_questions(event_id, draft.id)
    _copy_programme(event_id, draft.id, move)
    audit.record("copy event", "event", draft.id, actor_id, of=event_id)
    return draft


def repeat(
    event_id: int, starts_at: datetime, rhythm: Rhythm, times: int, *, series_id: int | None, actor_id: int | None
) -> list[Event]:
    """Draft the event anew several times, by the clock of its zone. More than one make a series: that which was chosen,
    its own, or a new one with its title. Raises LookupError."""
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    zone = ZoneInfo(event.timezone)
    wall = starts_at.astimezone(zone).replace(tzinfo=None)
    series_id = series_id or event.series_id
    if times > 1 and series_id is None:
        series_id = create_series(title=event.title, summary=event.summary, actor_id=actor_id).id
    if series_id != event.series_id:
        event.series_id = series_id
    starts = [datetime.combine(day, wall.time(), zone).astimezone(UTC) for day in days(wall.date(), rhythm, times)]
    return [clone(event_id, start, actor_id=actor_id, series_id=series_id) for start in starts]


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _copy_questions(event_id: int, draft_id: int) -> None:
    """Those that are asked, each with its condition. One whose condition is not asked any more is asked of nobody."""
    asked = select(Question).where(Question.event_id == event_id, Question.retired_at.is_(None))
    found = {question.id: question for question in db.session.scalars(asked)}
    while gone := [row.id for row in found.values() if row.condition_id not in (None, *found)]:
        for number in gone:
            del found[number]
    copies = {number: Question(event_id=draft_id, **_values(row, QUESTION)) for number, row in found.items()}
    for number, row in found.items():
        if row.condition_id is not None:
            copies[number].condition = copies[row.condition_id]
    db.session.add_all(copies.values())
    db.session.flush()


def _copy_programme(event_id: int, draft_id: int, move: Move) -> None:
    speakers = {
        speaker.id: Speaker(event_id=draft_id, token=token(), **_values(speaker, SPEAKER))
        for speaker in db.session.scalars(select(Speaker).where(Speaker.event_id == event_id))
    }
    db.session.add_all(speakers.values())
    for session in db.session.scalars(select(Session).where(Session.event_id == event_id)):
        start, end = move.span(session.starts_at, session.ends_at)
        copy = Session(
            event_id=draft_id, starts_at=start, ends_at=end, **_values(session, ("title", "summary", "place"))
        )
        copy.speakers = [speakers[speaker.id] for speaker in session.speakers]
        db.session.add(copy)
    db.session.flush()
