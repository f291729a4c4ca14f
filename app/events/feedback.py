"""What people thought of an event. Who wrote what is known nowhere: an answer has no name and no time.

That somebody answered stands on their registration, written in the same transaction. So that neither the numbers of the
answers, nor their place in the file, nor what PostgreSQL notes beside each row, tells which came last, every answer
writes all answers of its event anew, in a new order under new numbers.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from random import SystemRandom

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import String, cast, delete, func, literal, select
from sqlalchemy.orm import joinedload

from app.core.clock import now
from app.core.database import db
from app.core.mail import Mail, Suppressed, queue_mail
from app.core.transactions import atomic, locked
from app.events import after_rules as rules
from app.events import attendance, composition
from app.events.after_rules import Ratings
from app.events.links import absolute
from app.events.models import Event, EventStatus, Feedback, Registration, Stage

THANKS = "event_thanks"
THANKS_AFTER = timedelta(hours=1)
THANKED_WITHIN = timedelta(days=14)  # nobody is thanked for what is long past
ONE_TURN = 50
LARGEST_NUMBER = 2**31 - 1
_random = SystemRandom()


class FeedbackRefused(Exception):
    """This registration may not answer (any more)."""


def may_answer(registration: Registration) -> bool:
    """Whether somebody may say what they thought."""
    event, at = registration.event, now()
    return rules.takes_feedback(
        asked=event.feedback_asked,
        over=at >= event.ends_at and event.status in (EventStatus.PUBLISHED, EventStatus.HELD),
        since=at - event.ends_at,
        came=attendance.came(registration),
        given=registration.feedback_given,
    )


def give_feedback(registration_id: int, rating: int, *, liked: str = "", improve: str = "", category: str = "") -> None:
    """Take an answer. `category`: how they describe themselves, if they say so: it counts who came.
    Raises LookupError, FeedbackRefused."""
    event_id = db.session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    if event_id is None:
        raise LookupError(registration_id)
    locked(Event, event_id)  # one after another: each writes all answers anew
    registration: Registration = locked(Registration, registration_id)
    if not may_answer(registration):
        raise FeedbackRefused
    registration.feedback_given = True
    kept = db.session.execute(
        select(Feedback.rating, Feedback.liked, Feedback.improve).where(Feedback.event_id == event_id)
    ).all()
    answers = [tuple(row) for row in kept] + [(rating, liked, improve)]
    db.session.execute(delete(Feedback).where(Feedback.event_id == event_id))
    _random.shuffle(answers)
    for stars, good, better in answers:
        db.session.add(Feedback(id=_number(), event_id=event_id, rating=stars, liked=good, improve=better))
        db.session.flush()  # one by one, in this order: together they would be written by their numbers
    if category:
        composition.declare_registration(registration_id, Stage.ATTENDED, category)


def _number() -> int:
    while True:
        number = secrets.randbelow(LARGEST_NUMBER) + 1
        if db.session.get(Feedback, number) is None:
            return number


@dataclass(frozen=True)
class Results:
    """How an event was rated, and what was written, in an order of no meaning."""

    ratings: Ratings
    liked: list[str]
    improve: list[str]


def answers_of(event_id: int) -> int:
    """How many answered."""
    return db.session.scalar(select(func.count()).select_from(Feedback).where(Feedback.event_id == event_id)) or 0


def ratings_of(event: Event) -> Ratings | None:
    """How an event was rated; None below the minimum of answers."""
    found = list(db.session.scalars(select(Feedback.rating).where(Feedback.event_id == event.id)))
    return rules.rated(found, event.minimum_cell)


def results_of(event: Event) -> Results | None:
    """Everything that was answered, for organisers; None below the minimum. The words stand in another order each time,
    and those of one answer not together."""
    ratings = ratings_of(event)
    if ratings is None:
        return None
    rows = db.session.execute(select(Feedback.liked, Feedback.improve).where(Feedback.event_id == event.id)).all()
    liked, improve = [row.liked for row in rows if row.liked], [row.improve for row in rows if row.improve]
    _random.shuffle(liked)
    _random.shuffle(improve)
    return Results(ratings, liked, improve)


def thank() -> None:
    """Thank whoever came to what was held lately, and ask them what they thought. Run as often as one likes: everybody
    is written to once."""
    last = 0
    while due := _to_thank(last):
        with atomic():
            for registration_id in due:
                _thank(registration_id)
        last = due[-1]


def _to_thank(after: int) -> list[int]:
    at = now()
    lately = (Event.ends_at <= at - THANKS_AFTER, Event.ends_at > at - THANKED_WITHIN)
    written = select(Mail.id).where(Mail.key == literal(f"{THANKS}:") + cast(Registration.id, String)).exists()
    query = select(Registration.id).join(Registration.event).where(
        Registration.id > after, Registration.seated > 0, Event.feedback_asked,
        Registration.feedback_given.is_(False), Event.status == EventStatus.HELD, *lately, ~written,
        Registration.email.not_like("%.invalid"), Registration.email.not_in(select(Suppressed.address)),
    )  # fmt: skip
    found = list(db.session.scalars(query.order_by(Registration.id).limit(ONE_TURN)))
    db.session.rollback()
    return found


def _thank(registration_id: int) -> None:
    registration = db.session.get(Registration, registration_id, options=[joinedload(Registration.event)])
    if registration is None or not may_answer(registration):
        return
    event = registration.event
    with force_locale(registration.locale):
        subject = _("Thank you for coming: %(title)s", title=event.title)
    queue_mail(
        f"{THANKS}:{registration.id}",
        registration.email,
        THANKS,
        subject,
        locale=registration.locale,
        event=event,
        registration=registration,
        link=absolute("after.give_feedback", token=registration.token),
        page=absolute("events.registration", token=registration.token),
    )
