"""What came of the demo's events: the recommendations of the expert meeting of 2006, and a talk that was held lately."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.cli.demo import people, programme
from app.cli.demo.after_texts import (
    ANSWERS,
    CAME,
    GUESTS,
    MINUTES_2006,
    MINUTES_LATELY,
    OUTCOMES_2006,
    OUTCOMES_LATELY,
    TALK,
)
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import attendance, composition, feedback, outcomes, remains
from app.events import services as events
from app.events.models import Event, EventStatus, Outcome, Registration, Stage

MEETING = "Female migrants"
DAYS_AGO = 9


def complete() -> bool:
    """Whether this stage stands."""
    return db.session.scalar(select(Outcome.id).limit(1)) is not None


def seed() -> None:
    """Make what is missing."""
    if complete():
        return
    meeting = db.session.scalars(select(Event).where(Event.title.startswith(MEETING))).one()
    _meeting(meeting.id)
    _talk()


def _meeting(event_id: int) -> None:
    with travel(datetime(2006, 5, 8, 9, tzinfo=UTC)), atomic():
        remains.decide_after(
            event_id,
            actor_id=None,
            minutes=MINUTES_2006,
            minutes_public=True,
            outcomes_public=True,
            feedback_asked=False,
        )
        made = [_record(event_id, entry) for entry in OUTCOMES_2006]
    for outcome_id, entry in zip(made, OUTCOMES_2006, strict=True):
        for day, state, words in entry["steps"]:
            with travel(datetime.combine(day, time(10), UTC)), atomic():
                outcomes.follow_up(outcome_id, state, words, public=True)


def _record(event_id: int, entry: dict[str, Any]) -> int:
    facts = {
        name: entry[name] for name in ("kind", "text", "addressee", "owner", "owner_email", "due_on") if name in entry
    }
    return outcomes.record_outcome(event_id, **facts).id


def _talk() -> None:
    start = datetime.combine(
        now().date() - timedelta(days=DAYS_AGO), time(12, 30), ZoneInfo(programme.GENEVA)
    ).astimezone(UTC)
    campaign = programme.campaign(programme.this_season()["title"])
    with travel(start - timedelta(days=20)), atomic():
        event = events.create_event(
            **TALK, starts_at=start, ends_at=start + timedelta(minutes=75), capacity=40,
            campaign_id=campaign.id if campaign else None, partner_ids=[people.partner("passerelle-femmes").id],
        )  # fmt: skip
        event_id = event.id
        remains.decide_after(event_id, actor_id=None, composition_asked=True)
        events.set_status(event_id, EventStatus.PUBLISHED)
    with travel(start - timedelta(days=12)), atomic():
        for name, party, said in GUESTS:
            email = f"{name.split()[0].lower()}@family.example"
            claim = events.register(event_id, name=name, email=email, party=party, operation=f"demo-after-{email}")
            composition.declare_registration(claim.registration.id, Stage.REGISTERED, said)
    with travel(start + timedelta(hours=3)), atomic():
        events.set_status(event_id, EventStatus.HELD)
        rows = list(db.session.scalars(select(Registration).where(Registration.event_id == event_id)))
        came = {row.id: row.party for row in rows if row.name in CAME}
        attendance.note_attendance(event_id, came, actor_id=None)
    feedback.thank()
    by_name = {row.name: row.id for row in rows}
    with travel(start + timedelta(days=1)), atomic():
        for name, (rating, liked, improve, said) in ANSWERS.items():
            feedback.give_feedback(by_name[name], rating, liked=liked, improve=improve, category=said)
    with travel(start + timedelta(days=2)), atomic():
        remains.decide_after(
            event_id,
            actor_id=None,
            minutes=MINUTES_LATELY,
            feedback_public=True,
            certificates=True,
            outcomes_public=True,
        )
        for entry in OUTCOMES_LATELY:
            in_days = entry["in_days"]
            due_on = None if in_days is None else start.date() + timedelta(days=DAYS_AGO + in_days)
            made = _record(event_id, entry | {"due_on": due_on})
            for state, words in entry["steps"]:
                outcomes.progress(made, state, words)
