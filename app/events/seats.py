"""Commands on seats. Each takes the lock of the seats' row first; one function gives seats (promises S1 to S6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select, text, true, update

from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.events import rules
from app.events.models import LIVE, OVER, Event, EventStatus, Registration, RegistrationStatus, SeatPool, Source
from app.events.notices import tell

BATCH = 100


class RegistrationRefused(Exception):
    """`reason` says why nobody can register now; `largest` is the largest party that could."""

    def __init__(self, reason: rules.Reason, largest: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.largest = reason, largest


@dataclass(frozen=True)
class Claim:
    """The registration, and whether this call made it (else it was there already)."""

    registration: Registration
    made: bool


def lock_pools(event_id: int) -> list[SeatPool]:
    """The seats of an event, locked in the order of their ids until the transaction ends, and freshly read; in the order
    that the organiser gave them.

    Every writer of seats, registrations or an event's course takes these locks first. SQLite: see `atomic`.
    """
    query = select(SeatPool).where(SeatPool.event_id == event_id).order_by(SeatPool.id)
    found = db.session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return sorted(found, key=lambda pool: (pool.position, pool.id))


def lock_pool(event_id: int) -> SeatPool | None:
    """All seats of an event locked; the first of its pools, or None when it has none."""
    return next(iter(lock_pools(event_id)), None)


def terms_of(event: Event, pool: SeatPool | None) -> rules.Terms:
    """The facts that decide about a registration."""
    return rules.Terms(
        status=event.status,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        closes_at=event.registration_closes_at,
        capacity=pool.capacity if pool else None,
        largest_party=pool.largest_party if pool else 0,
    )


def register(
    event_id: int,
    *,
    name: str,
    email: str,
    party: int = 1,
    needs: str = "",
    diet: str = "",
    locale: str = "en",
    person_id: int | None = None,
    operation: str = "",
    pool_id: int | None = None,
    in_part: bool = False,
    ask_first: bool = False,
    listed: bool = False,
    source: Source = Source.FORM,
    by_organiser: bool = False,
    reserved: int = 0,
) -> Claim:
    """Give a party seats, a place in the queue or, where an organiser decides, none of both yet; and tell it by mail.

    `email` is in its normal form. `pool_id`: the first pool if it is not said. `reserved`: see `claim_seats`. The same
    `operation` of the same address, or a second registration of an address that has a live one, gives back what is there
    (and then nothing reserved is used). Raises LookupError, RegistrationRefused.
    """
    pools = lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    pool = chosen(pools, pool_id)
    if event is None or (pool_id is not None and pool is None):
        raise LookupError(event_id)
    earlier = _earlier(event_id, email, operation)
    if earlier is not None and earlier.email == email:
        return Claim(earlier, made=False)
    by_organiser = by_organiser or source in (Source.ORGANISER, Source.INVITATION, Source.IMPORT)
    terms = terms_of(event, pool)
    reason = rules.refusal(terms, party, now(), by_organiser=by_organiser)
    if reason is rules.Reason.TOO_LARGE and party <= reserved:
        reason = None  # the seats were kept before the room became smaller
    if reason is not None or pool is None:
        largest = rules.largest(terms, by_organiser=by_organiser)
        raise RegistrationRefused(reason or rules.Reason.NO_REGISTRATION, largest)
    newcomer = newcomer_of(
        event_id, pool, person_id=person_id, name=name, email=email, locale=locale, party=party, needs=needs, diet=diet,
        listed=listed, in_part=in_part, ask_first=ask_first,
        source=Source.ORGANISER if by_organiser and source is Source.FORM else source,
        operation=operation if operation and earlier is None else token(),
    )  # fmt: skip
    if event.approval and not by_organiser:
        newcomer.status = RegistrationStatus.REQUESTED
        db.session.add(newcomer)
        db.session.flush()
        tell("event_requested", event, newcomer)
        return Claim(newcomer, made=True)
    tell_served(event, [one for one in claim_seats(event, pool, newcomer, reserved=reserved) if one is not newcomer])
    tell(first_letter(newcomer), event, newcomer)
    return Claim(newcomer, made=True)


def newcomer_of(event_id: int, pool: SeatPool, **values: Any) -> Registration:
    """A registration that has no seat yet and is not saved: `claim_seats` does both."""
    at = now()
    return Registration(
        token=token(), event_id=event_id, pool_id=pool.id, seated=0, status=RegistrationStatus.WAITING, queued_at=at,
        ranked_at=at, created_at=at, **values,
    )  # fmt: skip


def chosen(pools: Sequence[SeatPool], pool_id: int | None) -> SeatPool | None:
    """That pool of these or, when none is named, the first; None when it is not one of them."""
    return next((pool for pool in pools if pool_id is None or pool.id == pool_id), None)


def first_letter(newcomer: Registration) -> str:
    """Which letter tells a newcomer what they have."""
    if newcomer.seated == newcomer.party:
        return "event_confirmed"
    return "event_part" if newcomer.seated else "event_waiting"


def _earlier(event_id: int, email: str, operation: str) -> Registration | None:
    """What the address has here already or, failing that, any registration that used up this operation."""
    live = (Registration.email == email) & text(OVER)
    query = select(Registration).where(
        Registration.event_id == event_id, or_(live, Registration.operation == operation)
    )
    # A live one before one that is over, one's own before another's.
    order = (Registration.email != email, Registration.status.notin_(LIVE), Registration.id)
    found: Registration | None = db.session.scalar(query.order_by(*order).limit(1))
    return found


def claim_seats(event: Event, pool: SeatPool, *newcomers: Registration, reserved: int = 0) -> list[Registration]:
    """Give the free seats to the queue, whose last are the newcomers in their order; returns who got some. The only way
    to a seat (S3).

    `pool` is locked. Saves the newcomers, seated or waiting. Who wants to be asked first is offered the seats instead,
    except a newcomer, who is asking now; once the event has begun nobody can be asked, and these are passed. `reserved`:
    seats of a hold that ends with this call and that was kept for the one newcomer. They were never free for the queue, so a
    newcomer who fits on them takes them first, also above a capacity that was reduced (S6); those it leaves go to the queue.
    """
    served: list[Registration] = []
    new = set(newcomers)
    confirmed, held = 0, -reserved
    begun = now() >= event.starts_at
    for newcomer in newcomers[:1] if reserved else ():
        if newcomer.party <= reserved:
            _seat(newcomer, newcomer.party)
            confirmed += newcomer.party
            served.append(newcomer)
    free = rules.free_seats(pool.capacity, pool.confirmed + confirmed + pool.held + held)
    while free > 0:
        queue = _queue(pool.id, fitting=free, begun=begun)
        last = len(queue) < BATCH
        if last:
            queue += [newcomer for newcomer in newcomers if not newcomer.seated]
        facts = [
            rules.Waiting(place, row.party - row.seated, row.in_part and (row in new or not asks(row)))
            for place, row in enumerate(queue)
        ]
        grants = rules.served(free, facts)
        for grant in grants:
            party = queue[grant.id]
            if asks(party) and party not in new:
                _offer(event, party)
                held += grant.seats
            else:
                _seat(party, grant.seats)
                confirmed += grant.seats
            served.append(party)
        free -= sum(grant.seats for grant in grants)
        db.session.flush()
        if last:
            break
    if newcomers:
        _line_up(pool, newcomers)
    take(pool, confirmed, held)
    return served


def asks(registration: Registration) -> bool:
    """Whether seats are offered to it, not given. Who has some of its seats already has said yes to the others."""
    return registration.ask_first and not registration.seated


def _line_up(pool: SeatPool, newcomers: Sequence[Registration]) -> None:
    """Save the newcomers; those who wait, for all or for the rest of their seats, are the last of the queue, in their order,
    whatever the clock says."""
    waiting = [one for one in newcomers if one.seated < one.party]
    last = _last_rank(pool.id) if waiting else None
    for place, newcomer in enumerate(waiting):
        newcomer.queued_at = max(newcomer.queued_at, last or newcomer.queued_at) + timedelta(microseconds=place)
    for newcomer in newcomers:
        newcomer.ranked_at = newcomer.queued_at
    db.session.add_all(newcomers)
    db.session.flush()


def servable(fitting: ColumnElement[int] | int, *, begun: bool) -> ColumnElement[bool]:
    """The condition that a waiting party would get some of so many free seats."""
    missing = Registration.party - Registration.seated
    given = or_(~Registration.ask_first, Registration.seated > 0)
    found = or_(missing <= fitting, Registration.in_part & given)
    return found & given if begun else found


def _queue(pool_id: int, fitting: int, *, begun: bool) -> list[Registration]:
    waiting = (Registration.pool_id == pool_id, Registration.status == RegistrationStatus.WAITING)
    query = select(Registration).where(*waiting, servable(fitting, begun=begun))
    return list(db.session.scalars(query.order_by(Registration.ranked_at, Registration.id).limit(BATCH)))


def to_the_end(registration: Registration, pool: SeatPool) -> None:
    """Let a party wait behind everybody who waits: a clock that stepped back must not let it pass."""
    last = _last_rank(pool.id, besides=registration.id)
    registration.queued_at = registration.ranked_at = max(now(), last or now())


def _last_rank(pool_id: int, besides: int | None = None) -> datetime | None:
    waiting = (Registration.pool_id == pool_id, Registration.status == RegistrationStatus.WAITING)
    others = Registration.id != besides if besides else true()
    last: datetime | None = db.session.scalar(select(func.max(Registration.ranked_at)).where(*waiting, others))
    return last


def _seat(registration: Registration, seats: int) -> None:
    registration.seated = (registration.seated or 0) + seats
    registration.confirmed_at = registration.confirmed_at or now()
    if registration.seated == registration.party:
        registration.status = RegistrationStatus.CONFIRMED


def _offer(event: Event, registration: Registration) -> None:
    registration.status, registration.offered_until = RegistrationStatus.OFFERED, offer_ends(event)


def offer_ends(event: Event) -> datetime:
    """Until when an offer that is made now stands."""
    return rules.term(now(), event.offer_hours, ZoneInfo(event.timezone), latest=event.starts_at)


def take(pool: SeatPool, confirmed: int = 0, held: int = 0) -> None:
    """Count seats as taken or as held back, or as freed when negative, in one statement. Relative, so that the constraint
    refuses an oversale even if the lock were forgotten; the ceiling follows (`rules.ceiling`)."""
    values: dict[str, ColumnElement[int]] = {}
    if confirmed:
        values["confirmed"] = SeatPool.confirmed + confirmed
    if held:
        values["held"] = SeatPool.held + held
    if confirmed + held < 0:
        taken = SeatPool.confirmed + confirmed + SeatPool.held + held
        values["ceiling"] = case((taken > SeatPool.capacity, taken), else_=SeatPool.capacity)
    if values:
        change = update(SeatPool).where(SeatPool.id == pool.id).values(values)
        db.session.execute(change, execution_options={"synchronize_session": False})
        db.session.expire(pool, ["confirmed", "held", "ceiling"])


def set_capacity(event: Event, pool: SeatPool, capacity: int, largest_party: int) -> None:
    """Change how many seats there are. A reduction drops nobody (S6); new seats go to the queue. `pool` is locked."""
    pool.capacity, pool.largest_party = capacity, largest_party
    pool.ceiling = rules.ceiling(capacity, pool.confirmed + pool.held)
    db.session.flush()
    promote(event, pool)


def promote(event: Event, pool: SeatPool | None = None) -> list[Registration]:
    """Give free seats to the queues of an event that will take place, tell who got some, and return them."""
    if event.status is not EventStatus.PUBLISHED or now() >= event.ends_at:
        return []
    served = []
    for one in [pool] if pool else lock_pools(event.id):
        served += claim_seats(event, one)
    tell_served(event, served)
    return served


def tell_served(event: Event, served: Sequence[Registration]) -> None:
    """Tell parties of the queue that they have seats, some of them, or an offer."""
    for registration in served:
        if registration.status is RegistrationStatus.OFFERED:
            tell("event_offer", event, registration)
        else:
            tell("event_promoted" if registration.seated == registration.party else "event_part", event, registration)


def locked_registration(registration_id: int) -> tuple[list[SeatPool], Event, Registration]:
    """The seats of its event, locked, then the event and the registration as they are now. Raises LookupError."""
    event_id = db.session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    if event_id is None:
        raise LookupError(registration_id)
    pools = lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    registration = db.session.get(Registration, registration_id, populate_existing=True)
    if registration is None or event is None:
        raise LookupError(registration_id)
    return pools, event, registration


def leave(pools: Sequence[SeatPool], registration: Registration, status: RegistrationStatus) -> SeatPool | None:
    """Take what a party has or is offered from it, for good. Returns the pool in which seats became free, if any did."""
    pool = chosen(pools, registration.pool_id)
    offered = registration.party - registration.seated if registration.status is RegistrationStatus.OFFERED else 0
    seated = registration.seated
    registration.status, registration.seated, registration.offered_until = status, 0, None
    registration.withdrawn_at = now()
    db.session.flush()
    if pool is None or not (seated or offered):
        return None
    take(pool, -seated, -offered)
    return pool


def withdraw(registration_id: int, reason: str = "") -> Registration:
    """Free a party's seats, give them to the queue in the same transaction, and tell everybody concerned.

    Withdrawing twice is withdrawing once. Raises LookupError; RegistrationRefused after the event, and once one of them is in.
    """
    pools, event, registration = locked_registration(registration_id)
    if registration.status not in LIVE:
        return registration
    if event.over:
        raise RegistrationRefused(rules.Reason.OVER)
    if registration.arrived:  # who is in the room gives no seat back
        raise RegistrationRefused(rules.Reason.ARRIVED)
    registration.reason = reason
    freed = leave(pools, registration, RegistrationStatus.WITHDRAWN)
    tell("event_withdrawn", event, registration)
    if freed is not None:
        promote(event, freed)
    return registration
