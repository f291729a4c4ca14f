"""Auctions, lots, and the append-only log of bids. Columns that hold state are a cache of the fold in `rules.py`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Person
from app.core.database import Base, UtcDateTime, choice
from app.events.models import Campaign
from app.galleries.models import Artwork
from app.partners.models import Partner


class LotStatus(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


class EventKind(StrEnum):
    BID = "bid"
    VOID = "void"


class AwardStatus(StrEnum):
    ACTIVE = "active"
    OFFERED = "offered"
    FORFEITED = "forfeited"


class Eligibility(StrEnum):
    SIGNED_IN = "signed_in"
    STAFF = "staff"


lot_artwork = Table(
    "lot_artwork",
    Base.metadata,
    Column("lot_id", ForeignKey("lot.id", ondelete="CASCADE"), primary_key=True),
    Column("artwork_id", ForeignKey("artwork.id", ondelete="RESTRICT"), primary_key=True),
    Column("position", BigInteger, nullable=False, default=0),
)


class Auction(Base):
    """`increments` is JSON [[from, increment], …] in minor units, frozen at the first bid."""

    __tablename__ = "auction"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="SET NULL"), index=True)
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("partner.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text, default="")
    currency: Mapped[str] = mapped_column(String(3), default="CHF")
    timezone: Mapped[str] = mapped_column(String(60), default="Europe/Zurich")
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    unit: Mapped[int] = mapped_column(default=100)
    increments: Mapped[str] = mapped_column(Text)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    soft_close_s: Mapped[int] = mapped_column(default=120)
    soft_close_cap_s: Mapped[int] = mapped_column(default=1800)
    eligibility: Mapped[Eligibility] = mapped_column(choice(Eligibility, "eligibility"), default=Eligibility.SIGNED_IN)
    published: Mapped[bool] = mapped_column(default=False)
    next_paddle: Mapped[int] = mapped_column(default=100)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship()
    beneficiary: Mapped[Partner] = relationship()
    lots: Mapped[list[Lot]] = relationship(back_populates="auction", order_by="Lot.number")
    __table_args__ = (CheckConstraint("closes_at > opens_at", name="closes_after_opening"),)


class Lot(Base):
    """One lot. `closes_at` moves by the soft close; `scheduled_end` does not. `maximum` is the leader's secret."""

    __tablename__ = "lot"
    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(ForeignKey("auction.id", ondelete="RESTRICT"))
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    start: Mapped[int] = mapped_column(BigInteger)
    reserve: Mapped[int | None] = mapped_column(BigInteger)
    buy_now: Mapped[int | None] = mapped_column(BigInteger)
    sanity_cap: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[LotStatus] = mapped_column(choice(LotStatus, "lot_status"), default=LotStatus.OPEN)
    scheduled_end: Mapped[datetime] = mapped_column(UtcDateTime)
    # cache of the fold
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    price: Mapped[int | None] = mapped_column(BigInteger)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"))
    maximum: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[bool] = mapped_column(Boolean, default=False)
    bids: Mapped[int] = mapped_column(default=0)
    last_seq: Mapped[int] = mapped_column(default=0)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    auction: Mapped[Auction] = relationship(back_populates="lots")
    artworks: Mapped[list[Artwork]] = relationship(secondary=lot_artwork, order_by=lot_artwork.c.position)
    leader: Mapped[Bidder | None] = relationship(foreign_keys=[leader_id])
    __table_args__ = (UniqueConstraint("auction_id", "number"),)


class Bidder(Base):
    """A person's paddle in one auction."""

    __tablename__ = "bidder"
    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(ForeignKey("auction.id", ondelete="RESTRICT"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    paddle: Mapped[int]
    terms_accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    person: Mapped[Person] = relationship()
    __table_args__ = (UniqueConstraint("auction_id", "person_id"), UniqueConstraint("auction_id", "paddle"))


class LotEvent(Base):
    """One accepted event of a lot. Never updated, never deleted: triggers refuse both."""

    __tablename__ = "lot_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="RESTRICT"))
    seq: Mapped[int]
    kind: Mapped[EventKind] = mapped_column(choice(EventKind, "lot_event_kind"))
    bidder_id: Mapped[int | None] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"), index=True)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operation: Mapped[str] = mapped_column(String(64))
    voids_seq: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    # what the fold said right after this event: the public price history
    price: Mapped[int | None] = mapped_column(BigInteger)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"))
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bidder: Mapped[Bidder | None] = relationship(foreign_keys=[bidder_id])
    __table_args__ = (
        UniqueConstraint("lot_id", "seq"),
        Index("uq_lot_event_operation", "lot_id", "bidder_id", "operation", unique=True),
    )


class BidRefusal(Base):
    """A refused bid, for the organiser. No part of the fold."""

    __tablename__ = "bid_refusal"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Award(Base):
    """A closed lot's winner. At most one active award a lot, by a unique index."""

    __tablename__ = "award"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="RESTRICT"), index=True)
    bidder_id: Mapped[int] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[AwardStatus] = mapped_column(choice(AwardStatus, "award_status"), default=AwardStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invoiced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lot: Mapped[Lot] = relationship()
    bidder: Mapped[Bidder] = relationship()
    __table_args__ = (
        Index(
            "uq_award_active",
            "lot_id",
            unique=True,
            sqlite_where=status == "active",
            postgresql_where=status == "active",
        ),
    )
