"""Reminders: once for each registration and start, and only to those who need one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock, jobs, mail
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.mail import MailState
from app.core.transactions import atomic
from app.events import reminders, services
from app.events.models import Event
from tests.cast import Cast
from tests.events.helpers import mails, make_event, seat
from tests.letterbox import Letterbox

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])
HOUR = timedelta(hours=1)


def work(at: datetime, hours: int = 1) -> None:
    """What the worker does in these hours: a sweep each, and the jobs that are due."""
    for hour in range(hours):
        with clock.travel(at + hour * HOUR):
            reminders.sweep()
            while jobs.run_due():
                pass


def told(to: str = "") -> list[Any]:
    return mails(reminders.LETTER, to)


def change(event: Event, **values: Any) -> None:
    with atomic():
        services.update_event(event.id, actor_id=None, capacity=9, largest_party=5, partner_ids=[], **values)


@contextmanager
def the_day_before(event: Event) -> Iterator[None]:
    with clock.travel(event.starts_at - 24 * HOUR + timedelta(minutes=1)):
        yield


def test_everybody_with_a_seat_is_reminded_once(app: Flask, letterbox: Letterbox) -> None:
    event = make_event(capacity=2, days=10)
    seat(event, "Ann", 2, locale="fr")
    seat(event, "Bea")
    work(event.starts_at - 30 * HOUR, hours=5)
    assert told() == []
    work(event.starts_at - 25 * HOUR, hours=26)  # a day and more, with a sweep each hour
    assert [one.recipient for one in told()] == ["ann@home.example"]  # Bea waits
    with the_day_before(event):
        reminders.remind({"event_id": event.id})
        reminders.sweep()
        assert len(told()) == 1
        mail.send_due()
    (letter,) = letterbox.to("ann@home.example")[1:]
    assert event.title in letter["Subject"]
    body = letter.get_body(("plain",)).get_content()
    assert "Room A" in body and "/registrations/" in body
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]


def test_it_goes_out_at_its_time_and_not_at_the_next_full_hour(app: Flask) -> None:
    event = make_event(capacity=2, days=10)
    seat(event, "Ann")
    due = event.starts_at - 24 * HOUR
    with clock.travel(due - timedelta(minutes=40)):
        reminders.sweep()
        jobs.run_due()
    assert told() == []
    (job,) = db.session.scalars(select(Job).where(Job.kind == reminders.REMIND, Job.done_at.is_(None)))
    assert job.due_at == due
    with clock.travel(due + timedelta(seconds=1)):
        jobs.run_due()
    assert len(told()) == 1


@ONE_ENGINE
def test_a_moved_event_is_reminded_of_anew(app: Flask) -> None:
    event = make_event(capacity=9, days=10)
    seat(event, "Ann")
    work(event.starts_at - 24 * HOUR, hours=2)
    assert len(told()) == 1
    with the_day_before(event):
        change(event, starts_at=event.starts_at + 72 * HOUR, ends_at=event.ends_at + 72 * HOUR)
    work(event.starts_at - 30 * HOUR, hours=29)
    assert len(told()) == 2
    assert len({one.key for one in told()}) == 2


@ONE_ENGINE
def test_whoever_was_just_told_of_the_new_time_is_not_reminded_at_once(app: Flask) -> None:
    event = make_event(capacity=9, days=10)
    seat(event, "Ann")
    soon = now() + 5 * 24 * HOUR
    with clock.travel(soon):
        change(event, starts_at=soon + 8 * HOUR, ends_at=soon + 9 * HOUR)
    work(soon + timedelta(minutes=5), hours=2)
    assert told() == []
    work(soon + 4 * HOUR, hours=3)
    assert len(told()) == 1


@ONE_ENGINE
def test_a_letter_about_another_event_delays_no_reminder(app: Flask) -> None:
    event, other = make_event(capacity=9, days=10), make_event(capacity=9, days=20)
    with atomic():
        reminders.set_hours(event.id, 3)
    seat(event, "Ann")
    with clock.travel(event.starts_at - 3 * HOUR - timedelta(minutes=5)):
        seat(other, "Ann")
    work(event.starts_at - 3 * HOUR, hours=1)
    assert [mail.key for mail in told()] == [f"event_reminder:1:{event.starts_at:%Y%m%d%H%M}"]


@ONE_ENGINE
def test_who_needs_no_reminder_gets_none(app: Flask) -> None:
    event = make_event(capacity=9, days=10)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    with atomic():
        services.withdraw(ann.id)
    with clock.travel(event.starts_at - 20 * HOUR):
        seat(event, "Late")  # registered within the day: has just read it all
    work(event.starts_at - 19 * HOUR, hours=18)
    assert [one.recipient for one in told()] == [bea.email]


@ONE_ENGINE
@pytest.mark.parametrize("status", ["postponed", "cancelled"])
def test_an_event_that_does_not_take_place_is_not_reminded_of(app: Flask, status: str) -> None:
    event = make_event(capacity=9, days=10)
    seat(event, "Ann")
    with atomic():
        services.set_status(event.id, status)
    work(event.starts_at - 25 * HOUR, hours=27)
    assert told() == []


@ONE_ENGINE
def test_a_reminder_that_was_overtaken_is_not_sent(app: Flask, letterbox: Letterbox) -> None:
    event = make_event(capacity=9, days=10)
    ann, bea = seat(event, "Ann"), seat(event, "Bea")
    work(event.starts_at - 24 * HOUR)
    with the_day_before(event):
        with atomic():
            services.withdraw(ann.id)
        mail.send_due()
    assert {one.recipient: one.state for one in told()} == {ann.email: MailState.FAILED, bea.email: MailState.SENT}
    assert told("ann@")[0].reason == mail.OVERTAKEN
    assert not [letter for letter in letterbox.to(ann.email) if "soon" in letter["Subject"].lower()]


@ONE_ENGINE
def test_the_organiser_chooses_when(app: Flask, cast: Cast, client_for: Any) -> None:
    event = make_event(capacity=9, days=10)
    seat(event, "Ann")
    address = f"/manage/events/{event.id}/messages/reminder"
    for stranger in (client_for(), client_for(cast.parent), client_for(cast.curator)):
        assert stranger.post(address, data={"remind_hours": "0"}).status_code in (302, 303, 403)
    client = client_for(cast.organiser)
    page = client.get(f"/manage/events/{event.id}/messages/").text
    assert "1 day before" in page and "Now that is 1 address" in page
    for wrong in ("5", "-1", "NaN", "", "9" * 40):
        assert client.post(address, data={"remind_hours": wrong}).status_code == 422
    assert client.post(address, data={"remind_hours": "72"}).status_code == 303
    work(event.starts_at - 73 * HOUR, hours=2)
    assert len(told()) == 1
    client.post(address, data={"remind_hours": "0"})
    assert "Nobody is reminded" in client.get(f"/manage/events/{event.id}/messages/").text
    assert db.session.get_one(Event, event.id).remind_hours is None


@ONE_ENGINE
def test_many_are_reminded_with_few_statements(app: Flask) -> None:
    from sqlalchemy import event as sql_event

    event = make_event(capacity=600, days=10)
    with atomic():
        for number in range(60):
            services.register(event.id, name="Ann", email=f"ann{number}@home.example")
    statements: list[str] = []
    note = lambda _c, _cursor, statement, *_: statements.append(statement)  # noqa: E731
    sql_event.listen(db.engine, "before_cursor_execute", note)
    try:
        work(event.starts_at - 24 * HOUR)
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", note)
    assert len(told()) == 60
    assert len(statements) <= 30
