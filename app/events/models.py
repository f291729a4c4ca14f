"""Campaigns, events, seats and registrations."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.clock import now
from app.core.database import Base, UtcDateTime, choice
from app.partners.models import Partner


class EventKind(StrEnum):
    TALK = "talk"
    PRESENTATION = "presentation"
    EXHIBITION = "exhibition"
    WORKSHOP = "workshop"
    EXPERT_MEETING = "expert_meeting"
    BREAKFAST = "breakfast"
    AUCTION = "auction"


class EventStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    HELD = "held"


class Audience(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"
    INVITED = "invited"


class RegistrationStatus(StrEnum):
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


LIVE = (RegistrationStatus.CONFIRMED, RegistrationStatus.WAITING)

event_partner = Table(
    "event_partner",
    Base.metadata,
    Column("event_id", ForeignKey("event.id", ondelete="CASCADE"), primary_key=True),
    Column("partner_id", ForeignKey("partner.id", ondelete="RESTRICT"), primary_key=True),
)


class Campaign(Base):
    """A year's effort that groups events, galleries and auctions. `accent` is #RRGGBB or empty."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    accent: Mapped[str] = mapped_column(String(7), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    published: Mapped[bool] = mapped_column(default=False)
    beneficiary_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id", ondelete="RESTRICT"))
    beneficiary: Mapped[Partner | None] = relationship()
    events: Mapped[list[Event]] = relationship(back_populates="campaign", order_by="Event.starts_at")


class Event(Base):
    """One event. Times are UTC, shown in `timezone`. Without a SeatPool there is no registration.

    `seen_version` grows with each change that calendars must be told of: it is the SEQUENCE of the invitation.
    `body` and `materials` (slides, minutes, links) are Markdown; `notice` says why it is postponed or cancelled.
    """

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="SET NULL"), index=True)
    kind: Mapped[EventKind] = mapped_column(choice(EventKind, "event_kind"))
    status: Mapped[EventStatus] = mapped_column(choice(EventStatus, "event_status"), default=EventStatus.DRAFT)
    audience: Mapped[Audience] = mapped_column(choice(Audience, "audience"), default=Audience.PUBLIC)
    audience_note: Mapped[str] = mapped_column(String(300), default="")
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    materials: Mapped[str] = mapped_column(Text, default="")
    notice: Mapped[str] = mapped_column(String(1000), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    timezone: Mapped[str] = mapped_column(String(60), default="Europe/Zurich")
    place: Mapped[str] = mapped_column(String(300), default="")
    online_url: Mapped[str] = mapped_column(String(500), default="")
    registration_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship(back_populates="events")
    co_organisers: Mapped[list[Partner]] = relationship(secondary=event_partner)
    pool: Mapped[SeatPool | None] = relationship(back_populates="event", cascade="all, delete-orphan")
    __table_args__ = (CheckConstraint("ends_at >= starts_at", name="ends_after_start"),)

    @property
    def local_start(self) -> datetime:
        """The start in the event's own zone."""
        return self.starts_at.astimezone(ZoneInfo(self.timezone))

    @property
    def takes_registrations(self) -> bool:
        """Whether a public list may speak of its seats. Whether one may register is decided by `rules.refusal`."""
        return self.status is EventStatus.PUBLISHED and now() < (self.registration_closes_at or self.starts_at)


class SeatPool(Base):
    """The seats of an event. `capacity` is what the organiser says; `ceiling` is what the database enforces.

    They differ only after a reduction below what is taken: the ceiling then follows the seats down as they are freed,
    so that a reduction drops nobody and still nothing is oversold (promises S1, S6).
    """

    __tablename__ = "seat_pool"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), unique=True)
    capacity: Mapped[int]
    ceiling: Mapped[int]
    confirmed: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    largest_party: Mapped[int] = mapped_column(default=5)
    event: Mapped[Event] = relationship(back_populates="pool")
    __table_args__ = (
        CheckConstraint("confirmed + held <= ceiling", name="never_oversold"),
        CheckConstraint("confirmed >= 0 AND held >= 0 AND capacity >= 0", name="never_negative"),
    )

    @property
    def free(self) -> int:
        """Seats that a newcomer could have if nobody waited."""
        return max(0, self.capacity - self.confirmed - self.held)


class Registration(Base):
    """A party's place at an event, or in its queue. The queue's order is (queued_at, id)."""

    __tablename__ = "registration"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="RESTRICT"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    party: Mapped[int] = mapped_column(default=1)
    needs: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[RegistrationStatus] = mapped_column(choice(RegistrationStatus, "registration_status"))
    operation: Mapped[str] = mapped_column(String(64))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    __table_args__ = (
        CheckConstraint("party >= 1", name="party_of_one_or_more"),
        Index("uq_registration_operation", "event_id", "operation", unique=True),
        Index(
            "uq_registration_live",
            "event_id",
            "email",
            unique=True,
            sqlite_where=status != "withdrawn",
            postgresql_where=status != "withdrawn",
        ),
        Index("ix_registration_queue", "event_id", "status", "queued_at", "id"),
    )
