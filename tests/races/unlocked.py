"""The application with its locks switched off: what the races must catch (the negative control)."""

from __future__ import annotations

import time

from sqlalchemy import select

from app import create_app
from app.auctions import sitting
from app.auctions.lane import Lane
from app.auctions.live import Hub
from app.auctions.models import Auction, Lot
from app.core import database, transactions
from app.core.database import db
from app.events import door, seats
from app.events.door_rules import Ruling, ruling
from app.events.models import SeatPool
from app.web.bridge import Bridge

MOMENT_S = 0.05  # between reading and writing, so that the others read in it too


class NoTurn:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def plain_read(lot_id: int) -> tuple[Lot, Auction]:
    lot = db.session.get(Lot, lot_id, populate_existing=True)
    if lot is None:
        raise LookupError(lot_id)
    time.sleep(MOMENT_S)
    return lot, lot.auction


def plain_pools(event_id: int) -> list[SeatPool]:
    found = list(db.session.scalars(select(SeatPool).where(SeatPool.event_id == event_id)))
    time.sleep(MOMENT_S)
    return found


def ruling_later(*facts: int, let_in: bool) -> Ruling:
    time.sleep(MOMENT_S)
    return ruling(*facts, let_in=let_in)


transactions._turn = NoTurn()  # type: ignore[assignment]
transactions.WRITE = database.WRITE + "_off"  # a plain BEGIN for BEGIN IMMEDIATE
sitting.lock_lot = plain_read
seats.lock_pools = plain_pools
door.ruling = ruling_later
_pages = create_app()
app = Bridge(_pages, Hub(_pages), Lane(_pages), threads=16)
