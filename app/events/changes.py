"""A party that becomes larger or smaller, or would rather sit elsewhere. Nobody who waits is harmed by it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.events import rules
from app.events.asking import drop_guests
from app.events.models import (
    LIVE,
    Event,
    EventStatus,
    Invitation,
    InvitationState,
    Registration,
    RegistrationStatus,
    SeatPool,
)
from app.events.notices import tell
from app.events.seats import (
    RegistrationRefused,
    chosen,
    leave,
    locked_registration,
    promote,
    take,
    terms_of,
    to_the_end,
)

NO_MORE = {EventStatus.CANCELLED: rules.Reason.CANCELLED, EventStatus.HELD: rules.Reason.OVER}


@dataclass(frozen=True, slots=True)
class Granted:
    """What an invitation that stands says of its party: how many they may be, and in which pool (None: where they like)."""

    seats: int
    pool_id: int | None


def change(
    registration_id: int,
    *,
    party: int | None = None,
    pool_id: int | None = None,
    by_organiser: bool = False,
    keeps_place: bool | None = None,
) -> Registration:
    """Make a party larger or smaller, or move it to another pool, or both; None leaves it as it is. It is told once.

    Smaller: always; what it has or is offered beyond that goes to the queue, and names of guests beyond it are forgotten.
    Larger: a party with seats needs free ones, which nobody who waits could have; one that waits goes to the end of its
    queue unless it `keeps_place` (None: when an organiser does it). Another pool: only if it has free seats for all of
    them. Raises LookupError; RegistrationRefused, whose `largest` is how many it could be, and then nothing has changed.
    """
    pools, event, registration = locked_registration(registration_id)
    pool = chosen(pools, registration.pool_id)
    target = pool if pool_id is None else chosen(pools, pool_id)
    if target is None or pool is None:
        raise LookupError(pool_id)
    party = party or registration.party
    if party == registration.party and target is pool:
        return registration
    _check(event, pool, target, registration, party, by_organiser=by_organiser)
    if target is pool:
        _resize(pool, registration, party, keeps_place=by_organiser if keeps_place is None else keeps_place)
    else:
        _move(pools, target, registration, party)
    drop_guests(registration)
    tell("event_party", event, registration)
    for one in {pool.id: pool, target.id: target}.values():
        promote(event, one)
    return registration


def change_party(registration_id: int, party: int, *, by_organiser: bool = False) -> Registration:
    """`change` of the party alone."""
    return change(registration_id, party=party, by_organiser=by_organiser)


def change_pool(registration_id: int, pool_id: int, *, by_organiser: bool = False) -> Registration:
    """`change` of the pool alone."""
    return change(registration_id, pool_id=pool_id, by_organiser=by_organiser)


def _check(
    event: Event, pool: SeatPool, target: SeatPool, registration: Registration, party: int, *, by_organiser: bool
) -> None:
    if registration.status not in LIVE or event.over:
        raise RegistrationRefused(rules.Reason.OVER)
    if event.status in NO_MORE:
        raise RegistrationRefused(NO_MORE[event.status])
    if party < max(1, registration.arrived):
        raise RegistrationRefused(rules.Reason.ARRIVED, registration.party)
    if party <= registration.party and target is pool:
        return
    limit = None if by_organiser else granted(registration)
    if limit is not None and party > max(limit.seats, registration.party):
        raise RegistrationRefused(rules.Reason.TOO_LARGE, max(limit.seats, registration.party))
    if limit is not None and target is not pool and limit.pool_id not in (None, target.id):
        raise RegistrationRefused(rules.Reason.ELSEWHERE, registration.party)
    terms = terms_of(event, target)
    # A party that an organiser let be larger than others stays so.
    asked = party if party > registration.party else 1
    reason = rules.refusal(terms, asked, now(), by_organiser=by_organiser)
    if reason is not None:
        raise RegistrationRefused(reason, max(rules.largest(terms, by_organiser=by_organiser), registration.party))
    if registration.status is RegistrationStatus.REQUESTED:
        return
    free = rules.free_seats(target.capacity, target.confirmed + target.held)
    if target is not pool:
        if party > free:
            raise RegistrationRefused(rules.Reason.FULL, free)
    elif registration.status is RegistrationStatus.OFFERED:
        raise RegistrationRefused(rules.Reason.FULL, registration.party)
    elif registration.status is RegistrationStatus.CONFIRMED and party > registration.seated + free:
        raise RegistrationRefused(rules.Reason.FULL, registration.seated + free)


def _resize(pool: SeatPool, registration: Registration, party: int, *, keeps_place: bool) -> None:
    before = registration.party
    confirmed = registration.status is RegistrationStatus.CONFIRMED
    given = party - registration.seated if confirmed else min(0, party - registration.seated)
    held = party - before if registration.status is RegistrationStatus.OFFERED else 0
    registration.party, registration.seated = party, registration.seated + given
    if registration.status is RegistrationStatus.WAITING:
        if registration.seated == party:
            registration.status = RegistrationStatus.CONFIRMED
        elif party > before and not keeps_place:  # else one person could keep a place for five
            to_the_end(registration, pool)
    db.session.flush()
    take(pool, confirmed=given, held=held)


def _move(pools: list[SeatPool], target: SeatPool, registration: Registration, party: int) -> None:
    if registration.status is RegistrationStatus.REQUESTED:
        registration.pool_id, registration.party = target.id, party
        return
    leave(pools, registration, RegistrationStatus.WAITING)
    registration.pool_id, registration.withdrawn_at = target.id, None
    registration.status, registration.party, registration.seated = RegistrationStatus.CONFIRMED, party, party
    registration.confirmed_at = registration.confirmed_at or now()
    db.session.flush()
    take(target, confirmed=party)


def seat_on_kept(registration_id: int, party: int, pool_id: int, kept: int) -> bool:
    """Make a party that large on seats of its pool that were kept for it: they are its own, whoever waits. Their hold ends
    with this, and those it leaves go to the queue. False, and nothing is done, when they are not enough or elsewhere."""
    pools, event, registration = locked_registration(registration_id)
    pool, missing = chosen(pools, pool_id), party - registration.seated
    seatable = registration.status in (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITING)
    if pool is None or registration.pool_id != pool_id or not seatable or event.status is not EventStatus.PUBLISHED:
        return False
    if not 0 <= missing <= kept:
        return False
    changed = missing > 0 or party != registration.party
    registration.status, registration.party, registration.seated = RegistrationStatus.CONFIRMED, party, party
    registration.confirmed_at = registration.confirmed_at or now()
    db.session.flush()
    take(pool, confirmed=missing, held=-kept)
    if changed:
        tell("event_party", event, registration)
    promote(event, pool)
    return True


def granted(registration: Registration) -> Granted | None:
    """What the invitation says by which a registration came, if it stands; None for all others."""
    stands = Invitation.state != InvitationState.TAKEN_BACK
    query = select(Invitation.seats, Invitation.pool_id).where(Invitation.registration_id == registration.id, stands)
    found = db.session.execute(query.limit(1)).first()
    return Granted(*found) if found is not None else None
