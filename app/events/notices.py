"""Mails about events. Each is written in the transaction that causes it, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.clock import now
from app.core.mail import queue_mail
from app.events import calendars
from app.events.links import absolute
from app.events.models import Audience, Event, Registration

SUBJECTS: dict[str, Callable[[str], str]] = {
    "event_confirmed": lambda title: _("You have a seat: %(title)s", title=title),
    "event_waiting": lambda title: _("You are on the waiting list: %(title)s", title=title),
    "event_promoted": lambda title: _("A seat became free for you: %(title)s", title=title),
    "event_part": lambda title: _("Some seats are yours: %(title)s", title=title),
    "event_offer": lambda title: _("Seats for you, if you answer: %(title)s", title=title),
    "event_lapsed": lambda title: _("Your offer has ended: %(title)s", title=title),
    "event_requested": lambda title: _("We have your request: %(title)s", title=title),
    "event_declined": lambda title: _("No seat this time: %(title)s", title=title),
    "event_party": lambda title: _("Your registration has changed: %(title)s", title=title),
    "event_withdrawn": lambda title: _("Your registration is withdrawn: %(title)s", title=title),
    "event_changed": lambda title: _("New time or place: %(title)s", title=title),
    "event_postponed": lambda title: _("Postponed: %(title)s", title=title),
    "event_resumed": lambda title: _("It takes place: %(title)s", title=title),
    "event_cancelled": lambda title: _("Cancelled: %(title)s", title=title),
}
ONCE = {
    "event_confirmed",
    "event_waiting",
    "event_promoted",
    "event_withdrawn",
    "event_lapsed",
    "event_requested",
    "event_declined",
}


def tell(template: str, event: Event, registration: Registration, **context: object) -> None:
    """Queue one of the mails of SUBJECTS for one registration. The same notice is never queued twice.

    Each carries what the reader's calendar has to be told now, if anything (`calendars.next_invitation`).
    """
    with force_locale(registration.locale):
        subject = SUBJECTS[template](event.title)
    file = calendars.next_invitation(event, registration)
    queue_mail(
        f"{template}:{registration.id}{_again(template, event, registration)}",
        registration.email,
        template,
        subject,
        locale=registration.locale,
        files=[file] if file else [],
        calendar=file["type"].partition("method=")[2] if file else "",
        **context_of(event, registration),
        **context,
    )


def context_of(event: Event, registration: Registration) -> dict[str, Any]:
    """What every mail to a registration may tell; `why` says for which reason it came."""
    house = current_app.config["KERMESSE"]["ORGANISATION"]
    with force_locale(registration.locale):
        why = _("You get this mail because you registered for %(title)s at %(house)s.", title=event.title, house=house)
    link = absolute("events.registration", token=registration.token)
    # The page of an event by invitation or list is not there for a reader who has not signed in.
    open_to_all = event.audience in (Audience.PUBLIC, Audience.STAFF)
    return {
        "why": why,
        "event": event,
        "registration": registration,
        "room": calendars.room_of(event, registration),
        "link": link,
        "page": absolute("events.page", slug=event.slug) if open_to_all else link,
    }


def _again(template: str, event: Event, registration: Registration) -> str:
    """What tells one letter of a kind from the next to the same registration."""
    if template in ONCE:
        return ""
    if template in ("event_part", "event_party"):
        return f":{registration.seated}of{registration.party}:{now().timestamp():.0f}"
    if template == "event_offer":
        return f":{registration.offered_until:%Y%m%d%H%M}"
    return f":{event.seen_version}"
