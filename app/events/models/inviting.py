"""Who may come and who was asked; messages to a part of them; lists that were read in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice
from app.events.models.core import Event, Registration, SeatPool


class AllowedAddress(Base):
    """Who may see and join an event for a closed list: an e-mail address, or a domain as `@school.example`. `list_name` names
    the list it came with, so that a list can be taken off as a whole."""

    __tablename__ = "event_allowed_address"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254), index=True)
    list_name: Mapped[str] = mapped_column(String(120), default="")
    __table_args__ = (UniqueConstraint("event_id", "address"),)


class InvitationState(StrEnum):
    WRITTEN = "written"
    OPENED = "opened"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class Invitation(Base):
    """A personal link to an event. `seats`: the largest party it is good for. `pool_id`: where it seats them; None: where
    they like. `hold_id`: these seats are kept until `answer_by`. Whoever opens the link may answer for the invited: a
    minister's office does."""

    __tablename__ = "event_invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(8), default="en")
    seats: Mapped[int] = mapped_column(default=1)
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("seat_pool.id", ondelete="SET NULL"))
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("seat_hold.id", ondelete="SET NULL"))
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    message: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[InvitationState] = mapped_column(choice(InvitationState, "invitation_state"))
    reason: Mapped[str] = mapped_column(String(500), default="")
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="SET NULL"))
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    composed: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    registration: Mapped[Registration | None] = relationship()
    pool: Mapped[SeatPool | None] = relationship()
    __table_args__ = (
        UniqueConstraint("event_id", "email"),
        CheckConstraint("seats > 0", name="positive"),
    )


class EventMessage(Base):
    """What an organiser wrote to a part of those concerned; a draft until `sent_at`. Its mails have the key
    `event_message:<id>:<address's row>`, the row as r17 (a registration) or i17 (an invitation)."""

    __tablename__ = "event_message"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    part: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    written_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    recipients: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()


class ImportDraft(Base):
    """A list that was read in and waits for its organiser's yes. `rows`: JSON, as they were understood."""

    __tablename__ = "event_import"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(200), default="")
    rows: Mapped[str] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (Index("ix_event_import_event", "event_id", "created_at"),)
