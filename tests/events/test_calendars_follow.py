"""Whatever happens to an event and its guests, in whatever order: every calendar shows just what is true.

The oracle is a calendar program that knows only the mails (tests/calendar_client.py), and a sentence: an entry stands in it if
and only if its owner has seats, or is offered some, at an event that takes place.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from datetime import UTC, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import atomic
from app.events import calendars, changes, offers, services
from app.events.models import LIVE, Event, EventStatus, Registration, RegistrationStatus
from app.events.seats import RegistrationRefused
from tests.calendar_client import CalendarClient
from tests.events.helpers import make_event

GUESTS = 3
_numbers = itertools.count(1)
STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["come", "come in part", "ask first", "leave", "accept", "grow", "shrink"]),
        st.integers(0, GUESTS - 1),
    ),
    st.tuples(st.sampled_from(["move", "place", "postponed", "published"]), st.just(0)),
)
REFUSED = (RegistrationRefused, offers.OfferOver, services.CourseRefused)


class House:
    """An event with two seats, three people, and their calendars."""

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.event_id = make_event(capacity=2).id
        self.phones = [CalendarClient() for _ in range(GUESTS)]
        self.heard = 0

    def address(self, guest: int) -> str:
        return f"guest{guest}@house{self.number}.example"

    @property
    def event(self) -> Event:
        return db.session.get_one(Event, self.event_id)

    def registration(self, guest: int) -> Registration | None:
        mine = (Registration.event_id == self.event_id, Registration.email == self.address(guest))
        query = select(Registration).where(*mine, Registration.status.in_(LIVE))
        return db.session.scalars(query).one_or_none()

    def take(self, step: str, guest: int) -> None:
        """One step, if the house allows it."""
        with contextlib.suppress(*REFUSED), atomic():
            row = self.registration(guest)
            if step in ("come", "come in part", "ask first"):
                facts = {
                    "in_part": step == "come in part",
                    "ask_first": step == "ask first",
                    "party": 2 if guest else 1,
                }
                services.register(self.event_id, name=f"Guest {guest}", email=self.address(guest), **facts)
            elif step in ("postponed", "published", "cancelled"):
                services.set_status(self.event_id, step)
            elif step in ("move", "place"):
                self.edit(step)
            elif row is not None and step == "leave":
                services.withdraw(row.id)
            elif row is not None and step == "accept":
                offers.accept(row.id)
            elif row is not None:
                changes.change_party(row.id, row.party + (1 if step == "grow" else -1) or 1)
        self.listen()

    def edit(self, step: str) -> None:
        day, event = timedelta(days=1), self.event
        moved = {"starts_at": event.starts_at + day, "ends_at": event.ends_at + day}
        values: dict[str, Any] = moved if step == "move" else {"place": f"{event.place}+"}
        services.update_event(event.id, actor_id=None, capacity=2, largest_party=5, partner_ids=[], **values)

    def listen(self) -> None:
        """Every calendar takes in its new mails."""
        db.session.rollback()
        new = select(Mail).where(Mail.id > self.heard, Mail.recipient.endswith(f"@house{self.number}.example"))
        for mail in db.session.scalars(new.order_by(Mail.id)):
            self.heard = mail.id
            for file in json.loads(mail.files):
                phone = self.phones[int(mail.recipient[len("guest")])]
                phone.apply(file["type"].partition("method=")[2], file["content"].encode())

    def faults(self) -> list[str]:
        """Calendars that show something else than what is true."""
        found = []
        for guest, phone in enumerate(self.phones):
            row, entry = self.registration(guest), phone.entries.get(calendars.uid(self.event_id))
            comes = row is not None and (row.seated > 0 or row.status is RegistrationStatus.OFFERED)
            if (entry is not None) is not (comes and self.event.status is EventStatus.PUBLISHED):
                found.append(
                    f"guest {guest}: {'an entry' if entry else 'no entry'}, {row and row.status}, {self.event.status}"
                )
            elif entry is not None:
                shown = (entry.dtstart.value.astimezone(UTC), entry.location.value)
                found += [f"guest {guest}: {shown}"] * (shown != (self.event.starts_at, self.event.place))
            sequences = [sequence for _method, sequence in phone.heard]
            found += [f"guest {guest}: {phone.heard}"] * (sequences != sorted(set(sequences)))
        return found


@pytest.mark.parametrize("engine", ["sqlite"])
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(STEPS, min_size=3, max_size=12))
@example(steps=[("come", 0), ("leave", 0), ("come", 0), ("postponed", 0), ("move", 0), ("published", 0), ("leave", 0)])
@example(
    steps=[("come", 1), ("ask first", 2), ("leave", 1), ("accept", 2), ("shrink", 2), ("come in part", 1), ("move", 0)]
)
@example(
    steps=[("come", 1), ("ask first", 2), ("leave", 1), ("postponed", 0), ("accept", 2), ("published", 0), ("place", 0)]
)
def test_every_calendar_shows_what_is_true(app: Flask, steps: list[tuple[str, int]]) -> None:
    app.config["KERMESSE"].values["MAIL_IN"] = "events@home.example"
    try:
        house = House()
        for step, guest in steps:
            house.take(step, guest)
            assert house.faults() == [], (step, guest)
        house.take("cancelled", 0)
        assert [phone.entries for phone in house.phones] == [{}] * GUESTS
    finally:
        app.config["KERMESSE"].values["MAIL_IN"] = ""
