"""iCalendar (RFC 5545) and its invitations (RFC 5546). The UID is the event's for ever; SEQUENCE is `seen_version`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import current_app
from icalendar import Calendar, vCalAddress, vText
from icalendar import Event as Entry

from app.core.clock import now
from app.events.links import absolute, host
from app.events.models import Event, EventStatus, Registration

STATUS = {
    EventStatus.DRAFT: "TENTATIVE",
    EventStatus.PUBLISHED: "CONFIRMED",
    EventStatus.POSTPONED: "TENTATIVE",
    EventStatus.CANCELLED: "CANCELLED",
    EventStatus.HELD: "CONFIRMED",
}


def feed(events: Iterable[Event], name: str) -> bytes:
    """A calendar that a client may subscribe to. Join links are left out of events that one registers for."""
    calendar = _calendar("PUBLISH")
    calendar.add("X-WR-CALNAME", name)
    for event in events:
        calendar.add_component(_entry(event, event.updated_at, "" if event.pool else event.online_url))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def own_entry(event: Event, registration: Registration) -> bytes:
    """The event for somebody who holds a seat, to put into their calendar by hand."""
    calendar = _calendar("PUBLISH")
    calendar.add_component(_entry(event, event.updated_at, event.online_url, registration))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def invitation(event: Event, registration: Registration, *, cancel: bool = False) -> dict[str, str]:
    """A mail's attachment that puts the event into the reader's calendar, or takes it out again."""
    method = "CANCEL" if cancel else "REQUEST"
    calendar = _calendar(method)
    entry = _entry(event, now(), event.online_url, registration)
    sender = vCalAddress(f"MAILTO:{current_app.config['KERMESSE']['MAIL_FROM']}")
    sender.params["CN"] = vText(current_app.config["KERMESSE"]["ORGANISATION"])
    entry.add("ORGANIZER", sender)
    guest = vCalAddress(f"MAILTO:{registration.email}")
    guest.params.update({"CN": vText(registration.name), "ROLE": vText("REQ-PARTICIPANT"), "RSVP": vText("FALSE")})
    guest.params["PARTSTAT"] = vText("DECLINED" if cancel else "ACCEPTED")
    entry.add("ATTENDEE", guest, encode=False)
    if cancel:
        entry["STATUS"] = vText("CANCELLED")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    content = calendar.to_ical().decode()
    return {"name": "event.ics", "type": f"text/calendar; method={method}", "content": content}


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", "-//Kermesse//Events//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method)
    return calendar


def _entry(event: Event, stamped: datetime, online_url: str, registration: Registration | None = None) -> Entry:
    zone = ZoneInfo(event.timezone)
    entry = Entry()
    entry.add("UID", f"event-{event.id}@{host()}")
    entry.add("DTSTAMP", stamped)
    entry.add("LAST-MODIFIED", event.updated_at)
    entry.add("SEQUENCE", event.seen_version)
    entry.add("STATUS", STATUS[event.status])
    entry.add("SUMMARY", event.title)
    entry.add("DTSTART", event.starts_at.astimezone(zone))
    entry.add("DTEND", event.ends_at.astimezone(zone))
    entry.add("LOCATION", event.place or online_url)
    page = absolute("events.page", slug=event.slug)
    own = absolute("events.registration", token=registration.token) if registration is not None else ""
    entry.add("DESCRIPTION", "\n\n".join(part for part in (event.notice, event.summary, online_url, own) if part))
    entry.add("URL", own or page)
    return entry
