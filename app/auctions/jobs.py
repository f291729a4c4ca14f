"""What the worker does for auctions. Each handler may run more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.auctions import absentee, services, settlement
from app.auctions.models import Auction, Lot
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import atomic


def close_lot(payload: Mapping[str, Any]) -> None:
    """Close a lot. What was left with the desk counts before, should its own job have been lost."""
    with atomic():
        services.count_absentee(int(payload["lot_id"]))
        settlement.close_lot(int(payload["lot_id"]))


def count_absentee(payload: Mapping[str, Any]) -> None:
    """Count the maxima that were left with the desk. Early, when the opening was moved: ask again then."""
    auction_id = int(payload["auction_id"])
    found = absentee.due(auction_id)
    auction = db.session.get(Auction, auction_id)
    opens_at = auction.opens_at if auction is not None else now()
    db.session.rollback()
    for _, lot_id in found:
        with atomic():
            services.count_absentee(lot_id)
    if opens_at > now():
        with atomic():
            enqueue(absentee.COUNT, str(auction_id), opens_at, auction_id=auction_id)


def uncounted() -> None:
    """Absentee maxima whose job was lost, or whose auction was opened earlier: the sweep asks for them."""
    found = {auction_id for auction_id, _ in absentee.due()}
    db.session.rollback()
    for auction_id in sorted(found):
        with atomic():
            enqueue(absentee.COUNT, str(auction_id), auction_id=auction_id)


def invoice(payload: Mapping[str, Any]) -> None:
    """Invoice a winner."""
    with atomic():
        settlement.invoice_bidder(int(payload["bidder_id"]))


def overdue() -> None:
    """A lot whose closing job was lost is found here: the sweep asks for it again."""
    query = select(Lot.id).join(Auction).where(Auction.published, Lot.settled_at.is_(None), Lot.closes_at < now())
    found = list(db.session.scalars(query))
    db.session.rollback()
    for lot_id in found:
        with atomic():
            enqueue(settlement.CLOSE, str(lot_id), lot_id=lot_id)
