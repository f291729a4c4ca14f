"""Commands on an event's programme: its sessions, and who speaks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events.models import Event, Session, Speaker
from app.events.timing import Move


def outside(event: Event, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a session does not lie within its event's time."""
    return starts_at < event.starts_at or ends_at > event.ends_at


def save_session(
    event_id: int,
    session_id: int | None = None,
    *,
    speaker_ids: Sequence[int] = (),
    actor_id: int | None,
    **values: Any,
) -> Session:
    """Add a session to an event, or change it. `values` are columns of Session. Raises LookupError."""
    session = _event_row(Session, event_id, session_id)
    if session is None:
        session = Session(event_id=event_id)
        db.session.add(session)
    for name, value in values.items():
        setattr(session, name, value)
    speakers = select(Speaker).where(Speaker.event_id == event_id, Speaker.id.in_(speaker_ids))
    session.speakers = list(db.session.scalars(speakers)) if speaker_ids else []
    db.session.flush()
    audit.record("edit session" if session_id else "add session", "event", event_id, actor_id)
    return session


def save_speaker(event_id: int, speaker_id: int | None = None, *, actor_id: int | None, **values: Any) -> Speaker:
    """Add a speaker to an event, the last of them, or change one. `values` are columns. Raises LookupError."""
    speaker = _event_row(Speaker, event_id, speaker_id)
    if speaker is None:
        last = db.session.scalar(select(func.max(Speaker.position)).where(Speaker.event_id == event_id))
        speaker = Speaker(event_id=event_id, token=token(), position=(last or 0) + 1)
        db.session.add(speaker)
    for name, value in values.items():
        setattr(speaker, name, value)
    db.session.flush()
    audit.record("edit speaker" if speaker_id else "add speaker", "event", event_id, actor_id)
    return speaker


def remove_session(event_id: int, session_id: int, actor_id: int | None) -> None:
    """Take a session off the programme; its speakers stay. Raises LookupError."""
    _remove(Session, event_id, session_id, actor_id)


def remove_speaker(event_id: int, speaker_id: int, actor_id: int | None) -> None:
    """Take a speaker off the event and its sessions. Raises LookupError."""
    _remove(Speaker, event_id, speaker_id, actor_id)


def _remove(model: Any, event_id: int, row_id: int, actor_id: int | None) -> None:
    _event_row(model, event_id, row_id)
    db.session.execute(delete(model).where(model.id == row_id))
    audit.record(f"remove {model.__name__.lower()}", "event", event_id, actor_id)


def move_up(event_id: int, speaker_id: int, actor_id: int | None) -> None:
    """Name a speaker one place earlier; the first stays the first. Raises LookupError."""
    _event_row(Speaker, event_id, speaker_id)
    order = select(Speaker).where(Speaker.event_id == event_id).order_by(Speaker.position, Speaker.id)
    speakers = list(db.session.scalars(order))
    place = next(index for index, speaker in enumerate(speakers) if speaker.id == speaker_id)
    if place:
        speakers[place - 1 : place + 1] = speakers[place], speakers[place - 1]
    for number, speaker in enumerate(speakers, 1):
        speaker.position = number
    audit.record("order speakers", "event", event_id, actor_id)


def move_sessions(event_id: int, move: Move) -> None:
    """Let the sessions go along with their event."""
    for session in db.session.scalars(select(Session).where(Session.event_id == event_id)):
        session.starts_at, session.ends_at = move.span(session.starts_at, session.ends_at)


def _event_row(model: Any, event_id: int, row_id: int | None) -> Any:
    """The event, locked and marked as changed, and one of its rows or None for a new one. Raises LookupError."""
    event = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    event.updated_at = now()
    if row_id is None:
        return None
    found = db.session.get(model, row_id, populate_existing=True)
    if found is None or found.event_id != event_id:
        raise LookupError(row_id)
    return found


def first_free(event: Event, sessions: Sequence[Session]) -> datetime:
    """When the next session may begin: as the last one ends, or with the event."""
    ends = [session.ends_at for session in sessions if event.starts_at < session.ends_at < event.ends_at]
    return max(ends, default=event.starts_at)
