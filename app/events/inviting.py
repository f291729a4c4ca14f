"""Invitations: written to people by name, answered by whoever holds the personal link, taken back by an organiser.

Seats kept for somebody are a hold of their own (`holds`). Accepting ends that hold and takes the seats in the same step of
`seats.claim_seats`, so nobody can come between; declining, taking back and the end of the term give them to the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from app.accounts.models import Person
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.transactions import locked
from app.events import holds, rules
from app.events.changes import change, seat_on_kept
from app.events.invitation_notices import UNANSWERED, answer_closes, forget_unsent, write
from app.events.models import (
    LIVE,
    Event,
    Guest,
    Hold,
    Invitation,
    InvitationState,
    Registration,
    SeatPool,
    Source,
)
from app.events.seats import RegistrationRefused, chosen, lock_pools, register, terms_of, withdraw


class AnswerClosed(Exception):
    """The term to answer is over, or the invitation does not stand any more."""


class Comes(Exception):
    """The invited has accepted: they are registered."""


class NoPool(Exception):
    """Seats are to be kept, and it is not said where; or where it is said there are none any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody to invite; `email` is in its normal form, `seats` the largest party, `pool_id` where they sit; None: where
    they like."""

    email: str
    name: str = ""
    seats: int = 1
    locale: str = "en"
    pool_id: int | None = None


def invite(
    event_id: int,
    wanted: Sequence[Wanted],
    *,
    keep_seats: bool = False,
    answer_by: datetime | None = None,
    message: str = "",
    actor_id: int | None = None,
) -> list[Invitation]:
    """Invite several at a time and write to each. Who has an invitation that stands is passed over; one that was taken
    back is written anew, with a new link. `keep_seats` needs `answer_by`, and of each where the seats are if there are several
    pools.

    Raises LookupError; RegistrationRefused when nobody can register; NoPool; holds.TooMany when there are too few seats to
    keep in one of the pools.
    """
    pools = lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    if event is None:
        raise LookupError(event_id)
    pool = pools[0] if pools else None
    reason = rules.refusal(terms_of(event, pool), 1, now(), by_organiser=True)
    if reason is not None or pool is None:
        raise RegistrationRefused(reason or rules.Reason.NO_REGISTRATION)
    there = {row.email: row for row in db.session.scalars(select(Invitation).where(Invitation.event_id == event_id))}
    new = [one for one in wanted if one.email not in there or there[one.email].state is InvitationState.TAKEN_BACK]
    rooms = {one.email: _room(pools, one, keep_seats=keep_seats) for one in new}
    if keep_seats:
        _check_free(new, rooms)
    made = []
    for one in new:
        row = there.get(one.email) or Invitation(event_id=event_id, email=one.email)
        row.token, row.name, row.locale, row.seats, row.message = token(), one.name, one.locale, one.seats, message
        row.state, row.answer_by, row.invited_by, row.created_at = InvitationState.WRITTEN, answer_by, actor_id, now()
        row.opened_at = row.answered_at = row.hold_id = row.registration_id = None
        row.reason = ""
        room = rooms[one.email]
        row.pool_id = room.id if room is not None else None
        if keep_seats and answer_by is not None and room is not None:
            row.hold_id = holds.hold(room, one.seats, "invitation", answer_by, actor_id).id
        db.session.add(row)
        there[one.email] = row
        made.append(row)
    db.session.flush()
    write(event, made)
    audit.record("invite", "event", event_id, actor_id, count=len(made))
    return made


def _room(pools: Sequence[SeatPool], one: Wanted, *, keep_seats: bool) -> SeatPool | None:
    """Where an invitation seats its party; None leaves it open. Raises NoPool."""
    if one.pool_id is None and not keep_seats:
        return None
    found = chosen(pools, one.pool_id)
    if found is None or (one.pool_id is None and len(pools) > 1):
        raise NoPool
    return found


def _check_free(new: Sequence[Wanted], rooms: Mapping[str, SeatPool | None]) -> None:
    for room in {found for found in rooms.values() if found is not None}:
        free = rules.free_seats(room.capacity, room.confirmed + room.held)
        if sum(one.seats for one in new if rooms[one.email] is room) > free:
            raise holds.TooMany(free)


def opened(invitation_id: int) -> None:
    """Note that somebody has looked at it. Reading its page is not enough for that: machines that preview links do it."""
    invitation = locked(Invitation, invitation_id)
    if invitation is not None and invitation.state is InvitationState.WRITTEN:
        invitation.state, invitation.opened_at = InvitationState.OPENED, now()


def accept(
    invitation_id: int,
    *,
    name: str,
    party: int,
    guests: Sequence[str] = (),
    needs: str = "",
    diet: str = "",
    pool_id: int | None = None,
) -> Registration:
    """Accept for a party, or change what was accepted. The seats kept for it are its own; without such it is the last of
    the queue, as everybody, also when it becomes larger. `pool_id` counts where the invitation leaves it open.

    Raises LookupError, AnswerClosed; RegistrationRefused, whose `largest` is how many it could be.
    """
    event, invitation = _locked(invitation_id)
    if party > invitation.seats:
        raise RegistrationRefused(rules.Reason.TOO_LARGE, invitation.seats)
    registration = _registration(invitation)
    if registration is None:
        hold = _end_hold(invitation)
        person = db.session.scalar(select(Person.id).where(Person.email == invitation.email))
        registration = register(
            event.id, name=name, email=invitation.email, party=party, needs=needs, diet=diet, locale=invitation.locale,
            person_id=person, pool_id=hold.pool_id if hold else invitation.pool_id or pool_id, source=Source.INVITATION,
            reserved=hold.seats if hold else 0,
        ).registration  # fmt: skip
    else:
        if not _seated_on_kept(invitation, registration, party):
            _release(invitation)
            room = None if invitation.pool_id else pool_id
            registration = change(registration.id, party=party, pool_id=room, by_organiser=True, keeps_place=False)
        registration.name, registration.needs, registration.diet = name, needs, diet
    _name_guests(registration, guests)
    invitation.registration_id = registration.id
    _answered(invitation, InvitationState.ACCEPTED)
    return registration


def decline(invitation_id: int, reason: str = "") -> None:
    """Say no, also after a yes: what was kept or taken goes to the queue. Raises LookupError, AnswerClosed."""
    _event, invitation = _locked(invitation_id)
    if (registration := _registration(invitation)) is not None:
        withdraw(registration.id)
    _release(invitation)
    invitation.reason = reason
    _answered(invitation, InvitationState.DECLINED)


def take_back(event_id: int, invitation_id: int, actor_id: int | None) -> None:
    """Make the link worth nothing; seats kept for it go to the queue. Raises LookupError; Comes after a yes."""
    lock_pools(event_id)
    invitation = _of(event_id, invitation_id)
    if _registration(invitation) is not None:
        raise Comes
    if invitation.state is not InvitationState.TAKEN_BACK:
        _release(invitation)
        invitation.state = InvitationState.TAKEN_BACK
        forget_unsent(invitation)
        audit.record("take back an invitation", "invitation", invitation_id, actor_id)


def send_again(event_id: int, invitation_id: int, actor_id: int | None) -> bool:
    """Write once more to somebody who has not answered; False if they were written to today. Raises LookupError,
    AnswerClosed."""
    lock_pools(event_id)
    invitation = _of(event_id, invitation_id)
    event = db.session.get(Event, event_id)
    if event is None or invitation.state not in UNANSWERED or now() >= answer_closes(event, invitation):
        raise AnswerClosed
    audit.record("send an invitation again", "invitation", invitation_id, actor_id)
    return write(event, [invitation]) == 1


def remind(event_id: int, actor_id: int | None) -> int:
    """Remind all who have not answered, each once a day at most; returns how many. Raises LookupError."""
    event = db.session.get(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    rules_say = rules.refusal(terms_of(event, event.pool), 1, now(), by_organiser=True)
    query = select(Invitation).where(Invitation.event_id == event_id, Invitation.state.in_(UNANSWERED))
    found = db.session.scalars(query.order_by(Invitation.id)).all() if rules_say is None else []
    count = write(event, [one for one in found if now() < answer_closes(event, one)], reminder=True)
    audit.record("remind the invited", "event", event_id, actor_id, count=count)
    return count


def forget(invitation: Invitation, address: str) -> None:
    """Erase whom an invitation names: what is not answered is taken back, and the link is nobody's."""
    _release(invitation)
    if invitation.state in UNANSWERED:
        invitation.state = InvitationState.TAKEN_BACK
    invitation.name, invitation.email, invitation.reason, invitation.token = "–", address, "", token()
    db.session.flush()


