"""The demo's round-table breakfast by invitation, with answers of every kind; and an evening for a closed list."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.cli.demo import people, programme
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import closed_list, inviting
from app.events import services as events
from app.events.models import Event, Invitation

BREAKFAST = "Round-table breakfast: who pays for the move?"
EVENING = "A first look for the families who painted"
WORDS = (
    "In 2006 ministers sat around this table and spoke about women who leave home to work. Twenty years later we would like "
    "to ask one question only: who pays for the move, and who should?\n\nNo podium, no statements of more than three minutes, "
    "good coffee. Please tell us who comes with you.\n\nOlga Brandt, for the working group"
)
# Name, address, language, and what becomes of the invitation.
INVITED = (
    ("Minister Amina Sow", "cabinet@labour.senegal.example", "fr", "accepted"),
    ("Minister Jorge Salas", "oficina@trabajo.peru.example", "es", "declined"),
    ("Minister Ingrid Holm", "office@work.denmark.example", "en", "opened"),
    ("Minister Rosa Cruz", "office@labour.philippines.example", "en", "written"),
    ("Ambassador Li Wen", "mission@geneva.china.example", "en", "written"),
    ("Ambassador Karim Benali", "mission@geneva.morocco.example", "fr", "accepted alone"),
    ("Professor Marta Ruiz", "m.ruiz@university.example", "es", "taken back"),
)


def seed() -> None:
    """Make what is missing."""
    if db.session.scalar(select(Event.id).where(Event.title == BREAKFAST)) is None:
        _breakfast()
    if db.session.scalar(select(Event.id).where(Event.title == EVENING)) is None:
        _evening()


def _event(
    title: str, kind: str, audience: str, days: int, hour: int, minutes: int, capacity: int, **texts: Any
) -> int:
    parent = programme.campaign(programme.this_season()["title"])
    start = programme.at_hour(now().date() + timedelta(days=days), hour, 0)
    with atomic():
        event = events.create_event(
            title=title, kind=kind, audience=audience, starts_at=start, ends_at=start + timedelta(minutes=minutes),
            timezone=programme.GENEVA, campaign_id=parent.id if parent else None, capacity=capacity, **texts,
        )  # fmt: skip
        number = event.id
    with atomic():
        events.set_status(number, "published")
    return number


def _breakfast() -> None:
    number = _event(
        BREAKFAST, "breakfast", "invited", 14, 8, 90, 30, place="Palais des Nations, delegates’ restaurant, Geneva",
        summary="Ministers and ambassadors on the price that women pay when they leave to work elsewhere.",
        body="One question, one table, ninety minutes. What is said feeds the recommendations of the spring.",
        audience_note="Heads of delegation and who accompanies them",
    )  # fmt: skip
    actor = people.person("organiser@kermesse.example").id
    due = programme.at_hour(now().date() + timedelta(days=9), 18, 0)
    with travel(now() - timedelta(days=4)), atomic():
        wanted = [inviting.Wanted(email, name, 3, language) for name, email, language, _state in INVITED]
        made = inviting.invite(number, wanted, keep_seats=True, answer_by=due, message=WORDS, actor_id=actor)
    for invitation, (name, _email, _language, state) in zip(made, INVITED, strict=True):
        with travel(now() - timedelta(days=2)), atomic():
            _answer(number, invitation, name, state, actor)


def _answer(number: int, invitation: Invitation, name: str, state: str, actor: int) -> None:
    if state == "accepted":
        guests = ["Fatou Ndiaye, adviser", "Pape Diallo, interpreter"]
        inviting.accept(
            invitation.id, name=name, party=3, guests=guests, needs="An interpreter sits beside the minister."
        )
    elif state == "accepted alone":
        inviting.accept(invitation.id, name=name, party=1, diet="No pork.")
    elif state == "declined":
        inviting.decline(invitation.id, "The minister is in New York that week and sends his regrets.")
    elif state == "opened":
        inviting.opened(invitation.id)
    elif state == "taken back":
        inviting.take_back(number, invitation.id, actor)


def _evening() -> None:
    number = _event(
        EVENING, "exhibition", "listed", 6, 18, 60, 80, place="Headquarters, entrance hall, Geneva",
        summary="Before the doors open to everybody, the pupils show their pictures to those at home.",
        body="Bring whoever carried the wet paper home. The curator tells how the pictures were hung.",
        audience_note="Families of the pupils",
    )  # fmt: skip
    with atomic():
        closed_list.put(number, {"@family.example": "Families", "l.martin@agency.example": "Teachers"}, None)
