"""What the control page shows: what waits, which lots run, who has not paid, what nobody bought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from app.accounts.models import Person
from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotEvent, LotStatus, VoidRequest
from app.core.database import db


@dataclass(frozen=True)
class Waiting:
    """A request to void that waits for a second person."""

    request: VoidRequest
    lot: Lot
    asked_by: str
    paddle: int | None


def requests(auction_id: int) -> list[Waiting]:
    """Requests to void that nobody has decided, oldest first."""
    asker, bidder = aliased(Person), aliased(Bidder)
    query = (
        select(VoidRequest, Lot, asker, bidder.paddle)
        .join(Lot, Lot.id == VoidRequest.lot_id)
        .outerjoin(asker, asker.id == VoidRequest.asked_by)
        .outerjoin(LotEvent, (LotEvent.lot_id == Lot.id) & (LotEvent.seq == VoidRequest.seq))
        .outerjoin(bidder, bidder.id == LotEvent.bidder_id)
        .where(Lot.auction_id == auction_id, VoidRequest.decided_at.is_(None))
        .order_by(VoidRequest.id)
    )
    rows = db.session.execute(query).unique()
    return [Waiting(request, lot, who.greeting if who else "", paddle) for request, lot, who, paddle in rows]


def awards(auction_id: int, *which: ColumnElement[bool]) -> list[Award]:
    """Awards and offers of an auction, by lot."""
    query = (
        select(Award).join(Award.lot).where(Lot.auction_id == auction_id, *which)
        .options(contains_eager(Award.lot), joinedload(Award.bidder).joinedload(Bidder.person))
        .order_by(Lot.number)
    )  # fmt: skip
    return list(db.session.scalars(query).unique())


def offered(auction_id: int) -> list[Award]:
    """Offers that wait for an answer."""
    return awards(auction_id, Award.status == AwardStatus.OFFERED)


def unpaid(auction_id: int) -> list[Award]:
    """Winners who have neither paid nor taken their picture."""
    return awards(
        auction_id, Award.status == AwardStatus.ACTIVE, Award.paid_at.is_(None), Award.handed_over_at.is_(None)
    )


def lots(auction_id: int, *which: ColumnElement[bool]) -> list[Lot]:
    """Lots of an auction that are not withdrawn, by number."""
    query = select(Lot).where(Lot.auction_id == auction_id, Lot.status != LotStatus.WITHDRAWN, *which)
    return list(db.session.scalars(query.order_by(Lot.number)))


def running(auction_id: int, at: datetime) -> list[Lot]:
    """Lots that have not closed."""
    return lots(auction_id, Lot.settled_at.is_(None), Lot.closes_at > at)


def closed_with_bids(auction_id: int) -> list[Lot]:
    """Closed lots on which somebody bid."""
    return lots(auction_id, Lot.settled_at.is_not(None), Lot.bids > 0)


def unsold(auction_id: int) -> list[Lot]:
    """Closed lots that nobody has bought and nobody is offered."""
    taken = select(Award.lot_id).where(Award.status.in_((AwardStatus.ACTIVE, AwardStatus.OFFERED)))
    return lots(auction_id, Lot.settled_at.is_not(None), Lot.id.not_in(taken))


def offer_for(slug: str, number: int, person_id: int) -> Award | None:
    """The newest offer of a lot to a person, answered or not."""
    query = (
        select(Award)
        .join(Award.lot)
        .join(Lot.auction)
        .join(Award.bidder)
        .where(Auction.slug == slug, Lot.number == number, Bidder.person_id == person_id)
        .where(Award.expires_at.is_not(None))
        .order_by(Award.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def request(request_id: int) -> tuple[VoidRequest, Lot] | None:
    """A request to void, and the lot that it is about."""
    query = select(VoidRequest, Lot).join(Lot, Lot.id == VoidRequest.lot_id).where(VoidRequest.id == request_id)
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None else None


def lot_of_award(award_id: int) -> Lot | None:
    """The lot of an award."""
    return db.session.scalar(select(Lot).join(Award).where(Award.id == award_id))


def awards_of_lot(lot_id: int) -> list[Award]:
    """Every award and offer of a lot, oldest first."""
    return list(db.session.scalars(select(Award).where(Award.lot_id == lot_id).order_by(Award.id)))
