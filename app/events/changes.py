"""A party that becomes larger or smaller, or would rather sit elsewhere. Nobody who waits is harmed by it."""

from __future__ import annotations

from app.core.clock import now
from app.core.database import db
from app.events import rules
from app.events.models import LIVE, Event, Registration, RegistrationStatus, SeatPool
from app.events.notices import tell
from app.events.seats import RegistrationRefused, chosen, leave, locked_registration, promote, take, terms_of


def change_party(registration_id: int, party: int, *, by_organiser: bool = False) -> Registration:
    """Make a party larger or smaller.

    Smaller: what it has or is offered beyond that goes to the queue. Larger: a party with seats needs free ones, which
    nobody who waits could have; one that waits keeps its place. Raises LookupError; RegistrationRefused, whose `largest`
    is how many it could be now.
    """
    pools, event, registration = locked_registration(registration_id)
    pool = chosen(pools, registration.pool_id)
    if party == registration.party or pool is None:
        return registration
    _check(event, pool, registration, party, by_organiser=by_organiser)
    before = registration.party
    offered = registration.status is RegistrationStatus.OFFERED
    confirmed = registration.status is RegistrationStatus.CONFIRMED
    given = party - registration.seated if confirmed else min(0, party - registration.seated)
    registration.party, registration.seated = party, registration.seated + given
    if registration.status is RegistrationStatus.WAITING and registration.seated == party:
        registration.status = RegistrationStatus.CONFIRMED
    db.session.flush()
    take(pool, confirmed=given, held=party - before if offered else 0)
    tell("event_party", event, registration)
    promote(event, pool)
    return registration


def _check(event: Event, pool: SeatPool, registration: Registration, party: int, *, by_organiser: bool) -> None:
    terms = terms_of(event, pool)
    reason = rules.refusal(terms, min(party, registration.party), now(), by_organiser=by_organiser)
    if registration.status not in LIVE or party < registration.arrived:
        reason = rules.Reason.OVER
    if reason not in (None, rules.Reason.TOO_LARGE):
        raise RegistrationRefused(reason or rules.Reason.OVER)
    largest = rules.largest(terms, by_organiser=by_organiser)
    if registration.status is RegistrationStatus.CONFIRMED:
        largest = min(largest, registration.seated + rules.free_seats(pool.capacity, pool.confirmed + pool.held))
    elif registration.status is RegistrationStatus.OFFERED:
        largest = registration.party
    if party > max(largest, registration.party):
        raise RegistrationRefused(rules.Reason.TOO_LARGE, max(largest, registration.party))


def change_pool(registration_id: int, pool_id: int) -> Registration:
    """Move a party to another pool in which there are seats for all of it; those it had go to their queue.

    Raises LookupError; RegistrationRefused when there are not, and then it keeps what it has.
    """
    pools, event, registration = locked_registration(registration_id)
    target = chosen(pools, pool_id)
    if target is None:
        raise LookupError(pool_id)
    if target.id == registration.pool_id or registration.status not in LIVE:
        return registration
    reason = rules.refusal(terms_of(event, target), registration.party, now())
    free = rules.free_seats(target.capacity, target.confirmed + target.held)
    if reason is not None or registration.party > free:
        raise RegistrationRefused(reason or rules.Reason.TOO_LARGE, free)
    if registration.status is RegistrationStatus.REQUESTED:
        registration.pool_id = target.id
        return registration
    freed = leave(pools, registration, RegistrationStatus.WAITING)
    registration.pool_id, registration.withdrawn_at = target.id, None
    registration.status, registration.seated = RegistrationStatus.CONFIRMED, registration.party
    registration.confirmed_at = registration.confirmed_at or now()
    db.session.flush()
    take(target, confirmed=registration.party)
    tell("event_party", event, registration)
    if freed is not None:
        promote(event, freed)
    return registration
