"""Lists read in: kept as a draft, shown as what they would change, applied once when an organiser says so.

The draft keeps what the list said, not what it would change: that is decided anew under the lock when it is applied, so a
list that waited for an hour is as right as a fresh one, and the same list twice changes nothing the second time.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import Mail
from app.core.transactions import atomic, locked
from app.events import closed_list, inviting, rules
from app.events.batch import Party, register_all
from app.events.changes import change_party, change_pool
from app.events.columns import Entry, Field, Understood, plain
from app.events.import_rules import (
    Change,
    Known,
    Registered,
    Verdict,
    plan_addresses,
    plan_invitations,
    plan_registrations,
)
from app.events.models import (
    LIVE,
    Event,
    EventStatus,
    ImportDraft,
    Invitation,
    InvitationState,
    PoolKind,
    Registration,
)
from app.events.notices import tell
from app.events.queries import managed_event
from app.events.seats import Claim, RegistrationRefused, first_letter, lock_pools, terms_of

KEPT = timedelta(days=7)  # then a draft that nobody applied is forgotten, with whom it names
TELL = "events.tell_imported"
LETTERS_A_JOB = 50
# What our own lists call a room without a name.
UNNAMED = {PoolKind.ROOM: ("Room", "Salle", "Sala"), PoolKind.ONLINE: ("Online", "En ligne", "En línea")}


class Kind(StrEnum):
    """What a list is of."""

    REGISTRATIONS = "registrations"
    INVITATIONS = "invitations"
    ADDRESSES = "addresses"


class Applied(Exception):
    """The draft was applied before, or is gone."""


@dataclass(frozen=True)
class Plan:
    """What a draft would change now."""

    changes: list[Change]
    unused: list[str]
    settings: Mapping[str, Any]

    def of(self, verdict: Verdict) -> list[Change]:
        """The lines with one verdict, in the list's order."""
        return [change for change in self.changes if change.verdict is verdict]


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


def plan(draft: ImportDraft) -> Plan:
    """What a draft would change as things stand now."""
    kept = json.loads(draft.rows)
    entries = [Entry(line, values) for line, values in kept["entries"]]
    settings = kept["settings"]
    if draft.kind == Kind.REGISTRATIONS:
        changes = plan_registrations(entries, _registered(draft.event_id))
    elif draft.kind == Kind.INVITATIONS:
        changes = plan_invitations(entries, *_invited(draft.event_id))
    else:
        changes = plan_addresses(entries, closed_list.names_of(draft.event_id), settings.get("group", ""))
    return Plan(changes, kept["unused"], settings)


def _registered(event_id: int) -> Registered:
    event = managed_event(event_id)
    live: dict[str, Known] = {}
    gone: set[str] = set()
    for row in db.session.scalars(select(Registration).where(Registration.event_id == event_id)):
        if row.status in LIVE:
            live[row.email] = Known(row.id, row.name, row.party, row.needs, row.diet, row.pool_id)
        else:
            gone.add(row.email)
    pools = event.pools if event else []
    rooms = {pool.id: rules.largest(terms_of(event, pool), by_organiser=True) for pool in pools if event}
    named: dict[str, tuple[int, int]] = {}
    for pool in reversed(pools):  # of two with one name, the first
        for name in [pool.name] if plain(pool.name) else UNNAMED[pool.kind]:
            named[plain(name)] = pool.id, rooms[pool.id]
    return Registered(live, frozenset(gone), named, rooms[pools[0].id] if pools else 0)


def _invited(event_id: int) -> tuple[dict[str, bool], frozenset[str], int]:
    rows = db.session.execute(select(Invitation.email, Invitation.state).where(Invitation.event_id == event_id))
    invited = {email: state is not InvitationState.TAKEN_BACK for email, state in rows}
    live = (Registration.event_id == event_id, Registration.status.in_(LIVE))
    event = managed_event(event_id)
    largest = rules.largest(terms_of(event, event.pool), by_organiser=True) if event else 1
    return invited, frozenset(db.session.scalars(select(Registration.email).where(*live))), largest


