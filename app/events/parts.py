"""The parts of those concerned by an event that an organiser may write to, and who is in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, select

from app.core.clock import now
from app.core.database import db
from app.events.models import (
    LIVE,
    Event,
    Invitation,
    InvitationState,
    PoolKind,
    Registration,
    RegistrationStatus,
    SeatPool,
)

SEATED, WAITING, OFFERED, REQUESTED = "seated", "waiting", "offered", "requested"
INVITED, CAME, ABSENT, POOL = "invited", "came", "absent", "pool:"
LABELS = {
    SEATED: _l("All who have a seat"),
    WAITING: _l("All who wait"),
    OFFERED: _l("All who are offered seats"),
    REQUESTED: _l("All who wait for your yes"),
    INVITED: _l("The invited who have not answered"),
    CAME: _l("All who came"),
    ABSENT: _l("All who had a seat and did not come"),
}
OPEN = (InvitationState.WRITTEN, InvitationState.OPENED)


@dataclass(frozen=True)
class Recipient:
    """Somebody to write to. `row` is r17 for a registration, i17 for an invitation: it is in the mail's key."""

    row: str
    email: str
    name: str
    locale: str


def choices_of(event: Event) -> list[tuple[str, str, int]]:
    """(part, its name, how many addresses) of all that this event has now."""
    pools = [(f"{POOL}{pool.id}", _pool_name(pool)) for pool in event.pools]
    named = [(part, str(label)) for part, label in LABELS.items()] + (pools if len(pools) > 1 else [])
    if now() < event.starts_at:
        named = [(part, label) for part, label in named if part not in (CAME, ABSENT)]
    return [(part, label, count(event, part)) for part, label in named]


def name_of(event: Event, part: str) -> str:
    """What a part is called."""
    pools = {f"{POOL}{pool.id}": pool for pool in event.pools}
    return _pool_name(pools[part]) if part in pools else str(LABELS.get(part, part))


def _pool_name(pool: SeatPool) -> str:
    if not pool.name:
        return _("Who sits online") if pool.kind is PoolKind.ONLINE else _("Who sits in the room")
    return _("Who has a seat: %(name)s", name=pool.name)


def recipients(event: Event, part: str) -> list[Recipient]:
    """Everybody in a part, each address once, in the order of their rows. An unknown part is empty."""
    if part == INVITED:
        rows: list[Any] = list(db.session.scalars(_invited(event)))
    else:
        rows = list(db.session.scalars(_registered(event, part)))
    letter = "i" if part == INVITED else "r"
    found = {row.email: Recipient(f"{letter}{row.id}", row.email, row.name, row.locale) for row in reversed(rows)}
    return [one for one in reversed(found.values()) if not one.email.endswith(".invalid")]


def count(event: Event, part: str) -> int:
    """How many addresses are in a part."""
    model = Invitation if part == INVITED else Registration
    query = _invited(event) if part == INVITED else _registered(event, part)
    addresses = query.order_by(None).where(model.email.not_like("%.invalid"))
    return db.session.scalar(addresses.with_only_columns(func.count(model.email.distinct()))) or 0


def _invited(event: Event) -> Select[Invitation]:
    mine = (Invitation.event_id == event.id, Invitation.state.in_(OPEN))
    return select(Invitation).where(*mine).order_by(Invitation.id)


def _registered(event: Event, part: str) -> Select[Registration]:
    seated = (Registration.seated > 0) & Registration.status.in_(LIVE)
    wanted: dict[str, ColumnElement[bool]] = {
        SEATED: seated,
        WAITING: Registration.status == RegistrationStatus.WAITING,
        OFFERED: Registration.status == RegistrationStatus.OFFERED,
        REQUESTED: Registration.status == RegistrationStatus.REQUESTED,
        CAME: Registration.arrived > 0,
        ABSENT: seated & (Registration.arrived == 0),
    }
    wanted |= {f"{POOL}{pool.id}": seated & (Registration.pool_id == pool.id) for pool in event.pools}
    nobody = Registration.id.is_(None)
    return (
        select(Registration)
        .where(Registration.event_id == event.id, wanted.get(part, nobody))
        .order_by(Registration.id)
    )
