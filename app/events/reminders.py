"""Reminders: once for each registration and start, some hours before, to those who hold seats.

The sweep, once an hour, sets a job for each event whose time comes; the job writes. Both may run any number of times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import Mail, Obsolete, queue_letters
from app.core.registry import Letter
from app.core.transactions import atomic, locked
from app.events.models import LIVE, Event, EventStatus, Registration
from app.events.notices import SUBJECTS, context_of
from app.events.seats import lock_pools

REMIND = "events.remind"
LETTER = "event_reminder"
LONGEST = timedelta(hours=336)  # the longest that an organiser may choose
AHEAD = timedelta(minutes=75)  # more than the time from one sweep to the next
FRESH = timedelta(hours=3)  # whoever was just written to about an event is not reminded of it
AT_ONCE = 500


def due_at(event: Event) -> datetime | None:
    """When an event's reminders go out, None if never."""
    return None if event.remind_hours is None else event.starts_at - timedelta(hours=event.remind_hours)


def sweep() -> None:
    """Set a job for each event whose reminders are due before the next sweep."""
    at = now()
    near = select(Event).where(
        Event.status == EventStatus.PUBLISHED,
        Event.remind_hours.is_not(None),
        Event.starts_at > at,
        Event.starts_at <= at + LONGEST + AHEAD,
    )
    times = {event.id: due_at(event) or at for event in db.session.scalars(near)}
    wanted = {number: time for number, time in times.items() if time > at or _unreminded(number)}
    with atomic():
        for number, time in wanted.items():
            if time <= at + AHEAD:
                enqueue(REMIND, str(number), max(time, at), event_id=number)


def _unreminded(event_id: int) -> bool:
    event = db.session.get(Event, event_id)
    return event is not None and bool(_to_remind(event))


def remind(payload: Mapping[str, Any]) -> None:
    """The job: write the reminders of an event that are due and were not written yet."""
    with atomic():
        lock_pools(payload["event_id"])
        event: Event | None = locked(Event, payload["event_id"])
        if event is None:
            return
        queue_letters(
            LETTER, [(key_of(event, row), row.email, row.locale, {"registration": row.id}) for row in _to_remind(event)]
        )


def key_of(event: Event, registration: Registration) -> str:
    """The key of a reminder's mail: one for each registration and start."""
    return f"{LETTER}:{registration.id}:{event.starts_at:%Y%m%d%H%M}"


def _to_remind(event: Event) -> list[Registration]:
    time = due_at(event)
    if event.status is not EventStatus.PUBLISHED or time is None or not time <= now() < event.starts_at:
        return []
    seated = select(Registration).where(
        Registration.event_id == event.id,
        Registration.status.in_(LIVE),
        Registration.seated > 0,
        Registration.confirmed_at <= time,
    )
    found = db.session.scalars(seated.order_by(Registration.id)).all()
    chosen: list[Registration] = []
    for start in range(0, len(found), AT_ONCE):
        chosen += _without_the_told(event, found[start : start + AT_ONCE])
    return chosen


def _without_the_told(event: Event, rows: Sequence[Registration]) -> list[Registration]:
    reminded = set(db.session.scalars(select(Mail.key).where(Mail.key.in_([key_of(event, row) for row in rows]))))
    recent = select(Mail.key).where(Mail.recipient.in_([row.email for row in rows]), Mail.created_at > now() - FRESH)
    told = {tuple(key.split(":")[:2]) for key in db.session.scalars(recent)}  # which letter, to which registration
    return [
        row
        for row in rows
        if key_of(event, row) not in reminded and not any((word, str(row.id)) in told for word in SUBJECTS)
    ]


def letter(facts: Mapping[str, Any]) -> Letter:
    """The words of a reminder, as things stand when it is sent. Raises Obsolete when nobody need be reminded any more."""
    registration = db.session.get(Registration, facts["registration"])
    if registration is None or not registration.seated or registration.status not in LIVE:
        raise Obsolete
    event = registration.event
    if event.status is not EventStatus.PUBLISHED or now() >= event.ends_at:
        raise Obsolete
    subject = _("Soon: %(title)s", title=event.title)
    return Letter("event_reminder", subject, context_of(event, registration))


def set_hours(event_id: int, hours: int | None) -> None:
    """Choose how long before the start an event's reminders go out; None: never. Raises LookupError."""
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    event.remind_hours = hours
    time = due_at(event)
    if time is not None and now() < event.starts_at and time <= now() + AHEAD:
        enqueue(REMIND, str(event_id), max(time, now()), event_id=event_id)
