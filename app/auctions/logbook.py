"""Writing events into a lot's log: the rows, the public lines, and the columns that cache the state. The lot is locked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from app.auctions import lots, rules
from app.auctions.chain import Sealed
from app.auctions.models import Auction, Bidder, EventKind, Lot, LotEvent
from app.core.database import db


class Paddles(dict[Any, int]):
    """Paddle by bidder; one that is missing is looked up."""

    def __missing__(self, bidder_id: int) -> int:
        self[bidder_id] = db.session.scalars(select(Bidder.paddle).where(Bidder.id == bidder_id)).one()
        return self[bidder_id]


class Logbook:
    """The log of one lot, opened to append to it: `state` is the lot's after everything appended so far."""

    def __init__(self, auction: Auction, lot: Lot) -> None:
        self.lot = lot
        self.terms, self.state = lots.terms_of(auction, lot), lots.state_of(lot)
        self.paddles = Paddles()
        self._chain = lots.chain_of(auction, lot, self.terms)
        self._chain.head, self._chain.sealed_from, self._chain.sealed = lot.head, lot.sealed_from, self._sealed
        self._rows: list[dict[str, Any]] = []

    def append(
        self,
        decision: rules.Accepted,
        *,
        operation: str,
        entered_by: int | None = None,
        reason: str = "",
        late_s: int | None = None,
    ) -> None:
        """One more event. It is in the database after `write`."""
        event, after = decision.event, decision.state
        line = self._chain.append(event, self.state, after, self.paddles)
        row: dict[str, Any] = {
            "lot_id": self.lot.id, "seq": event.seq, "at": event.at, "operation": operation, "entered_by": entered_by,
            "reason": reason or None, "late_s": late_s, "price": after.price, "leader_id": after.leader,
            "closes_at": after.closes_at, "line": line.text, "hash": line.hash, "bidder_id": None, "amount": None,
            "exact": False, "voids_seq": None, "scheduled_end": None,
        }  # fmt: skip
        if isinstance(event, rules.Bid):
            row |= {"kind": EventKind.BID, "bidder_id": event.bidder, "amount": event.amount, "exact": event.exact}
        elif isinstance(event, rules.Void):
            row |= {"kind": EventKind.VOID, "voids_seq": event.target}
        else:
            row |= {"kind": EventKind.EXTEND, "scheduled_end": event.scheduled_end}
        self._rows.append(row)
        self.state = after

    def write(self) -> None:
        """Write down what was appended, in few statements however much it was: the lot's lock is held meanwhile."""
        if self._rows:
            db.session.execute(insert(LotEvent.__table__), self._rows)  # type: ignore[arg-type]
            lots.keep(self.lot, self.state)
            self.lot.head, self.lot.sealed_from = self._chain.head, self._chain.sealed_from
        self._rows = []

    def sealed_are(self, sealed: Sealed) -> None:
        """Somebody has fetched the leader's sealed bids already."""
        self._chain.sealed = lambda: sealed

    def _sealed(self) -> Sealed:
        """The leader's own bids that are not public, before anything was appended. What a void removed never will be."""
        lot = self.lot
        query = select(LotEvent.seq, LotEvent.amount).where(
            LotEvent.lot_id == lot.id,
            LotEvent.bidder_id == lot.leader_id,
            LotEvent.seq >= lot.sealed_from,
            LotEvent.exact.is_(False),
            lots.not_voided(),
        )
        return [(seq, amount or 0) for seq, amount in db.session.execute(query.order_by(LotEvent.seq))]


def write_down(lot: Lot, decision: rules.Accepted, *, operation: str, entered_by: int | None, reason: str = "") -> None:
    """One event alone: a void, or more time."""
    book = Logbook(lot.auction, lot)
    book.append(decision, operation=operation, entered_by=entered_by, reason=reason)
    book.write()
