"""A house with something in every room, for the commands that keep it; and a second, empty one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from app import create_app
from app.accounts.services import send_code
from app.auctions import settlement
from app.auctions.models import Lot
from app.config import read
from app.core import storage
from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from app.events import services as events
from app.payments.models import Invoice
from app.payments.services import due, record_cash
from tests.auctions.helpers import bid, lot_of, make_auction
from tests.cast import Cast
from tests.conftest import WORKER, settings
from tests.engines import QUICK, database_url
from tests.events.helpers import make_event
from tests.galleries.helpers import hang, make_gallery


def command(app: Flask, *words: str) -> Result:
    """Run `flask …`; the test reads fresh rows afterwards."""
    result = app.test_cli_runner().invoke(args=list(words))
    db.session.rollback()
    db.session.expire_all()
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def furnish(cast: Cast) -> None:
    """A hung picture, a sold and paid lot, an open lot with bids of two, registrations, mails, a sign-in code."""
    hang(make_gallery("Our mothers"), cast, 40)
    auction = make_auction(2)
    bid(lot_of(auction, 1), cast.parent, 30)
    bid(lot_of(auction, 1), cast.other_parent, 44)
    bid(lot_of(auction, 2), cast.other_parent, 25)
    bid(lot_of(auction, 2), cast.parent, 60)
    with travel(lot_of(auction, 2).closes_at), atomic():
        award = settlement.close_lot(lot_of_now(auction.id, 2).id)
        assert award is not None
        bidder_id = award.bidder_id
    with atomic():
        settlement.invoice_bidder(bidder_id)
    invoice = db.session.scalars(select(Invoice)).one()
    with atomic():
        record_cash(invoice.id, due(invoice), "cash-1", cast.helper.id)
    event, past = make_event(capacity=1), make_event(capacity=9, days=1)
    for person in (cast.parent, cast.other_parent):
        for at in (event, past):
            with atomic():
                events.register(at.id, name=person.name, email=person.email, person_id=person.id, needs="A ramp")
    with force_locale("en"), atomic():
        send_code(cast.parent.email, "/", "en")


def lot_of_now(auction_id: int, number: int) -> Lot:
    """A lot, inside a transaction."""
    return db.session.scalars(select(Lot).where(Lot.auction_id == auction_id, Lot.number == number)).one()


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is in the database."""
    db.session.rollback()
    found = {}
    for table in db.metadata.sorted_tables:
        query = select(table).order_by(*table.primary_key.columns)
        found[table.name] = [tuple(row) for row in db.session.execute(query)]
    return found


def stored() -> dict[str, bytes]:
    """Every stored file's content."""
    root = storage.root()
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextmanager
def empty_house(engine: str, folder: Path, **changes: str) -> Iterator[Flask]:
    """Another installation of the same engine: no table, no file."""
    url = database_url(engine, folder, f"kermesse_other_{WORKER}", QUICK)
    app = create_app(read(settings(DATA_DIR=str(folder / "other"), DATABASE_URL=url, **changes)))
    app.config.update(TESTING=True)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