def forecast(draft: ImportDraft, found: Plan) -> int:
    """How many of the people that a list would register get a seat at once; the others wait."""
    event = managed_event(draft.event_id)
    if event is None:
        return 0
    parties: dict[int, list[rules.Waiting]] = {pool.id: [] for pool in event.pools}
    for place, change in enumerate(found.of(Verdict.NEW)):
        pool_id = change.values.get("pool_id", event.pools[0].id if event.pools else 0)
        parties.setdefault(pool_id, []).append(rules.Waiting(place, change.values.get(Field.PARTY, 1)))
    return sum(grant.seats for pool in event.pools for grant in rules.served(pool.free, parties[pool.id]))


def apply(draft_id: int, actor_id: int | None) -> Outcome:
    """Do what a draft says, all of it in this transaction; its rows are forgotten then.

    Raises Applied; RegistrationRefused when the event takes nobody; holds.TooMany when there are too few seats to keep.
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
    counts = Counter(str(change.verdict) for change in found.changes)
    draft.applied_at, draft.rows = now(), "{}"
    audit.record("apply a list", "event", event_id, actor_id, kind=draft.kind, **counts)
    db.session.flush()
    return Outcome(counts, refused)


def operation_of(email: str) -> str:
    """The operation of whoever came by a list: who withdrew is not brought back by the same list."""
    return "import:" + hashlib.sha256(email.encode()).hexdigest()[:40]


def _register(event_id: int, found: Plan, actor_id: int | None) -> list[tuple[int, rules.Reason]]:
    new = found.of(Verdict.NEW)
    parties = [_party(change, found.settings) for change in new]
    answers = register_all(event_id, parties)
    refusals = [
        (change.line, answer.reason)
        for change, answer in zip(new, answers, strict=True)
        if not isinstance(answer, Claim)
    ]
    if new and len(refusals) == len(new) and refusals[0][1] is not rules.Reason.TOO_LARGE:
        raise RegistrationRefused(refusals[0][1])
    made = [answer.registration.id for answer in answers if isinstance(answer, Claim) and answer.made]
    if found.settings.get("tell", True):
        for start in range(0, len(made), LETTERS_A_JOB):
            some = made[start : start + LETTERS_A_JOB]
            enqueue(TELL, f"{event_id}:{some[0]}", event_id=event_id, registrations=some)
    for change in found.of(Verdict.CHANGED):
        try:
            with db.session.begin_nested():  # a line is done whole or not at all
                _change(change)
        except RegistrationRefused as refusal:
            refusals.append((change.line, refusal.reason))
    return refusals


def _party(change: Change, settings: Mapping[str, Any]) -> Party:
    values = change.values
    return Party(
        name=values[Field.NAME], email=change.email, operation=operation_of(change.email), party=values.get(Field.PARTY, 1),
        needs=values.get(Field.NEEDS, ""), diet=values.get(Field.DIET, ""), pool_id=values.get("pool_id"),
        locale=values.get(Field.LOCALE, settings.get("locale", "en")),
    )  # fmt: skip


def _change(change: Change) -> None:
    """Raises RegistrationRefused when there is no seat for what the line wants."""
    if "pool_id" in change.values:
        change_pool(change.row, change.values["pool_id"])
    if Field.PARTY in change.values:
        change_party(change.row, change.values[Field.PARTY], by_organiser=True)
    row = db.session.get_one(Registration, change.row)
    for name in (Field.NAME, Field.NEEDS, Field.DIET):
        if name in change.values:
            setattr(row, name, change.values[name])


def _invite(event_id: int, found: Plan, actor_id: int | None) -> list[tuple[int, rules.Reason]]:
    settings = found.settings
    by = settings.get("answer_by")
    wanted = [
        inviting.Wanted(
            change.email,
            change.values.get(Field.NAME, ""),
            change.values.get(Field.PARTY, settings["seats"]),
            change.values.get(Field.LOCALE, settings["locale"]),
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
