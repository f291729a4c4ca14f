"""Absentee maxima: left with the desk before the opening, counted from the opening on in order of entry ("Floor bids")."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import String, cast, literal, select
from sqlalchemy.orm import joinedload

from app.auctions import cards, lots, rules
from app.auctions.models import AbsenteeBid, Auction, Bidder, BidRefusal, Lot, LotEvent, LotStatus
from app.auctions.rules import Reason
from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.jobs import enqueue
from app.core.transactions import locked

COUNT = "auctions.count_absentee"
OPERATION = "absentee-"  # and the entry's id: under this its bid stands in the log


class EntryRefused(Exception):
    """A maximum that cannot be left: `reason` (None: they owe a card), and `minimum` (minor units) when the amount was at
    fault."""

    def __init__(self, reason: Reason | None, minimum: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.minimum = reason, minimum


def enter(lot_id: int, bidder_id: int, maximum: int, *, entered_by: int | None, confirmed: bool = False) -> AbsenteeBid:
    """Keep a maximum (minor units) for the opening; the same one again is the one that is kept. Raises EntryRefused."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None:
        raise LookupError(lot_id)
    at, auction = now(), lot.auction
    if at >= auction.opens_at:
        raise EntryRefused(Reason.CLOSED)  # for the desk: it takes bids for the room now
    terms = lots.terms_of(auction, lot)
    offer = rules.Offer(bidder=bidder_id, amount=maximum, at=auction.opens_at, confirmed=confirmed)
    withdrawn = rules.Status(withdrawn=lot.status is LotStatus.WITHDRAWN)
    decision = rules.decide_bid(terms, rules.empty(terms), offer, withdrawn)
    if isinstance(decision, rules.Refused):
        raise EntryRefused(decision.reason, decision.minimum)
    if cards.without_card(auction, [db.session.get_one(Bidder, bidder_id)]):
        raise EntryRefused(None)
    same = select(AbsenteeBid).where(
        AbsenteeBid.lot_id == lot_id, AbsenteeBid.bidder_id == bidder_id, AbsenteeBid.maximum == maximum
    )
    entry = db.session.scalars(same).first()
    if entry is None:
        entry = AbsenteeBid(lot_id=lot_id, bidder_id=bidder_id, maximum=maximum, entered_by=entered_by, entered_at=at)
        db.session.add(entry)
        db.session.flush()
        audit.record("enter absentee bid", "lot", lot_id, entered_by, bidder=bidder_id)
    enqueue(COUNT, str(auction.id), auction.opens_at, auction_id=auction.id)
    return entry


def take_back(auction_id: int, entry_id: int, actor_id: int) -> bool:
    """Forget a maximum before the opening; whether it could be. Raises LookupError: the auction has none of this id."""
    query = select(AbsenteeBid).join(AbsenteeBid.lot).where(AbsenteeBid.id == entry_id, Lot.auction_id == auction_id)
    found = db.session.scalar(query)
    if found is None:
        raise LookupError(entry_id)
    lot: Lot = locked(Lot, found.lot_id)
    db.session.refresh(found)
    if now() >= lot.auction.opens_at or found.counted_at is not None:
        return False
    audit.record("take back absentee bid", "lot", lot.id, actor_id, bidder=found.bidder_id)
    db.session.delete(found)
    return True


def waiting(lot_id: int) -> list[AbsenteeBid]:
    """The maxima of a lot that were not counted yet, in order of entry."""
    query = select(AbsenteeBid).where(AbsenteeBid.lot_id == lot_id, AbsenteeBid.counted_at.is_(None))
    return list(db.session.scalars(query.order_by(AbsenteeBid.entered_at, AbsenteeBid.id)))


def count(auction: Auction, lot: Lot, at: datetime) -> Iterator[tuple[AbsenteeBid, rules.Accepted]]:
    """Decide what waits for a locked lot on which nobody has bid; what is accepted is to be appended in this order.

    Nothing before the opening, on a lot that is no longer open, or in an auction that is not public. Who owes the auction
    a card by now is passed over: the desk's list said so until the opening.
    """
    if not auction.published or at < auction.opens_at or lot.settled_at or lot.status is LotStatus.WITHDRAWN:
        return
    entries = waiting(lot.id)
    owing = cards.without_card(auction, [one.bidder for one in entries])
    for entry in (one for one in entries if one.bidder_id in owing):
        _pass_over(lot, entry, cards.NO_CARD, at)
    entries = [one for one in entries if one.bidder_id not in owing]
    offers = [rules.Offer(bidder=one.bidder_id, amount=one.maximum, at=at, confirmed=True) for one in entries]
    decided = rules.count_absentee(lots.terms_of(auction, lot), lots.state_of(lot), offers)
    for entry, (_offer, decision) in zip(entries, decided, strict=True):
        if isinstance(decision, rules.Accepted):
            entry.counted_at = at
            yield entry, decision
        else:
            _pass_over(lot, entry, decision.reason, at)


def _pass_over(lot: Lot, entry: AbsenteeBid, reason: str, at: datetime) -> None:
    entry.counted_at = at
    refusal = BidRefusal(lot_id=lot.id, person_id=entry.bidder.person_id, amount=entry.maximum, reason=reason, at=at)
    db.session.add(refusal)


def entries(auction_id: int) -> list[AbsenteeBid]:
    """What was left with the desk, in order of entry. The amounts are the bidders' secrets: no page shows them."""
    query = (
        select(AbsenteeBid).join(AbsenteeBid.lot).where(Lot.auction_id == auction_id)
        .options(joinedload(AbsenteeBid.lot), joinedload(AbsenteeBid.bidder).joinedload(Bidder.person))
        .order_by(AbsenteeBid.entered_at, AbsenteeBid.id)
    )  # fmt: skip
    return list(db.session.scalars(query))


def counted(auction_id: int) -> set[int]:
    """Ids of those that became bids. The others were passed over when their turn came, or still wait."""
    became = LotEvent.operation == literal(OPERATION) + cast(AbsenteeBid.id, String)
    query = (
        select(AbsenteeBid.id).join(AbsenteeBid.lot)
        .join(LotEvent, (LotEvent.lot_id == Lot.id) & (LotEvent.bidder_id == AbsenteeBid.bidder_id) & became)
        .where(Lot.auction_id == auction_id, AbsenteeBid.counted_at.is_not(None))
    )  # fmt: skip
    return set(db.session.scalars(query))


def due(auction_id: int | None = None) -> list[tuple[int, int]]:
    """(auction, lot) ids where maxima wait though bidding is open, in order of lot; of one auction, or of all."""
    query = (
        select(Lot.auction_id, Lot.id).join(AbsenteeBid, AbsenteeBid.lot_id == Lot.id).join(Lot.auction)
        .where(AbsenteeBid.counted_at.is_(None), Auction.published, Auction.opens_at <= now())
        .where(Lot.settled_at.is_(None), Lot.status != LotStatus.WITHDRAWN).distinct().order_by(Lot.id)
    )  # fmt: skip
    if auction_id is not None:
        query = query.where(Lot.auction_id == auction_id)
    return [(row[0], row[1]) for row in db.session.execute(query)]
