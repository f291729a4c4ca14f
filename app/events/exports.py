"""Lists handed out: who comes with answers and guests, the door's list, the queue in its order, the invitations.

Times are as the clock of the event's zone shows them. Needs, diet, addresses and answers are for organisers alone: the door's
list is made without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.events import invitation_queries
from app.events.asking_queries import guest_names
from app.events.columns import headings
from app.events.forms import REGISTRATION_STATES
from app.events.import_plans import answerable, columns_of
from app.events.invitation_forms import STATES
from app.events.models import (
    Answer,
    Event,
    InvitationState,
    PoolKind,
    Question,
    QuestionKind,
    Registration,
    SeatPool,
    Source,
)
from app.events.papers import seated_of
from app.events.queries import registrations_of
from app.events.queueing import queue_of

Cell = object
TOLD_BY_WORD = (QuestionKind.YES_NO, QuestionKind.CONSENT)


@dataclass(frozen=True)
class Table:
    """A list: names of its columns, and its rows."""

    header: list[str]
    rows: list[list[Cell]]


def _local(event: Event, at: datetime | None) -> datetime | str:
    return at.astimezone(ZoneInfo(event.timezone)) if at else ""


def _room(pool: SeatPool | None) -> str:
    """The name of a pool, or what kind it is when it has none."""
    if pool is None:
        return ""
    return pool.name or str(_("Online") if pool.kind is PoolKind.ONLINE else _("Room"))


def _yes(value: bool) -> str:
    return str(_("yes") if value else _("no"))


def registrations(event: Event) -> Table:
    """Everybody who registered, whatever became of it, with what they answered. Organisers alone."""
    rows = db.session.scalars(registrations_of(event.id).options(joinedload(Registration.pool))).all()
    questions = db.session.scalars(
        select(Question).where(Question.event_id == event.id).order_by(Question.position, Question.id)
    ).all()
    answers = _answers(event)
    guests = guest_names(event.id)
    named = headings({question.id: question.label for question in questions})
    header = [
        _("State"), _("Name"), _("E-mail address"), _("Party"), _("Seated"), _("Guests"), _("Room"), _("Needs"), _("Diet"),
        _("In the participant list"), _("Came by"), _("Language"), _("Registered"),
        *(named[question.id] for question in questions),
    ]  # fmt: skip
    came_by = {
        Source.FORM: _("the page"), Source.ORGANISER: _("an organiser"), Source.INVITATION: _("an invitation"),
        Source.IMPORT: _("a list"), Source.WALK_IN: _("the door"),
    }  # fmt: skip
    return Table(
        header,
        [
            [
                REGISTRATION_STATES[row.status], row.name, row.email, row.party, row.seated, "; ".join(guests.get(row.id, [])),
                _room(row.pool), row.needs, row.diet, _yes(row.listed), came_by[row.source], row.locale,
                _local(event, row.created_at), *(answers.get((row.id, question.id), "") for question in questions),
            ]
            for row in rows
        ],
    )  # fmt: skip


def _answers(event: Event) -> dict[tuple[int, int], str]:
    query = (
        select(Answer).join(Answer.question).where(Question.event_id == event.id).options(joinedload(Answer.question))
    )
    found = {}
    for answer in db.session.scalars(query):
        text = answer.value
        if answer.question.kind in TOLD_BY_WORD:
            text = {"yes": _("yes"), "no": _("no")}.get(text, text)
        elif answer.question.kind is QuestionKind.SEVERAL:
            text = text.replace("\n", "; ")
        found[answer.registration_id, answer.question_id] = text
    return found


def template(event: Event) -> Table:
    """The columns that a list of people may have, with nobody in it."""
    room = [_("Room")] if len(event.pools) > 1 else []
    guests = [_("Guests")] if event.guest_names else []
    named = columns_of(answerable(event.id)).values()
    head = [_("Name"), _("E-mail address"), _("Party"), *guests, *room, _("Needs"), _("Diet"), _("Language"), *named]
    return Table(head, [])


def door(event: Event) -> Table:
    """Who is let in, by name. Nothing that those at the door need not know."""
    guests = guest_names(event.id)
    return Table(
        [_("Name"), _("Guests"), _("Seated"), _("Arrived"), _("Room")],
        [
            [row.name, "; ".join(guests.get(row.id, [])), row.seated, row.arrived, _room(row.pool)]
            for row in seated_of(event.id)
        ],
    )


def waiting(event: Event) -> Table:
    """The queue of each pool in its order. Organisers alone."""
    header = [
        _("Position"), _("Room"), _("Name"), _("E-mail address"), _("Party"), _("Seats missing"), _("Waits since"), _("Moved"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for pool in event.pools:
        for place in queue_of(pool.id):
            row = place.registration
            rows.append([
                place.number, _room(pool), row.name, row.email, place.party, place.missing, _local(event, place.since),
                _yes(place.moved),
            ])  # fmt: skip
    return Table(header, rows)


def invitations(event: Event) -> Table:
    """Who was invited and what they said. Organisers alone."""
    header = [
        _("State"), _("Name"), _("E-mail address"), _("Seats"), _("How many come"), _("Names"), _("Answer by"), _("Written"),
        _("Opened"), _("Answered"), _("Their words"),
    ]  # fmt: skip
    found = db.session.scalars(invitation_queries.invitations_of(event.id)).all()
    guests = guest_names(event.id)
    rows: list[list[Cell]] = []
    for one in found:
        state, told = invitation_queries.state_of(one), one.registration
        comes = told if state is InvitationState.ACCEPTED else None
        names = [comes.name, *guests.get(comes.id, [])] if comes else []
        rows.append([
            STATES[state], one.name, one.email, one.seats, comes.party if comes else 0, "; ".join(names),
            _local(event, one.answer_by), _local(event, one.created_at), _local(event, one.opened_at),
            _local(event, one.answered_at), one.reason,
        ])  # fmt: skip
    return Table(header, rows)


EXPORTS: dict[str, Callable[[Event], Table]] = {
    "registrations": registrations,
    "template": template,
    "door": door,
    "waiting": waiting,
    "invitations": invitations,
}


def titles() -> Sequence[tuple[str, str, str]]:
    """(name, title, what stands in it) of each list, for the page that hands them out."""
    return (
        (
            "registrations",
            _("Registrations"),
            _("Everybody, with guests, needs, diet and answers. For organisers only."),
        ),
        ("door", _("For the door"), _("Names, guests, seats and rooms. No addresses, no needs.")),
        ("waiting", _("The waiting list"), _("In its order. For organisers only.")),
        ("invitations", _("Invitations"), _("Who was invited, and what they answered. For organisers only.")),
    )
