"""What a list that was read in would change as things stand now: the facts of its event, put before `import_rules`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.events import closed_list, rules
from app.events.answers import Asked
from app.events.asking import as_asked, live_questions
from app.events.asking_queries import all_answers, guest_names
from app.events.columns import PEOPLE, Entry, Field, headings, numbered, plain
from app.events.import_rules import (
    Change,
    Inviting,
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
    ImportDraft,
    Invitation,
    InvitationState,
    PoolKind,
    QuestionKind,
    Registration,
)
from app.events.queries import managed_event
from app.events.seats import terms_of

# What our own lists call a room without a name.
UNNAMED = {PoolKind.ROOM: ("Room", "Salle", "Sala"), PoolKind.ONLINE: ("Online", "En ligne", "En línea")}


class Kind(StrEnum):
    """What a list is of."""

    REGISTRATIONS = "registrations"
    INVITATIONS = "invitations"
    ADDRESSES = "addresses"


@dataclass(frozen=True)
class Plan:
    """What a draft would change now. `questions`: those that its list could answer. `told`: the columns that it has."""

    changes: list[Change]
    unused: list[str]
    settings: Mapping[str, Any]
    questions: Sequence[Asked] = ()
    told: frozenset[str] = frozenset()

    def of(self, verdict: Verdict) -> list[Change]:
        """The lines with one verdict, in the list's order."""
        return [change for change in self.changes if change.verdict is verdict]

    @property
    def names(self) -> dict[str, str]:
        """The questions by the key of their answers."""
        return {one.key: one.label for one in self.questions}

    @property
    def unanswered(self) -> list[str]:
        """Questions that need an answer and have no column."""
        return [one.label for one in self.questions if one.required and one.key not in self.told]


def plan(draft: ImportDraft) -> Plan:
    """What a draft would change as things stand now."""
    kept = json.loads(draft.rows)
    entries = [Entry(line, values) for line, values in kept["entries"]]
    settings = kept["settings"]
    if draft.kind == Kind.INVITATIONS:
        return Plan(plan_invitations(entries, _inviting(draft.event_id, settings)), kept["unused"], settings)
    if draft.kind == Kind.ADDRESSES:
        changes = plan_addresses(entries, closed_list.names_of(draft.event_id), settings.get("group", ""))
        return Plan(changes, kept["unused"], settings)
    facts = _registered(draft.event_id)
    told = frozenset(key for entry in entries for key in entry.values)
    return Plan(plan_registrations(entries, facts), kept["unused"], settings, facts.questions, told)


def answerable(event_id: int) -> list[Asked]:
    """The questions that a list can answer: all but those for a file."""
    return [as_asked(one) for one in live_questions(event_id) if one.kind is not QuestionKind.FILE]


def columns_of(questions: Sequence[Asked]) -> dict[int, str]:
    """The columns in which a list may answer questions, by their ids."""
    return headings({one.id: one.label for one in questions})


def meanings_of(questions: Sequence[Asked]) -> dict[str, str]:
    """What the columns of a list of people mean beside those that are the same for every event: see `columns.understood`."""
    named = columns_of(questions)
    found: dict[str, str] = {name: str(meant) for name, meant in PEOPLE.items()}
    for one in questions:
        found[plain(named[one.id])] = found[plain(numbered(one.id, one.label))] = one.key
    return found


def _registered(event_id: int) -> Registered:
    event = managed_event(event_id)
    questions = answerable(event_id)
    said = all_answers(event_id) if questions else {}
    guests = guest_names(event_id)
    live: dict[str, Known] = {}
    gone: set[str] = set()
    for row in db.session.scalars(select(Registration).where(Registration.event_id == event_id)):
        if row.status in LIVE:
            name, answers = " ".join(row.name.split()), said.get(row.id, {})
            live[row.email] = Known(
                row.id, name, row.party, row.needs, row.diet, row.pool_id, tuple(guests.get(row.id, [])), answers
            )
        else:
            gone.add(row.email)
    rooms = _rooms(event)
    first = rooms[event.pools[0].id] if event and event.pools else 0
    return Registered(
        live, frozenset(gone), _named(event, rooms), first, rooms, questions, bool(event and event.guest_names)
    )


def _rooms(event: Event | None) -> dict[int, int]:
    """The largest party of each pool."""
    pools = event.pools if event else []
    return {pool.id: rules.largest(terms_of(event, pool), by_organiser=True) for pool in pools if event}


def _named(event: Event | None, rooms: Mapping[int, int]) -> dict[str, tuple[int, int]]:
    """Id and largest party of each pool by the names that a list may give it; of two with one name, the first."""
    named: dict[str, tuple[int, int]] = {}
    for pool in reversed(event.pools if event else []):
        for name in [pool.name] if plain(pool.name) else UNNAMED[pool.kind]:
            named[plain(name)] = pool.id, rooms[pool.id]
    return named


def _inviting(event_id: int, settings: Mapping[str, Any]) -> Inviting:
    rows = db.session.execute(select(Invitation.email, Invitation.state).where(Invitation.event_id == event_id))
    standing = {email: state is not InvitationState.TAKEN_BACK for email, state in rows}
    live = (Registration.event_id == event_id, Registration.status.in_(LIVE))
    event = managed_event(event_id)
    rooms = _rooms(event)
    pool_id = settings.get("pool_id") if settings.get("pool_id") in rooms else None
    return Inviting(
        standing, frozenset(db.session.scalars(select(Registration.email).where(*live))),
        rooms[pool_id] if pool_id else max(rooms.values(), default=1), _named(event, rooms), pool_id, settings["seats"],
        must_say=bool(settings["keep_seats"]) and pool_id is None and len(rooms) > 1,
    )  # fmt: skip


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
