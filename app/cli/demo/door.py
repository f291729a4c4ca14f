"""The demo's evening: a vernissage that begins soon, with tickets to show at its door. Some have come early."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from app.cli.demo import people
from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import door
from app.events import services as events
from app.events.models import Event
from app.events.tickets import ticket_text

TITLE = "Vernissage: what the children answered"
# (name, address, party, who is in already)
GUESTS = (
    ("Anna Keller", "a.keller@family.example", 4, 3),
    ("Moussa Diop", "m.diop@agency.example", 2, 0),
    ("Lucie Martin", "l.martin@family.example", 3, 3),
    ("Joana Ferreira", "j.ferreira@family.example", 5, 0),
    ("Rami Haddad", "r.haddad@family.example", 2, 0),
    ("Stjepan Novak", "s.novak@agency.example", 1, 1),
    ("Eun-ji Park", "e.park@agency.example", 2, 0),
    ("Aminata Sow", "a.sow@family.example", 6, 0),
    ("Henrik Lund", "h.lund@agency.example", 1, 0),
    ("Marta Kowalska", "m.kowalska@family.example", 4, 0),
)
SUMMARY = "Two schools open their wall before anybody may bid: the artists are there, the catalogue is still warm."
BODY = (
    "Show your ticket at the entrance, on your phone or on paper; a family may come one after the other. Without a "
    "ticket, ask at the door: a few seats are kept."
)


def seed() -> None:
    """Make what is missing."""
    if db.session.scalar(select(Event.id).where(Event.title == TITLE)) is not None:
        return
    start = (now() + timedelta(minutes=75)).replace(minute=0, second=0, microsecond=0)
    with atomic():
        event = events.create_event(
            title=TITLE, kind="exhibition", starts_at=start, ends_at=start + timedelta(hours=3), summary=SUMMARY, body=BODY,
            place="Headquarters, entrance hall, Geneva", capacity=60, largest_party=6,
            partner_ids=[people.partner("ecole-du-rhone").id, people.partner("lakeside-school").id],
        )  # fmt: skip
        number = event.id
    with atomic():
        events.set_status(number, "published")
    for name, email, party, early in GUESTS:
        with atomic():
            claim = events.register(number, name=name, email=email, party=party, by_organiser=True)
        if early:
            scan = door.Scan(f"demo-{claim.registration.id:08}", code=ticket_text(claim.registration), people=early)
            with atomic():
                door.take_in(number, scan, None, None)
