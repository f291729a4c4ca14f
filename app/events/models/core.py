"""Campaigns, events, seats and registrations: what everything else about events hangs on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text, false, text, true
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
    LISTED = "listed"


class PoolKind(StrEnum):
    ROOM = "room"
    ONLINE = "online"


class RegistrationStatus(StrEnum):
    """`requested`: an organiser decides. `offered`: seats are held for the party until `offered_until`. `declined`: the
    organiser's no. Withdrawn and declined ones are over; the others are live."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    REQUESTED = "requested"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    DECLINED = "declined"


class Source(StrEnum):
    """The door by which a registration came."""

    FORM = "form"
    ORGANISER = "organiser"
    INVITATION = "invitation"
    IMPORT = "import"
    WALK_IN = "walk_in"


LIVE = (
    RegistrationStatus.CONFIRMED,
    RegistrationStatus.WAITING,
    RegistrationStatus.REQUESTED,
    RegistrationStatus.OFFERED,
)
OVER = "status NOT IN ('withdrawn', 'declined')"  # as the index says it

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


class Series(Base):
    """Events that belong together, such as a monthly talk. Each is an event of its own."""

    __tablename__ = "event_series"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")


class Event(Base):
    """One event. Times are UTC, shown in `timezone`. Without a SeatPool there is no registration.

    `seen_version` grows with each change that calendars must be told of: it is the SEQUENCE of the invitation.
    `body`, `materials` (slides, links) and `minutes` are Markdown; `notice` says why it is postponed or cancelled.
    `was_starts_at` is the time it was announced for before it was moved. `offer_hours` count waking hours.
    `remind_hours` before the start; None: nobody is reminded. `minimum_cell`: smaller counts are never published.
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
    series_id: Mapped[int | None] = mapped_column(ForeignKey("event_series.id", ondelete="SET NULL"), index=True)
    was_starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    guest_names: Mapped[bool] = mapped_column(default=False, server_default=false())
    participants_listed: Mapped[bool] = mapped_column(default=False, server_default=false())
    offer_hours: Mapped[int] = mapped_column(default=24, server_default="24")
    remind_hours: Mapped[int | None] = mapped_column(default=24, server_default="24")
    feedback_asked: Mapped[bool] = mapped_column(default=True, server_default=true())
    feedback_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    certificates: Mapped[bool] = mapped_column(default=False, server_default=false())
    minutes: Mapped[str] = mapped_column(Text, default="", server_default="")
    minutes_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    outcomes_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    composition_asked: Mapped[bool] = mapped_column(default=False, server_default=false())
    composition_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    minimum_cell: Mapped[int] = mapped_column(default=5, server_default="5")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign: Mapped[Campaign | None] = relationship(back_populates="events")
    co_organisers: Mapped[list[Partner]] = relationship(secondary=event_partner)
    series: Mapped[Series | None] = relationship()
    pools: Mapped[list[SeatPool]] = relationship(
        back_populates="event", cascade="all, delete-orphan", order_by="(SeatPool.position, SeatPool.id)"
    )
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("offer_hours > 0 AND minimum_cell > 0", name="positive_terms"),
    )

    @property
    def pool(self) -> SeatPool | None:
        """The first of its pools: that of whoever does not choose."""
        return self.pools[0] if self.pools else None

    @property
    def over(self) -> bool:
        """Whether it lies behind. What was postponed does not, whatever day it was meant for."""
        return now() >= self.ends_at and self.status is not EventStatus.POSTPONED

    @property
    def rooms(self) -> list[SeatPool]:
        """The seats that one comes to by a door."""
        return [pool for pool in self.pools if pool.kind is PoolKind.ROOM]

    @property
    def local_start(self) -> datetime:
        """The start in the event's own zone."""
        return self.starts_at.astimezone(ZoneInfo(self.timezone))

    @property
    def takes_registrations(self) -> bool:
        """Whether a public list may speak of its seats. Whether one may register is decided by `rules.refusal`."""
        return self.status is EventStatus.PUBLISHED and now() < (self.registration_closes_at or self.starts_at)


