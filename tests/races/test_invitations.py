"""Acceptances on seats that are kept, while the public registers: each invited party gets its own, and nobody is oversold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import holds, inviting, queries, services
from app.events.models import Event, Hold, Invitation, Registration, SeatPool
from app.events.seats import take
from tests.events.helpers import make_event, seat
from tests.races.test_seats import at_once

INVITED, PUBLIC, SEATS = 20, 28, 2


def faults(event: Event, invited: list[int]) -> list[str]:
    """Everything that contradicts what the invited were promised; empty when the promises hold."""
    db.session.rollback()
    found = queries.seat_faults(event.id)
    pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id)).one()
    if pool.confirmed + pool.held != pool.capacity:
        found.append(f"{pool.confirmed} + {pool.held} of {pool.capacity} seats are given")
    rows = db.session.scalars(select(Invitation).where(Invitation.id.in_(invited))).all()
    seatless = [row for row in rows if row.registration is None or row.registration.status.value != "confirmed"]
    if seatless:
        found.append(f"{len(seatless)} invited have no seat")
    running = db.session.scalars(select(Hold.id).where(Hold.released_at.is_(None))).all()
    if running:
        found.append(f"{len(running)} holds run on")
    return found


def scene() -> tuple[Event, list[int]]:
    """A room whose seats are kept for twenty invited parties of two, but for ten."""
    event = make_event(capacity=INVITED * SEATS + 10)
    with atomic():
        wanted = [inviting.Wanted(f"m{number}@state.example", f"M {number}", SEATS) for number in range(INVITED)]
        made = inviting.invite(event.id, wanted, keep_seats=True, answer_by=now() + timedelta(hours=1))
    return event, [one.id for one in made]


def hands(event_id: int, invited: list[int]) -> Any:
    """Work of hand `number`: an invited party of one or two accepts, or somebody registers by the form for everybody."""

    def work(number: int) -> None:
        with atomic():
            if number < INVITED:
                inviting.accept(invited[number], name=f"M {number}", party=1 + number % 2)
            else:
                services.register(event_id, name="P", email=f"p{number}@home.example", party=1 + number % 2)

    return work


def test_20_acceptances_amid_the_public(app: Flask) -> None:
    event, invited = scene()
    answers = at_once(app, hands(event.id, invited), hands=INVITED + PUBLIC)
    assert answers == [None] * (INVITED + PUBLIC)
    assert faults(event, invited) == []


def test_one_acceptance_sent_20_times(app: Flask) -> None:
    event, invited = scene()

    def same(_number: int) -> int:
        with atomic():
            return inviting.accept(invited[0], name="M", party=2).id

    answers = at_once(app, same, hands=20)
    assert len(set(answers)) == 1
    pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id)).one()
    assert (pool.confirmed, pool.held) == (2, (INVITED - 1) * SEATS)


def test_answers_meet_the_end_of_their_term(app: Flask) -> None:
    """Some accept, some decline, some are taken back, while a sweep ends the holds: every seat is counted once."""
    event, invited = scene()
    registered = select(Registration.id).where(Registration.event_id == event.id)

    def work(number: int) -> None:
        if number >= INVITED:
            holds.overdue()
            return
        with atomic():
            if number % 3 == 0:
                inviting.accept(invited[number], name="M", party=2)
            elif number % 3 == 1:
                inviting.decline(invited[number])
            else:
                inviting.take_back(event.id, invited[number], None)

    with atomic():  # the holds are due, the answers are not
        db.session.execute(update(Hold).values(until=now()))
    answers = at_once(app, work, hands=INVITED + 4)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert queries.seat_faults(event.id) == []
    pool = db.session.scalars(select(SeatPool).where(SeatPool.event_id == event.id)).one()
    assert (pool.confirmed, pool.held) == (2 * len(db.session.scalars(registered).all()), 0)


def test_negative_control_seats_let_go_before_they_are_taken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hold that ends in a step of its own before the acceptance leaves its seats to whoever waits: the check sees it."""
    event, invited = scene()
    for number in range(8):  # the queue that the seats go to
        seat(event, f"Early{number}", 2)
    honest = inviting._end_hold

    def let_go_first(invitation: Invitation) -> None:
        hold = honest(invitation)
        if hold is not None:
            pool = db.session.get_one(SeatPool, hold.pool_id)
            take(pool, held=-hold.seats)
            services.promote(db.session.get_one(Event, invitation.event_id), pool)

    monkeypatch.setattr(inviting, "_end_hold", let_go_first)
    at_once(app, hands(event.id, invited), hands=INVITED + PUBLIC)
    assert any("have no seat" in fault for fault in faults(event, invited))
