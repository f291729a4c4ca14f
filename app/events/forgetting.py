"""How long events keep what they were told, and how it is forgotten: by the sweep, or because somebody asked. Counts stay.

An event that is postponed is not over: nothing of it is forgotten until it has a new time and that has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Select, delete, or_, select, update

from app.core import storage
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import inviting
from app.events.models import (
    AllowedAddress,
    Answer,
    Event,
    EventStatus,
    Guest,
    Invitation,
    Question,
    QuestionKind,
    QueueMove,
    Registration,
    Speaker,
)
from app.events.seats import lock_pools

NOBODY = "erased.invalid"  # nobody is written to there (RFC 2606)
NAMELESS = "–"
NEEDS_KEPT = timedelta(days=30)  # a ramp, a meal: for that day
ANSWERS_KEPT = timedelta(days=365)  # for the event, and the report of its year
QUIETLY = {"synchronize_session": False}


def forget_registration(registration: Registration) -> None:
    """Take out who a registration is of and what they told. What they answered beside it: forget_answers."""
    registration.name, registration.email = NAMELESS, f"registration-{registration.id}@{NOBODY}"
    registration.needs = registration.diet = registration.reason = registration.note = ""
    registration.person_id = None


def forget_answers(registration_ids: Sequence[int]) -> list[str]:
    """What they answered, whom they brought, why they were moved. Returns the keys of the files that they sent, which go
    once the transaction is over."""
    files = _delete_answers(Answer.registration_id.in_(registration_ids))
    db.session.execute(delete(Guest).where(Guest.registration_id.in_(registration_ids)))
    moved = update(QueueMove).where(QueueMove.registration_id.in_(registration_ids)).values(reason=NAMELESS)
    db.session.execute(moved.execution_options(**QUIETLY))
    return files


def forget_invitation(invitation: Invitation) -> None:
    """Take out whom an invitation names; its seats are free again if it was not answered."""
    inviting.forget(invitation, f"invitation-{invitation.id}@{NOBODY}")


def sweep() -> None:
    """Forget what has been kept for long enough. Run as often as one likes."""
    with atomic():
        told = or_(Registration.needs != "", Registration.diet != "")
        needs = update(Registration).where(told, Registration.event_id.in_(_over(now() - NEEDS_KEPT)))
        db.session.execute(needs.values(needs="", diet="").execution_options(**QUIETLY))
    _delete_files(_answers_of(now() - ANSWERS_KEPT))
    for event_id in _naming(now() - current_app.config["KERMESSE"].names_kept):
        _delete_files(_forget_names(event_id))


def _over(before: datetime) -> Select[Any]:
    return select(Event.id).where(Event.ends_at < before, Event.status != EventStatus.POSTPONED)


def _answers_of(before: datetime) -> list[str]:
    """A consent is evidence, and stays as long as the name of who gave it."""
    theirs = select(Registration.id).where(Registration.event_id.in_(_over(before)))
    other = select(Question.id).where(Question.kind != QuestionKind.CONSENT)
    with atomic():
        db.session.execute(delete(Guest).where(Guest.registration_id.in_(theirs)).execution_options(**QUIETLY))
        return _delete_answers(Answer.registration_id.in_(theirs) & Answer.question_id.in_(other))


def _delete_answers(which: ColumnElement[bool]) -> list[str]:
    files = db.session.scalars(select(Answer.file_key).where(which, Answer.file_key.is_not(None))).all()
    db.session.execute(delete(Answer).where(which).execution_options(**QUIETLY))
    return [key for key in files if key]


def _delete_files(keys: list[str]) -> None:
    for key in keys:
        storage.delete(key)


def _naming(before: datetime) -> list[int]:
    """The events that were over by then and still name somebody."""
    places = (
        select(Registration.event_id).where(Registration.email.not_like(f"%@{NOBODY}")),
        select(Invitation.event_id).where(Invitation.email.not_like(f"%@{NOBODY}")),
        select(AllowedAddress.event_id),
        select(Speaker.event_id).where(Speaker.email != ""),
    )
    query = _over(before).where(or_(*(Event.id.in_(place) for place in places)))
    found = list(db.session.scalars(query.order_by(Event.id)))
    db.session.rollback()
    return found


def _forget_names(event_id: int) -> list[str]:
    """Speakers stay on the programme; their addresses go."""
    with atomic():
        lock_pools(event_id)  # as every writer of registrations does
        registrations = db.session.scalars(select(Registration).where(Registration.event_id == event_id)).all()
        for registration in registrations:
            forget_registration(registration)
        for invitation in db.session.scalars(select(Invitation).where(Invitation.event_id == event_id)):
            forget_invitation(invitation)
        db.session.execute(delete(AllowedAddress).where(AllowedAddress.event_id == event_id))
        db.session.execute(update(Speaker).where(Speaker.event_id == event_id).values(email=""))
        return forget_answers([registration.id for registration in registrations])
