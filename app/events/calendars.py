"""iCalendar (RFC 5545) and its invitations (RFC 5546). The UID is the event's for ever; SEQUENCE is `seen_version`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import gettext as _
from icalendar import Calendar, vCalAddress, vDuration, vText
from icalendar import Event as Entry

from app.core.clock import now
from app.events.links import absolute, host
from app.events.models import Event, EventStatus, Registration

ASK_AGAIN = timedelta(hours=6)
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
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(ASK_AGAIN))
    shown = list(events)
    for event in shown:
        entry = _entry(event, event.updated_at, "" if event.pool else event.online_url)
        if event.status is EventStatus.POSTPONED:
            entry["SUMMARY"] = vText(_("Postponed: %(title)s", title=event.title))
        calendar.add_component(entry)
    return _written(calendar, shown)


def own_entry(event: Event, registration: Registration) -> bytes:
    """The event for somebody who holds a seat, to put into their calendar by hand."""
    calendar = _calendar("PUBLISH")
    calendar.add_component(_entry(event, event.updated_at, registration.join_url, registration))
    return _written(calendar, [event])


def invitation(event: Event, registration: Registration, *, cancel: bool = False) -> dict[str, str]:
    """A mail's attachment that puts the event into the reader's calendar, or takes it out again."""
    method = "CANCEL" if cancel else "REQUEST"
    calendar = _calendar(method)
    entry = _entry(event, now(), registration.join_url, registration)
    sender = vCalAddress(f"MAILTO:{parseaddr(current_app.config['KERMESSE']['MAIL_FROM'])[1]}")
    sender.params["CN"] = vText(current_app.config["KERMESSE"]["ORGANISATION"])
    entry.add("ORGANIZER", sender)
    guest = vCalAddress(f"MAILTO:{registration.email}")
    guest.params.update({"CN": vText(registration.name), "ROLE": vText("REQ-PARTICIPANT"), "RSVP": vText("FALSE")})
    guest.params["PARTSTAT"] = vText("DECLINED" if cancel else "ACCEPTED")
    entry.add("ATTENDEE", guest, encode=False)
    if cancel:
        entry["STATUS"] = vText("CANCELLED")
    calendar.add_component(entry)
    content = _written(calendar, [event]).decode()
    return {"name": "event.ics", "type": f"text/calendar; method={method}", "content": content}


def _written(calendar: Calendar, events: Sequence[Event]) -> bytes:
    """The file, with the time zones as they are in the years of these events: all years cost ten times as much."""
    if events:
        first = min(event.starts_at for event in events).year
        last = max(event.ends_at for event in events).year
        calendar.add_missing_timezones(date(first - 1, 1, 1), date(last + 2, 1, 1))
    return bytes(calendar.to_ical())


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
