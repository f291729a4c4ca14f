"""Lists read in: kept as a draft, shown as what they would change, applied once when an organiser says so.

The draft keeps what the list said, not what it would change: that is decided anew under the lock when it is applied, so a
list that waited for an hour is as right as a fresh one, and the same list twice changes nothing the second time.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import Mail
from app.core.transactions import atomic, locked
from app.events import changes, closed_list, inviting, rules
from app.events.asking import first_answers, first_guests, keep_answers, keep_guests, live_questions
from app.events.batch import Party, register_all
from app.events.columns import Field, Understood
from app.events.import_plans import Kind, Plan, plan
from app.events.import_rules import (
    Change,
    Verdict,
)
from app.events.models import (
    LIVE,
    Event,
    EventStatus,
    ImportDraft,
    Question,
    Registration,
)
from app.events.notices import tell
from app.events.seats import Claim, RegistrationRefused, first_letter, lock_pools, terms_of

KEPT = timedelta(days=7)  # then a draft that nobody applied is forgotten, with whom it names
TELL = "events.tell_imported"
LETTERS_A_JOB = 50


class Applied(Exception):
    """The draft was applied before, or is gone."""


@dataclass(frozen=True)
class Outcome:
    """What applying a draft did: counts by verdict, and the lines that could not be done after all."""

    counts: Mapping[str, int]
    refused: list[tuple[int, rules.Reason]]


def keep(
    event_id: int, kind: Kind, filename: str, found: Understood, actor_id: int | None, **settings: Any
) -> ImportDraft:
    """Keep a list until it is applied or forgotten. `settings` must be what JSON can hold."""
    entries = [[entry.line, entry.values] for entry in found.entries]
    kept = {"entries": entries, "unused": found.unused, "settings": settings}
    draft = ImportDraft(
        event_id=event_id, kind=kind, filename=filename[:200], rows=json.dumps(kept), created_by=actor_id,
        created_at=now(),
    )  # fmt: skip
    db.session.add(draft)
    db.session.flush()
    return draft


def draft_of(event_id: int, draft_id: int) -> ImportDraft | None:
    """A draft, if it is one of this event."""
    found: ImportDraft | None = db.session.scalar(
        select(ImportDraft).where(ImportDraft.id == draft_id, ImportDraft.event_id == event_id)
    )
    return found


def waiting_drafts(event_id: int) -> list[ImportDraft]:
    """Drafts that nobody applied yet, the newest first."""
    query = select(ImportDraft).where(ImportDraft.event_id == event_id, ImportDraft.applied_at.is_(None))
    return list(db.session.scalars(query.order_by(ImportDraft.created_at.desc(), ImportDraft.id.desc()).limit(20)))


def apply(draft_id: int, actor_id: int | None) -> Outcome:
    """Do what a draft says, all of it in this transaction; its rows are forgotten then.

    Raises Applied; RegistrationRefused when the event takes nobody; holds.TooMany when there are too few seats to keep, and
    inviting.NoPool when it is not known where.
    """
    event_id = db.session.scalar(select(ImportDraft.event_id).where(ImportDraft.id == draft_id))
    if event_id is None:
        raise Applied
    lock_pools(event_id)
    draft: ImportDraft | None = locked(ImportDraft, draft_id)
    if draft is None or draft.applied_at is not None:
        raise Applied
    found = plan(draft)
    doing = {Kind.REGISTRATIONS: _register, Kind.INVITATIONS: _invite, Kind.ADDRESSES: _allow}[Kind(draft.kind)]
    refused = doing(event_id, found, actor_id)
    undone = {line for line, _reason in refused}
    counts = Counter(str(change.verdict) for change in found.changes if change.line not in undone)
    draft.applied_at, draft.rows = now(), "{}"
    audit.record("apply a list", "event", event_id, actor_id, kind=draft.kind, **counts)
    db.session.flush()
    return Outcome(counts, refused)


def operation_of(email: str) -> str:
    """The operation of whoever came by a list: who withdrew is not brought back by the same list."""
    return "import:" + hashlib.sha256(email.encode()).hexdigest()[:40]


def _register(event_id: int, found: Plan, actor_id: int | None) -> list[tuple[int, rules.Reason]]:
    event = db.session.get(Event, event_id)
    reason = rules.refusal(terms_of(event, event.pool), 1, now(), by_organiser=True) if event else None
    if reason is not None:
        raise RegistrationRefused(reason)
    new = found.of(Verdict.NEW)
    parties = [_party(change, found.settings) for change in new]
    answers = register_all(event_id, parties)
    refusals = [
        (change.line, answer.reason)
        for change, answer in zip(new, answers, strict=True)
        if not isinstance(answer, Claim)
    ]
    claimed = [
        (change, answer.registration.id)
        for change, answer in zip(new, answers, strict=True)
        if isinstance(answer, Claim) and answer.made
    ]
    first_answers({number: change.answers or {} for change, number in claimed})
    first_guests({number: change.values.get(Field.GUESTS, ()) for change, number in claimed})
    made = [number for _change, number in claimed]
    if found.settings.get("tell", True):
        for start in range(0, len(made), LETTERS_A_JOB):
            some = made[start : start + LETTERS_A_JOB]
            enqueue(TELL, f"{event_id}:{some[0]}", event_id=event_id, registrations=some)
    questions = live_questions(event_id)
    for line in found.of(Verdict.CHANGED):
        try:
            with db.session.begin_nested():  # a line is done whole or not at all
                _change(line, questions)
        except RegistrationRefused as refusal:
            refusals.append((line.line, refusal.reason))
    return refusals


def _party(change: Change, settings: Mapping[str, Any]) -> Party:
    values = change.values
    return Party(
        name=values[Field.NAME], email=change.email, operation=operation_of(change.email), party=values.get(Field.PARTY, 1),
        needs=values.get(Field.NEEDS, ""), diet=values.get(Field.DIET, ""), pool_id=values.get("pool_id"),
        locale=values.get(Field.LOCALE, settings.get("locale", "en")),
    )  # fmt: skip


def _change(line: Change, questions: Sequence[Question]) -> None:
    """Raises RegistrationRefused when there is no seat for what the line wants."""
    values = line.values
    if "pool_id" in values or Field.PARTY in values:
        changes.change(line.row, party=values.get(Field.PARTY), pool_id=values.get("pool_id"), by_organiser=True)
    row = db.session.get_one(Registration, line.row)
    for name in (Field.NAME, Field.NEEDS, Field.DIET):
        if name in values:
            setattr(row, name, values[name])
    if Field.GUESTS in values:
        keep_guests(row, values[Field.GUESTS])
    if line.answers is not None:
        keep_answers(row, line.answers, questions)


def _invite(event_id: int, found: Plan, actor_id: int | None) -> list[tuple[int, rules.Reason]]:
    settings = found.settings
    by = settings.get("answer_by")
    wanted = [
        inviting.Wanted(
            change.email,
            change.values.get(Field.NAME, ""),
            change.values.get(Field.PARTY, settings["seats"]),
            change.values.get(Field.LOCALE, settings["locale"]),
            change.values.get("pool_id", settings.get("pool_id")),
        )
        for change in found.of(Verdict.NEW)
    ]
    inviting.invite(
        event_id, wanted, keep_seats=settings["keep_seats"], answer_by=datetime.fromisoformat(by) if by else None,
        message=settings["message"], actor_id=actor_id,
    )  # fmt: skip
    return []


def _allow(event_id: int, found: Plan, actor_id: int | None) -> list[tuple[int, rules.Reason]]:
    named = {change.email: change.values[Field.GROUP] for change in found.changes if change.values}
    closed_list.put(event_id, named, actor_id)
    return []


def tell_imported(facts: Mapping[str, Any]) -> None:
    """Job: the first letters of people whom a list registered, if they are still registered. The keys of the mails make
    a second run harmless."""
    with atomic():
        lock_pools(facts["event_id"])
        event = db.session.get(Event, facts["event_id"])
        query = select(Registration).where(Registration.id.in_(facts["registrations"]), Registration.status.in_(LIVE))
        if event is None or event.status is EventStatus.CANCELLED:
            return
        written = select(Mail.key).where(
            Mail.key.in_([f"event_promoted:{number}" for number in facts["registrations"]])
        )
        told = set(db.session.scalars(written))
        for registration in db.session.scalars(query.order_by(Registration.id)).all():
            if f"event_promoted:{registration.id}" not in told:
                tell(first_letter(registration), event, registration)


def discard(event_id: int, draft_id: int) -> None:
    """Forget a draft that is not applied."""
    mine = (ImportDraft.id == draft_id, ImportDraft.event_id == event_id, ImportDraft.applied_at.is_(None))
    db.session.execute(delete(ImportDraft).where(*mine).execution_options(synchronize_session=False))


def sweep() -> None:
    """Forget drafts that nobody came back to."""
    with atomic():
        old = (ImportDraft.created_at < now() - KEPT, ImportDraft.applied_at.is_(None))
        db.session.execute(delete(ImportDraft).where(*old).execution_options(synchronize_session=False))
