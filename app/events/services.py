"""Commands on campaigns and events. Those on seats are in `seats.py`; a caller finds all of them here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.transactions import locked
from app.events import holds, offers, rules
from app.events.invitation_notices import tell_change, tell_course
from app.events.models import (
    LIVE,
    Audience,
    Campaign,
    Event,
    EventKind,
    EventStatus,
    Invitation,
    Registration,
    SeatPool,
)
from app.events.notices import tell
from app.events.programme import move_sessions
from app.events.seats import lock_pool, promote, register, set_capacity, withdraw
from app.events.speaker_notices import tell_speakers
from app.events.timing import Move
from app.partners.models import Partner
from app.partners.services import add_with_slug

__all__ = [
    "CourseRefused", "SeatsInUse", "create_campaign", "create_event", "register", "set_status", "take_back",
    "update_campaign", "update_event", "withdraw",
]  # fmt: skip

TOLD = ("starts_at", "ends_at", "timezone", "place", "online_url")  # a change of these is mailed
FOR_THE_INVITED = ("starts_at", "ends_at", "timezone", "place")  # who has no seat yet has no link to join either
SHOWN = (*TOLD, "title", "summary")  # a change of these moves the calendar entry's SEQUENCE


class CourseRefused(Exception):
    """The event cannot take that status now."""


class SeatsInUse(Exception):
    """Registration cannot be taken off an event for which somebody is registered, or seats are kept back."""


def create_campaign(
    *,
    title: str,
    starts_on: date,
    ends_on: date,
    summary: str = "",
    accent: str = "",
    beneficiary_id: int | None = None,
    published: bool = False,
    actor_id: int | None = None,
) -> Campaign:
    """Start a campaign; its address is made from its title. Raises ValueError for an accent that cannot be read."""
    campaign = Campaign(
        title=title, starts_on=starts_on, ends_on=ends_on, summary=summary, accent=_accent(accent),
        beneficiary_id=beneficiary_id, published=published,
    )  # fmt: skip
    add_with_slug(campaign, title, "campaign")
    audit.record("create campaign", "campaign", campaign.id, actor_id)
    return campaign


def update_campaign(campaign_id: int, *, actor_id: int | None, **values: Any) -> Campaign:
    """Change a campaign; its address stays. `values` are its columns. Raises LookupError, ValueError."""
    campaign: Campaign | None = locked(Campaign, campaign_id)
    if campaign is None:
        raise LookupError(campaign_id)
    for name, value in values.items():
        setattr(campaign, name, _accent(value) if name == "accent" else value)
    audit.record("edit campaign", "campaign", campaign_id, actor_id)
    return campaign


def _accent(colour: str) -> str:
    if colour and not rules.readable_accent(colour):
        raise ValueError("the accent's contrast is below AA")
    return colour.upper()


def create_event(
    *,
    title: str,
    kind: EventKind | str,
    starts_at: datetime,
    ends_at: datetime,
    timezone: str = "Europe/Zurich",
    campaign_id: int | None = None,
    series_id: int | None = None,
    audience: Audience | str = Audience.PUBLIC,
    audience_note: str = "",
    summary: str = "",
    body: str = "",
    materials: str = "",
    place: str = "",
    online_url: str = "",
    registration_closes_at: datetime | None = None,
    partner_ids: Sequence[int] = (),
    capacity: int | None = None,
    largest_party: int = 5,
    actor_id: int | None = None,
) -> Event:
    """Draft an event; its address is made from its title. Times are aware. Without `capacity` nobody registers."""
    event = Event(
        title=title, kind=EventKind(kind), starts_at=starts_at, ends_at=ends_at, timezone=timezone,
        campaign_id=campaign_id, series_id=series_id, audience=Audience(audience), audience_note=audience_note, summary=summary, body=body,
        materials=materials, place=place, online_url=online_url, registration_closes_at=registration_closes_at,
        created_at=now(), updated_at=now(), co_organisers=_partners(partner_ids),
    )  # fmt: skip
    if capacity is not None:
        event.pools = [SeatPool(capacity=capacity, ceiling=capacity, largest_party=largest_party)]
    add_with_slug(event, title, "event")
    audit.record("draft event", "event", event.id, actor_id)
    return event


def update_event(
    event_id: int,
    *,
    actor_id: int | None,
    capacity: int | None,
    largest_party: int,
    partner_ids: Sequence[int],
    **values: Any,
) -> int:
    """Change an event; its address stays. Returns how many are told: all who are registered for a published event whose time
    or place changed, and all who are invited and have not answered. Raises LookupError, SeatsInUse."""
    pool, event = _locked_event(event_id)
    changed = {name for name, value in values.items() if getattr(event, name) != value}
    old_start, old_zone = event.starts_at, ZoneInfo(event.timezone)
    for name in changed:
        setattr(event, name, values[name])
    if changed & {"starts_at", "timezone"}:
        if now() < event.ends_at:
            event.was_starts_at = rules.announced(event.status, event.was_starts_at, old_start, event.starts_at)
        move_sessions(event.id, Move(old_start, old_zone, event.starts_at, ZoneInfo(event.timezone)))
        offers.shorten(event)
        holds.follow(event)
    event.co_organisers = _partners(partner_ids)
    event.updated_at = now()
    event.seen_version += bool(changed & set(SHOWN))
    audit.record("edit event", "event", event_id, actor_id, changed=sorted(changed))
    told = 0
    if changed & set(TOLD) and event.status is EventStatus.PUBLISHED and now() < event.ends_at:
        told = _tell_all("event_changed", event) + (tell_change(event) if changed & set(FOR_THE_INVITED) else 0)
        tell_speakers(event, "event_changed")
    _change_seats(event, pool, capacity, largest_party)
    return told


def _change_seats(event: Event, pool: SeatPool | None, capacity: int | None, largest_party: int) -> None:
    if capacity is not None:
        if pool is None:
            event.pools = [SeatPool(capacity=capacity, ceiling=capacity, largest_party=largest_party)]
        else:
            set_capacity(event, pool, capacity, largest_party)
    elif pool is not None:
        live = select(func.count()).where(Registration.event_id == event.id, Registration.status.in_(LIVE))
        if db.session.scalar(live) or any(one.held for one in event.pools):
            raise SeatsInUse
        event.pools = []


def set_status(event_id: int, status: EventStatus | str, *, message: str = "", actor_id: int | None = None) -> int:
    """Take an event on its course (`rules.COURSE`) and tell all who are registered or invited; returns how many.

    `message` is the organiser's words about a postponement or cancellation. Asking for the status it has does nothing.
    Raises LookupError, CourseRefused.
    """
    status = EventStatus(status)
    _pool, event = _locked_event(event_id)
    before = event.status
    if status is before:
        return 0
    if not rules.may_become(before, status, event.starts_at, now()):
        raise CourseRefused(f"{before} to {status}")
    event.status, event.updated_at, event.notice = status, now(), message
    if status is EventStatus.POSTPONED:
        event.was_starts_at = event.starts_at
    elif event.was_starts_at == event.starts_at:
        event.was_starts_at = None
    event.seen_version += before is not EventStatus.DRAFT
    audit.record(f"event {status}", "event", event_id, actor_id)
    template = {
        EventStatus.POSTPONED: "event_postponed",
        EventStatus.CANCELLED: "event_cancelled",
        EventStatus.PUBLISHED: "event_resumed",
    }.get(status)
    told = 0
    # What was postponed was waited for until now, also when its old day has gone by.
    awaited = before is EventStatus.POSTPONED and status is EventStatus.CANCELLED
    if before is not EventStatus.DRAFT and (awaited or now() < event.ends_at):
        if template:
            told = _tell_all(template, event)
            tell_speakers(event, template)
        told += tell_course(event)
    if before is EventStatus.POSTPONED and status is EventStatus.PUBLISHED:
        offers.renew(event)
    promote(event)
    return told


def take_back(event_id: int, actor_id: int | None = None) -> None:
    """Undo the last step of an event's course, of which nobody was told: a draft again, while nobody has registered for it
    or was invited; not held yet. Raises LookupError, CourseRefused."""
    _pool, event = _locked_event(event_id)
    before = rules.TAKEN_BACK.get(event.status)
    if before is None or (before is EventStatus.DRAFT and _known_to_somebody(event_id)):
        raise CourseRefused(f"{event.status} cannot be taken back")
    event.status, event.updated_at = before, now()
    event.seen_version += 1
    audit.record(f"event {before} again", "event", event_id, actor_id)


def _known_to_somebody(event_id: int) -> bool:
    asked = (select(model.id).where(model.event_id == event_id) for model in (Registration, Invitation))
    return any(db.session.scalar(query.limit(1)) is not None for query in asked)


def _locked_event(event_id: int) -> tuple[SeatPool | None, Event]:
    """The seats' row, then the event's: every writer takes them in this order."""
    pool = lock_pool(event_id)
    event: Event | None = locked(Event, event_id)
    if event is None:
        raise LookupError(event_id)
    return pool, event


def _tell_all(template: str, event: Event) -> int:
    live = select(Registration).where(Registration.event_id == event.id, Registration.status.in_(LIVE))
    found = db.session.scalars(live.order_by(Registration.id)).all()
    for registration in found:
        tell(template, event, registration)
    return len(found)


def _partners(ids: Sequence[int]) -> list[Partner]:
    return list(db.session.scalars(select(Partner).where(Partner.id.in_(ids)))) if ids else []
