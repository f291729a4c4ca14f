"""Mails about events. Each is written in the transaction that causes it, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.mail import queue_mail
from app.events.calendars import invitation
from app.events.links import absolute
from app.events.models import Event, Registration, RegistrationStatus

SUBJECTS: dict[str, Callable[[str], str]] = {
    "event_confirmed": lambda title: _("You have a seat: %(title)s", title=title),
    "event_waiting": lambda title: _("You are on the waiting list: %(title)s", title=title),
    "event_promoted": lambda title: _("A seat became free for you: %(title)s", title=title),
    "event_withdrawn": lambda title: _("Your registration is withdrawn: %(title)s", title=title),
    "event_changed": lambda title: _("New time or place: %(title)s", title=title),
    "event_postponed": lambda title: _("Postponed: %(title)s", title=title),
    "event_resumed": lambda title: _("It takes place: %(title)s", title=title),
    "event_cancelled": lambda title: _("Cancelled: %(title)s", title=title),
}


def tell(template: str, event: Event, registration: Registration, **context: object) -> None:
    """Queue one of the mails of SUBJECTS for one registration. The same notice is never queued twice.

    A seat's holder gets an invitation that updates their calendar; a withdrawal or cancellation takes it out again.
    """
    with force_locale(registration.locale):
        subject = SUBJECTS[template](event.title)
    once = template in ("event_confirmed", "event_waiting", "event_promoted", "event_withdrawn")
    files = []
    if template == "event_withdrawn":
        files = [invitation(event, registration, cancel=True)] if registration.confirmed_at else []
    elif registration.status is RegistrationStatus.CONFIRMED:
        files = [invitation(event, registration, cancel=template == "event_cancelled")]
    queue_mail(
        f"{template}:{registration.id}" + ("" if once else f":{event.seen_version}"),
        registration.email,
        template,
        subject,
        locale=registration.locale,
        files=files,
        event=event,
        registration=registration,
        link=absolute("events.registration", token=registration.token),
        page=absolute("events.page", slug=event.slug),
        **context,
    )
