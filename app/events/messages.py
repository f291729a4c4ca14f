"""Organisers' messages: a draft that is looked at, then sent once to everybody in its part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.mail import Mail, MailState, Obsolete, allow, queue_letters, rendered
from app.core.registry import Letter
from app.core.transactions import locked
from app.events import calendars, placeholders
from app.events.links import absolute
from app.events.models import Event, EventMessage, Invitation, Registration
from app.events.parts import Recipient, recipients
from app.web.formats import markdown, span, zone_name

LETTER = "event_message"
TEST_MAIL = "test"


class Sent(Exception):
    """It was sent: it cannot be changed any more."""


class Nobody(Exception):
    """There is nobody in the part that it is for."""


@dataclass(frozen=True)
class Preview:
    """A mail as one recipient gets it."""

    to: Recipient
    subject: str
    text: str
    html: str


def draft(event_id: int, part: str, subject: str, body: str, operation: str, actor_id: int | None) -> EventMessage:
    """Keep a message that is not sent yet. The same operation is the same draft, with the words as they were sent last:
    who goes back in their browser and writes on means that. Once it is sent, other words are another message."""
    locked(Event, event_id)
    earlier = db.session.scalar(select(EventMessage).where(EventMessage.operation == operation))
    if earlier is not None and earlier.event_id == event_id:
        if earlier.sent_at is None:
            earlier.part, earlier.subject, earlier.body = part, subject, body
        if (earlier.part, earlier.subject, earlier.body) == (part, subject, body):
            return earlier
    made = EventMessage(
        event_id=event_id, part=part, subject=subject, body=body, written_by=actor_id, created_at=now(), recipients=0,
        operation=operation if operation and earlier is None else token(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def _unsent(message_id: int) -> EventMessage:
    message: EventMessage | None = locked(EventMessage, message_id)
    if message is None:
        raise LookupError(message_id)
    if message.sent_at is not None:
        raise Sent
    return message


def change(message_id: int, part: str, subject: str, body: str) -> None:
    """Change a draft. Raises LookupError, Sent."""
    message = _unsent(message_id)
    message.part, message.subject, message.body = part, subject, body


def discard(message_id: int) -> None:
    """Throw a draft away. Raises LookupError, Sent."""
    db.session.delete(_unsent(message_id))


def send(message_id: int, actor_id: int | None) -> int:
    """Write a draft's mails; returns how many. Raises LookupError; Sent the second time; Nobody."""
    message = _unsent(message_id)
    found = recipients(message.event, message.part)
    if not found:
        raise Nobody
    queue_letters(
        LETTER,
        [
            (f"event_message:{message.id}:{to.row}", to.email, to.locale, {"message": message.id, "row": to.row})
            for to in found
        ],
    )
    message.sent_at, message.recipients = now(), len(found)
    audit.record("send a message", "event", message.event_id, actor_id, message=message.id, recipients=len(found))
    return len(found)


def send_test(message_id: int, email: str, name: str, locale: str) -> None:
    """Write the mail to an organiser alone, with their own name in it. Raises LookupError."""
    if db.session.get(EventMessage, message_id) is None:
        raise LookupError(message_id)
    facts = {"message": message_id, "row": TEST_MAIL, "name": name}
    queue_letters(LETTER, [(f"event_message_test:{message_id}:{token()}", email, locale, facts)])


def send_again(event_id: int, mail_id: int, actor_id: int | None) -> bool:
    """Try a mail of this event's messages once more, and write to its address again. False when there is no need.

    Raises LookupError when it is none of them.
    """
    mail: Mail | None = locked(Mail, mail_id)
    if mail is None or event_of(mail) != event_id:
        raise LookupError(mail_id)
    if mail.state not in (MailState.FAILED, MailState.BOUNCED):
        return False
    allow(mail.recipient)
    mail.state, mail.attempts, mail.due_at, mail.reason = MailState.QUEUED, 0, now(), None
    audit.record("try a mail again", "mail", mail_id, actor_id)
    return True


def event_of(mail: Mail) -> int | None:
    """The event of a message's mail; None for every other mail."""
    word, _colon, rest = mail.key.partition(":")
    number = rest.partition(":")[0]
    if word != LETTER or not number.isdigit():
        return None
    event_id: int | None = db.session.scalar(select(EventMessage.event_id).where(EventMessage.id == int(number)))
    return event_id


def preview(message: EventMessage, to: Recipient) -> Preview:
    """The mail that somebody would get, in their language."""
    with force_locale(to.locale):
        found = letter({"message": message.id, "row": to.row, "name": to.name})
    words = rendered(found, to.locale)
    return Preview(to, words["subject"], words["text"], words["html"])


def letter(facts: Mapping[str, Any]) -> Letter:
    """The words of one mail, in the current language. Raises Obsolete when its message or reader is gone."""
    message = db.session.get(EventMessage, facts["message"])
    if message is None:
        raise Obsolete
    event = message.event
    row = _row(str(facts["row"]))
    if row is None and facts["row"] != TEST_MAIL:
        raise Obsolete
    values = values_for(event, row, str(facts.get("name", "")))
    html = placeholders.fill_html(str(markdown(placeholders.marked(message.body))), values)
    context = {
        "event": event,
        "body_html": Markup(html),  # noqa: S704 - cleaned Markdown, and values escaped
        "body_text": placeholders.fill(message.body, values),
        "why": _why(event, row),
        "link": values["link"],
        "registered": isinstance(row, Registration),
    }
    return Letter("event_message", placeholders.fill(message.subject, values), context)


def _row(name: str) -> Registration | Invitation | None:
    if not name[1:].isdigit():
        return None
    if name[0] == "i":
        return db.session.get(Invitation, int(name[1:]))
    return db.session.get(Registration, int(name[1:]))


def values_for(event: Event, row: Registration | Invitation | None, name: str = "") -> dict[str, str]:
    """What the placeholders stand for, for one reader, in the current language. Each value is one line."""
    registration = row if isinstance(row, Registration) else None
    if registration is not None:
        link = absolute("events.registration", token=registration.token)
    elif row is not None:
        link = absolute("invitations.page", token=row.token)
    else:
        link = absolute("events.page", slug=event.slug)
    seats = registration.seated or registration.party if registration is not None else 1
    values = {
        "name": row.name if row is not None else name,
        "event": event.title,
        "when": f"{span(event.starts_at, event.ends_at, event.timezone)} ({zone_name(event.timezone)})",
        "place": calendars.room_of(event, registration) or _("online"),
        "seats": ngettext("%(num)d seat", "%(num)d seats", seats),
        "link": link,
    }
    return {key: " ".join(str(value).split()) for key, value in values.items()}


def _why(event: Event, row: Registration | Invitation | None) -> str:
    house = current_app.config["KERMESSE"]["ORGANISATION"]
    if isinstance(row, Invitation):
        return str(
            _("You get this mail because you were invited to %(title)s by %(house)s.", title=event.title, house=house)
        )
    if row is None:
        return str(_("This is a test: only you get it."))
    return str(
        _("You get this mail because you registered for %(title)s at %(house)s.", title=event.title, house=house)
    )
