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
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from app.accounts.models import Person
from app.core.database import Base, UtcDateTime, choice
from app.core.ids import secret
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
    EXTEND = "extend"


class AwardStatus(StrEnum):
    ACTIVE = "active"
    OFFERED = "offered"
    FORFEITED = "forfeited"
    DECLINED = "declined"


class Eligibility(StrEnum):
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    LISTED = "listed"
    CODE = "code"


lot_artwork = Table(
    "lot_artwork",
    Base.metadata,
    Column("lot_id", ForeignKey("lot.id", ondelete="CASCADE"), primary_key=True),
    Column("artwork_id", ForeignKey("artwork.id", ondelete="RESTRICT"), primary_key=True),
    Column("position", BigInteger, nullable=False, default=0),
)


class Auction(Base):
    """`increments` is JSON [[from, increment], …] in minor units, frozen at the first bid.

    `admitted` holds one address or @domain a line, for `Eligibility.LISTED`; `invitation_code` is asked of a first-time
    bidder for `Eligibility.CODE`. `called_number` is the lot that the auctioneer calls now. The need is what people may
    pledge for besides bidding: there is one where it has a title. `card_required`: bidders leave a card first; the terms say
    that an invoice unpaid for `card_charge_days` may be charged to it (None: they do not say so).
    """

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
    admitted: Mapped[str] = mapped_column(Text, default="", server_default="")
    invitation_code: Mapped[str] = mapped_column(String(40), default="", server_default="")
    card_required: Mapped[bool] = mapped_column(default=False, server_default=false())
    card_charge_days: Mapped[int | None]
    published: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice: Mapped[str] = mapped_column(String(300), default="", server_default="")
    called_number: Mapped[int | None]
    need_title: Mapped[str] = mapped_column(String(200), default="", server_default="")
    need_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    need_goal: Mapped[int | None] = mapped_column(BigInteger)
    next_paddle: Mapped[int] = mapped_column(default=100)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship()
    beneficiary: Mapped[Partner] = relationship()
    lots: Mapped[list[Lot]] = relationship(back_populates="auction", order_by="Lot.number")
    last_end: Mapped[datetime | None] = query_expression()  # of the lots that are open still; lists ask for it
    __table_args__ = (CheckConstraint("closes_at > opens_at", name="closes_after_opening"),)

    @property
    def ends_at(self) -> datetime:
        """When the last lot closes, as far as is known now: staggered and extended lots close after `closes_at`."""
        return max(self.closes_at, self.last_end or self.closes_at)


class Lot(Base):
    """One lot. `closes_at` moves by the soft close; `scheduled_end` only by an extension, and `first_end` is what it was
    before the first of them. `room_only`: online bidding is frozen while the room bids.

    `maximum` is the leader's secret. `secret` makes the salts of the public commitments, `head` is the hash of the newest
    line of the public log, and the leader's own bids are sealed from `sealed_from` on: see `chain.py`.

    A lot is one picture, several, or a thing that somebody gave: then `given_by` names them as they wish.
    """

    __tablename__ = "lot"
    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(ForeignKey("auction.id", ondelete="RESTRICT"))
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    given_by: Mapped[str] = mapped_column(String(200), default="", server_default="")
    start: Mapped[int] = mapped_column(BigInteger)
    reserve: Mapped[int | None] = mapped_column(BigInteger)
    buy_now: Mapped[int | None] = mapped_column(BigInteger)
    sanity_cap: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[LotStatus] = mapped_column(choice(LotStatus, "lot_status"), default=LotStatus.OPEN)
    scheduled_end: Mapped[datetime] = mapped_column(UtcDateTime)
    first_end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    room_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    secret: Mapped[str] = mapped_column(String(64), default=secret)
    head: Mapped[str] = mapped_column(String(64), default="", server_default="")
    sealed_from: Mapped[int | None]
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
    """A person's paddle in one auction. `entered_by`: who signed them in at the desk. `card_charge_days`: what the terms that
    they accepted say of their card, as on the auction. `card_waived_by`: which helper noted that they need none."""

    __tablename__ = "bidder"
    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(ForeignKey("auction.id", ondelete="RESTRICT"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    paddle: Mapped[int]
    terms_accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    card_charge_days: Mapped[int | None]
    card_waived_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    __table_args__ = (UniqueConstraint("auction_id", "person_id"), UniqueConstraint("auction_id", "paddle"))


class LotEvent(Base):
    """One accepted event of a lot. Never updated, never deleted: triggers refuse both.

    `line` is what the public log says of it, `hash` its SHA-256. `late_s`: a floor bid that waited so many seconds on a
    helper's phone; it counts from when it arrived.
    """

    __tablename__ = "lot_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="RESTRICT"))
    seq: Mapped[int]
    kind: Mapped[EventKind] = mapped_column(choice(EventKind, "lot_event_kind"))
    bidder_id: Mapped[int | None] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"))
    amount: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    operation: Mapped[str] = mapped_column(String(64))
    voids_seq: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(300))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    scheduled_end: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_s: Mapped[int | None]
    line: Mapped[str] = mapped_column(Text, default="", server_default="")
    hash: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # what the fold said right after this event: the public price history
    price: Mapped[int | None] = mapped_column(BigInteger)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"))
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bidder: Mapped[Bidder | None] = relationship(foreign_keys=[bidder_id])
    __table_args__ = (
        UniqueConstraint("lot_id", "seq"),
        # Also finds a bidder's bids. One on bidders alone would be taken by PostgreSQL in its place, and read all of them.
        Index("uq_lot_event_operation", "bidder_id", "lot_id", "operation", unique=True),
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
    """A closed lot's winner. At most one active award a lot, by a unique index. An offer stands until `expires_at`."""

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
    handed_over_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
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


class VoidRequest(Base):
    """Somebody asks to void a bid of a closed lot; it happens when a second person approves."""

    __tablename__ = "void_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="CASCADE"), index=True)
    seq: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved: Mapped[bool | None]
    lot: Mapped[Lot] = relationship()


class AbsenteeBid(Base):
    """A maximum left with the desk before opening: it counts from the opening, in order of entry."""

    __tablename__ = "absentee_bid"
    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="CASCADE"), index=True)
    bidder_id: Mapped[int] = mapped_column(ForeignKey("bidder.id", ondelete="CASCADE"), index=True)
    maximum: Mapped[int] = mapped_column(BigInteger)
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lot: Mapped[Lot] = relationship()
    bidder: Mapped[Bidder] = relationship()


class Pledge(Base):
    """A promise of money for the auction's need, besides lots. `entered_by`: the helper who wrote it down in the hall."""

    __tablename__ = "pledge"
    id: Mapped[int] = mapped_column(primary_key=True)
    auction_id: Mapped[int] = mapped_column(ForeignKey("auction.id", ondelete="RESTRICT"), index=True)
    bidder_id: Mapped[int] = mapped_column(ForeignKey("bidder.id", ondelete="RESTRICT"), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(String(64))
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invoiced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bidder: Mapped[Bidder] = relationship()
    __table_args__ = (
        CheckConstraint("amount > 0", name="pledge_positive"),
        UniqueConstraint("bidder_id", "operation"),
    )


class Watch(Base):
    """A lot that somebody keeps an eye on. `told_at`: when they were told that it closes soon."""

    __tablename__ = "watch"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PushSubscription(Base):
    """A browser that may be sent notices (RFC 8030). Its keys encrypt what is sent to it (RFC 8291)."""

    __tablename__ = "push_subscription"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(1000), unique=True)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
