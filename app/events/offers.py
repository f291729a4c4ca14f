"""Offers of seats to whoever wants to be asked first, and requests that an organiser decides."""

from __future__ import annotations

from sqlalchemy import select, update

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import rules
from app.events.models import Event, EventStatus, Registration, RegistrationStatus
from app.events.notices import tell
from app.events.seats import (
    RegistrationRefused,
    chosen,
    claim_seats,
    first_letter,
    leave,
    locked_registration,
    offer_ends,
    promote,
    take,
    tell_served,
)


class OfferOver(Exception):
    """The offer was not answered in time, or is not there any more."""


def accept(registration_id: int) -> Registration:
    """Take the seats that were offered. Accepting twice is accepting once. Raises LookupError, OfferOver."""
    pools, event, registration = locked_registration(registration_id)
    if registration.status is RegistrationStatus.CONFIRMED:
        return registration
    pool = chosen(pools, registration.pool_id)
    until = registration.offered_until
    if registration.status is not RegistrationStatus.OFFERED or pool is None or until is None:
        raise OfferOver
    if now() >= until and event.status is not EventStatus.POSTPONED:
        raise OfferOver
    if event.status not in (EventStatus.PUBLISHED, EventStatus.POSTPONED) or event.over:
        raise OfferOver
    seats = registration.party - registration.seated
    registration.status, registration.seated = RegistrationStatus.CONFIRMED, registration.party
    registration.offered_until, registration.confirmed_at = None, now()
    db.session.flush()
    take(pool, confirmed=seats, held=-seats)
    tell("event_confirmed", event, registration)
    return registration


def lapse(registration_id: int) -> bool:
    """End an offer whose term is over: its seats go to the next who waits. False when there is nothing to end: terms rest
    while an event is postponed, since nobody can say whether they come to a day that is not known."""
    pools, event, registration = locked_registration(registration_id)
    until = registration.offered_until
    if (
        event.status is EventStatus.POSTPONED
        or registration.status is not RegistrationStatus.OFFERED
        or (until is not None and now() < until)
    ):
        return False
    freed = leave(pools, registration, RegistrationStatus.WITHDRAWN)
    if event.status in (EventStatus.PUBLISHED, EventStatus.POSTPONED):
        tell("event_lapsed", event, registration)
    if freed is not None:
        promote(event, freed)
    return True


def overdue() -> None:
    """Sweep: end the offers that nobody answered, each in a transaction of its own."""
    late = (
        Registration.status == RegistrationStatus.OFFERED,
        Registration.offered_until <= now(),
        Event.status != EventStatus.POSTPONED,
    )
    query = select(Registration.id).join(Registration.event).where(*late).order_by(Registration.offered_until)
    for number in db.session.scalars(query).all():
        with atomic():
            lapse(number)


def renew(event: Event) -> None:
    """Give running offers a new term: their event takes place after all. The caller holds its seats, and tells of the rest."""
    offered = (Registration.event_id == event.id, Registration.status == RegistrationStatus.OFFERED)
    for registration in db.session.scalars(select(Registration).where(*offered).order_by(Registration.id)):
        registration.offered_until = offer_ends(event)
        db.session.flush()
        tell("event_offer", event, registration)


def shorten(event: Event) -> None:
    """Let running offers end when their event begins: it was moved. The caller holds its seats."""
    running = (Registration.event_id == event.id, Registration.status == RegistrationStatus.OFFERED)
    late = (*running, Registration.offered_until > event.starts_at)
    db.session.execute(update(Registration).where(*late).values(offered_until=event.starts_at))


def approve(registration_id: int, actor_id: int | None) -> Registration:
    """Say yes to a request: it joins the queue at the time it was made, and gets the seats that are free for it.

    Raises LookupError; RegistrationRefused when the event takes nobody any more.
    """
    pools, event, registration = locked_registration(registration_id)
    if registration.status is not RegistrationStatus.REQUESTED:
        return registration
    pool = chosen(pools, registration.pool_id)
    if pool is None or now() >= event.ends_at or event.status is not EventStatus.PUBLISHED:
        raise RegistrationRefused(_why_not(event))
    registration.status = RegistrationStatus.WAITING
    db.session.flush()
    audit.record("approve a registration", "registration", registration_id, actor_id)
    served = claim_seats(event, pool)
    tell_served(event, [one for one in served if one is not registration])
    offered = registration.status is RegistrationStatus.OFFERED
    tell("event_offer" if offered else first_letter(registration), event, registration)
    return registration


def _why_not(event: Event) -> rules.Reason:
    found = {
        EventStatus.POSTPONED: rules.Reason.POSTPONED,
        EventStatus.CANCELLED: rules.Reason.CANCELLED,
        EventStatus.DRAFT: rules.Reason.NOT_OPEN,
    }
    return found.get(event.status, rules.Reason.OVER)


def decline(registration_id: int, reason: str, actor_id: int | None) -> Registration:
    """Say no to a request. `reason` is for the one who asked, and may be empty. Raises LookupError."""
    pools, event, registration = locked_registration(registration_id)
    if registration.status is not RegistrationStatus.REQUESTED:
        return registration
    registration.reason = reason
    leave(pools, registration, RegistrationStatus.DECLINED)
    audit.record("decline a registration", "registration", registration_id, actor_id)
    tell("event_declined", event, registration)
    return registration
