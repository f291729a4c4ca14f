"""The demo's campaigns and events: 2006 as it was, and the coming weeks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.cli.demo import people
from app.cli.demo.texts import CAMPAIGN_2006, EVENTS_2006, EVENTS_NOW, season
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import services as events
from app.events.models import Campaign, Event, EventStatus

GENEVA = "Europe/Zurich"
WINTER_2006 = datetime(2006, 2, 1, 9, tzinfo=UTC)
# Who comes to what now: (title's beginning, name, address, party)
GUESTS = (
    ("A suitcase", "Anna Keller", "a.keller@family.example", 2),
    ("A suitcase", "Moussa Diop", "m.diop@agency.example", 1),
    ("A suitcase", "Lucie Martin", "l.martin@family.example", 3),
    ("Printmaking", "Joana Ferreira", "j.ferreira@family.example", 4),
    ("Printmaking", "Rami Haddad", "r.haddad@family.example", 5),
    ("Printmaking", "Lucie Martin", "l.martin@family.example", 4),
    ("Hammer", "Stjepan Novak", "s.novak@agency.example", 2),
)


def campaign(title: str) -> Campaign | None:
    """A campaign of the demo, by its title."""
    return db.session.scalar(select(Campaign).where(Campaign.title == title))


def this_season() -> dict[str, str]:
    """The texts of the campaign that runs now."""
    return season(now().year)


def seed() -> None:
    """Make what is missing."""
    with travel(WINTER_2006):
        _campaign(CAMPAIGN_2006, date(2006, 3, 1), date(2006, 7, 31))
        for entry in EVENTS_2006:
            start, end = (_local(str(entry[key]), str(entry.get("zone", GENEVA))) for key in ("start", "end"))
            _event(entry, CAMPAIGN_2006["title"], start, end, None, held=True)
    today = now().date()
    _campaign(this_season(), today - timedelta(days=14), today + timedelta(days=30))
    for entry in EVENTS_NOW:
        start = at_hour(today + timedelta(days=int(entry["days"])), int(entry["hour"]), int(entry["minute"]))
        end = start + timedelta(minutes=int(entry["minutes"]))
        _event(entry, this_season()["title"], start, end, int(entry["capacity"]), held=False)
    with atomic():
        for title, name, email, party in GUESTS:
            found = db.session.scalars(select(Event).where(Event.title.startswith(title))).first()
            if found is not None:
                person_id = people.person(email).id
                events.register(found.id, name=name, email=email, party=party, person_id=person_id)


def _local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def at_hour(day: date, hour: int, minute: int) -> datetime:
    """A time of a day in Geneva, in UTC."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(GENEVA)).astimezone(UTC)


def _campaign(entry: dict[str, str], first: date, last: date) -> None:
    if campaign(entry["title"]) is not None:
        return
    with atomic():
        events.create_campaign(
            title=entry["title"],
            summary=entry["summary"],
            accent=entry["accent"],
            starts_on=first,
            ends_on=last,
            beneficiary_id=people.partner("passerelle-femmes").id,
            published=True,
        )


def _event(entry: Any, campaign_title: str, start: datetime, end: datetime, seats: int | None, *, held: bool) -> None:
    if db.session.scalar(select(Event.id).where(Event.title == entry["title"])) is not None:
        return
    parent = campaign(campaign_title)
    with atomic():
        event = events.create_event(
            title=entry["title"],
            kind=entry["kind"],
            starts_at=start,
            ends_at=end,
            timezone=entry.get("zone", GENEVA),
            campaign_id=parent.id if parent else None,
            audience=entry.get("audience", "public"),
            audience_note=entry["audience_note"],
            summary=entry["summary"],
            body=entry["body"],
            place=entry["place"],
            partner_ids=[people.partner(slug).id for slug in entry["partners"]],
            capacity=seats,
        )
        event_id = event.id
    for status in (EventStatus.PUBLISHED, EventStatus.HELD) if held else (EventStatus.PUBLISHED,):
        with atomic(), travel(end + timedelta(hours=1) if status == EventStatus.HELD else now()):
            events.set_status(event_id, status, actor_id=None)
