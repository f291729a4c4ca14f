"""Many hands in a queue at once: offers answered and not, parties that change, pools, requests, holds, moves."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.events import changes, holds, offers, pools, queries, queueing, seats, services
from app.events.models import Event, Hold, PoolKind, Registration, RegistrationStatus, SeatPool
from app.events.seats import RegistrationRefused
from tests.events.helpers import make_event, seat
from tests.races.test_seats import HANDS, at_once, locks_switched_off

ORDERLY = (RegistrationRefused, offers.OfferOver, holds.TooMany)


def furnished() -> tuple[Event, list[int], list[int], list[int]]:
    """An event with two pools and all that can be in them: (event, registrations, pools, holds)."""
    event = make_event(capacity=12)
    with atomic():
        other = pools.add_pool(event.id, name="B", kind=PoolKind.ROOM, capacity=6, largest_party=5, actor_id=None)
    first = queries.managed_event(event.id)
    assert first is not None
    numbers = [pool.id for pool in first.pools]
    rows = [
        seat(event, f"Guest{number}", 1 + number % 3, pool_id=numbers[number % 2], in_part=number % 5 == 0,
             ask_first=number % 3 == 0)
        for number in range(28)
    ]  # fmt: skip
    with atomic():
        for row in rows[:3]:
            services.withdraw(row.id)
    with atomic():
        kept = holds.hold(seats.lock_pools(event.id)[1], 1, "x", now() + timedelta(days=1)) if other.free else None
    return event, [row.id for row in rows], numbers, [kept.id] if kept else []


def hand(event: Event, rows: list[int], numbers: list[int], kept: list[int]) -> Callable[[int], str]:
    """What hand `number` does: one of everything."""

    def work(number: int) -> str:
        dice = random.Random(number)
        row, pool = dice.choice(rows), dice.choice(numbers)
        acts: list[Callable[[], Any]] = [
            lambda: services.register(
                event.id, name="Late", email=f"late{number}@home.example", party=dice.randint(1, 3), pool_id=pool,
                in_part=dice.random() < 0.5, ask_first=dice.random() < 0.3,
            ),
            lambda: services.withdraw(row),
            lambda: offers.accept(row),
            lambda: changes.change(row, party=dice.randint(1, 4), pool_id=pool),
            lambda: changes.change_party(row, dice.randint(1, 4)),
            lambda: queueing.move(row, dice.randint(1, 9), "A reason.", None),
            lambda: holds.release(kept[0]) if kept else None,
            lambda: pools.update_pool(
                pool, name="", kind=PoolKind.ROOM, capacity=dice.randint(4, 14), largest_party=5, actor_id=None
            ),
        ]  # fmt: skip
        try:
            with atomic():
                acts[number % len(acts)]()
        except ORDERLY as refused:
            return type(refused).__name__
        return "done"

    return work


def test_64_hands_do_everything_at_once(app: Flask) -> None:
    event, rows, numbers, kept = furnished()
    assert queries.seat_faults(event.id) == []
    answers = at_once(app, hand(event, rows, numbers, kept))
    assert [answer for answer in answers if not isinstance(answer, str)] == []
    assert answers.count("done") > HANDS // 2
    assert queries.seat_faults(event.id) == []
    for pool_id in numbers:
        order = [place.registration.ranked_at for place in queueing.queue_of(pool_id)]
        assert order == sorted(order)


def test_one_offer_accepted_withdrawn_and_lapsed_by_many(app: Flask) -> None:
    event = make_event(capacity=2)
    ann = seat(event, "Ann", 2)
    olaf, next_one = seat(event, "Olaf", 2, ask_first=True), seat(event, "Next", 2)
    with atomic():
        services.withdraw(ann.id)
    acts = (offers.accept, services.withdraw, offers.lapse)

    def answer(number: int) -> str:
        try:
            with atomic():
                acts[number % 3](olaf.id)
        except offers.OfferOver:
            return "over"
        return "done"

    answers = at_once(app, answer, hands=24)
    assert [one for one in answers if not isinstance(one, str)] == []
    assert queries.seat_faults(event.id) == []
    db.session.rollback()
    # Somebody withdrew it in the end, whoever accepted first: the next has the seats, and only once.
    assert db.session.get_one(Registration, next_one.id).status is RegistrationStatus.CONFIRMED
    assert db.session.scalars(select(SeatPool.confirmed)).one() == 2


def test_one_request_answered_yes_and_no_by_many(app: Flask) -> None:
    event = make_event(capacity=1, approval=True)
    ann = seat(event, "Ann")

    def decide(number: int) -> None:
        with atomic():
            if number % 2:
                offers.approve(ann.id, None)
            else:
                offers.decline(ann.id, "", None)

    assert at_once(app, decide, hands=16) == [None] * 16
    assert queries.seat_faults(event.id) == []


def test_the_last_seats_are_held_and_taken_at_once(app: Flask) -> None:
    event = make_event(capacity=8)

    def take(number: int) -> str:
        try:
            with atomic():
                if number % 2:
                    holds.hold(seats.lock_pools(event.id)[0], 1, "x", now() + timedelta(days=1))
                else:
                    services.register(event.id, name="G", email=f"g{number}@home.example")
        except holds.TooMany:
            return "full"
        return "done"

    answers = at_once(app, take, hands=32)
    assert [one for one in answers if not isinstance(one, str)] == []
    pool = db.session.scalars(select(SeatPool)).one()
    assert pool.confirmed + pool.held == 8
    assert len(db.session.scalars(select(Hold)).all()) == pool.held
    assert queries.seat_faults(event.id) == []


@pytest.mark.parametrize("locked", [True, False])
def test_negative_control_a_party_that_shrinks_many_times(
    app: Flask, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """With the locks four become one, once; without them seats are freed more than once, or somebody has a fault."""
    event = make_event(capacity=8)
    four = seat(event, "Four", 4)
    seat(event, "Other", 4)

    def shrink(_number: int) -> str:
        with atomic():
            changes.change_party(four.id, 1)
        return "done"

    if locked:
        answers = at_once(app, shrink, hands=8)
    else:
        with locks_switched_off(monkeypatch, hands=8):
            answers = at_once(app, shrink, hands=8)
    wrong = [one for one in answers if one != "done"] + queries.seat_faults(event.id)
    assert bool(wrong) is not locked, wrong
