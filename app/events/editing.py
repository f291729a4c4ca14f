"""Everything that a registration says about its party, changed at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.core import audit
from app.core.database import db
from app.core.transactions import locked
from app.events import asking, rules
from app.events.changes import NO_MORE, change
from app.events.models import LIVE, Registration, RegistrationStatus
from app.events.seats import RegistrationRefused, chosen, locked_registration, promote

WRITABLE = ("name", "needs", "diet", "in_part", "ask_first", "listed")


def edit(
    registration_id: int,
    *,
    party: int,
    pool_id: int | None = None,
    answers: Mapping[int, str],
    guests: Sequence[str] | None = None,
    **values: Any,
) -> Registration:
    """Change a registration. `answers` are all of them, by question; `guests` all names, None where none are asked;
    `values` are columns of WRITABLE. Raises LookupError; RegistrationRefused, and then nothing has changed."""
    pools, event, registration = locked_registration(registration_id)
    if registration.status not in LIVE or event.over:
        raise RegistrationRefused(rules.Reason.OVER)
    if event.status in NO_MORE:
        raise RegistrationRefused(NO_MORE[event.status])
    waits_otherwise = any(
        name in values and getattr(registration, name) != values[name] for name in ("in_part", "ask_first")
    )
    for name in WRITABLE:
        if name in values:
            setattr(registration, name, values[name])
    db.session.flush()
    change(registration_id, party=party, pool_id=pool_id)
    asking.keep_answers(registration, answers, asking.live_questions(event.id))
    if guests is not None:
        asking.keep_guests(registration, guests)
    pool = chosen(pools, registration.pool_id)
    if waits_otherwise and pool is not None and registration.status is RegistrationStatus.WAITING:
        promote(event, pool)
    return registration


def note(registration_id: int, text: str, actor_id: int | None) -> None:
    """Keep what organisers note about a registration, in the place of the note before. Raises LookupError."""
    registration: Registration | None = locked(Registration, registration_id)
    if registration is None:
        raise LookupError(registration_id)
    registration.note = text
    audit.record("note", "registration", registration_id, actor_id)
