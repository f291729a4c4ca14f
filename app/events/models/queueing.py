"""Seats kept back, and what an organiser changed in the order of a queue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime
from app.events.models.core import Registration, SeatPool


class Hold(Base):
    """Seats that an organiser keeps back until a time. While it is not released they count in the pool's `held`."""

    __tablename__ = "seat_hold"
    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("seat_pool.id", ondelete="CASCADE"), index=True)
    seats: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pool: Mapped[SeatPool] = relationship()
    __table_args__ = (CheckConstraint("seats > 0", name="positive"),)


class QueueMove(Base):
    """An organiser moved a party in the queue. `passed`: how many parties it went by, who may all read the reason."""

    __tablename__ = "queue_move"
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("seat_pool.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(String(300))
    passed: Mapped[int]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    registration: Mapped[Registration] = relationship()
