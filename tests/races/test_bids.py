"""Many hands on one lot, on both engines, with and without the lock."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.auctions import lots, services, settlement, sitting
from app.auctions.models import Auction, Award, Bidder, BidRefusal, Lot
from app.auctions.rules import Reason
from app.auctions.services import BidOutcome, OperationReused
from app.core import database
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import FairLock, atomic, retried
from tests.auctions import oracle
from tests.auctions.helpers import bid, document, events, lot_of, mails, make_auction, people
from tests.cast import Cast
from tests.races.test_seats import at_once

HANDS = 32


def bidding(lot_id: int, persons: list[int], amounts: Callable[[int], list[int]]) -> Callable[[int], Any]:
    """Work of hand `number`: these bids one after another; returns [(operation, person, amount, outcome)]."""

    def work(number: int) -> list[tuple[str, int, int, BidOutcome]]:
        said = []
        for turn, francs in enumerate(amounts(number)):
            operation = f"hand-{number}-turn-{turn}"
            said.append((operation, persons[number], francs * 100, _place(lot_id, persons[number], francs, operation)))
        return said

    return work


def _place(lot_id: int, person_id: int, francs: int, operation: str) -> BidOutcome:
    def once() -> BidOutcome:
        with atomic():
            return services.place_bid(lot_id, person_id, francs * 100, operation, terms_accepted=True, confirmed=True)

    return retried(once)


def random_amounts(number: int, bids: int = 4) -> list[int]:
    dice = random.Random(number)  # the same in every run; what order they meet in is not
    return [dice.randint(10, 40 + 60 * turn) for turn in range(bids)]


def faults(lot: Lot, answers: list[Any]) -> list[str]:
    """Everything that contradicts B1 to B4, B6 and E1 after a race; empty when the promises hold."""
    found = [f"a hand was turned away: {type(answer).__name__}" for answer in answers if isinstance(answer, Exception)]
    said = [item for answer in answers if not isinstance(answer, Exception) for item in answer]
    rows = events(lot)
    persons = dict(db.session.execute(select(Bidder.id, Bidder.person_id)).all())
    logged = sorted((row.operation, persons[row.bidder_id or 0], row.amount) for row in rows)
    accepted = sorted((operation, person, amount) for operation, person, amount, outcome in said if not outcome.reason)
    if logged != accepted:
        found.append("B1: the log is not what was acknowledged")
    if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
        found.append("B2: seq has gaps or doubles")
    if any((before.price or 0) > (after.price or 0) for before, after in pairwise(rows)):
        found.append("B3: the price fell")
    found += [f"B4, B6: {difference}" for difference in lots.differences(lot.auction, lot)]
    lines = oracle.lines(document(lot))
    if any(not line["accepted"] for line in lines):
        found.append("the oracle refuses what the log holds")
    elif [line["price"] for line in lines] != [row.price for row in rows]:
        found.append("the oracle comes to other prices")
    refused = sum(1 for *_, outcome in said if outcome.reason)
    if db.session.scalar(select(func.count()).select_from(BidRefusal)) != refused:
        found.append("a refusal is not recorded")
    changes = sum(1 for before, after in pairwise(rows) if before.leader_id != after.leader_id)
    if len(mails("outbid")) != changes:
        found.append("E1: the outbox does not say who was outbid")
    return found


def test_32_hands_on_one_lot(app: Flask) -> None:
    auction = make_auction()
    lot, persons = lot_of(auction), people(HANDS)
    answers = at_once(app, bidding(lot.id, persons, random_amounts), hands=HANDS)
    lot = lot_of(auction)
    assert faults(lot, answers) == []
    highest = max(amount for answer in answers for _, _, amount, outcome in answer if not outcome.reason)
    assert lot.maximum == highest
    paddles = sorted(db.session.scalars(select(Bidder.paddle)))
    assert paddles == list(range(100, 100 + len(paddles)))


def test_32_hands_on_eight_lots_as_the_clock_runs_out(app: Flask) -> None:
    auction = make_auction(8, minutes=1)
    persons = people(HANDS)
    ids = [lot_of(auction, number).id for number in range(1, 9)]

    def work(number: int) -> list[Any]:
        said = []
        for turn, francs in enumerate(random_amounts(number)):
            lot_id, operation = ids[(number + turn) % 8], f"hand-{number}-turn-{turn}"
            said.append(
                (lot_id, (operation, persons[number], francs * 100, _place(lot_id, persons[number], francs, operation)))
            )
        return said

    answers = at_once(app, work, hands=HANDS)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    for number, lot_id in enumerate(ids, 1):
        lot = lot_of(auction, number)
        assert lots.differences(lot.auction, lot) == []
        accepted = sum(1 for answer in answers for place, item in answer if place == lot_id and not item[3].reason)
        assert len(events(lot)) == accepted
        assert lot.scheduled_end < lot.closes_at <= lot.scheduled_end + timedelta(minutes=30)


def test_one_form_sent_32_times(app: Flask, cast: Cast) -> None:
    auction = make_auction()
    lot_id, person_id = lot_of(auction).id, cast.parent.id
    answers = at_once(app, lambda number: _place(lot_id, person_id, 50, "one-form-only"), hands=HANDS)
    assert {(answer.leads, answer.price, answer.next_minimum) for answer in answers} == {(True, 1000, 5100)}
    assert sum(not answer.repeated for answer in answers) == 1
    assert len(events(lot_of(auction))) == 1


def test_one_form_with_32_amounts(app: Flask, cast: Cast) -> None:
    auction = make_auction()
    lot_id, person_id = lot_of(auction).id, cast.parent.id
    answers = at_once(app, lambda number: _place(lot_id, person_id, 50 + number, "one-form-only"), hands=HANDS)
    assert sum(isinstance(answer, OperationReused) for answer in answers) == HANDS - 1
    assert len(events(lot_of(auction))) == 1


def test_bids_and_the_closing_meet(app: Flask) -> None:
    """Hands bid just before, at and after the closing time while others close the lot."""
    auction = make_auction()
    lot, persons = lot_of(auction), people(HANDS)
    lot_id, closes, first = lot.id, lot.closes_at, persons[0]
    with travel(closes - timedelta(minutes=3)):
        _place(lot_id, first, 20, "the-first-bid")

    def work(number: int) -> Any:
        with travel(closes + timedelta(milliseconds=number - 16)):
            if number % 4 == 0:
                with atomic():
                    settlement.close_lot(lot_id)
                return None
            return _place(lot_id, persons[number], 20 + number, f"hand-{number}")

    answers = at_once(app, work, hands=HANDS)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    with travel(lot_of(auction).closes_at), atomic():
        settlement.close_lot(lot_id)
    lot = lot_of(auction)
    award = db.session.scalars(select(Award)).one()
    assert (award.amount, award.bidder_id) == (lot.price, lot.leader_id)
    assert lots.differences(lot.auction, lot) == []
    assert all(row.at < row.closes_at for row in events(lot))
    assert {answer.reason for answer in answers if answer} <= {None, Reason.CLOSED, Reason.BELOW_MINIMUM}


def test_one_lot_closed_by_32_workers(app: Flask, cast: Cast) -> None:
    auction = make_auction()
    lot = lot_of(auction)
    bid(lot, cast.parent, 50)
    lot_id, closes = lot.id, lot.closes_at

    def work(_number: int) -> None:
        with travel(closes), atomic():
            settlement.close_lot(lot_id)

    assert at_once(app, work, hands=HANDS) == [None] * HANDS
    assert db.session.scalar(select(func.count()).select_from(Award)) == 1
    assert len(mails("won")) == 1


@contextmanager
def locks_switched_off(monkeypatch: pytest.MonkeyPatch, hands: int) -> Iterator[None]:
    """No turn in the process, BEGIN for BEGIN IMMEDIATE, a plain read for FOR UPDATE; all read before one writes."""
    gate = threading.Barrier(hands)

    def plain_read(lot_id: int) -> tuple[Lot, Auction]:
        lot = db.session.get(Lot, lot_id, populate_existing=True)
        assert lot is not None
        gate.wait(timeout=20)
        return lot, lot.auction

    class NoLock(FairLock):
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    with monkeypatch.context() as patch:
        patch.setattr("app.core.transactions._turn", NoLock())
        patch.setattr("app.core.transactions.WRITE", database.WRITE + "_off")
        patch.setattr(sitting, "lock_lot", plain_read)
        yield


def _one_bid_each(app: Flask, hands: int, during: Callable[[int], Any]) -> tuple[Lot, list[Any]]:
    """Everybody has a paddle by a bid on lot 2; then all bid on lot 1 at once."""
    auction = make_auction(2)
    persons, ids = people(hands), [lot_of(auction, number).id for number in (1, 2)]
    for number, person_id in enumerate(persons):
        _place(ids[1], person_id, 10 + 10 * number, f"warm-{number}")
    with atomic():
        db.session.execute(db.delete(BidRefusal))
        db.session.execute(db.text("DELETE FROM mail"))

    def work(number: int) -> Any:
        amount = 1000 + 100 * number
        with atomic():
            outcome = services.place_bid(ids[0], persons[number], amount, f"hand-{number}", confirmed=True)
        return [(f"hand-{number}", persons[number], amount, outcome)]

    with during(hands):
        answers = at_once(app, work, hands=hands)
    return lot_of(auction, 1), answers


def test_negative_control_without_the_locks(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unique seq still keeps the log whole, but bidders are turned away who should be answered: the check sees it."""
    lot, answers = _one_bid_each(app, 12, lambda hands: locks_switched_off(monkeypatch, hands))
    assert any("turned away" in fault for fault in faults(lot, answers))


@contextmanager
def _with_locks(_hands: int) -> Iterator[None]:
    yield


def test_the_same_size_with_the_locks_has_no_fault(app: Flask) -> None:
    lot, answers = _one_bid_each(app, 12, _with_locks)
    assert faults(lot, answers) == []


def test_negative_control_of_the_check_itself(app: Flask, cast: Cast) -> None:
    """A price that nobody's bid explains is found by the replay."""
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 50)
    with atomic():
        db.session.execute(db.update(Lot).values(price=1100))
    lot = lot_of(auction)
    assert any(fault.startswith("B4") for fault in faults(lot, []))
