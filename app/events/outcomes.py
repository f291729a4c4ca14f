"""Commands on what an event recommended or decided, and its follow-up. A step of it is a note that is kept for good."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events import after_rules as rules
from app.events.models import Event, Outcome, OutcomeKind, OutcomeNote, OutcomeStatus
from app.events.outcome_notices import tell_owner

FACTS = ("kind", "text", "addressee", "owner", "owner_email", "locale", "due_on", "public")


class ProgressRefused(Exception):
    """The owner cannot say that: the organisers have closed it."""


def record_outcome(
    event_id: int,
    *,
    kind: OutcomeKind | str,
    text: str,
    addressee: str = "",
    owner: str = "",
    owner_email: str = "",
    locale: str = "en",
    due_on: date | None = None,
    public: bool = True,
    actor_id: int | None = None,
) -> Outcome:
    """Write down an outcome; it gets the event's next number. The same words again are the one that stands already.
    Raises LookupError."""
    if locked(Event, event_id) is None:
        raise LookupError(event_id)
    same = (Outcome.event_id == event_id, Outcome.kind == OutcomeKind(kind), Outcome.text == text)
    known: Outcome | None = db.session.scalar(select(Outcome).where(*same, Outcome.addressee == addressee).limit(1))
    if known is not None:
        return known
    last = db.session.scalar(select(func.max(Outcome.number)).where(Outcome.event_id == event_id)) or 0
    outcome = Outcome(
        event_id=event_id, number=last + 1, token=token(), kind=OutcomeKind(kind), text=text, addressee=addressee,
        owner=owner, owner_email=owner_email, locale=locale, due_on=due_on, public=public, status=OutcomeStatus.OPEN,
        created_at=now(), updated_at=now(),
    )  # fmt: skip
    db.session.add(outcome)
    db.session.flush()
    _note(outcome, OutcomeStatus.OPEN, "", actor_id=actor_id)
    audit.record("record an outcome", "outcome", outcome.id, actor_id)
    return outcome


def change_outcome(outcome_id: int, *, actor_id: int | None, **values: Any) -> Outcome:
    """Change what FACTS name. A new due date or owner is reminded from the beginning; a new owner gets an address of
    their own, so that the former one's link ends. Raises LookupError."""
    outcome = _locked(outcome_id)
    changed = [name for name in FACTS if name in values and getattr(outcome, name) != values[name]]
    for name in changed:
        setattr(outcome, name, values[name])
    if {"due_on", "owner_email"} & set(changed):
        outcome.reminded_for = None
    if "owner_email" in changed:
        outcome.token = token()
    if changed:
        outcome.updated_at = now()
        audit.record("edit an outcome", "outcome", outcome_id, actor_id, changed=changed)
    return outcome


def follow_up(
    outcome_id: int, status: OutcomeStatus | str, text: str = "", *, public: bool = False, actor_id: int | None = None
) -> OutcomeNote | None:
    """An organiser notes a step. Nothing new to say makes no note: then None. Raises LookupError."""
    return _step(_locked(outcome_id), OutcomeStatus(status), text, public=public, actor_id=actor_id)


def progress(outcome_id: int, status: OutcomeStatus | str, text: str = "") -> OutcomeNote | None:
    """The owner tells how far it is. Their words are shown to the public only once an organiser says so.
    Raises LookupError, ProgressRefused."""
    outcome, wanted = _locked(outcome_id), OutcomeStatus(status)
    if not rules.owner_may(outcome.status, wanted):
        raise ProgressRefused(f"{outcome.status} to {wanted}")
    return _step(outcome, wanted, text, by_owner=True)


def resign(outcome_id: int, text: str = "") -> None:
    """The owner lets it go: their name and address are forgotten, no letter follows, the link of their letters ends."""
    outcome = _locked(outcome_id)
    if not outcome.owner_email:
        return
    forget_owner(outcome)
    _note(outcome, outcome.status, text, by_owner=True)


def forget_owner(outcome: Outcome) -> None:
    """Take the owner off. What was recommended and how far it is stay."""
    outcome.owner, outcome.owner_email, outcome.token = "", "", token()
    outcome.reminded_for, outcome.updated_at = None, now()


def show_note(note_id: int, *, public: bool, actor_id: int | None) -> OutcomeNote:
    """Let the public read a note, or no more. Raises LookupError."""
    note: OutcomeNote | None = locked(OutcomeNote, note_id)
    if note is None:
        raise LookupError(note_id)
    if note.public is not public:
        note.public = public
        audit.record("show a note" if public else "hide a note", "outcome", note.outcome_id, actor_id, note=note_id)
    return note


def write_to_owner(outcome_id: int, *, actor_id: int | None) -> bool:
    """Send the owner their link now, at most once a day; whether there is somebody to write to. Raises LookupError."""
    outcome = _locked(outcome_id)
    told = tell_owner(outcome, "outcome_given")
    if told:
        audit.record("write to an outcome's owner", "outcome", outcome_id, actor_id)
    return told


def _step(
    outcome: Outcome,
    status: OutcomeStatus,
    text: str,
    *,
    public: bool = False,
    by_owner: bool = False,
    actor_id: int | None = None,
) -> OutcomeNote | None:
    last = db.session.scalar(
        select(OutcomeNote).where(OutcomeNote.outcome_id == outcome.id).order_by(OutcomeNote.id.desc()).limit(1)
    )
    again = last is not None and (last.text, last.status, last.by_owner) == (text, status, by_owner)
    if (status is outcome.status and not text) or again:
        return None
    outcome.status, outcome.updated_at = status, now()
    return _note(outcome, status, text, public=public, by_owner=by_owner, actor_id=actor_id)


def _note(outcome: Outcome, status: OutcomeStatus, text: str, **values: Any) -> OutcomeNote:
    note = OutcomeNote(outcome_id=outcome.id, status=status, text=text, at=now(), **values)
    db.session.add(note)
    db.session.flush()
    return note


def _locked(outcome_id: int) -> Outcome:
    outcome: Outcome | None = locked(Outcome, outcome_id)
    if outcome is None:
        raise LookupError(outcome_id)
    return outcome
