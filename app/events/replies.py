"""What calendars answer (RFC 5546, REPLY): a no gives the seats back, a yes takes those that are offered.

See docs/decisions/0012-calendars-and-replies.md for who is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar

from app.core.inbox import Outcome, parts, text_of
from app.events import offers, services
from app.events.calendars import uid
from app.events.models import LIVE, Event, Registration, RegistrationStatus
from app.events.seats import RegistrationRefused, locked_registration

LARGEST = 200_000  # characters of a calendar part: an answer is a few lines


@dataclass(frozen=True)
class Reply:
    """An answer: the event's UID, which SEQUENCE it answers, when that began (naive when it has no zone), and yes or no."""

    uid: str
    sequence: int
    starts_at: datetime | None
    state: str


def act(registration_id: int, reply: Reply) -> str:
    """Do what an answer to a registration's address says, in the current transaction."""
    try:
        _pools, event, registration = locked_registration(registration_id)
    except LookupError:
        return Outcome.UNKNOWN
    if reply.uid != uid(event.id):
        return Outcome.UNKNOWN
    if stale(reply, event, registration):
        return Outcome.NOTHING
    return Outcome.DONE if _act(reply.state, registration) else Outcome.NOTHING


def _act(state: str, registration: Registration) -> bool:
    try:
        if state == "DECLINED" and registration.status in LIVE:
            services.withdraw(registration.id)
            return True
        if state == "ACCEPTED" and registration.status is RegistrationStatus.OFFERED:
            offers.accept(registration.id)
            return True
    except (RegistrationRefused, offers.OfferOver):
        pass  # it is over, or the term has passed: the answer came too late
    return False


def stale(reply: Reply, event: Event, registration: Registration) -> bool:
    """Whether an answer is to another time than the present one: a no to that is no no to this."""
    if reply.sequence >= registration.calendar_version:
        return False
    if reply.starts_at is None:
        return True
    meant = reply.starts_at
    if meant.tzinfo is None:
        meant = meant.replace(tzinfo=ZoneInfo(event.timezone))
    return meant.astimezone(UTC) != event.starts_at.replace(microsecond=0)


def read(message: Message) -> Reply | None:
    """The answer in a message, None if there is none. Raises whatever a broken calendar makes its reader raise."""
    for part in parts(message):
        if part.get_content_type() in ("text/calendar", "application/ics"):
            text = text_of(part)
            if "REPLY" in text.upper() and len(text) <= LARGEST:
                return _reply(text)
    return None


def _reply(text: str) -> Reply | None:
    calendar = Calendar.from_ical(text)
    if str(calendar.get("METHOD", "")).upper() != "REPLY":
        return None
    entries = calendar.walk("VEVENT")
    if not entries:
        return None
    entry = entries[0]
    guests = entry.get("ATTENDEE", [])
    guests = guests if isinstance(guests, list) else [guests]
    if len(guests) != 1:  # RFC 5546, 3.2.3: an answer is of one
        return None
    state = str(guests[0].params.get("PARTSTAT", "")).upper()
    return Reply(str(entry.get("UID", "")), _number(entry.get("SEQUENCE", 0)), _start(entry.get("DTSTART")), state)


def _number(value: Any) -> int:
    return int(value) if str(value).isascii() and str(value).isdigit() else 0


def _start(value: Any) -> datetime | None:
    found = getattr(value, "dt", None)
    return found.replace(microsecond=0) if isinstance(found, datetime) else None
