"""iCalendar (RFC 5545) and its invitations (RFC 5546). See docs/decisions/0012-calendars-and-replies.md.

The UID is the event's for ever. Each address has a SEQUENCE of its own, `Registration.calendar_version`, which grows with
all that it is sent and is never below the event's `seen_version`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, vCalAddress, vDuration, vText
from icalendar import Event as Entry
from sqlalchemy import func, select

from app.core import addresses
from app.core.clock import now
from app.core.database import db
from app.events.links import absolute, host
from app.events.models import LIVE, Event, EventStatus, Registration, RegistrationStatus, Speaker
from app.events.zones import vtimezone
from app.web.formats import labelled

ASK_AGAIN = timedelta(hours=6)
REPLY = "r"  # the kind of the addresses that calendars answer to
STATUS = {
    EventStatus.DRAFT: "TENTATIVE",
    EventStatus.PUBLISHED: "CONFIRMED",
    EventStatus.POSTPONED: "TENTATIVE",
    EventStatus.CANCELLED: "CANCELLED",
    EventStatus.HELD: "CONFIRMED",
}


def uid(event_id: int) -> str:
    """The identity of an event in every calendar."""
    return f"event-{event_id}@{host()}"


def feed(events: Iterable[Event], name: str) -> bytes:
    """A calendar that a client may subscribe to. Join links are left out of events that one registers for."""
    calendar = _calendar("PUBLISH")
    calendar.add("NAME", _line(name))
    calendar.add("X-WR-CALNAME", _line(name))
    calendar.add("REFRESH-INTERVAL", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(ASK_AGAIN))
    shown = list(events)
    for event in shown:
        entry = _entry(event, event.updated_at, "" if event.pool else event.online_url, event.place)
        entry.add("ORGANIZER", _organiser())
        calendar.add_component(entry)
    return _written(calendar, shown)


def own_entry(event: Event, registration: Registration) -> bytes:
    """The event for somebody who holds a seat, to put into their calendar by hand."""
    calendar = _calendar("PUBLISH")
    with force_locale(registration.locale):
        entry = _entry_of(registration, event, event.updated_at)
    entry["SEQUENCE"] = max(registration.calendar_version, event.seen_version)
    entry.add("ORGANIZER", _organiser(registration))
    calendar.add_component(entry)
    return _written(calendar, [event])


def next_invitation(event: Event, registration: Registration) -> dict[str, str] | None:
    """What the next mail to a party tells its calendar, as a file of `queue_mail`; None: nothing. Moves its SEQUENCE on.

    Follows from how things stand, never from the kind of mail: who has seats at an event that takes place gets a REQUEST,
    also who is offered some and may answer from their calendar; whoever had one and has it no more, a CANCEL.
    """
    method = _method(event, registration)
    if method is None:
        return None
    before = registration.calendar_version or _sent_to_address(registration)
    registration.calendar_version = max(event.seen_version, before + 1)
    return invitation(event, registration, cancel=method == "CANCEL")


def _method(event: Event, registration: Registration) -> str | None:
    if event.status is EventStatus.HELD or now() >= event.ends_at:
        return None  # what was stays in the calendars
    offered = registration.status is RegistrationStatus.OFFERED and bool(addresses.signed(REPLY, 0))
    comes = registration.status in LIVE and (registration.seated > 0 or offered)
    if comes and event.status is EventStatus.PUBLISHED:
        return "REQUEST"
    return "CANCEL" if registration.calendar_version else None


def _sent_to_address(registration: Registration) -> int:
    """The last SEQUENCE of earlier registrations of the same address: who comes back starts above the CANCEL."""
    query = select(func.max(Registration.calendar_version)).where(
        Registration.event_id == registration.event_id,
        Registration.status.not_in(LIVE),
        Registration.email == registration.email,
    )
    return db.session.scalar(query) or 0


def invitation(event: Event, registration: Registration, *, cancel: bool = False) -> dict[str, str]:
    """A mail's file that puts the event into the reader's calendar, or takes it out again, in their language."""
    method = "CANCEL" if cancel else "REQUEST"
    with force_locale(registration.locale):
        entry = _entry_of(registration, event, now())
    # The party is the only one of its invitation: for its calendar the whole entry goes.
    entry["STATUS"] = vText("CANCELLED" if cancel else "CONFIRMED" if registration.seated else "TENTATIVE")
    entry["SEQUENCE"] = registration.calendar_version
    entry.add("ORGANIZER", _organiser(registration))
    # They said yes by registering and no by withdrawing; an offer is still to be answered.
    state = "ACCEPTED" if registration.seated else "NEEDS-ACTION"
    state = state if registration.status in LIVE else "DECLINED"
    answerable = bool(addresses.signed(REPLY, registration.id)) and not cancel
    return _invited(
        event, entry, method, _attendee(registration.email, registration.name, state, answerable=answerable)
    )


def speaker_invitation(event: Event, speaker: Speaker, *, cancel: bool = False) -> dict[str, str]:
    """The same for somebody who speaks, in the current language. Nobody reads answers to it: they have said yes to a person.
    Its SEQUENCE is the event's own, and above what the address was sent for a registration."""
    theirs = (Registration.event_id == event.id, Registration.email == speaker.email)
    last = db.session.scalar(select(func.max(Registration.calendar_version)).where(*theirs))
    own = (_("Your page as a speaker"), absolute("after.speaker", token=speaker.token))
    entry = _entry(event, now(), event.online_url, event.place, own)
    entry["STATUS"] = vText("CANCELLED" if cancel else "CONFIRMED")
    entry["SEQUENCE"] = max(event.seen_version, last + 1 if last else 0)
    entry.add("ORGANIZER", _organiser())
    guest = _attendee(speaker.email, speaker.name, "ACCEPTED", answerable=False)
    return _invited(event, entry, "CANCEL" if cancel else "REQUEST", guest)


