"""Commands on seats. Each takes the lock of the seats' row first; one function gives seats (promises S1 to S6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, or_, select, text, update

from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.events import rules
from app.events.models import LIVE, OVER, Event, EventStatus, Registration, RegistrationStatus, SeatPool
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


def lock_pool(event_id: int) -> SeatPool | None:
    """The seats of an event, locked until the transaction ends and freshly read; None when it has none.

    Every writer of seats, registrations or an event's course takes this lock first. SQLite: see `atomic`.
    """
    query = select(SeatPool).where(SeatPool.event_id == event_id)
    found: SeatPool | None = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    return found


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
    locale: str = "en",
    person_id: int | None = None,
    operation: str = "",
    by_organiser: bool = False,
) -> Claim:
    """Give a party seats or a place in the queue, and tell it by mail.

    `email` is in its normal form. The same `operation` of the same address, or a second registration of an address
    that has a live one, gives back what is there. Raises LookupError, RegistrationRefused.
    """
    pool = lock_pool(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    if event is None:
        raise LookupError(event_id)
    earlier = _earlier(event_id, email, operation)
    if earlier is not None and earlier.email == email:
        return Claim(earlier, made=False)
    terms = terms_of(event, pool)
    reason = rules.refusal(terms, party, now(), by_organiser=by_organiser)
    if reason is not None or pool is None:
        largest = rules.largest(terms, by_organiser=by_organiser)
        raise RegistrationRefused(reason or rules.Reason.NO_REGISTRATION, largest)
    newcomer = Registration(
        token=token(), event_id=event_id, person_id=person_id, name=name, email=email, locale=locale, party=party,
        needs=needs, status=RegistrationStatus.WAITING, queued_at=now(), created_at=now(), pool_id=pool.id,
        operation=operation if operation and earlier is None else token(),
    )  # fmt: skip
    for registration in claim_seats(pool, newcomer):
        if registration is not newcomer:
            tell("event_promoted", event, registration)
    waits = newcomer.status is RegistrationStatus.WAITING
    tell("event_waiting" if waits else "event_confirmed", event, newcomer)
    return Claim(newcomer, made=True)


def _earlier(event_id: int, email: str, operation: str) -> Registration | None:
    """What the address has here already or, failing that, any registration that used up this operation."""
    live = (Registration.email == email) & text(OVER)
    query = select(Registration).where(
        Registration.event_id == event_id, or_(live, Registration.operation == operation)
    )
    # A live one before a withdrawn one, one's own before another's.
    order = (Registration.email != email, Registration.status == RegistrationStatus.WITHDRAWN, Registration.id)
    found: Registration | None = db.session.scalar(query.order_by(*order).limit(1))
    return found


def claim_seats(pool: SeatPool, newcomer: Registration | None = None) -> list[Registration]:
    """Give the free seats to the queue, whose last is the newcomer; returns who got one. The only way to a seat (S3).

    `pool` is locked. Saves the newcomer, seated or waiting.
    """
    seated: list[Registration] = []
    free = rules.free_seats(pool.capacity, pool.confirmed + pool.held)
    while free > 0:
        queue = _queue(pool.id, fitting=free)
        last = len(queue) < BATCH
        if newcomer is not None and last:
            queue.append(newcomer)
        chosen = rules.served(free, [rules.Waiting(place, row.party) for place, row in enumerate(queue)])
        for waiting in chosen:
            _seat(queue[waiting.id])
            seated.append(queue[waiting.id])
        free -= sum(waiting.party for waiting in chosen)
        db.session.flush()
        if last:
            break
    if newcomer is not None:
        if newcomer not in seated:
            newcomer.queued_at = max(newcomer.queued_at, _last_queued(pool.id) or newcomer.queued_at)
        newcomer.ranked_at = newcomer.queued_at
        db.session.add(newcomer)
        db.session.flush()
    if seated:
        _take(pool, sum(registration.party for registration in seated))
    return seated


def _queue(pool_id: int, fitting: int) -> list[Registration]:
    query = select(Registration).where(
        Registration.pool_id == pool_id,
        Registration.status == RegistrationStatus.WAITING,
        Registration.party <= fitting,
    )
    return list(db.session.scalars(query.order_by(Registration.ranked_at, Registration.id).limit(BATCH)))


def _last_queued(pool_id: int) -> datetime | None:
    """The queue's last time: a clock that stepped back must not let a newcomer pass."""
    waiting = (Registration.pool_id == pool_id, Registration.status == RegistrationStatus.WAITING)
    last: datetime | None = db.session.scalar(select(func.max(Registration.queued_at)).where(*waiting))
    return last


def _seat(registration: Registration) -> None:
    registration.status, registration.seated = RegistrationStatus.CONFIRMED, registration.party
    registration.confirmed_at = now()


def _take(pool: SeatPool, seats: int) -> None:
    """Count seats as taken, or as freed when negative, in one statement. Relative, so that the constraint refuses an
    oversale even if the lock were forgotten; the ceiling follows (`rules.ceiling`)."""
    values: dict[str, ColumnElement[int]] = {"confirmed": SeatPool.confirmed + seats}
    if seats < 0:
        taken = SeatPool.confirmed + seats + SeatPool.held
        values["ceiling"] = case((taken > SeatPool.capacity, taken), else_=SeatPool.capacity)
    change = update(SeatPool).where(SeatPool.id == pool.id).values(values)
    db.session.execute(change, execution_options={"synchronize_session": False})
    db.session.expire(pool, ["confirmed", "ceiling"])


def set_capacity(event: Event, pool: SeatPool, capacity: int, largest_party: int) -> None:
    """Change how many seats there are. A reduction drops nobody (S6); new seats go to the queue. `pool` is locked."""
    pool.capacity, pool.largest_party = capacity, largest_party
    pool.ceiling = rules.ceiling(capacity, pool.confirmed + pool.held)
    db.session.flush()
    promote(event, pool)


def promote(event: Event, pool: SeatPool | None = None) -> None:
    """Give free seats to the queue of an event that will take place, and tell who got one."""
    pool = pool or lock_pool(event.id)
    if pool is None or event.status is not EventStatus.PUBLISHED or now() >= event.ends_at:
        return
    for registration in claim_seats(pool):
        tell("event_promoted", event, registration)


def withdraw(registration_id: int) -> Registration:
    """Free a party's seats, give them to the queue in the same transaction, and tell everybody concerned.

    Withdrawing twice is withdrawing once. Raises LookupError; RegistrationRefused after the event.
    """
    event_id = db.session.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    pool = lock_pool(event_id) if event_id is not None else None
    registration = db.session.get(Registration, registration_id, populate_existing=True)
    event = db.session.get(Event, event_id, populate_existing=True) if event_id is not None else None
    if registration is None or event is None:
        raise LookupError(registration_id)
    if registration.status not in LIVE:
        return registration
    if now() >= event.ends_at:
        raise RegistrationRefused(rules.Reason.OVER)
    seated = registration.status is RegistrationStatus.CONFIRMED
    registration.status, registration.withdrawn_at = RegistrationStatus.WITHDRAWN, now()
    registration.seated = 0
    db.session.flush()
    tell("event_withdrawn", event, registration)
    if seated and pool is not None:
        _take(pool, -registration.party)
        promote(event, pool)
    return registration
