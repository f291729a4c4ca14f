"""The public lines of a lot's log: for the page that is loaded, and for one that stays open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, select

from app.auctions import proof
from app.auctions.models import Auction, Bidder, EventKind, Lot, LotEvent
from app.core.database import db
from app.web import formats

HISTORY = 50


@dataclass(frozen=True)
class Step:
    """One public line of a lot's history: the price after the event and the paddle that leads. Never a maximum.

    A void names the bid from which on it took out those of one paddle: `voids`, `of`. `voided`: taken out by a later one.
    """

    seq: int
    kind: EventKind
    at: datetime
    paddle: int | None
    leader: int | None
    price: int | None
    closes_at: datetime
    reason: str | None
    line: str
    late_s: int | None
    voids: int | None
    of: int | None
    voided: bool = False

    @property
    def words(self) -> str:
        if self.kind is EventKind.VOID:
            return _(
                "Bid %(seq)s of paddle %(paddle)s was voided: %(reason)s",
                seq=self.voids,
                paddle=self.of,
                reason=self.reason,
            )
        if self.kind is EventKind.EXTEND:
            return _("More time for everybody")
        if self.voided:
            return _("Paddle %(paddle)s (voided)", paddle=self.paddle)
        return _("Paddle %(paddle)s", paddle=self.paddle)


def history(lot_id: int, limit: int | None = HISTORY) -> list[Step]:
    """The newest events of a lot first (all of them, oldest first, with limit None)."""
    bidder, leader, of = (Bidder.__table__.alias(name) for name in "blo")
    target = LotEvent.__table__.alias("t")
    query = (
        select(LotEvent, bidder.c.paddle, leader.c.paddle, of.c.paddle)
        .outerjoin(bidder, bidder.c.id == LotEvent.bidder_id)
        .outerjoin(target, and_(target.c.lot_id == LotEvent.lot_id, target.c.seq == LotEvent.voids_seq))
        .outerjoin(of, of.c.id == target.c.bidder_id)
        .outerjoin(leader, leader.c.id == LotEvent.leader_id)
        .where(LotEvent.lot_id == lot_id)
        .order_by(LotEvent.seq.desc() if limit else LotEvent.seq)
        .limit(limit)
    )
    found = [
        Step(row.seq, row.kind, row.at, paddle, leads, row.price, row.closes_at, row.reason, row.line, row.late_s,
             row.voids_seq, of)
        for row, paddle, leads, of in db.session.execute(query)
    ]  # fmt: skip
    voids = [step for step in found if step.voids is not None]  # a void is newer than what it took out, so it is here
    return [replace(step, voided=any(_took_out(void, step) for void in voids)) for step in found]


def _took_out(void: Step, bid: Step) -> bool:
    return bid.kind is EventKind.BID and bid.paddle == void.of and (void.voids or 0) <= bid.seq < void.seq


def steps(found: Auction, number: int) -> list[dict[str, Any]]:
    """The newest lines of a lot's history as an open page adds them, newest first, in the current language."""
    lot_id = db.session.scalar(select(Lot.id).where(Lot.auction_id == found.id, Lot.number == number))
    return [
        {
            "seq": step.seq,
            "words": step.words,
            "voided": step.voided,
            "leads": step.paddle is not None and step.leader == step.paddle,
            "at": formats.iso(step.at),
            "at_text": formats.stamp(step.at, found.timezone),
            "price_text": formats.amount(step.price, found.currency) if step.price is not None else "–",
            "why": proof.why(step.line, found.currency),
        }
        for step in history(lot_id or 0)
    ]