def _invited(event: Event, entry: Entry, method: str, guest: vCalAddress) -> dict[str, str]:
    entry.add("ATTENDEE", guest, encode=False)
    entry.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")  # nobody reads proposals of another time
    calendar = _calendar(method)
    calendar.add_component(entry)
    content = _written(calendar, [event]).decode()
    return {"name": "event.ics", "type": f"text/calendar; method={method}", "content": content}


def _attendee(address: str, name: str, state: str, *, answerable: bool) -> vCalAddress:
    guest = vCalAddress(f"mailto:{address}")
    guest.params["CN"] = vText(_parameter(name))
    guest.params.update({"CUTYPE": vText("INDIVIDUAL"), "ROLE": vText("REQ-PARTICIPANT"), "PARTSTAT": vText(state)})
    guest.params["RSVP"] = vText("TRUE" if answerable else "FALSE")
    return guest


def _organiser(registration: Registration | None = None) -> vCalAddress:
    """Whom a calendar answers: an address that says which registration it is about, and that nobody can make up."""
    config = current_app.config["KERMESSE"]
    answered = addresses.signed(REPLY, registration.id) if registration is not None else ""
    sender = vCalAddress(f"mailto:{answered or parseaddr(config['MAIL_FROM'])[1]}")
    sender.params["CN"] = vText(_parameter(config["ORGANISATION"]))
    return sender


def _written(calendar: Calendar, events: Sequence[Event]) -> bytes:
    """The file, with the time zones as they are in the years of these events."""
    for name in sorted({event.timezone for event in events} - {"UTC"}, reverse=True):
        years = [time.year for event in events if event.timezone == name for time in (event.starts_at, event.ends_at)]
        calendar.subcomponents.insert(0, vtimezone(name, min(years), max(years)))
    return bytes(calendar.to_ical())


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", "-//Kermesse//Events//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    calendar.add("METHOD", method)
    return calendar


def _entry_of(registration: Registration, event: Event, stamped: datetime) -> Entry:
    own = (_("Your registration"), absolute("events.registration", token=registration.token))
    return _entry(event, stamped, registration.join_url, room_of(event, registration), own)


def _entry(event: Event, stamped: datetime, online_url: str, room: str, own: tuple[str, str] | None = None) -> Entry:
    """`own`: what the reader's own page is called, and its address."""
    zone = ZoneInfo(event.timezone)
    entry = Entry()
    entry.add("UID", uid(event.id))
    entry.add("DTSTAMP", stamped)
    entry.add("LAST-MODIFIED", event.updated_at)
    entry.add("SEQUENCE", event.seen_version)
    entry.add("STATUS", STATUS[event.status])
    postponed = event.status is EventStatus.POSTPONED  # the time below is not the new one, which nobody knows
    entry.add("SUMMARY", _("Postponed: %(title)s", title=_line(event.title)) if postponed else _line(event.title))
    entry.add("DTSTART", event.starts_at.astimezone(zone))
    entry.add("DTEND", event.ends_at.astimezone(zone))
    entry.add("TRANSP", "OPAQUE")
    if place := _line(room or online_url):
        entry.add("LOCATION", place)
    join = labelled(_("Join by this link"), online_url) if online_url else ""
    yours = labelled(*own) if own else ""
    entry.add("DESCRIPTION", "\n\n".join(filter(None, (_lines(event.notice), _lines(event.summary), join, yours))))
    entry.add("URL", own[1] if own else absolute("events.page", slug=event.slug))
    return entry


def room_of(event: Event, registration: Registration | None) -> str:
    """Where this party goes: the place, with the room of its own seats; empty for one that sits online."""
    pool = registration.pool if registration is not None else None
    if registration is not None and registration.sits_online:
        return ""
    return ", ".join(part for part in (event.place, pool.name if pool is not None else "") if part)


def _lines(text: str) -> str:
    """Text without what no calendar can hold: control characters and halves of surrogate pairs."""
    kept = (
        letter
        for letter in text.replace("\r\n", "\n")
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )
    return "".join(kept)


def _line(text: str) -> str:
    return " ".join(_lines(text).split())


def _parameter(text: str) -> str:
    """A parameter's value, which has no way to write a quotation mark (RFC 5545, 3.2), nor `\\` for every reader."""
    return _line(text).replace('"', "'").replace("\\", "/")
