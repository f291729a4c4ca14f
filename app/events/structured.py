"""An event as search engines read it (schema.org), in JSON-LD: its true state, and never the link to join."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from app.events.links import absolute
from app.events.models import Audience, Event, EventStatus, PoolKind, SeatPool
from app.events.programme_queries import Part, Programme

SCHEMA = "https://schema.org"
CURRENCY = "CHF"


def data_of(event: Event, programme: Programme) -> dict[str, Any] | None:
    """What the page of an event tells machines; None for drafts and for what is not for everybody."""
    if event.audience is not Audience.PUBLIC or event.status is EventStatus.DRAFT:
        return None
    page = absolute("events.page", slug=event.slug)
    # A postponed event has no date but the one that it was announced for.
    shift = event.was_starts_at - event.starts_at if event.was_starts_at and _postponed(event) else None
    start, end = (moment + shift if shift else moment for moment in (event.starts_at, event.ends_at))
    found: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Event",
        "@id": page,
        "url": page,
        "name": event.title,
        "description": event.summary,
        "startDate": _local(start, event.timezone),
        "endDate": _local(end, event.timezone),
        "eventStatus": f"{SCHEMA}/{_status(event)}",
        "eventAttendanceMode": f"{SCHEMA}/{_mode(event)}EventAttendanceMode",
        "location": _locations(event, page),
        "organizer": _organisers(event),
        "isAccessibleForFree": True,
    }
    if event.was_starts_at and not _postponed(event) and event.status is not EventStatus.CANCELLED:
        found["previousStartDate"] = _local(event.was_starts_at, event.timezone)
    if event.takes_registrations:
        found["offers"] = [_offer(event, pool, page) for pool in event.pools]
    if programme.speakers:
        found["performer"] = [{"@type": "Person", "name": voice.name} for voice in programme.speakers]
    if programme.parts:
        found["subEvent"] = [_part(part, event) for part in programme.parts]
    if event.series is not None:
        link = absolute("series.page", slug=event.series.slug)
        found["superEvent"] = {"@type": "EventSeries", "name": event.series.title, "url": link}
    return {name: value for name, value in found.items() if value not in ("", [])}


def _postponed(event: Event) -> bool:
    return event.status is EventStatus.POSTPONED


def _status(event: Event) -> str:
    if event.status is EventStatus.CANCELLED:
        return "EventCancelled"
    if _postponed(event):
        return "EventPostponed"
    return "EventRescheduled" if event.was_starts_at else "EventScheduled"


def kinds_of(event: Event) -> set[PoolKind]:
    """In which ways one takes part: told by the seats, and where these do not tell, by place and link."""
    kinds = {pool.kind for pool in event.pools}
    if len(event.pools) > 1 or PoolKind.ONLINE in kinds:
        return kinds
    if event.online_url:
        return {PoolKind.ROOM, PoolKind.ONLINE} if event.place else {PoolKind.ONLINE}
    return {PoolKind.ROOM}


def _mode(event: Event) -> str:
    kinds = kinds_of(event)
    if len(kinds) > 1:
        return "Mixed"
    return "Online" if PoolKind.ONLINE in kinds else "Offline"


def _locations(event: Event, page: str) -> Any:
    """Places, and for taking part online the event's page: the link itself is for those who hold a seat."""
    kinds, found = kinds_of(event), []
    if event.place and PoolKind.ROOM in kinds:
        found.append({"@type": "Place", "name": event.place, "address": event.place})
    if PoolKind.ONLINE in kinds:
        found.append({"@type": "VirtualLocation", "url": page})
    return found[0] if len(found) == 1 else found


def _organisers(event: Event) -> list[dict[str, str]]:
    config = current_app.config["KERMESSE"]
    house = {"@type": "Organization", "name": config["ORGANISATION"], "url": f"{config.base_url}/"}
    others = [
        {"@type": "Organization", "name": partner.name} | ({"url": partner.website} if partner.website else {})
        for partner in sorted(event.co_organisers, key=lambda partner: partner.name)
    ]
    return [house, *others]


def _offer(event: Event, pool: SeatPool, page: str) -> dict[str, str]:
    closes = event.registration_closes_at or event.starts_at
    offer = {"@type": "Offer", "price": "0", "priceCurrency": CURRENCY, "url": f"{page}#register"}
    offer["availability"] = f"{SCHEMA}/{'InStock' if pool.free else 'SoldOut'}"
    offer["validThrough"] = _local(closes, event.timezone)
    return offer | ({"name": pool.name} if pool.name else {})


def _part(part: Part, event: Event) -> dict[str, Any]:
    place = part.place or event.place
    found: dict[str, Any] = {"@type": "Event", "name": part.title}
    found |= {"startDate": _local(part.starts_at, event.timezone), "endDate": _local(part.ends_at, event.timezone)}
    if place:
        found["location"] = {"@type": "Place", "name": place, "address": place}
    return found


def _local(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
