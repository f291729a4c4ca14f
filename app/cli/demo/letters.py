"""What the demo's organiser wrote to those who come: one message that went out, one that is still a draft."""

from __future__ import annotations

from sqlalchemy import select, update

from app.accounts.models import Person
from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, MailState, words_of
from app.core.transactions import atomic
from app.events import messages, reminders
from app.events.models import Event, EventMessage

ORGANISER = "organiser@kermesse.example"
# (title's beginning, part, subject, text, whether it was sent)
LETTERS = (
    (
        "A suitcase",
        "seated",
        "One small thing to bring",
        "Dear {name},\n\nyou are coming to *{event}*: {when}, {place}.\n\nPlease bring **one thing that fits into a suitcase** and "
        "that you would not leave behind. A photograph or a recipe is enough. We begin by laying them on the long table.\n\n"
        "The lift to the third floor is slow at noon; the stairs beside the library are quicker.",
        True,
    ),
    (
        "Printmaking",
        "seated",
        "Old clothes are best",
        "Dear {name},\n\nprinting ink does not wash out: come in something old. You have {seats}; aprons for the smallest are there.\n\n"
        "We begin on time, {when}. Everything else stands on {link}.",
        False,
    ),
)
REMIND_HOURS = 48


def seed() -> None:
    """Write what is missing."""
    for title, part, subject, body, sent in LETTERS:
        event = db.session.scalars(select(Event).where(Event.title.startswith(title))).first()
        organiser = db.session.scalar(select(Person).where(Person.email == ORGANISER))
        if event is None or organiser is None:
            continue
        if db.session.scalar(select(EventMessage.id).where(EventMessage.event_id == event.id)) is not None:
            continue
        event_id, actor_id = event.id, organiser.id
        with atomic():
            made = messages.draft(event_id, part, subject, body, f"demo-{part}-{event_id}", actor_id)
            reminders.set_hours(event_id, REMIND_HOURS)
            if sent:
                messages.send(made.id, actor_id)
    _arrived()


def _arrived() -> None:
    """What was sent counts as sent, with its words: nothing leaves the demonstration."""
    waiting = select(Mail).where(Mail.letter == messages.LETTER, Mail.state == MailState.QUEUED)
    for number in [mail.id for mail in db.session.scalars(waiting)]:
        words = words_of(db.session.get_one(Mail, number))
        with atomic():
            change = update(Mail).where(Mail.id == number)
            db.session.execute(change.values(state=MailState.SENT, sent_at=now(), **words))
