"""Reads about outcomes, and who may see which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.events.after_rules import RUNNING
from app.events.models import Event, Outcome, OutcomeNote, OutcomeStatus

OVERDUE = "overdue"


def today() -> date:
    """The day by which something is late. Where the clocks differ it is late a few hours sooner or later."""
    return now().date()


def outcomes(search: str = "", status: str = "", event_id: int = 0) -> Select[Outcome]:
    """Outcomes of all events: what is overdue first, then by due date, what is settled last. `status` is one of
    OutcomeStatus, OVERDUE, or `running`; `search` finds words, addressees and owners."""
    running = Outcome.status.in_(RUNNING)
    late = and_(running, Outcome.due_on < today())
    query = select(Outcome).join(Outcome.event).options(contains_eager(Outcome.event), selectinload(Outcome.notes))
    if status == OVERDUE:
        query = query.where(late)
    elif status == "running":
        query = query.where(running)
    elif status in set(OutcomeStatus):
        query = query.where(Outcome.status == OutcomeStatus(status))
    if search:
        query = query.where(found_in(search, Outcome.text, Outcome.addressee, Outcome.owner, Outcome.owner_email))
    if event_id:
        query = query.where(Outcome.event_id == event_id)
    rank = case((late, 0), (running, 1), else_=2)
    return query.order_by(rank, Outcome.due_on.is_(None), Outcome.due_on, Outcome.event_id, Outcome.number)


def overdue_outcomes() -> Select[int]:
    """A query for the number of outcomes that should have been done by now."""
    return select(func.count()).select_from(Outcome).where(Outcome.status.in_(RUNNING), Outcome.due_on < today())


def outcomes_of(event_id: int) -> list[Outcome]:
    """An event's outcomes by their number, for its organisers."""
    query = select(Outcome).where(Outcome.event_id == event_id).options(selectinload(Outcome.notes))
    return list(db.session.scalars(query.order_by(Outcome.number)))


def public_outcomes(event: Event) -> list[Outcome]:
    """What anybody who may see the event may read of its outcomes; empty unless the organiser shows them."""
    if not event.outcomes_public:
        return []
    query = select(Outcome).where(Outcome.event_id == event.id, Outcome.public).options(selectinload(Outcome.notes))
    return list(db.session.scalars(query.order_by(Outcome.number)))


def public_count(event_id: int) -> int:
    """How many outcomes of an event may be public."""
    query = select(func.count()).select_from(Outcome).where(Outcome.event_id == event_id, Outcome.public)
    return db.session.scalar(query) or 0


def outcome(outcome_id: int) -> Outcome | None:
    """One outcome for an organiser."""
    query = select(Outcome).where(Outcome.id == outcome_id)
    found: Outcome | None = db.session.scalar(query.options(joinedload(Outcome.event), selectinload(Outcome.notes)))
    return found


def outcome_by_token(token: str) -> Outcome | None:
    """The outcome of an owner's address."""
    query = select(Outcome).where(Outcome.token == token)
    found: Outcome | None = db.session.scalar(query.options(joinedload(Outcome.event), selectinload(Outcome.notes)))
    return found


def note_of(outcome_id: int, note_id: int) -> OutcomeNote | None:
    """A note, if it is one of this outcome."""
    query = select(OutcomeNote).where(OutcomeNote.id == note_id, OutcomeNote.outcome_id == outcome_id)
    found: OutcomeNote | None = db.session.scalar(query)
    return found


def counts(rows: Iterable[Outcome]) -> dict[str, int]:
    """How many of each state, and how many are overdue."""
    found = dict.fromkeys([*(status.value for status in OutcomeStatus), OVERDUE], 0)
    for row in rows:
        found[row.status.value] += 1
        found[OVERDUE] += is_late(row)
    return found


def is_late(row: Outcome) -> bool:
    """Whether it should have been done by now."""
    return row.status in RUNNING and row.due_on is not None and row.due_on < today()


def events_with_outcomes() -> list[tuple[int, str]]:
    """(id, title) of the events that have any, the latest first."""
    query = select(Event.id, Event.title).where(Event.id.in_(select(Outcome.event_id)))
    return [(row.id, row.title) for row in db.session.execute(query.order_by(Event.starts_at.desc(), Event.id))]
