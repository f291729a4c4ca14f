"""Events for the tests, and how to read what was mailed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from icalendar import Calendar
from sqlalchemy import event as sql
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import atomic
from app.events import services
from app.events.models import Event, Series
from app.events.series import create_series, put_in

AFTERWARDS = ("approval", "guest_names", "participants_listed", "offer_hours")


def make_event(*, status: str = "published", days: float = 10, hours: float = 2, **values: Any) -> Event:
    """A saved event that starts in some days."""
    start = (now() + timedelta(days=days)).replace(microsecond=0)
    facts = {"title": "Voices of our daughters", "kind": "talk", "place": "Room A", "summary": "A talk."}
    facts |= {"starts_at": start, "ends_at": start + timedelta(hours=hours), **values}
    later = {name: facts.pop(name) for name in AFTERWARDS if name in facts}
    with atomic():
        event = services.create_event(**facts)
        for name, value in later.items():
            setattr(event, name, value)
    if status != "draft":
        with atomic():
            services.set_status(event.id, "published")
        if status != "published":
            with atomic():
                services.set_status(event.id, status)
    return event


def seat(event: Event, name: str, party: int = 1, **values: Any) -> Any:
    """Register somebody by the service; returns the registration."""
    with atomic():
        claim = services.register(event.id, name=name, email=f"{name.lower()}@home.example", party=party, **values)
    return claim.registration


def mails(template: str = "", to: str = "") -> list[Mail]:
    """What is in the outbox, oldest first; of one template and to one address."""
    db.session.rollback()
    found = db.session.scalars(select(Mail).order_by(Mail.id))
    return [mail for mail in found if mail.key.startswith(template) and to in mail.recipient]


def attached(mail: Mail) -> tuple[str, Any]:
    """(method, entry) of the calendar file of a mail."""
    (file,) = json.loads(mail.files)
    calendar = Calendar.from_ical(file["content"])
    (entry,) = calendar.walk("VEVENT")
    assert file["type"] == f"text/calendar; method={calendar['METHOD']}"
    return str(calendar["METHOD"]), entry


def series_of(*events: Event, title: str = "Midday questions") -> Series:
    """A series with these events."""
    with atomic():
        made = create_series(title=title, summary="At **noon**.", actor_id=None)
        for event in events:
            put_in(made.id, event.id, None)
    return made


def statements(client: Any, path: str) -> list[str]:
    """The statements that a page asks of the database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    sql.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        sql.remove(db.engine, "before_cursor_execute", note)
    return seen
