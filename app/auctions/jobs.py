"""What the worker does for auctions. Each handler may run more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.auctions import settlement
from app.auctions.models import Auction, Lot
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import atomic


def close_lot(payload: Mapping[str, Any]) -> None:
    """Close a lot."""
    with atomic():
        settlement.close_lot(int(payload["lot_id"]))


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
