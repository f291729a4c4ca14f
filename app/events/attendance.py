"""Who came. The door counts them in; where there was no door, or it was wrong, an organiser says so afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.core.transactions import locked
from app.events.models import Event, EventStatus, Registration


class NotYet(Exception):
    """The event has not begun, or does not take place: nobody can have come."""


@dataclass(frozen=True)
class Attendance:
    """People: registered with a seat, of whom some came and the others did not."""

    registered: int
    came: int

    @property
    def stayed_away(self) -> int:
        """Who had a seat and did not come."""
        return self.registered - self.came

    @property
    def noted(self) -> bool:
        """Whether anybody was counted in at all."""
        return self.came > 0


def attendance(event_id: int) -> Attendance:
    """How many came. Walk-ins hold a registration too, so they count on both sides."""
    query = select(func.coalesce(func.sum(Registration.seated), 0), func.coalesce(func.sum(Registration.arrived), 0))
    seated, came = db.session.execute(query.where(*_seated(event_id))).one()
    return Attendance(max(int(seated), int(came)), int(came))


def noted_at(event_id: int) -> bool:
    """Whether anybody was counted in at an event."""
    return (
        db.session.scalar(select(Registration.id).where(*_seated(event_id), Registration.arrived > 0).limit(1))
        is not None
    )


def came(registration: Registration) -> bool:
    """Whether somebody came, as far as one knows: where nobody was counted in, whoever had a seat."""
    if not registration.seated:
        return False
    return registration.arrived > 0 or not noted_at(registration.event_id)


def seated_parties(event_id: int, search: str = "") -> Select[Registration]:
    """The parties that had seats, by name."""
    query = select(Registration).where(*_seated(event_id)).order_by(Registration.name, Registration.id)
    if search:
        query = query.where(found_in(search, Registration.name, Registration.email))
    return query


def has_begun(event: Event) -> bool:
    """Whether somebody can have come."""
    return event.status in (EventStatus.PUBLISHED, EventStatus.HELD) and now() >= event.starts_at


def note_attendance(event_id: int, arrived: Mapping[int, int], *, actor_id: int | None) -> int:
    """Say how many of each party came, by the registration's id; returns how many parties changed.

    A party without a seat any more is passed over, and so is another event's. Never more than the party.
    Raises LookupError, NotYet.
    """
    _begun(event_id)
    changed = 0
    for registration_id in sorted(arrived):
        row: Registration | None = locked(Registration, registration_id)
        if row is None or row.event_id != event_id or not row.seated:
            continue
        people = max(0, min(arrived[registration_id], row.party))
        changed += row.arrived != people
        row.arrived = people
    if changed:
        audit.record("correct attendance", "event", event_id, actor_id, parties=changed)
    return changed


def everybody_came(event_id: int, *, actor_id: int | None) -> int:
    """Count in every party of which nobody was; returns how many parties. Raises LookupError, NotYet."""
    _begun(event_id)
    missing = update(Registration).where(*_seated(event_id), Registration.arrived == 0)
    counted = missing.values(arrived=Registration.seated).returning(Registration.id)
    changed = len(db.session.execute(counted.execution_options(synchronize_session=False)).all())
    if changed:
        audit.record("count everybody in", "event", event_id, actor_id, parties=changed)
    return changed


def _begun(event_id: int) -> None:
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    if not has_begun(event):
        raise NotYet


def _seated(event_id: int) -> tuple[ColumnElement[bool], ...]:
    """Parties with seats, also those that had only some and waited for the rest."""
    return Registration.event_id == event_id, Registration.seated > 0
