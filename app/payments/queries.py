"""Reads about invoices and payments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import selectinload

from app.core.clock import now
from app.core.database import db
from app.payments.models import (
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Method,
    Payment,
    PaymentStatus,
    Refund,
    WebhookReceipt,
)
from app.web.formats import amount

QUIET = timedelta(minutes=10)
FEE_COMES = timedelta(days=3)  # a fee that is not known by then is none


def by_token(token: str) -> Invoice | None:
    """The invoice that the holder of a token may see."""
    return db.session.scalar(select(Invoice).where(Invoice.token == token).options(*_loads()))


def _loads() -> tuple[Any, ...]:
    return (selectinload(Invoice.lines), selectinload(Invoice.payments).selectinload(Payment.refunds))


def invoice_of(kind: str, ref: int) -> Invoice | None:
    """The live invoice of a payable."""
    query = select(Invoice).join(Invoice.lines)
    return db.session.scalar(query.where(InvoiceLine.kind == kind, InvoiceLine.ref == ref, InvoiceLine.live))


def invoices(search: str = "") -> Select[Any]:
    """All invoices, open ones first, filtered by number, name or address."""
    query = select(Invoice).order_by(Invoice.status != InvoiceStatus.OPEN, Invoice.id.desc()).options(*_loads())
    if search:
        columns = (Invoice.number, Invoice.buyer, Invoice.email)
        query = query.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return query


def silent_payments(method: Method) -> list[tuple[int, str, bool]]:
    """(id, provider's session or charge, whether it is a charge not known to be paid) of payments of that kind about which
    something is still to be heard: whether a pending one was paid, and what a captured one cost."""
    fee_unknown = and_(
        Payment.status == PaymentStatus.CAPTURED, Payment.fee == 0, Payment.captured_at > now() - FEE_COMES
    )
    unconfirmed = and_(Payment.status == PaymentStatus.PENDING, Payment.checkout_url.is_(None))
    query = select(Payment.id, Payment.provider_ref, unconfirmed).where(
        Payment.method == method,
        Payment.provider_ref.is_not(None),
        or_(Payment.status == PaymentStatus.PENDING, fee_unknown),
        Payment.created_at < now() - QUIET,
    )
    return [(row[0], str(row[1]), bool(row[2])) for row in db.session.execute(query)]


def open_checkout(invoice_id: int) -> Payment | None:
    """The pending payment of an invoice that has a session at the provider."""
    return db.session.scalar(
        select(Payment).where(
            Payment.invoice_id == invoice_id, Payment.status == PaymentStatus.PENDING, Payment.provider_ref.is_not(None)
        )
    )


def put_aside() -> list[WebhookReceipt]:
    """Events that did not match, for the treasurer."""
    query = select(WebhookReceipt).where(WebhookReceipt.outcome == "aside").order_by(WebhookReceipt.received_at.desc())
    return list(db.session.scalars(query.limit(50)))


def paid_too_much() -> list[Invoice]:
    """Invoices for which more money is here than is owed: paid twice, or paid after they were void."""
    here = (
        select(func.sum(Payment.amount))
        .where(Payment.invoice_id == Invoice.id, Payment.status == PaymentStatus.CAPTURED)
        .scalar_subquery()
    )
    back = (
        select(func.coalesce(func.sum(Refund.amount), 0))
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Payment.invoice_id == Invoice.id)
        .scalar_subquery()
    )
    owed = (
        select(func.sum(InvoiceLine.amount))
        .where(InvoiceLine.invoice_id == Invoice.id, InvoiceLine.live)
        .scalar_subquery()
    )
    query = select(Invoice).where(here - back > func.coalesce(owed, 0)).order_by(Invoice.id).options(*_loads())
    return list(db.session.scalars(query.limit(50)))


def account_section() -> dict[str, Any]:
    """The viewer's invoices, for the account page."""
    query = select(Invoice).where(Invoice.person_id == current_user.id).order_by(Invoice.id.desc()).limit(50)
    words = {InvoiceStatus.OPEN: _("To pay"), InvoiceStatus.PAID: _("Paid"), InvoiceStatus.VOID: _("Void")}
    items = [
        {
            "title": _("Invoice %(number)s", number=invoice.number),
            "href": url_for("payments.invoice", token=invoice.token),
            "meta": amount(invoice.total, invoice.currency),
            "badge": words[invoice.status],
        }
        for invoice in db.session.scalars(query.options(selectinload(Invoice.lines)))
    ]
    return {"title": _("My invoices"), "items": items, "empty": _("Nothing to pay.")}