def _locked(invitation_id: int) -> tuple[Event, Invitation]:
    """The event and the invitation, its seats and itself locked in this order, if it can still be answered. Raises LookupError, AnswerClosed."""
    event_id = db.session.scalar(select(Invitation.event_id).where(Invitation.id == invitation_id))
    if event_id is None:
        raise LookupError(invitation_id)
    lock_pools(event_id)
    event = db.session.get(Event, event_id, populate_existing=True)
    invitation = locked(Invitation, invitation_id)
    if invitation is None or event is None:
        raise LookupError(invitation_id)
    if invitation.state is InvitationState.TAKEN_BACK or now() >= answer_closes(event, invitation):
        raise AnswerClosed
    return event, invitation


def _of(event_id: int, invitation_id: int) -> Invitation:
    invitation: Invitation | None = locked(Invitation, invitation_id)
    if invitation is None or invitation.event_id != event_id:
        raise LookupError(invitation_id)
    return invitation


def _registration(invitation: Invitation) -> Registration | None:
    """The live registration of the invited, by whatever door it came."""
    mine = (Registration.event_id == invitation.event_id, Registration.email == invitation.email)
    query = select(Registration).where(*mine, Registration.status.in_(LIVE))
    found: Registration | None = db.session.scalar(query)
    return found


