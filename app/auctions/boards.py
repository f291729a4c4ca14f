"""The live board: the public state of every lot of an auction, the same for everybody. Never a maximum."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from app.auctions import lots, rules
from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotStatus
from app.auctions.phases import Hammer, Phase, Standing, hammers, phase, price_of, waits_for, words
from app.core.database import db
from app.core.money import milestone
from app.web import formats


def board(found: Auction, at: datetime) -> dict[int, dict[str, Any]]:
    """The public state of every lot by its number, in the current language: the same for everybody. Never a maximum.

    `needed` is the next minimum for anybody but the leader; `outbid_words` are for whoever has bid and does not lead.
    """
    rows = db.session.execute(
        select(Lot, Bidder.paddle).outerjoin(Bidder, Bidder.id == Lot.leader_id).where(Lot.auction_id == found.id)
        .order_by(Lot.number)
    )  # fmt: skip
    sold = hammers(Lot.auction_id == found.id)
    return {lot.number: _public(found, lot, paddle, at, sold.get(lot.id)) for lot, paddle in rows}


def _public(found: Auction, lot: Lot, paddle: int | None, at: datetime, hammer: Hammer | None) -> dict[str, Any]:
    terms, state = lots.terms_of(found, lot), lots.state_of(lot)
    current, price = phase(found, lot, at), price_of(lot)
    if hammer is not None:
        price, paddle = hammer.amount, hammer.paddle
    elif lot.settled_at is not None:
        paddle = None  # nobody has it
    needed = rules.next_minimum(terms, state)
    needed_text = formats.amount(needed, found.currency)
    waits = waits_for(lot, current)
    return {
        "number": lot.number,
        "seq": lot.last_seq,
        "phase": current.value,
        "price": price,
        "price_text": formats.amount(price, found.currency),
        "needed": needed,
        "needed_text": needed_text,
        "steps": [[step, formats.amount(step, found.currency)] for step in rules.steps(terms, state)],
        "bids": lot.bids,
        "paddle": paddle,
        "closes_at": formats.iso(lot.closes_at),
        "reserve_met": rules.reserve_met(terms, state) if lot.reserve is not None else None,
        "settled": lot.settled_at is not None,
        "sold": hammer is not None,
        "notice": found.notice,
        "called": lot.number == found.called_number and current is not Phase.WITHDRAWN,
        "room_only": lot.room_only,
        "words": waits or words(Standing.NONE, current, needed_text),
        "outbid_words": waits or words(Standing.OUTBID, current, needed_text),
    }


def promised(found: Auction, shown: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """What the leading bids of a board come to: the amount, the round one that it fills a line towards, and its words."""
    counted = [lot for lot in shown.values() if lot["bids"] and lot["phase"] != Phase.WITHDRAWN]
    total = sum(lot["price"] for lot in counted if lot["sold"] or not lot["settled"])
    goal = milestone(total, found.currency)
    return {"value": total, "goal": goal, "text": formats.amount(total, found.currency)}


def promised_in(auction_id: int) -> int:
    """What an auction's lots come to by now, in minor units: bids that lead, and what is sold. As `promised` counts."""
    query = (
        select(func.sum(func.coalesce(Award.amount, Lot.price)))
        .select_from(Lot)
        .outerjoin(Award, (Award.lot_id == Lot.id) & (Award.status == AwardStatus.ACTIVE))
        .where(Lot.auction_id == auction_id, Lot.bids > 0, Lot.status != LotStatus.WITHDRAWN)
        .where(or_(Lot.settled_at.is_(None), Award.id.is_not(None)))
    )
    return db.session.scalar(query) or 0


def turns_at(found: Auction, at: datetime) -> datetime | None:
    """The next moment at which time alone changes the phase of a lot."""
    closing = db.session.scalar(select(func.min(Lot.closes_at)).where(Lot.auction_id == found.id, Lot.closes_at > at))
    return min((moment for moment in (found.opens_at, closing) if moment is not None and moment > at), default=None)
