"""Reads about questions, answers, guests, and who else comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import joinedload

from app.core.database import db
from app.events import conditions
from app.events.asking import conditional
from app.events.models import (
    Answer,
    Event,
    Guest,
    Question,
    QuestionKind,
    Registration,
    RegistrationStatus,
    SeatPool,
)


@dataclass(frozen=True)
class Desk:
    """What somebody who registers is asked, in order, and how many parties wait in each pool, by its id."""

    questions: list[Question] = field(default_factory=list)
    waiting: dict[int, int] = field(default_factory=dict)


QUEUE = select(func.count()).where(
    Registration.pool_id == SeatPool.id, Registration.status == RegistrationStatus.WAITING
)
DESK = (
    select(SeatPool.id, QUEUE.scalar_subquery(), Question)
    .outerjoin(Question, and_(Question.event_id == SeatPool.event_id, Question.retired_at.is_(None)))
    .where(SeatPool.event_id == bindparam("event_id"))
    .order_by(Question.position, Question.id)
)


def desk_of(event: Event) -> Desk:
    """All that a registration form shows beside the event and its pools, in one statement."""
    if not event.pools:
        return Desk()
    rows = db.session.execute(DESK, {"event_id": event.id}).all()
    questions = {question.id: question for _pool, _waiting, question in rows if question is not None}
    return Desk(list(questions.values()), {pool_id: waiting for pool_id, waiting, _question in rows})


def questions_of(event_id: int) -> list[Question]:
    """All questions of an event: those asked, in order, then those retired."""
    query = select(Question).where(Question.event_id == event_id)
    found = db.session.scalars(query.order_by(Question.retired_at.is_not(None), Question.position, Question.id))
    return list(found)


def question_of(event_id: int, question_id: int) -> Question | None:
    """A question, if it is one of this event."""
    query = select(Question).where(Question.id == question_id, Question.event_id == event_id)
    found: Question | None = db.session.scalar(query)
    return found


def answered(question_ids: Iterable[int]) -> dict[int, int]:
    """How many answers each of these questions has."""
    query = select(Answer.question_id, func.count()).where(Answer.question_id.in_(list(question_ids)))
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Answer.question_id))}


def answers_of(registration_id: int) -> list[Answer]:
    """A registration's answers with their questions, in the form's order."""
    query = select(Answer).join(Answer.question).where(Answer.registration_id == registration_id)
    query = query.options(joinedload(Answer.question)).order_by(Question.position, Question.id)
    return list(db.session.scalars(query))


def answer_of(event_id: int, registration_id: int, answer_id: int) -> Answer | None:
    """An answer with a file, if it is one of this registration at this event."""
    query = select(Answer).join(Answer.registration).where(Answer.id == answer_id, Answer.file_key.is_not(None))
    found: Answer | None = db.session.scalar(
        query.where(Answer.registration_id == registration_id, Registration.event_id == event_id)
    )
    return found


def files_asked(questions: Sequence[Question], answers: Sequence[Answer]) -> list[tuple[Question, Answer | None]]:
    """The files that a registration is asked for after what it answered, each with what was sent."""
    given = {answer.question_id: answer for answer in answers}
    asked = conditions.asked(map(conditional, questions), {number: row.value for number, row in given.items()})
    wanted = [question for question in questions if question.kind is QuestionKind.FILE and question.id in asked]
    return [(question, given.get(question.id)) for question in wanted]


def guests_of(registration_id: int) -> list[Guest]:
    """Who comes with somebody, by name."""
    return list(
        db.session.scalars(select(Guest).where(Guest.registration_id == registration_id).order_by(Guest.number))
    )


def guest_names(event_id: int, among: Sequence[int] | None = None) -> dict[int, list[str]]:
    """The names of those who come on another's registration, by its id and in their order; `among`: of these registrations."""
    query = select(Guest).join(Guest.registration).where(Registration.event_id == event_id).order_by(Guest.number)
    found: dict[int, list[str]] = {}
    for guest in db.session.scalars(query if among is None else query.where(Guest.registration_id.in_(among))):
        found.setdefault(guest.registration_id, []).append(guest.name)
    return found


def participants(event_id: int) -> list[str]:
    """The names of those who have seats and said that the others may read theirs."""
    query = select(Registration.name).where(
        Registration.event_id == event_id, Registration.listed, Registration.seated > 0
    )
    return list(db.session.scalars(query.order_by(func.lower(Registration.name), Registration.id).limit(500)))


def all_answers(event_id: int) -> dict[int, dict[int, str]]:
    """Everybody's answers but files, by registration and question."""
    query = select(Answer.registration_id, Answer.question_id, Answer.value).join(Answer.question)
    found: dict[int, dict[int, str]] = {}
    for row in db.session.execute(query.where(Question.event_id == event_id, Question.kind != QuestionKind.FILE)):
        found.setdefault(row.registration_id, {})[row.question_id] = row.value
    return found