def _answered(invitation: Invitation, state: InvitationState) -> None:
    invitation.state, invitation.answered_at = state, now()
    invitation.opened_at = invitation.opened_at or now()
    if state is InvitationState.ACCEPTED:
        invitation.reason = ""
    db.session.flush()


def _end_hold(invitation: Invitation) -> Hold | None:
    """The hold of an invitation, ended; its seats are counted over by whoever takes them. None if none runs."""
    hold: Hold | None = locked(Hold, invitation.hold_id) if invitation.hold_id else None
    invitation.hold_id = None
    if hold is None or hold.released_at is not None:
        return None
    hold.released_at = now()
    db.session.flush()
    return hold


def _seated_on_kept(invitation: Invitation, registration: Registration, party: int) -> bool:
    """Whether the party of somebody who was registered meanwhile is seated on what was kept for them; that is over then."""
    hold: Hold | None = locked(Hold, invitation.hold_id) if invitation.hold_id else None
    if hold is None or hold.released_at is not None:
        return False
    if not seat_on_kept(registration.id, party, hold.pool_id, hold.seats):
        return False
    hold.released_at, invitation.hold_id = now(), None
    db.session.flush()
    return True


def _release(invitation: Invitation) -> None:
    if invitation.hold_id:
        holds.release(invitation.hold_id)
        invitation.hold_id = None


def _name_guests(registration: Registration, names: Iterable[str]) -> None:
    db.session.execute(delete(Guest).where(Guest.registration_id == registration.id))
    db.session.add_all(
        Guest(registration_id=registration.id, number=number, name=name) for number, name in enumerate(names, 2)
    )
    db.session.flush()
