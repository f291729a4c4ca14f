"""The door: what each entrance may give away, and every ticket that was shown."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice
from app.events.models.core import Event, Registration


class Verdict(StrEnum):
    """What the house says of a scan, which may come long after it. `admitted`: these people count as in. `again`: they were
    in already. `beyond`: more than the party's seats. `not_valid`: withdrawn, waiting, another event."""

    ADMITTED = "admitted"
    AGAIN = "again"
    BEYOND = "beyond"
    NOT_VALID = "not_valid"


class Door(Base):
    """An entrance, and the device that stands there. `allotment`: seats that it may give to walk-ins without asking;
    while it is not `closed_at` what it has not used counts in the pool's `held`."""

    __tablename__ = "event_door"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("seat_pool.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(80))
    token: Mapped[str] = mapped_column(String(40), unique=True)
    allotment: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    __table_args__ = (
        CheckConstraint("allotment >= 0 AND used >= 0 AND used <= allotment", name="used_within_allotment"),
    )


class Admission(Base):
    """A ticket shown at a door, or a walk-in. `scan` is the device's name for it, so that it counts once however often it
    is sent. `scanned_at` is the device's claim; `received_at` is the house's."""

    __tablename__ = "event_admission"
    id: Mapped[int] = mapped_column(primary_key=True)
    scan: Mapped[str] = mapped_column(String(64), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    door_id: Mapped[int | None] = mapped_column(ForeignKey("event_door.id", ondelete="SET NULL"))
    people: Mapped[int]
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict, "verdict"))
    offline: Mapped[bool] = mapped_column(default=False, server_default=false())
    conflict: Mapped[bool] = mapped_column(default=False, server_default=false())
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    registration: Mapped[Registration | None] = relationship()
    door: Mapped[Door | None] = relationship()
    __table_args__ = (
        CheckConstraint("people >= 0", name="never_negative"),
        Index("ix_event_admission_event", "event_id", "verdict"),
    )