class SeatPool(Base):
    """Seats of an event: a room's, or places online. `capacity` is what the organiser says; `ceiling` is what the database enforces.

    They differ only after a reduction below what is taken: the ceiling then follows the seats down as they are freed,
    so that a reduction drops nobody and still nothing is oversold (promises S1, S6). `held` counts what nobody else may
    have: the organiser's holds, offers that run, and what doors were given for walk-ins.
    """

    __tablename__ = "seat_pool"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind, "pool_kind"), default=PoolKind.ROOM, server_default="room")
    name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    capacity: Mapped[int]
    ceiling: Mapped[int]
    confirmed: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    largest_party: Mapped[int] = mapped_column(default=5)
    event: Mapped[Event] = relationship(back_populates="pools")
    __table_args__ = (
        CheckConstraint("confirmed + held <= ceiling", name="never_oversold"),
        CheckConstraint("confirmed >= 0 AND held >= 0 AND capacity >= 0", name="never_negative"),
    )

    @property
    def free(self) -> int:
        """Seats that a newcomer could have if nobody waited."""
        return max(0, self.capacity - self.confirmed - self.held)


class Registration(Base):
    """A party's place at an event, or in its queue. The queue's order is (ranked_at, id).

    `ranked_at` is `queued_at` unless an organiser moved the party (QueueMove says why). `seated` counts the party's seats:
    all of them, or fewer while a party that comes `in_part` waits for the rest. `arrived` counts who is in. `needs` and
    `diet` are for the organisers alone; `note` is their own. `calendar_version` is the SEQUENCE of what this address was
    sent last.
    """

    __tablename__ = "registration"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="RESTRICT"))
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("seat_pool.id", ondelete="SET NULL"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    party: Mapped[int] = mapped_column(default=1)
    seated: Mapped[int] = mapped_column(default=0, server_default="0")
    arrived: Mapped[int] = mapped_column(default=0, server_default="0")
    in_part: Mapped[bool] = mapped_column(default=False, server_default=false())
    ask_first: Mapped[bool] = mapped_column(default=False, server_default=false())
    needs: Mapped[str] = mapped_column(Text, default="")
    diet: Mapped[str] = mapped_column(Text, default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    listed: Mapped[bool] = mapped_column(default=False, server_default=false())
    source: Mapped[Source] = mapped_column(choice(Source, "source"), default=Source.FORM, server_default="form")
    status: Mapped[RegistrationStatus] = mapped_column(choice(RegistrationStatus, "registration_status"))
    reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    operation: Mapped[str] = mapped_column(String(64))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ranked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    calendar_version: Mapped[int] = mapped_column(default=0, server_default="0")
    composed: Mapped[str] = mapped_column(String(60), default="", server_default="")
    feedback_given: Mapped[bool] = mapped_column(default=False, server_default=false())
    event: Mapped[Event] = relationship()
    pool: Mapped[SeatPool | None] = relationship()

    @property
    def join_url(self) -> str:
        """The link to join online, or nothing. It is for who holds a seat: one online, where the event has such seats."""
        event = self.event
        if not event.online_url or not self.seated or event.status is EventStatus.CANCELLED:
            return ""
        apart = any(pool.kind is PoolKind.ONLINE for pool in event.pools)
        return event.online_url if self.sits_online or not apart else ""

    @property
    def sits_online(self) -> bool:
        """Whether its seats are places online: such a party comes by no door."""
        return self.pool is not None and self.pool.kind is PoolKind.ONLINE

    __table_args__ = (
        CheckConstraint("party >= 1", name="party_of_one_or_more"),
        CheckConstraint("seated >= 0 AND seated <= party", name="seated_within_party"),
        CheckConstraint("arrived >= 0 AND arrived <= party", name="arrived_within_party"),
        Index("uq_registration_operation", "event_id", "operation", unique=True),
        Index(
            "uq_registration_live", "event_id", "email", unique=True,
            sqlite_where=text(OVER), postgresql_where=text(OVER),
        ),
        Index("ix_registration_queue", "pool_id", "status", "ranked_at", "id"),
        Index("ix_registration_event", "event_id", "status"),
    )  # fmt: skip
