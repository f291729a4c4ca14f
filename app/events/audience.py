"""Who may know of which event. The one place that decides it: lists, pages, feeds and forms all ask here.

An event by invitation or for a closed list is not there for anybody else: no list, status code or answer tells that it
exists. Addresses count only once they are verified; an account alone proves nothing.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from app.accounts.queries import is_staff
from app.core.database import db
from app.events.models import (
    LIVE,
    AllowedAddress,
    Audience,
    Event,
    EventStatus,
    Invitation,
    InvitationState,
    Registration,
)


def organises(viewer: Any) -> bool:
    """Whether this person manages events."""
    return viewer.is_authenticated and bool({role.name for role in viewer.roles} & {"organiser", "admin"})


def visible_events_for(viewer: Any) -> Select[Event]:
    """The events this viewer (a Person or an anonymous visitor) may know of.

    Organisers: all, drafts too. Everybody else, never drafts: public ones; staff ones for staff; those for a closed list
    that names their address or its domain; those they are invited to; and, whatever the audience, those for which they
    hold a live registration.
    """
    query = select(Event)
    if organises(viewer):
        return query
    allowed: list[ColumnElement[bool]] = [Event.audience == Audience.PUBLIC]
    if viewer.is_authenticated:
        if is_staff(viewer):
            allowed.append(Event.audience == Audience.STAFF)
        mine = Registration.person_id == viewer.id
        if viewer.verified_at is not None:
            mine = or_(mine, Registration.email == viewer.email)
            allowed += [_listed(viewer), Event.id.in_(_invited(viewer))]
        allowed.append(Event.id.in_(select(Registration.event_id).where(mine, Registration.status.in_(LIVE))))
    return query.where(Event.status != EventStatus.DRAFT, or_(*allowed))


def _listed(viewer: Any) -> ColumnElement[bool]:
    """A list counts only while the event is for one: what is left of it later opens nothing."""
    names = (viewer.email, "@" + viewer.email.rsplit("@", 1)[-1])
    on_list = select(AllowedAddress.event_id).where(AllowedAddress.address.in_(names))
    return (Event.audience == Audience.LISTED) & Event.id.in_(on_list)


def _invited(viewer: Any) -> Select[int]:
    stands = Invitation.state != InvitationState.TAKEN_BACK
    return select(Invitation.event_id).where(Invitation.email == viewer.email, stands)


def invitation_for(event_id: int, viewer: Any) -> Invitation | None:
    """The viewer's own invitation to an event, if it stands."""
    if not viewer.is_authenticated or viewer.verified_at is None:
        return None
    mine = (Invitation.event_id == event_id, Invitation.email == viewer.email)
    query = select(Invitation).where(*mine, Invitation.state != InvitationState.TAKEN_BACK)
    found: Invitation | None = db.session.scalar(query)
    return found


def is_for_staff(slug: str) -> bool:
    """Whether this address is a staff event: then a stranger is asked to sign in, not told that nothing is there."""
    query = select(Event.id).where(
        Event.slug == slug, Event.audience == Audience.STAFF, Event.status != EventStatus.DRAFT
    )
    return db.session.scalar(query) is not None
