"""The append-only book. An entry is a set of transfers, each from one account to another, so it balances by its shape."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice


class Account(StrEnum):
    """`held`, `donated` and `partner_paid` are kept for each partner."""

    RECEIVABLE = "receivable"
    CASH_DESK = "cash_desk"
    BANK = "bank"
    STRIPE = "stripe_clearing"
    TEST = "test_clearing"
    FEES = "fees"
    HELD = "held_for_partner"
    REFUNDS = "refunds"
    PAYOUTS = "payouts"


class Entry(Base):
    """One fact of the book. `key` is unique: the same fact is never booked twice."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    memo: Mapped[str] = mapped_column(String(300), default="")
    subject_kind: Mapped[str] = mapped_column(String(40), default="")
    subject_id: Mapped[int | None]
    transfers: Mapped[list[Transfer]] = relationship(order_by="Transfer.id")
    __table_args__ = (Index("ix_ledger_entry_subject", "subject_kind", "subject_id"),)


class Transfer(Base):
    """`amount` > 0 minor units leave `source` and reach `target`: the sum over all accounts is zero by construction.

    `purpose` and `purpose_id` name what the money is for (an auction, a campaign), for statements.
    """

    __tablename__ = "ledger_transfer"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id", ondelete="RESTRICT"), index=True)
    source: Mapped[Account] = mapped_column(choice(Account, "transfer_source"))
    target: Mapped[Account] = mapped_column(choice(Account, "transfer_target"))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id", ondelete="RESTRICT"), index=True)
    purpose: Mapped[str] = mapped_column(String(40), default="")
    purpose_id: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("source <> target", name="moves"),
        Index("ix_ledger_transfer_purpose", "purpose", "purpose_id"),
    )
