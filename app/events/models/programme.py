"""What happens at an event, and who speaks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime
from app.events.models.core import Event

session_speaker = Table(
    "event_session_speaker",
    Base.metadata,
    Column("session_id", ForeignKey("event_session.id", ondelete="CASCADE"), primary_key=True),
    Column("speaker_id", ForeignKey("event_speaker.id", ondelete="CASCADE"), primary_key=True),
)


class Session(Base):
    """A part of the programme, within the event's time."""

    __tablename__ = "event_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(300), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[Event] = relationship()
    speakers: Mapped[list[Speaker]] = relationship(secondary=session_speaker, order_by="Speaker.position")
    __table_args__ = (CheckConstraint("ends_at >= starts_at", name="ends_after_start"),)


class Speaker(Base):
    """Who speaks, as announced. `token` is the address of their own page; `locale` the language of their letters."""

    __tablename__ = "event_speaker"
    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    affiliation: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    locale: Mapped[str] = mapped_column(String(8), default="en", server_default="en")
    biography: Mapped[str] = mapped_column(Text, default="")
    moderates: Mapped[bool] = mapped_column(default=False, server_default=false())
    composed: Mapped[bool] = mapped_column(default=False, server_default=false())
    position: Mapped[int] = mapped_column(default=0)
    event: Mapped[Event] = relationship()
