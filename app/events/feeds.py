"""The secret address of a person's own calendar: found, renewed, ended."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.models import Person
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events.models import CalendarFeed


def feed_of(person_id: int) -> CalendarFeed | None:
    """The address that a person has."""
    return db.session.get(CalendarFeed, person_id)


def reader_of(secret: str) -> Person | None:
    """Whose calendar asks by this secret, if they may still sign in."""
    query = select(Person).join(CalendarFeed, CalendarFeed.person_id == Person.id)
    found: Person | None = db.session.scalar(query.where(CalendarFeed.token == secret, Person.active))
    return found


def renew(person_id: int) -> CalendarFeed:
    """Give a person an address; the one that they had ends."""
    locked(Person, person_id)  # two at once would both find none
    feed = db.session.get(CalendarFeed, person_id, populate_existing=True)
    if feed is None:
        feed = CalendarFeed(person_id=person_id)
        db.session.add(feed)
    feed.token, feed.created_at = token(), now()
    db.session.flush()
    audit.record("renew calendar", "person", person_id, person_id)
    return feed


def end(person_id: int) -> None:
    """End a person's address. Without one nothing happens."""
    feed = locked(CalendarFeed, person_id)
    if feed is not None:
        db.session.delete(feed)
        audit.record("end calendar", "person", person_id, person_id)
