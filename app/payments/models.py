"""Invoices, payments, refunds, and every message the provider sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, UtcDateTime, choice


class InvoiceStatus(StrEnum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class Method(StrEnum):
    CARD = "card"
    TEST = "test"
    CASH = "cash"
    TRANSFER = "transfer"


class PaymentStatus(StrEnum):
    PENDING = "pending"
    CAPTURED = "captured"
    EXPIRED = "expired"


class Invoice(Base):
    """What a buyer owes. Whoever holds `token` may see and pay it."""

    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    buyer: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[InvoiceStatus] = mapped_column(choice(InvoiceStatus, "invoice_status"), default=InvoiceStatus.OPEN)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lines: Mapped[list[InvoiceLine]] = relationship(back_populates="invoice", order_by="InvoiceLine.id")
    payments: Mapped[list[Payment]] = relationship(back_populates="invoice", order_by="Payment.id")

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


class InvoiceLine(Base):
    """One thing owed. `kind` and `ref` name the payable, which this domain does not know. `live` frees the payable
    for another invoice when this one is void."""

    __tablename__ = "invoice_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id", ondelete="RESTRICT"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    ref: Mapped[int]
    live: Mapped[bool] = mapped_column(default=True)
    description: Mapped[str] = mapped_column(String(300))
    amount: Mapped[int] = mapped_column(BigInteger)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id", ondelete="RESTRICT"))
    purpose: Mapped[str] = mapped_column(String(40), default="")
    purpose_id: Mapped[int | None]
    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        Index(
            "uq_invoice_line_payable",
            "kind",
            "ref",
            unique=True,
            sqlite_where=text("live"),
            postgresql_where=text("live"),
        ),
    )


class Payment(Base):
    """Money that came or is expected. `provider_ref` is Stripe's session, `provider_payment` its payment intent."""

    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.id", ondelete="RESTRICT"), index=True)
    method: Mapped[Method] = mapped_column(choice(Method, "payment_method"))
    status: Mapped[PaymentStatus] = mapped_column(choice(PaymentStatus, "payment_status"))
    amount: Mapped[int] = mapped_column(BigInteger)
    fee: Mapped[int] = mapped_column(BigInteger, default=0)
    currency: Mapped[str] = mapped_column(String(3))
    provider_ref: Mapped[str | None] = mapped_column(String(120), unique=True)
    provider_payment: Mapped[str | None] = mapped_column(String(120), index=True)
    checkout_url: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    operation: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    captured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    invoice: Mapped[Invoice] = relationship(back_populates="payments")
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.id")
    __table_args__ = (CheckConstraint("amount > 0 AND fee >= 0", name="positive"),)


class Refund(Base):
    """Money given back, known by the provider's id."""

    __tablename__ = "refund"
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id", ondelete="RESTRICT"), index=True)
    provider_ref: Mapped[str] = mapped_column(String(120), unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint("amount > 0", name="positive"),)


class WebhookReceipt(Base):
    """Every signed event that the provider sent, once. `outcome`: applied, ignored, aside (with its reason)."""

    __tablename__ = "webhook_receipt"
    event_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(20), default="received")
    reason: Mapped[str] = mapped_column(String(300), default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Counter(Base):
    """The last invoice number of a year."""

    __tablename__ = "invoice_counter"
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class PaymentFact(Base):
    """One thing the provider told, about a session or payment of theirs. A set: the same thing stands here once. A
    refund may be told before its payment; its currency is kept so that a stranger's is never counted."""

    __tablename__ = "payment_fact"
    about: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    ref: Mapped[str] = mapped_column(String(120), primary_key=True)
    currency: Mapped[str | None] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger, default=0)
    fee: Mapped[int] = mapped_column(BigInteger, default=0)
