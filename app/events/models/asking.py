"""What an organiser asks those who register, and what they answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice
from app.events.models.core import Event, Registration


class QuestionKind(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes_no"
    FILE = "file"
    CONSENT = "consent"


class Question(Base):
    """One question of a registration form. `options`: one a line. Asked only if `condition` was answered with
    `condition_value` (an option; `yes` or `no`). `retired_at`: not asked any more; its answers stay."""

    __tablename__ = "event_question"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    kind: Mapped[QuestionKind] = mapped_column(choice(QuestionKind, "question_kind"))
    label: Mapped[str] = mapped_column(String(300))
    help: Mapped[str] = mapped_column(String(500), default="")
    required: Mapped[bool] = mapped_column(default=False, server_default=false())
    options: Mapped[str] = mapped_column(Text, default="")
    condition_id: Mapped[int | None] = mapped_column(ForeignKey("event_question.id", ondelete="SET NULL"))
    condition_value: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    condition: Mapped[Question | None] = relationship(remote_side=id)


class Answer(Base):
    """What was answered: text, an option, options one a line, a number, a day as YYYY-MM-DD, `yes` or `no`; of a file,
    its name as given, and `file_key` where the storage keeps it."""

    __tablename__ = "event_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("event_question.id", ondelete="CASCADE"), index=True)
    value: Mapped[str] = mapped_column(Text, default="")
    file_key: Mapped[str | None] = mapped_column(String(120))
    question: Mapped[Question] = relationship()
    registration: Mapped[Registration] = relationship()
    __table_args__ = (UniqueConstraint("registration_id", "question_id"),)


class Guest(Base):
    """Somebody who comes on another's registration, by name. `number` counts the party's members from 2."""

    __tablename__ = "registration_guest"
    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    registration: Mapped[Registration] = relationship()
    __table_args__ = (
        UniqueConstraint("registration_id", "number"),
        CheckConstraint("number >= 2", name="after_the_first"),
    )
