"""Accounts that nobody uses are erased when their time has come, and not before: the clock is moved, the sweep runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import Person
from app.accounts.services import see
from app.auctions.models import Lot
from app.cli import privacy, unused
from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.ledger.queries import balances
from app.payments.models import Invoice
from tests.accounts.test_sign_in import newest_code
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.cli.house import furnish
from tests.events.helpers import make_event, seat
from tests.payments.helpers import make_invoice

DAY = timedelta(days=1)
YEARS = 3660 * DAY
PIA = "pia@family.example"


def known() -> set[str]:
    db.session.rollback()
    db.session.expire_all()
    return set(db.session.scalars(select(Person.email).where(Person.email.not_like("%@erased.invalid"))))


def sweep(after: timedelta) -> set[str]:
    """Who is known once the worker has swept so long after now."""
    with travel(now() + after):
        unused.sweep()
    return known()


def test_who_did_nothing_for_ten_years_goes_and_the_team_stays(app: Flask, cast: Cast) -> None:
    everybody = known()
    team = {person.email for person in vars(cast).values() if person.roles}
    assert sweep(YEARS - DAY) == everybody
    assert sweep(YEARS + DAY) == team
    assert sweep(3 * YEARS) == team


def test_books_and_logs_stay_under_a_pseudonym(app: Flask, cast: Cast) -> None:
    furnish(cast)
    with atomic():
        db.session.execute(update(Lot).values(settled_at=now()))
    before = balances()
    name = cast.parent.name
    assert PIA not in sweep(YEARS + 40 * DAY)
    assert balances() == before
    invoice = db.session.scalars(select(Invoice)).one()
    assert invoice.buyer == f"Buyer {invoice.id}" and name not in str(invoice.lines[0].description)
    assert lot_of(db.session.scalars(select(Lot)).first().auction).last_seq == 2


def _sign_in(cast: Cast) -> None:
    with atomic():
        see(cast.parent.id)


def _bid(cast: Cast) -> None:
    auction = make_auction()
    bid(lot_of(auction), cast.parent, 20)
    with atomic():
        db.session.execute(update(Lot).values(settled_at=now()))


def _register(cast: Cast) -> None:
    seat(make_event(days=30, capacity=5), "Pia", person_id=cast.parent.id)


def _owe(cast: Cast) -> None:
    make_invoice(3500, person_id=cast.parent.id)


@pytest.mark.parametrize("act", [_sign_in, _bid, _register, _owe])
def test_whoever_does_something_is_kept_from_then_on(app: Flask, cast: Cast, act: Any) -> None:
    later = now() + 1000 * DAY
    with travel(later):
        act(cast)
    kept = timedelta(days=30) if act is _register else timedelta()
    assert PIA in sweep(1000 * DAY + YEARS + kept - DAY)
    assert PIA not in sweep(1000 * DAY + YEARS + kept + 2 * DAY)


def test_signing_in_is_remembered(app: Flask, cast: Cast, client_for: Any) -> None:
    client = client_for()
    client.post("/account/sign-in/", data={"email": PIA})
    client.post("/account/code/", data={"code": newest_code(PIA)})
    assert db.session.scalars(select(Person.seen_at).where(Person.email == PIA)).one() is not None


def test_nobody_is_erased_while_people_may_bid(app: Flask, cast: Cast) -> None:
    with travel(now() + YEARS):
        make_auction()
    everybody = known()
    assert sweep(YEARS + DAY / 100) == everybody
    with atomic():
        db.session.execute(update(Lot).values(settled_at=now()))
    assert PIA not in sweep(YEARS + DAY)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_the_file_is_written_anew_once_for_many(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    scrub = privacy._scrub
    monkeypatch.setattr(privacy, "_scrub", lambda: (times.append(1), scrub()))
    everybody = known()
    assert len(everybody - sweep(YEARS + DAY)) > 1 and times == [1]
    sweep(YEARS + DAY)
    assert times == [1]
