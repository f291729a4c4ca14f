"""What remains of an event: outcomes, feedback, and who took part, in counts."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice
from app.events.models.core import Event


class OutcomeKind(StrEnum):
    RECOMMENDATION = "recommendation"
    DECISION = "decision"
    ACTION = "action"


class OutcomeStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DROPPED = "dropped"


class Outcome(Base):
    """What was recommended or decided. `addressee`: who is to do it (governments, agencies, partners); the owner sees to
    it that it is done, and answers by the address with `token`. `reminded_for`: the due date that they were reminded of, or,
    once it has passed, the day of the last letter."""

    __tablename__ = "event_outcome"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    number: Mapped[int]
    token: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[OutcomeKind] = mapped_column(choice(OutcomeKind, "outcome_kind"))
    text: Mapped[str] = mapped_column(Text)
    addressee: Mapped[str] = mapped_column(String(200), default="")
    owner: Mapped[str] = mapped_column(String(120), default="")
    owner_email: Mapped[str] = mapped_column(String(254), default="", index=True)
    locale: Mapped[str] = mapped_column(String(8), default="en")
    due_on: Mapped[date | None]
    reminded_for: Mapped[date | None]
    status: Mapped[OutcomeStatus] = mapped_column(choice(OutcomeStatus, "outcome_status"), default=OutcomeStatus.OPEN)
    public: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    notes: Mapped[list[OutcomeNote]] = relationship(back_populates="outcome", order_by="OutcomeNote.id")
    __table_args__ = (
        UniqueConstraint("event_id", "number"),
        Index("ix_event_outcome_due", "status", "due_on"),
    )


class OutcomeNote(Base):
    """A step of the follow-up, kept for good: what was said, and the state from then on. Public ones are shown."""

    __tablename__ = "event_outcome_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    outcome_id: Mapped[int] = mapped_column(ForeignKey("event_outcome.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[OutcomeStatus] = mapped_column(choice(OutcomeStatus, "outcome_status"))
    public: Mapped[bool] = mapped_column(default=False, server_default=false())
    by_owner: Mapped[bool] = mapped_column(default=False, server_default=false())
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[Outcome] = relationship(back_populates="notes")


class Feedback(Base):
    """What somebody who came thought, without a name or a time. That they answered stands on their registration."""

    __tablename__ = "event_feedback"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    rating: Mapped[int]
    liked: Mapped[str] = mapped_column(Text, default="")
    improve: Mapped[str] = mapped_column(Text, default="")
    __table_args__ = (CheckConstraint("rating >= 1 AND rating <= 5", name="one_to_five"),)


class Stage(StrEnum):
    INVITED = "invited"
    REGISTERED = "registered"
    ATTENDED = "attended"
    SPOKE = "spoke"


class CompositionCount(Base):
    """How many declared themselves so at a stage. Counts only: who declared what is known nowhere (promises 4.9)."""

    __tablename__ = "event_composition"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    stage: Mapped[Stage] = mapped_column(choice(Stage, "stage"))
    category: Mapped[str] = mapped_column(String(24))
    count: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("event_id", "stage", "category"),
        CheckConstraint("count >= 0", name="never_negative"),
    )
