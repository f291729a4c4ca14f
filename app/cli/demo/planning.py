"""The demo's programme of the expert meeting of 2006, and a talk that comes every month. People are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.cli.demo import people
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import programme, services
from app.events.cloning import repeat
from app.events.models import Event, EventStatus, PoolKind, SeatPool, Series, Speaker
from app.events.series import create_series, put_in
from app.events.timing import Rhythm

NEW_YORK, GENEVA = "America/New_York", "Europe/Zurich"
MEETING = "Female migrants: bridging the gaps throughout the life cycle"
# name, affiliation, what is said about them, whether they moderate
SPEAKERS = (
    ("Ingrid Solheim", "Working group on gender issues, Geneva", "Has asked the same question in nineteen countries: who counts "
     "the women?", True),
    ("Teresa Abad", "Institute of statistics, Manila", "Counts those who leave, and writes about those whom no form asks for.", False),
    ("Dr Kofi Mensah-Boateng", "Midwives without a desk, Accra", "A doctor who trained health workers along three borders.", False),
    ("Lidia Ferraro", "Legal clinic for domestic workers, Milan", "Has won back more passports than she cares to remember.", False),
    ("Noor Rahimi", "Association of elder migrants, Malmö", "Came at twenty, retired at sixty-five, and found no pension in "
     "either country.", False),
)  # fmt: skip
# day, from, to, title, what about, place, who (places in SPEAKERS)
SESSIONS = (
    (2, "09:00", "10:30", "Who moves, and who is counted", "Flows of half of those who move are estimates of an estimate. What "
     "would better figures change?", "", (0, 1)),
    (2, "11:00", "12:45", "Health on the road", "Birth, illness and fear between two health systems, of which neither feels "
     "in charge.", "", (2,)),
    (2, "14:15", "17:30", "Behind the door of a household", "Contracts, recruiters and kept passports: what protects those who "
     "work where nobody looks.", "Room 7", (3, 0)),
    (3, "09:00", "11:00", "Growing old elsewhere", "Pensions, care and language at the end of a life in two countries.", "", (4,)),
    (3, "11:30", "13:00", "Three working groups write", "Each takes one stretch of life and marks the places where nobody is "
     "responsible.", "Rooms 7 to 9", ()),
    (3, "15:00", "17:30", "Recommendations", "Read aloud, struck out, agreed: to governments, to agencies and to their partners.", "", (0,)),
)  # fmt: skip
TALK: dict[str, Any] = {
    "title": "Midday question",
    "kind": "talk",
    "summary": "Forty minutes, one guest, one question that nobody in the house has an answer to yet. Bring your sandwich.",
    "body": "We meet around a table and not before a screen. The guest speaks for ten minutes; then it is your turn.\n\n"
    "Whoever cannot come may listen online and send a question in.",
    "place": "Headquarters, room 3, Geneva",
    "online_url": "https://meet.kermesse.example/midday",
    "audience_note": "Everybody is welcome",
}
SERIES = ("Midday questions", "On a *Thursday* of every month, at lunch: somebody from outside brings a question about people on "
          "the move, and leaves with ours.")  # fmt: skip


def seed() -> None:
    """Make what is missing."""
    _meeting()
    if db.session.scalar(select(Series.id).where(Series.title == SERIES[0])) is None:
        _talks()


def _meeting() -> None:
    event = db.session.scalars(select(Event).where(Event.title == MEETING)).first()
    if event is None or db.session.scalar(select(Speaker.id).where(Speaker.event_id == event.id).limit(1)) is not None:
        return
    event_id = event.id
    with atomic(), travel(datetime(2006, 4, 3, 9, tzinfo=UTC)):
        ids = [
            programme.save_speaker(
                event_id, actor_id=None, name=name, affiliation=whence, biography=words, moderates=moderates
            ).id
            for name, whence, words, moderates in SPEAKERS
        ]
        for day, first, last, title, summary, place, who in SESSIONS:
            start, end = (
                datetime.fromisoformat(f"2006-05-0{day}T{clock}").replace(tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)
                for clock in (first, last)
            )
            facts: dict[str, Any] = {
                "title": title,
                "summary": summary,
                "place": place,
                "starts_at": start,
                "ends_at": end,
            }
            programme.save_session(event_id, speaker_ids=[ids[index] for index in who], actor_id=None, **facts)


def _talks() -> None:
    """One that was, the next with seats in the room and online, and three that are still drafts."""
    zone = ZoneInfo(GENEVA)
    first = (now() - timedelta(days=24)).astimezone(zone)
    first += timedelta(days=(3 - first.weekday()) % 7)  # a Thursday
    start = first.replace(hour=12, minute=30, second=0, microsecond=0)
    with travel(start - timedelta(days=20)), atomic():
        series = create_series(title=SERIES[0], summary=SERIES[1], actor_id=None)
        event = services.create_event(
            **TALK, starts_at=start, ends_at=start + timedelta(minutes=40), capacity=30, series_id=series.id,
            partner_ids=[people.partner("population-agency").id],
        )  # fmt: skip
        event.pools[0].name = "In the room"
        online = SeatPool(kind=PoolKind.ONLINE, name="Online", position=1, capacity=200, ceiling=200, largest_party=1)
        event.pools.append(online)
        db.session.flush()
        programme.save_speaker(
            event.id, actor_id=None, name="Amina Dahl", affiliation="Night-bus driver and novelist, Bergen",
            biography="Has heard more about leaving home between two and five in the morning than most ministries.",
        )  # fmt: skip
        event_id, series_id = event.id, series.id
    with travel(start - timedelta(days=19)), atomic():
        services.set_status(event_id, EventStatus.PUBLISHED)
    with atomic():
        made = repeat(event_id, start + timedelta(weeks=5), Rhythm.MONTH_WEEK, 4, series_id=series_id, actor_id=None)
        ids = [draft.id for draft in made]
    with atomic():
        services.set_status(ids[0], EventStatus.PUBLISHED)
        services.set_status(event_id, EventStatus.HELD)
        breakfast = db.session.scalar(
            select(Event.id).where(Event.title.startswith("Fathers and work/life balance, twenty"))
        )
        if breakfast is not None:
            put_in(series_id, breakfast, None)
