"""What a bid asks of the database does not grow with the log: counted in steps of SQLite's machine, not in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from app.auctions.services import BidOutcome, BidRequest, place_bids
from app.core.database import db
from app.core.transactions import atomic
from tests.auctions.helpers import lot_of, make_auction, people

STRIDE = 10


@contextmanager
def counted() -> Iterator[list[int]]:
    """A list with one entry for every ten steps that the database takes."""
    steps: list[int] = []

    def watch(connection: object, *_: object) -> None:
        connection.set_progress_handler(lambda: steps.append(1), STRIDE)  # type: ignore[attr-defined]

    def leave(connection: object, *_: object) -> None:
        connection.set_progress_handler(None, STRIDE)  # type: ignore[attr-defined]

    db.session.remove()
    event.listen(db.engine, "checkout", watch)
    event.listen(db.engine, "checkin", leave)
    try:
        yield steps
    finally:
        db.session.remove()
        event.remove(db.engine, "checkout", watch)
        event.remove(db.engine, "checkin", leave)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_bid_costs_the_same_after_a_long_war(app: Flask) -> None:
    lot_id, bidders = lot_of(make_auction(1)).id, people(3)
    costs = []
    for turn in range(400):
        request = BidRequest(
            person_id=bidders[turn % 3], amount=2000 + 20_000 * turn, operation=f"turn-{turn:05}", confirmed=True,
            terms_accepted=True,
        )  # fmt: skip
        with counted() as steps, atomic():
            (outcome,) = place_bids(lot_id, [request])
        assert isinstance(outcome, BidOutcome)
        assert outcome.reason is None
        costs.append(len(steps))
    assert max(costs[-20:]) <= 1.2 * max(costs[20:40])
