"""Reads about auctions: who sees what, whose paddle is which, what may still become a lot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, with_expression

from app.auctions.models import Auction, Award, AwardStatus, Bidder, Lot, LotStatus, lot_artwork
from app.core.clock import now
from app.core.database import db
from app.galleries import queries as galleries
from app.galleries.models import Artwork
from app.ledger import queries as ledger
from app.ledger.queries import Statement
from app.web.access import has_role


def visible_auctions() -> list[Auction]:
    """Published auctions (all of them for organisers): running, coming, past, of each the latest first."""
    query = select(Auction).options(joinedload(Auction.beneficiary), with_last_end())
    query = query.order_by(Auction.closes_at.desc())
    found = list(db.session.scalars(query if has_role("organiser") else query.where(Auction.published)))
    at = now()
    return sorted(found, key=lambda row: 2 if row.ends_at <= at else 1 if row.opens_at > at else 0)


def with_last_end() -> Any:
    """Load `Auction.ends_at` with the auction."""
    return with_expression(Auction.last_end, _last_end())


def not_over(at: datetime) -> ColumnElement[bool]:
    """Auctions that are running, or still to come."""
    return or_(Auction.closes_at > at, _last_end() > at)


def _last_end() -> Any:
    hangs = select(func.max(Lot.closes_at)).where(Lot.auction_id == Auction.id, Lot.settled_at.is_(None))
    return hangs.where(Lot.status != LotStatus.WITHDRAWN).correlate(Auction).scalar_subquery()


def auction(slug: str) -> Auction | None:
    """An auction that the viewer may see."""
    found = db.session.scalar(select(Auction).where(Auction.slug == slug).options(joinedload(Auction.beneficiary)))
    return found if found is not None and (found.published or has_role("organiser")) else None


def lot_to_bid_on(slug: str, number: int) -> tuple[int, str] | None:
    """(id, currency) of a lot that the viewer may see: all that a bid needs before its lock."""
    query = (
        select(Lot.id, Auction.currency, Auction.published).join(Lot.auction)
        .where(Auction.slug == slug, Lot.number == number)
    )  # fmt: skip
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None and (row[2] or has_role("organiser")) else None


def public_lot(slug: str, number: int) -> tuple[int, str] | None:
    """(id, currency) of a lot that anybody may see."""
    query = (
        select(Lot.id, Auction.currency).join(Lot.auction)
        .where(Auction.slug == slug, Lot.number == number, Auction.published)
    )  # fmt: skip
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None else None


def lot_by_code(code: str) -> tuple[str, int] | None:
    """Slug and number behind a label's code; codes are read without regard to case."""
    query = select(Auction.slug, Lot.number).join(Lot.auction).where(Lot.code == code.upper(), Auction.published)
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row else None


def lot_of_artwork(artwork_id: int) -> Lot | None:
    """The lot that sells an artwork, in a published auction."""
    query = (
        select(Lot).join(lot_artwork, lot_artwork.c.lot_id == Lot.id).join(Lot.auction)
        .where(lot_artwork.c.artwork_id == artwork_id, Auction.published, Lot.status != LotStatus.WITHDRAWN)
        .options(contains_eager(Lot.auction))
    )  # fmt: skip
    return db.session.scalar(query)


def bidder_of(auction_id: int, person_id: int) -> Bidder | None:
    """The paddle of a person in an auction."""
    return db.session.scalar(select(Bidder).where(Bidder.auction_id == auction_id, Bidder.person_id == person_id))


def awards_of(auction_id: int) -> list[Award]:
    """The active awards of an auction, by lot."""
    query = (
        select(Award).join(Award.lot).where(Lot.auction_id == auction_id, Award.status == AwardStatus.ACTIVE)
        .options(contains_eager(Award.lot).selectinload(Lot.artworks), joinedload(Award.bidder).joinedload(Bidder.person))
        .order_by(Lot.number)
    )  # fmt: skip
    return list(db.session.scalars(query))


def proceeds_of(found: Auction) -> Statement:
    """The ledger's statement for an auction."""
    return ledger.proceeds("auction", found.id)


def candidates(found: Auction) -> list[Artwork]:
    """Artworks whose consent covers an auction and that are no lot yet; those of the auction's campaign."""
    taken = select(lot_artwork.c.artwork_id)
    query = galleries.auctionable().where(Artwork.id.not_in(taken)).order_by(Artwork.gallery_id, Artwork.number)
    if found.campaign_id is not None:
        query = query.where(Artwork.gallery.has(campaign_id=found.campaign_id))
    return list(db.session.scalars(query.limit(500)))
