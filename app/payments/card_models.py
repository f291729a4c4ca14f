"""Cards that people keep with us: how the provider names them, and what it told about them. Never a card's number."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcDateTime, choice
from app.payments.models import Method


class CardStatus(StrEnum):
    PENDING = "pending"
    KEPT = "kept"
    ENDED = "ended"
    REMOVED = "removed"


class KeptCard(Base):
    """A card that somebody was asked for, and that they keep with us until they remove it.

    `session_ref` (the page where it is left), `customer_ref` and `card_ref` are the provider's names, forgotten once the
    card is removed there too. `live`: for real money. `back` is the page of ours to come back to. One kept card a person
    and provider, by a unique index. An erased person's row keeps no more than its times.
    """

    __tablename__ = "kept_card"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    method: Mapped[Method] = mapped_column(choice(Method, "card_method"))
    live: Mapped[bool]
    status: Mapped[CardStatus] = mapped_column(choice(CardStatus, "card_status"), default=CardStatus.PENDING)
    session_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    customer_ref: Mapped[str | None] = mapped_column(String(120))
    card_ref: Mapped[str | None] = mapped_column(String(120), index=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    brand: Mapped[str] = mapped_column(String(40), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    back: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index(
            "uq_kept_card_of_person",
            "person_id",
            "method",
            "live",
            unique=True,
            sqlite_where=status == "kept",
            postgresql_where=status == "kept",
        ),
    )

    @property
    def words(self) -> str:
        """What people call it."""
        return _("a card ending %(last4)s", last4=self.last4) if self.last4 else _("a card")


class CardFact(Base):
    """One thing the provider told about a card or about asking for it. A set: the same thing stands here once."""

    __tablename__ = "card_fact"
    about: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(String(120), primary_key=True)
