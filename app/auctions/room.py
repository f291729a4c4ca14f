"""Bids called in the room and the lot that is called. What is told here is public: never a maximum."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app.auctions import lots, rules, services
from app.auctions.models import Auction, Bidder, Lot, LotStatus
from app.auctions.rules import Reason
from app.core import audit
from app.core.database import db
from app.core.transactions import locked
from app.web.formats import amount

LATE_S = 10  # a floor bid that waited longer on a phone is marked as late


@dataclass(frozen=True)
class Standing:
    """How a lot stands for the room. Amounts are minor units; `needed`: the next minimum for anybody but the leader."""

    lot_id: int
    number: int
    title: str
    price: int | None
    paddle: int | None
    needed: int


def standing(auction: Auction, number: int) -> Standing | None:
    """A lot of the auction by its number, freshly read."""
    query = (
        select(Lot, Bidder.paddle).outerjoin(Bidder, Bidder.id == Lot.leader_id)
        .where(Lot.auction_id == auction.id, Lot.number == number)
    )  # fmt: skip
    row = db.session.execute(query).first()
    if row is None:
        return None
    lot, paddle = row
    needed = rules.next_minimum(lots.terms_of(auction, lot), lots.state_of(lot))
    return Standing(lot.id, lot.number, lot.title, lot.price, paddle, needed)


def person_of(auction_id: int, paddle: int) -> int | None:
    """The person who holds a paddle."""
    return db.session.scalar(select(Bidder.person_id).where(Bidder.auction_id == auction_id, Bidder.paddle == paddle))


def floor_bid(
    lot_id: int, person_id: int, called: int, operation: str, *, entered_by: int, waited_s: int = 0,
    confirmed: bool = False, no_card: bool = False,
) -> services.BidOutcome:  # fmt: skip
    """A bid called in the room: exact, and from the moment at which it arrives. Raises OperationReused, CardMissing (unless
    `no_card`: the helper notes that they need none)."""
    return services.place_bid(
        lot_id, person_id, called, operation, exact=True, entered_by=entered_by, confirmed=confirmed, no_card=no_card,
        late_s=waited_s if waited_s > LATE_S else None,
    )  # fmt: skip


def accepted_words(outcome: services.BidOutcome, now_at: Standing, paddle: int, currency: str) -> str:
    """What the helper calls out: the price, and who leads at it."""
    price = amount(outcome.price or 0, currency)
    if outcome.leads:
        return _("%(price)s: paddle %(paddle)s leads.", price=price, paddle=paddle)
    needed = amount(now_at.needed, currency)
    if now_at.paddle is None:
        return _("Counted. It takes %(needed)s now.", needed=needed)
    return _("Counted, but paddle %(paddle)s answers. It takes %(needed)s now.", paddle=now_at.paddle, needed=needed)


def refused_words(reason: Reason, paddle: int, needed: str) -> str:
    """Why a floor bid does not stand, and what now. `needed` is the lowest amount that would do, in words."""
    said = {
        Reason.NOT_OPEN: _("Bidding has not opened yet."),
        Reason.CLOSED: _("Bidding on this lot is over."),
        Reason.WITHDRAWN: _("This lot was withdrawn."),
        Reason.PAUSED: _("Bidding pauses for a moment. Enter it again when it goes on."),
        Reason.SOLD: _("This lot is sold."),
        Reason.NOT_ELIGIBLE: _("Paddle %(paddle)s may not bid in this auction.", paddle=paddle),
        Reason.LEADER_FLOOR_BID: _("Paddle %(paddle)s leads already: no need to bid again.", paddle=paddle),
        Reason.NOT_WHOLE_UNITS: _("Bids are whole amounts: %(needed)s would do.", needed=needed),
        Reason.BELOW_MINIMUM: _("Too low: it takes %(needed)s.", needed=needed),
        Reason.ABOVE_CAP: _("That is a lot more than the price. If the room said it, tick the box and enter it again."),
    }
    return said.get(reason, said[Reason.CLOSED])


def call_lot(auction_id: int, number: int | None, actor_id: int) -> bool:
    """Put a lot on the block, or none. False when there is no such lot, or it was withdrawn."""
    auction: Auction | None = locked(Auction, auction_id)
    if auction is None:
        raise LookupError(auction_id)
    if number is not None:
        hangs = (Lot.auction_id == auction_id, Lot.number == number, Lot.status != LotStatus.WITHDRAWN)
        if db.session.scalar(select(Lot.id).where(*hangs)) is None:
            return False
    if auction.called_number != number:
        auction.called_number = number
        audit.record("call lot", "auction", auction_id, actor_id, number=number)
    return True


def freeze(lot_id: int, frozen: bool, actor_id: int) -> None:
    """Only the room bids on a lot, or everybody again ("Floor bids")."""
    lot: Lot | None = locked(Lot, lot_id)
    if lot is None:
        raise LookupError(lot_id)
    if lot.room_only != frozen and lot.settled_at is None:
        lot.room_only = frozen
        audit.record("freeze online bids" if frozen else "free online bids", "lot", lot_id, actor_id)
