"""Many hands on few seats, on both engines, with and without the lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import database
from app.core.database import db
from app.core.mail import Mail
from app.core.transactions import FairLock, atomic
from app.events import queries, seats, services
from app.events.models import Event, Registration, SeatPool
from tests.events.helpers import make_event, seat

HANDS = 64


def at_once(app: Flask, work: Callable[[int], Any], hands: int = HANDS) -> list[Any]:
    """What `work(number)` returned or raised, in that many threads that start together."""
    answers: list[Any] = [None] * hands
    start = threading.Barrier(hands)

    def one(number: int) -> None:
        start.wait()
        with app.app_context():
            try:
                answers[number] = work(number)
            except Exception as fault:
                answers[number] = fault
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return answers


def registrar(event_id: int, party: Callable[[int], int] = lambda number: 1) -> Callable[[int], str]:
    """Work that registers guest `number`; returns the token acknowledged."""

    def register(number: int) -> str:
        with atomic():
            claim = services.register(
                event_id, name=f"Guest {number}", email=f"guest{number}@home.example", party=party(number)
            )
        return claim.registration.token

    return register


def faults(event: Event, answers: list[Any], demand: int) -> list[str]:
    """Everything that contradicts S1 to S6 after a race; empty when the promises hold."""
    db.session.rollback()
    found = queries.seat_faults(event.id)
    rows = db.session.scalars(select(Registration).where(Registration.event_id == event.id)).all()
    kept = {row.token for row in rows}
    lost = [answer for answer in answers if not isinstance(answer, str) or answer not in kept]
    if lost:
        found.append(f"{len(lost)} of {len(answers)} were not registered: {lost[0]!r}")
    pool = db.session.scalar(select(SeatPool).where(SeatPool.event_id == event.id))
    if demand >= pool.capacity and pool.confirmed < pool.capacity:
        found.append("undersold")
    mailed = {mail.key for mail in db.session.scalars(select(Mail)) if mail.key.startswith("event_")}
    owed = {f"{'event_waiting' if row.status.value == 'waiting' else 'event_confirmed'}:{row.id}" for row in rows}
    if mailed != owed:
        found.append("the outbox does not say what happened")
    return found


def test_64_hands_for_10_seats(app: Flask) -> None:
    event = make_event(capacity=10)
    answers = at_once(app, registrar(event.id))
    assert faults(event, answers, demand=HANDS) == []
    counts = queries.counts_of(event.id)
    assert (counts["confirmed"], counts["waiting"]) == ((10, 10), (54, 54))


def test_parties_of_three_sizes(app: Flask) -> None:
    event = make_event(capacity=31)
    answers = at_once(app, registrar(event.id, party=lambda number: 1 + number % 3))
    assert faults(event, answers, demand=126) == []


def test_one_form_sent_64_times(app: Flask) -> None:
    event = make_event(capacity=10)

    def same(_number: int) -> str:
        with atomic():
            claim = services.register(event.id, name="Ann", email="ann@home.example", operation="one-form-only")
        return claim.registration.token

    answers = at_once(app, same)
    assert len(set(answers)) == 1
    assert queries.counts_of(event.id)["confirmed"] == (1, 1)


def test_coming_and_going_at_once(app: Flask) -> None:
    event = make_event(capacity=10)
    first = [seat(event, f"Early{number}").id for number in range(16)]

    def come_or_go(number: int) -> None:
        with atomic():
            if number < 16:
                services.withdraw(first[number])
            elif number < 20:
                services.update_event(event.id, actor_id=None, capacity=8 + number % 4, largest_party=5, partner_ids=[])
            else:
                services.register(event.id, name="Late", email=f"late{number}@home.example", party=1 + number % 2)

    answers = at_once(app, come_or_go)
    assert answers == [None] * HANDS
    assert queries.seat_faults(event.id) == []
    counts = queries.counts_of(event.id)
    assert sum(parties for parties, _people in counts.values()) == 16 + 44
    assert counts["withdrawn"][0] == 16
    pool = db.session.scalar(select(SeatPool).where(SeatPool.event_id == event.id))
    assert pool.confirmed >= pool.capacity - 1  # parties of two may leave one seat that nobody fits


@contextmanager
def locks_switched_off(monkeypatch: pytest.MonkeyPatch, hands: int) -> Iterator[None]:
    """No turn in the process, BEGIN for BEGIN IMMEDIATE, a plain read for FOR UPDATE; all read before one writes."""
    gate = threading.Barrier(hands)

    def plain_read(event_id: int) -> list[SeatPool]:
        found = list(db.session.scalars(select(SeatPool).where(SeatPool.event_id == event_id)))
        gate.wait(timeout=20)
        return found

    class NoLock(FairLock):
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr("app.core.transactions._turn", NoLock())
        patch.setattr("app.core.transactions.WRITE", database.WRITE + "_off")
        patch.setattr(seats, "lock_pools", plain_read)
        yield


def test_negative_control_without_the_locks(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The constraint still refuses the oversale, but people are turned away who should wait: the check sees it."""
    event = make_event(capacity=4)
    with locks_switched_off(monkeypatch, hands=12):
        answers = at_once(app, registrar(event.id), hands=12)
    found = faults(event, answers, demand=12)
    assert any("were not registered" in fault for fault in found)
    assert not any(fault.endswith(": oversold") for fault in found)


def test_the_same_size_with_the_locks_has_no_fault(app: Flask) -> None:
    event = make_event(capacity=4)
    answers = at_once(app, registrar(event.id), hands=12)
    assert faults(event, answers, demand=12) == []


def test_negative_control_without_locks_and_constraint(
    app: Flask, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting by writing back what was read: the check sees the oversale itself (SQLite turns most away instead)."""
    event = make_event(capacity=4)

    def write_back(pool: SeatPool, confirmed: int = 0, held: int = 0) -> None:
        pool.confirmed = pool.confirmed + confirmed

    with locks_switched_off(monkeypatch, hands=12), monkeypatch.context() as patch:
        patch.setattr(seats, "take", write_back)
        answers = at_once(app, registrar(event.id), hands=12)
    found = faults(event, answers, demand=12)
    assert any(fault.endswith(": oversold") for fault in found) if engine == "postgresql" else found != []
