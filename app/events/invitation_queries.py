"""Reads about invitations: for whoever holds a link, and for the organisers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.core.mail import OVERTAKEN, Mail, MailState
from app.events.asking_forms import words_for_pools
from app.events.asking_queries import desk_of
from app.events.audience import invitation_for, visible_events_for
from app.events.invitation_notices import INVITATION, UNANSWERED, answer_closes
from app.events.models import LIVE, Audience, Event, EventStatus, Invitation, InvitationState, Registration


@dataclass(frozen=True)
class Counts:
    """Invitations by state. `people` accepted, `seats` asked for in invitations that are not answered."""

    states: dict[str, int]
    people: int
    seats: int

    @property
    def unanswered(self) -> int:
        """How many could be reminded."""
        return sum(self.states[state.value] for state in UNANSWERED)

    @property
    def total(self) -> int:
        """All that stand."""
        return sum(self.states.values()) - self.states[InvitationState.TAKEN_BACK.value]


def by_token(token: str) -> Invitation | None:
    """The invitation of a personal link, with its event and what was answered."""
    query = select(Invitation).where(Invitation.token == token)
    query = query.options(joinedload(Invitation.event).selectinload(Event.pools), joinedload(Invitation.registration))
    found: Invitation | None = db.session.scalar(query)
    return found


def invitations_of(event_id: int, search: str = "", state: str = "") -> Select[Invitation]:
    """An event's invitations by name; filtered."""
    query = select(Invitation).where(Invitation.event_id == event_id)
    query = query.options(joinedload(Invitation.registration), joinedload(Invitation.pool))
    query = query.order_by(func.lower(Invitation.name), Invitation.email)
    if search:
        query = query.where(found_in(search, Invitation.name, Invitation.email))
    if state in set(InvitationState):
        query = query.where(_in_state(InvitationState(state)))
    return query


def _withdrew() -> ColumnElement[bool]:
    """A yes that was followed by a withdrawal: it counts as a no."""
    over = select(Registration.id).where(Registration.status.not_in(LIVE))
    return and_(Invitation.state == InvitationState.ACCEPTED, Invitation.registration_id.in_(over))


def _in_state(state: InvitationState) -> ColumnElement[bool]:
    if state is InvitationState.ACCEPTED:
        return and_(Invitation.state == state, ~_withdrew())
    if state is InvitationState.DECLINED:
        return or_(Invitation.state == state, _withdrew())
    return Invitation.state == state


def state_of(invitation: Invitation) -> InvitationState:
    """The state as it is shown: who withdrew after a yes has declined."""
    told = invitation.registration
    gone = invitation.state is InvitationState.ACCEPTED and (told is None or told.status not in LIVE)
    return InvitationState.DECLINED if gone else invitation.state


def counts_of(event_id: int) -> Counts:
    """How the invitations of an event stand."""
    rows = db.session.scalars(invitations_of(event_id)).all()
    states = dict.fromkeys([state.value for state in InvitationState], 0)
    for row in rows:
        states[state_of(row).value] += 1
    coming = [row.registration.party for row in rows if row.registration and state_of(row) is InvitationState.ACCEPTED]
    return Counts(states, sum(coming), sum(row.seats for row in rows if row.state in UNANSWERED))


def undelivered(invitations: Sequence[Invitation]) -> set[int]:
    """Those whose last letter did not arrive; one that said what was true no more was not sent."""
    prefixes = {f"{INVITATION}:{one.id}:": one.id for one in invitations}
    query = select(Mail.key, Mail.state).where(Mail.recipient.in_([one.email for one in invitations]))
    query = query.where(func.coalesce(Mail.reason, "") != OVERTAKEN)
    last: dict[int, MailState] = {}
    for key, state in db.session.execute(query.where(Mail.key.startswith(f"{INVITATION}:")).order_by(Mail.id)):
        number = prefixes.get(":".join(key.split(":")[:2]) + ":")
        if number is not None:
            last[number] = state
    return {number for number, state in last.items() if state in (MailState.FAILED, MailState.BOUNCED)}


def answerable(invitation: Invitation) -> bool:
    """Whether an answer can be given or changed now."""
    event = invitation.event
    stands = invitation.state is not InvitationState.TAKEN_BACK and event.status is EventStatus.PUBLISHED
    return stands and now() < answer_closes(event, invitation)


def instead_of_form(event: Event, viewer: Any) -> Invitation | None:
    """The viewer's invitation, when its page takes the place of the form to register: while it can be answered and, for an
    event by invitation, always. Nobody gets around what it says by the form that is for everybody."""
    invitation = invitation_for(event.id, viewer)
    if invitation is None:
        return None
    return invitation if event.audience is Audience.INVITED or answerable(invitation) else None


def page_for(registration: Registration, viewer: Any) -> str:
    """The address of a page about the event that the holder of a registration can open: the event's own if they may see it,
    else their invitation's; empty if there is none."""
    event = registration.event
    if event.audience is Audience.PUBLIC:
        return url_for("events.page", slug=event.slug)
    if db.session.scalar(visible_events_for(viewer).where(Event.id == event.id)) is not None:
        return url_for("events.page", slug=event.slug)
    stands = Invitation.state != InvitationState.TAKEN_BACK
    query = select(Invitation.token).where(Invitation.registration_id == registration.id, stands)
    token = db.session.scalar(query)
    return url_for("invitations.page", token=token) if token else ""


def pools_offered(invitation: Invitation) -> dict[int, str]:
    """Where the invited may choose to sit, in words by the pool's id; empty when the invitation says it, or a kept seat does."""
    if invitation.pool_id is not None or invitation.hold_id is not None or len(invitation.event.pools) < 2:
        return {}
    return words_for_pools(invitation.event.pools, desk_of(invitation.event).waiting)
