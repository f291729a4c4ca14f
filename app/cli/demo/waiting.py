"""The demo's registration: what is asked, who waits and why somebody was moved, seats kept back, requests to answer."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.cli.demo import people
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import asking, holds, pools, queueing, seats
from app.events import services as events
from app.events.models import Event, EventStatus, PoolKind, Question, QuestionKind, Registration

KIND = QuestionKind
# Who waits for the prints: (name, address, party, comes in part, is asked first)
WAITING = (
    ("Pia Lund", "parent@family.example", 3, False, False),
    ("Anna Keller", "a.keller@family.example", 4, False, False),
    ("Moussa Diop", "m.diop@agency.example", 3, True, False),
    ("Stjepan Novak", "s.novak@agency.example", 2, False, True),
)
ASKING = (("Joana Ferreira", "j.ferreira@family.example", 1), ("Rami Haddad", "r.haddad@family.example", 2))
BREAKFAST = "Breakfast with the house on the hill"


def seed() -> None:
    """Make what is missing."""
    prints, fathers = _event("Printmaking"), _event("Fathers and work")
    if prints is not None and not _asks(prints):
        _printmaking(prints.id)
    if fathers is not None and not _asks(fathers):
        _fathers(fathers.id)
    if fathers is not None and _event(BREAKFAST) is None:
        _breakfast(fathers)


def _event(title: str) -> Event | None:
    running = (Event.title.startswith(title), Event.status == EventStatus.PUBLISHED, Event.ends_at > now())
    found: Event | None = db.session.scalar(select(Event).where(*running))
    return found


def _asks(event: Event) -> bool:
    return db.session.scalar(select(Question.id).where(Question.event_id == event.id).limit(1)) is not None


def _printmaking(event_id: int) -> None:
    with atomic():
        children = asking.add_question(event_id, kind=KIND.YES_NO, label="Do children come with you?", required=True)
        asking.add_question(
            event_id, kind=KIND.SEVERAL, label="How old are they?", options="6 to 8\n9 to 11\n12 to 16",
            help="The tables are of different heights.", required=True, condition_id=children.id, condition_value="yes",
        )  # fmt: skip
        asking.add_question(
            event_id, kind=KIND.CHOICE, label="What would you like to print with?", options="Potatoes\nLinoleum\nLeaves"
        )
        asking.add_question(event_id, kind=KIND.CONSENT, label="We may be seen in photographs of the afternoon")
        for name, email, party, in_part, ask_first in WAITING:
            events.register(
                event_id, name=name, email=email, party=party, in_part=in_part, ask_first=ask_first,
                person_id=people.person(email).id,
            )  # fmt: skip
        last = db.session.scalars(
            select(Registration).where(Registration.event_id == event_id, Registration.name == "Stjepan Novak")
        ).one()
        queueing.move(last.id, 2, "They travel from another town and have to book their train.", None)


def _fathers(event_id: int) -> None:
    with atomic():
        pools.set_terms(
            event_id, approval=False, offer_hours=24, guest_names=False, participants_listed=True,
            registration_closes_at=None, actor_id=None,
        )  # fmt: skip
        online = pools.add_pool(
            event_id, name="Online", kind=PoolKind.ONLINE, capacity=200, largest_party=1, actor_id=None
        )
        asking.add_question(event_id, kind=KIND.TEXT, label="What would you ask a father of 2006?")
        room = seats.lock_pools(event_id)[0]
        room.name = "Room 1"
        holds.hold(room, 4, "The speakers and their families", now() + timedelta(days=14))
        for name, email, pool in (
            ("Moussa Diop", "m.diop@agency.example", room),
            ("Anna Keller", "a.keller@family.example", online),
        ):
            person_id = people.person(email).id
            events.register(event_id, name=name, email=email, person_id=person_id, pool_id=pool.id, listed=True)


def _breakfast(model: Event) -> None:
    start = model.starts_at + timedelta(days=6, hours=-4)
    campaign_id = model.campaign_id
    with atomic():
        event = events.create_event(
            title=BREAKFAST, kind="breakfast", starts_at=start, ends_at=start + timedelta(minutes=90),
            campaign_id=campaign_id, place="Headquarters, terrace, Geneva", capacity=12, largest_party=2,
            summary="Twelve chairs, one long table: those who run the shelter tell what a year there looks like.",
            body="The table is small, so we choose who sits at it, and answer everybody within three days.",
        )  # fmt: skip
        event_id = event.id
        pools.set_terms(
            event_id, approval=True, offer_hours=24, guest_names=True, participants_listed=False,
            registration_closes_at=None, actor_id=None,
        )  # fmt: skip
        asking.add_question(event_id, kind=KIND.TEXT, label="Why would you like to come?", required=True)
        asking.add_question(
            event_id, kind=KIND.FILE, label="A page about your project", help="If you would like to show us one."
        )
        events.set_status(event_id, EventStatus.PUBLISHED)
        for name, email, party in ASKING:
            events.register(event_id, name=name, email=email, party=party, person_id=people.person(email).id)
