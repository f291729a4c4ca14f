"""What a registration's own page shows, and the form that changes it."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_login import current_user

from app.events import asking_queries, queries, rules
from app.events.asking_forms import PartyForm, data_of, party_form, words_for_pools, words_of
from app.events.changes import granted
from app.events.invitation_queries import page_for
from app.events.models import LIVE, EventStatus, QuestionKind, Registration, RegistrationStatus
from app.events.seats import terms_of

UNDER_WAY = (EventStatus.PUBLISHED, EventStatus.POSTPONED)


def page(found: Registration, **more: Any) -> str:
    """The page. `more` is what an action has to say, such as `file_fault`: (question's id, words)."""
    event, over = found.event, found.event.over
    answers = asking_queries.answers_of(found.id)
    live = found.status in LIVE
    desk = asking_queries.desk_of(event) if live else asking_queries.Desk()
    files = asking_queries.files_asked(desk.questions, answers)
    return render_template(
        "events/registration.html",
        registration=found,
        event=event,
        page=page_for(found, current_user),
        position=queries.position(found) if found.status is RegistrationStatus.WAITING else 0,
        over=over,
        live=live,
        answers=[
            (answer.question.label, words_of(answer.question, answer.value))
            for answer in answers
            if answer.question.kind is not QuestionKind.FILE
        ],
        guests=asking_queries.guests_of(found.id),
        files=files if editable(found) else [],
        files_missing=[question for question, answer in files if question.required and answer is None],
        participants=asking_queries.participants(event.id) if _may_read_names(found) else [],
        editable=editable(found),
        **more,
    )


def _may_read_names(found: Registration) -> bool:
    """Who only asked to come is no participant yet."""
    taken = found.status in LIVE and found.status is not RegistrationStatus.REQUESTED
    return taken and found.event.participants_listed


def editable(found: Registration) -> bool:
    """Whether anything can still be changed."""
    return found.status in LIVE and not found.event.over and found.event.status in UNDER_WAY


def edit_form(found: Registration, typed: Any) -> PartyForm:
    """The form that shows a registration as it is."""
    event = found.event
    desk = asking_queries.desk_of(event)
    high = max((rules.largest(terms_of(event, pool)) for pool in event.pools), default=1)
    pools = event.pools
    if (limit := granted(found)) is not None:
        high = min(high, limit.seats)
        pools = [pool for pool in pools if limit.pool_id in (None, pool.id) or pool.id == found.pool_id]
    values: dict[str, Any] = {
        name: getattr(found, name) for name in ("name", "party", "needs", "diet", "in_part", "ask_first", "listed")
    }
    values["pool_id"] = found.pool_id
    values["guests"] = "\n".join(guest.name for guest in asking_queries.guests_of(found.id))
    answers = {answer.question_id: answer for answer in asking_queries.answers_of(found.id)}
    values |= {
        f"q{question.id}": data_of(question, answers[question.id].value)
        for question in desk.questions
        if question.id in answers and question.kind is not QuestionKind.FILE
    }
    form = party_form(
        event,
        desk.questions,
        typed,
        high=max(high, found.party),
        known=True,
        pools=words_for_pools(pools, desk.waiting),
        data=values,
    )
    del form.operation
    return form
