"""Commands on the questions of an event, and on what a registration answers: answers, guests, files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, func, insert, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.events.answers import Asked
from app.events.conditions import Conditional, may_follow
from app.events.models import Answer, Event, Guest, Question, QuestionKind, Registration

MOST = 40


class QuestionRefused(Exception):
    """The questions would not make sense so; `other` is the one in the way, None when there are too many."""

    def __init__(self, other: Question | None) -> None:
        super().__init__(other)
        self.other = other


def conditional(question: Question) -> Conditional:
    """What `conditions` looks at."""
    return Conditional(question.id, question.condition_id, question.condition_value)


def as_asked(question: Question) -> Asked:
    """What a list needs to know to answer it."""
    return Asked(
        question.id, QuestionKind(question.kind), question.label, question.required,
        tuple(question.options.split("\n")) if question.options else (), question.condition_id, question.condition_value,
    )  # fmt: skip


def live_questions(event_id: int) -> list[Question]:
    """The questions that are asked, in order."""
    query = select(Question).where(Question.event_id == event_id, Question.retired_at.is_(None))
    return list(db.session.scalars(query.order_by(Question.position, Question.id)))


def add_question(
    event_id: int,
    *,
    kind: QuestionKind,
    label: str,
    help: str = "",
    required: bool = False,
    options: str = "",
    condition_id: int | None = None,
    condition_value: str = "",
    actor_id: int | None = None,
) -> Question:
    """Ask one question more, after the others. Raises LookupError, QuestionRefused when there are forty."""
    if locked(Event, event_id) is None:
        raise LookupError(event_id)
    if len(live_questions(event_id)) >= MOST:
        raise QuestionRefused(None)
    last = db.session.scalar(select(func.max(Question.position)).where(Question.event_id == event_id)) or 0
    question = Question(
        event_id=event_id, kind=kind, label=label, help=help, required=required, options=options,
        condition_id=condition_id, condition_value=condition_value, position=last + 1,
    )  # fmt: skip
    db.session.add(question)
    db.session.flush()
    audit.record("ask a question", "event", event_id, actor_id, question=question.id)
    return question


def update_question(
    question_id: int,
    *,
    label: str,
    help: str,
    required: bool,
    options: str,
    condition_id: int | None,
    condition_value: str,
    actor_id: int | None = None,
) -> Question:
    """Change a question; answers given already stay as they are. Raises LookupError; QuestionRefused when another one
    is asked only after an option that would go."""
    question = _locked(question_id)
    left = set(options.split("\n")) if options else None
    for other in live_questions(question.event_id):
        if left is not None and other.condition_id == question.id and other.condition_value not in left:
            raise QuestionRefused(other)
    question.label, question.help, question.required, question.options = label, help, required, options
    question.condition_id, question.condition_value = condition_id, condition_value
    audit.record("change a question", "event", question.event_id, actor_id, question=question.id)
    return question


def move_question(question_id: int, *, up: bool, actor_id: int | None = None) -> bool:
    """Change places with its neighbour; False at the end. Raises LookupError; QuestionRefused when one of the two is
    asked only after the other."""
    question = _locked(question_id)
    order = live_questions(question.event_id)
    if question not in order:
        return False
    place = order.index(question)
    other = place + (-1 if up else 1)
    if not 0 <= other < len(order):
        return False
    order[place], order[other] = order[other], order[place]
    if not may_follow(conditional(row) for row in order):
        raise QuestionRefused(order[place])
    for number, row in enumerate(order, 1):
        row.position = number
    audit.record("move a question", "event", question.event_id, actor_id, question=question.id)
    return True


def retire_question(question_id: int, *, back: bool = False, actor_id: int | None = None) -> Question:
    """Ask it no more, or again, then as the last; its answers stay. Raises LookupError; QuestionRefused when another one
    that is asked depends on it, or when there are forty."""
    question = _locked(question_id)
    if back == (question.retired_at is None):
        return question
    rows = live_questions(question.event_id)
    if back:
        if len(rows) >= MOST:
            raise QuestionRefused(None)
        last = max((row.position for row in rows), default=0)
        question.retired_at, question.position = None, last + 1
        if question.condition_id not in {row.id for row in rows}:
            question.condition_id, question.condition_value = None, ""
    else:
        for row in rows:
            if row.condition_id == question.id:
                raise QuestionRefused(row)
        question.retired_at = now()
    audit.record("ask again" if back else "ask no more", "event", question.event_id, actor_id, question=question.id)
    return question


def _locked(question_id: int) -> Question:
    """The question, with its event locked: questions of an event change one after another."""
    event_id = db.session.scalar(select(Question.event_id).where(Question.id == question_id))
    question = db.session.get(Question, question_id, populate_existing=True) if locked(Event, event_id or 0) else None
    if question is None:
        raise LookupError(question_id)
    return question


def first_words(registration_id: int, answers: Mapping[int, str], guests: Sequence[str]) -> None:
    """What somebody answers, and who comes with them, as they register."""
    first_answers({registration_id: answers})
    first_guests({registration_id: guests})


def first_answers(said: Mapping[int, Mapping[int, str]]) -> None:
    """What people answer, by registration and question, who have answered nothing yet: in one statement."""
    rows = [
        {"registration_id": registration_id, "question_id": number, "value": value}
        for registration_id, answers in said.items()
        for number, value in answers.items()
    ]
    if rows:
        db.session.execute(insert(Answer), rows)


def first_guests(named: Mapping[int, Sequence[str]]) -> None:
    """The names of those who come with people, by registration and in order, none of whom is known yet: in one statement."""
    rows = [
        {"registration_id": registration_id, "number": number, "name": name}
        for registration_id, names in named.items()
        for number, name in enumerate(names, 2)
    ]
    if rows:
        db.session.execute(insert(Guest), rows)


def keep_answers(registration: Registration, given: Mapping[int, str], questions: Sequence[Question]) -> None:
    """Keep what was answered to these questions, and only that: an empty answer, or one to a question that is not asked
    any more, goes. Files and the answers to other questions stay."""
    kept = {answer.question_id: answer for answer in _answers(registration)} if questions else {}
    for question in questions:
        value, answer = given.get(question.id, ""), kept.get(question.id)
        if question.kind is QuestionKind.FILE:
            continue
        if answer is None and value:
            db.session.add(Answer(registration_id=registration.id, question_id=question.id, value=value))
        elif answer is not None and value:
            answer.value = value
        elif answer is not None:
            db.session.delete(answer)
    db.session.flush()


def _answers(registration: Registration) -> list[Answer]:
    return list(db.session.scalars(select(Answer).where(Answer.registration_id == registration.id)))


def keep_guests(registration: Registration, names: Sequence[str]) -> None:
    """The names of those who come with somebody, in order, in the place of those before."""
    db.session.execute(delete(Guest).where(Guest.registration_id == registration.id))
    first_guests({registration.id: names})


def drop_guests(registration: Registration) -> None:
    """Forget the names beyond the party's size, after it became smaller."""
    beyond = (Guest.registration_id == registration.id, Guest.number > registration.party)
    db.session.execute(delete(Guest).where(*beyond))


def attach(registration_id: int, question_id: int, name: str, key: str) -> str | None:
    """Let a kept file be the answer; returns the key of the file before it, to be deleted after the commit.

    Raises LookupError when the question is none of this event's, or asks for no file.
    """
    registration: Registration | None = locked(Registration, registration_id)
    question = db.session.get(Question, question_id)
    if registration is None or question is None or question.event_id != registration.event_id:
        raise LookupError(question_id)
    if question.kind is not QuestionKind.FILE or question.retired_at is not None:
        raise LookupError(question_id)
    theirs = (Answer.registration_id == registration_id, Answer.question_id == question_id)
    answer = db.session.scalar(select(Answer).where(*theirs))
    before = answer.file_key if answer else None
    if answer is None:
        answer = Answer(registration_id=registration_id, question_id=question_id)
        db.session.add(answer)
    answer.value, answer.file_key = name, key
    return before
