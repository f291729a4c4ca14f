"""A list of parties registered at once: the same rules, the same walk of the queue, one lock (promise S3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.events import rules
from app.events.models import LIVE, Event, Registration, Source
from app.events.seats import (
    Claim,
    RegistrationRefused,
    chosen,
    claim_seats,
    lock_pools,
    newcomer_of,
    tell_served,
    terms_of,
)


@dataclass(frozen=True, slots=True)
class Party:
    """One line of a list to register; `email` is in its normal form. The same `operation` makes the same party once."""

    name: str
    email: str
    operation: str
    party: int = 1
    needs: str = ""
    diet: str = ""
    locale: str = "en"
    pool_id: int | None = None


def register_all(
    event_id: int, parties: Sequence[Party], source: Source = Source.IMPORT
) -> list[Claim | RegistrationRefused]:
    """`register` for a whole list, in its order, under one lock and with one walk of each pool's queue: what it says of
    each is what `register` would have answered. Tells those who waited and got seats; the list itself is told by the
    caller (`first_letter`), who need not do it under the lock. Raises LookupError.
    """
    pools = lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    if event is None:
        raise LookupError(event_id)
    known = _known(event_id)
    answers: list[Claim | RegistrationRefused] = []
    made: dict[int, list[Registration]] = {pool.id: [] for pool in pools}
    for one in parties:
        pool = chosen(pools, one.pool_id)
        terms = terms_of(event, pool)
        reason = rules.refusal(terms, one.party, now(), by_organiser=True)
        if (earlier := known.get(one.email) or known.get(one.operation)) is not None:
            answers.append(Claim(earlier, made=False))
        elif reason is not None or pool is None:
            largest = rules.largest(terms, by_organiser=True)
            answers.append(RegistrationRefused(reason or rules.Reason.NO_REGISTRATION, largest))
        else:
            newcomer = newcomer_of(
                event_id, pool, name=one.name, email=one.email, locale=one.locale, party=one.party, needs=one.needs,
                diet=one.diet, source=source, operation=one.operation,
            )  # fmt: skip
            known[one.email] = newcomer
            made[pool.id].append(newcomer)
            answers.append(Claim(newcomer, made=True))
    for pool in pools:
        if made[pool.id]:
            newcomers = set(made[pool.id])
            served = claim_seats(event, pool, *made[pool.id])
            tell_served(event, [one for one in served if one not in newcomers])
    return answers


def _known(event_id: int) -> dict[str, Registration]:
    """What stands at an event already: those that are over by their operation, the live ones also by their address."""
    found: dict[str, Registration] = {}
    for one in db.session.scalars(select(Registration).where(Registration.event_id == event_id)):
        found[one.operation] = one
        if one.status in LIVE:
            found[one.email] = one
    return found
