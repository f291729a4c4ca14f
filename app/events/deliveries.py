"""What became of the mails of events: how far a message is, and which addresses gave theirs back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, String, and_, cast, func, literal, or_, select

from app.core.database import db
from app.core.mail import SUPPRESSED, Mail, MailState, Suppressed
from app.events.models import Event, EventMessage, Invitation, Registration
from app.events.parts import SEATED, recipients
from app.events.reminders import due_at

LOST = (MailState.FAILED, MailState.BOUNCED)
SHOWN = 200
ROWS: dict[str, type[Registration] | type[Invitation]] = {"r": Registration, "i": Invitation}  # as in a mail's key


@dataclass(frozen=True)
class Delivery:
    """How many of a message's mails are where. `lost` came back or could not be delivered."""

    queued: int = 0
    sent: int = 0
    lost: int = 0

    @property
    def done(self) -> int:
        return self.sent + self.lost

    @property
    def total(self) -> int:
        return self.queued + self.sent + self.lost


@dataclass(frozen=True)
class Undelivered:
    """A mail that did not arrive: to whom, why, and whether it is still being tried."""

    mail_id: int
    name: str
    address: str
    reason: str
    trying: bool


def messages_of(event_id: int) -> list[tuple[EventMessage, Delivery]]:
    """An event's messages, drafts first, then the latest."""
    mine = EventMessage.event_id == event_id
    order = (EventMessage.sent_at.is_not(None), EventMessage.sent_at.desc(), EventMessage.id.desc())
    found = list(db.session.scalars(select(EventMessage).where(mine).order_by(*order).limit(SHOWN)))
    counted = _counted(mine)
    return [(message, counted.get(message.id, Delivery())) for message in found]


def message_of(event_id: int, message_id: int) -> EventMessage | None:
    """A message, if it is one of this event."""
    query = select(EventMessage).where(EventMessage.id == message_id, EventMessage.event_id == event_id)
    found: EventMessage | None = db.session.scalar(query)
    return found


def delivery_of(message: EventMessage) -> Delivery:
    """How far a message is. Counted from what it was sent to: mails of the erased are gone."""
    return _counted(EventMessage.id == message.id).get(message.id, Delivery())


def _counted(which: ColumnElement[bool]) -> dict[int, Delivery]:
    """How far some messages are. Mails are found by their whole keys, which are indexed, not by how these begin."""
    states: dict[int, dict[MailState, int]] = {}
    for letter, model in ROWS.items():
        query = (
            select(EventMessage.id, Mail.state, func.count())
            .join(model, model.event_id == EventMessage.event_id)
            .join(Mail, Mail.key == _key(letter, model))
            .where(which)
            .group_by(EventMessage.id, Mail.state)
        )
        for message_id, state, number in db.session.execute(query):
            found = states.setdefault(message_id, {})
            found[state] = found.get(state, 0) + number
    return {
        message_id: Delivery(
            found.get(MailState.QUEUED, 0), found.get(MailState.SENT, 0), sum(found.get(state, 0) for state in LOST)
        )
        for message_id, found in states.items()
    }


def _key(letter: str, model: type[Registration] | type[Invitation]) -> ColumnElement[str]:
    return literal("event_message:") + cast(EventMessage.id, String) + literal(f":{letter}") + cast(model.id, String)


def _mails_of(message: EventMessage) -> ColumnElement[bool]:
    keys = [
        select(literal(f"event_message:{message.id}:{letter}") + cast(model.id, String)).where(
            model.event_id == message.event_id
        )
        for letter, model in ROWS.items()
    ]
    return or_(*(Mail.key.in_(query) for query in keys))


def undelivered_of(message: EventMessage) -> list[Undelivered]:
    """The mails of a message that did not arrive, or are late."""
    late = and_(Mail.state.in_((MailState.QUEUED, MailState.SENT)), Mail.reason.is_not(None))
    query = select(Mail).where(_mails_of(message), or_(Mail.state.in_(LOST), late))
    mails = db.session.scalars(query.order_by(Mail.id).limit(SHOWN)).all()
    names = _names(message.event_id, [mail.recipient for mail in mails])
    return [
        Undelivered(mail.id, names.get(mail.recipient, ""), mail.recipient, said(mail), mail.state not in LOST)
        for mail in mails
    ]


def said(mail: Mail) -> str:
    """Why a mail did not arrive, for an organiser."""
    if mail.reason == SUPPRESSED:
        return _("Not sent: mail to this address came back before.")
    return mail.reason or ""


def _names(event_id: int, addresses: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in (Invitation, Registration):
        query = select(model.email, model.name).where(model.event_id == event_id, model.email.in_(addresses))
        found |= {row.email: row.name for row in db.session.execute(query)}
    return found


def undelivered(addresses: Sequence[str]) -> dict[str, str]:
    """Of these addresses, those that nothing is sent to or whose last mail did not arrive, with the reason."""
    final = Mail.state.in_((MailState.SENT, *LOST))
    last = select(func.max(Mail.id)).where(Mail.recipient.in_(set(addresses)), final).group_by(Mail.recipient)
    query = select(Mail.recipient, Mail.reason).where(Mail.id.in_(last), Mail.state.in_(LOST))
    held_back = select(Suppressed.address, Suppressed.reason).where(Suppressed.address.in_(set(addresses)))
    return {row[0]: row[1] or "" for found in (query, held_back) for row in db.session.execute(found)}


def reminder_of(event: Event) -> tuple[datetime | None, int]:
    """When reminders go out (None: never), and how many would get one now."""
    return due_at(event), len(recipients(event, SEATED))
