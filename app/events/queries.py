"""Reads about campaigns, events and registrations, and who may see which."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, current_user
from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from app.accounts.models import Person
from app.core.clock import now
from app.core.database import db
from app.core.folding import found_in
from app.events.audience import is_for_staff, organises, visible_events_for
from app.events.models import (
    LIVE,
    Campaign,
    Event,
    EventKind,
    EventStatus,
    Registration,
    RegistrationStatus,
)
from app.events.rules import may_become
from app.events.soundness import seat_faults as seat_faults
from app.events.wording import in_account
from app.web.formats import when

__all__ = ["is_for_staff", "organises", "visible_events_for"]  # who may know of an event: see audience.py


def event_for(viewer: Any, slug: str) -> Event | None:
    """The event of an address, with what its page shows, if the viewer may see it."""
    query = _page_for(viewer) if viewer.is_authenticated else _page_for_strangers()
    found: Event | None = db.session.scalars(query, {"slug": slug}).unique().one_or_none()
    return found


def _page_for(viewer: Any) -> Select[Event]:
    """All of it in one statement: an event has few pools and few partners."""
    parts = (Event.pools, Event.co_organisers, Event.campaign, Event.series)
    query = visible_events_for(viewer).where(Event.slug == bindparam("slug"))
    return query.options(*(joinedload(part) for part in parts))


@cache
def _page_for_strangers() -> Select[Event]:
    """What is asked for most, put into words once."""
    return _page_for(AnonymousUserMixin())


def listed(viewer: Any) -> Select[Event]:
    """What the public list may show: everything visible except drafts."""
    query = visible_events_for(viewer).where(Event.status != EventStatus.DRAFT)
    return query.options(selectinload(Event.pools), joinedload(Event.campaign))


def kinds_used(viewer: Any) -> set[EventKind]:
    """The kinds of which the viewer may see at least one event."""
    shown = listed(viewer).with_only_columns(Event.kind).options(lazyload("*")).distinct()
    return set(db.session.scalars(shown))


def upcoming(limit: int = 3, viewer: Any = None) -> list[Event]:
    """The next events that take place, soonest first, as far as the viewer may see them."""
    query = listed(viewer or current_user).where(Event.status == EventStatus.PUBLISHED, Event.ends_at > now())
    return list(db.session.scalars(query.order_by(Event.starts_at, Event.id).limit(limit)))


def of_campaign(campaign_id: int, viewer: Any = None) -> list[Event]:
    """A campaign's events that the viewer may see, in order of time."""
    query = listed(viewer or current_user).where(Event.campaign_id == campaign_id)
    return list(db.session.scalars(query.order_by(Event.starts_at, Event.id)))


def published_campaigns() -> list[Campaign]:
    """Campaigns open to the public, the newest first."""
    query = select(Campaign).where(Campaign.published).order_by(Campaign.starts_on.desc(), Campaign.id.desc())
    return list(db.session.scalars(query))


def registration_by_token(token: str) -> Registration | None:
    """The registration of a bearer's address, with its event and seats."""
    query = select(Registration).where(Registration.token == token)
    found: Registration | None = db.session.scalar(
        query.options(joinedload(Registration.event).selectinload(Event.pools))
    )
    return found


def registration(registration_id: int) -> Registration | None:
    """A registration as it is now."""
    return db.session.get(Registration, registration_id, populate_existing=True)


def live_registration(event_id: int, viewer: Any) -> Registration | None:
    """What the viewer holds at an event."""
    if not viewer.is_authenticated:
        return None
    mine = or_(Registration.person_id == viewer.id, Registration.email == viewer.email)
    query = select(Registration).where(Registration.event_id == event_id, mine, Registration.status.in_(LIVE))
    found: Registration | None = db.session.scalar(query.limit(1))
    return found


def position(registration: Registration) -> int:
    """A waiting party's place in the queue of its pool, from 1."""
    before = or_(
        Registration.ranked_at < registration.ranked_at,
        and_(Registration.ranked_at == registration.ranked_at, Registration.id < registration.id),
    )
    waiting = (Registration.pool_id == registration.pool_id, Registration.status == RegistrationStatus.WAITING)
    return 1 + (db.session.scalar(select(func.count()).select_from(Registration).where(*waiting, before)) or 0)


def account_section() -> dict[str, Any]:
    """The current user's registrations for what lies ahead, for their account page."""
    mine = or_(Registration.person_id == current_user.id, Registration.email == current_user.email)
    ahead = or_(Event.ends_at > now(), Event.status == EventStatus.POSTPONED)
    query = select(Registration).join(Registration.event).where(mine, Registration.status.in_(LIVE), ahead)
    query = query.options(joinedload(Registration.event)).order_by(Event.starts_at).limit(50)
    items = [
        {
            "title": registration.event.title,
            "href": url_for("events.registration", token=registration.token),
            "meta": when(registration.event.starts_at, registration.event.timezone),
            "badge": in_account(registration),
        }
        for registration in db.session.scalars(query)
    ]
    return {
        "title": _("Your registrations"),
        "items": items,
        "empty": _("Nothing ahead. Find something to go to under Events."),
    }


# Managing


def managed_event(event_id: int) -> Event | None:
    """One event for its organiser."""
    query = select(Event).where(Event.id == event_id)
    found: Event | None = db.session.scalar(query.options(selectinload(Event.pools), selectinload(Event.co_organisers)))
    return found


def registrations_of(event_id: int, search: str = "", status: str = "") -> Select[Registration]:
    """An event's registrations: seated, waiting in the queue's order, withdrawn."""
    query = select(Registration).where(Registration.event_id == event_id)
    query = query.order_by(
        Registration.status, Registration.ranked_at, Registration.id
    )  # c before waiting before with…
    if search:
        query = query.where(found_in(search, Registration.name, Registration.email))
    if status in set(RegistrationStatus):
        query = query.where(Registration.status == RegistrationStatus(status))
    return query


def counts_of(event_id: int) -> dict[str, tuple[int, int]]:
    """(parties, people) by the registration's state."""
    query = select(Registration.status, func.count(), func.sum(Registration.party))
    query = query.where(Registration.event_id == event_id).group_by(Registration.status)
    found = {state.value: (parties, int(people)) for state, parties, people in db.session.execute(query)}
    return {state.value: found.get(state.value, (0, 0)) for state in RegistrationStatus}


def managed_campaigns() -> Select[Campaign]:
    """All campaigns, the newest first."""
    return select(Campaign).order_by(Campaign.starts_on.desc(), Campaign.id.desc())


def campaign(campaign_id: int) -> Campaign | None:
    """One campaign by its id."""
    return db.session.get(Campaign, campaign_id)


def campaign_choices() -> list[tuple[int, str]]:
    """(id, title) of every campaign, for forms."""
    query = select(Campaign.id, Campaign.title).order_by(Campaign.starts_on.desc(), Campaign.id.desc())
    return [(row.id, row.title) for row in db.session.execute(query)]


def registration_of(event_id: int, registration_id: int) -> Registration | None:
    """A registration, if it is one of this event."""
    query = select(Registration).where(Registration.id == registration_id, Registration.event_id == event_id)
    found: Registration | None = db.session.scalar(query)
    return found


def next_statuses(event: Event) -> list[EventStatus]:
    """What an organiser may make of the event now."""
    return [status for status in EventStatus if may_become(event.status, status, event.starts_at, now())]


def person_of(email: str) -> Person | None:
    """Whoever is known by this address."""
    found: Person | None = db.session.scalar(select(Person).where(Person.email == email))
    return found
