"""Commands on invoices and payments. The ledger entry, the payable and the mail are one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.mail import queue_mail
from app.core.registry import registry
from app.core.transactions import locked
from app.ledger.models import Account
from app.ledger.services import TransferDraft, book
from app.payments import rules
from app.payments.models import (
    Counter,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    Method,
    Payment,
    PaymentFact,
    PaymentStatus,
    Refund,
)

ACCOUNTS = {
    Method.CARD: Account.STRIPE,
    Method.TEST: Account.TEST,
    Method.CASH: Account.CASH_DESK,
    Method.TRANSFER: Account.BANK,
}


class PaymentRefused(Exception):
    """`reason`: nothing_due, too_much (with `due`), currency, not_open."""

    def __init__(self, reason: str, due: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.due = reason, due


@dataclass(frozen=True)
class LineDraft:
    """A line to be: `kind` and `ref` name the payable; the amount goes to `partner_id` for `purpose`."""

    kind: str
    ref: int
    description: str
    amount: int
    partner_id: int
    purpose: str = ""
    purpose_id: int | None = None


def issue_invoice(
    *, person_id: int | None, buyer: str, email: str, locale: str, currency: str, lines: Sequence[LineDraft]
) -> Invoice:
    """Make an invoice with a gapless number, book what is owed, and mail its link."""
    invoice = Invoice(
        token=token(), number=_next_number(), person_id=person_id, buyer=buyer[:120], email=email, locale=locale,
        currency=currency, created_at=now(), lines=[InvoiceLine(**vars(line)) for line in lines],
    )  # fmt: skip
    db.session.add(invoice)
    db.session.flush()
    owed = [
        TransferDraft(
            Account.HELD, Account.RECEIVABLE, currency, line.amount, line.partner_id, line.purpose, line.purpose_id
        )
        for line in lines
    ]
    book(f"invoice:{invoice.id}", "invoice", owed, memo=invoice.number, subject_kind="invoice", subject_id=invoice.id)
    _mail(invoice, f"invoice:{invoice.id}", "payment_invoice")
    return invoice


def _next_number() -> str:
    """The year's next number, under a lock on its counter: gapless, as bookkeeping asks."""
    year = now().year
    counter: Counter | None = locked(Counter, year)
    if counter is None:
        counter = Counter(year=year, last=0)
        db.session.add(counter)
    counter.last += 1
    db.session.flush()
    return f"{year}-{counter.last:04d}"


def _mail(invoice: Invoice, key: str, template: str) -> None:
    link = f"{current_app.config['KERMESSE'].base_url}/invoices/{invoice.token}/"
    with force_locale(invoice.locale):
        subject = {
            "payment_invoice": _("Your invoice %(number)s", number=invoice.number),
            "payment_receipt": _("Thank you: receipt for %(number)s", number=invoice.number),
        }[template]
    queue_mail(key, invoice.email, template, subject, locale=invoice.locale, invoice=invoice, link=link)


def due(invoice: Invoice) -> int:
    """What is still to be paid, in minor units."""
    return invoice.total - sum(item.amount for item in invoice.payments if item.status is PaymentStatus.CAPTURED)


def begin_payment(invoice_id: int, method: Method, operation: str) -> Payment:
    """A pending payment of everything due. The same operation, or one begun already, gives that one back.

    Raises PaymentRefused when nothing is due.
    """
    invoice = _locked_invoice(invoice_id)
    for payment in invoice.payments:
        if payment.operation == operation or payment.status is PaymentStatus.PENDING:
            return payment
    amount = due(invoice)
    if amount <= 0 or invoice.status is not InvoiceStatus.OPEN:
        raise PaymentRefused("nothing_due")
    payment = Payment(
        method=method, status=PaymentStatus.PENDING, amount=amount, currency=invoice.currency, operation=operation,
        created_at=now(),
    )  # fmt: skip
    invoice.payments.append(payment)
    db.session.flush()
    return payment


def keep_session(payment_id: int, provider_ref: str, url: str) -> None:
    """Remember the provider's session of a pending payment."""
    payment: Payment = locked(Payment, payment_id)
    if payment.provider_ref is None:
        payment.provider_ref, payment.checkout_url = provider_ref, url


def learn(about: str, fact: rules.Fact) -> None:
    """Add a fact to the set of what is known about a provider's session or payment."""
    key = (about, fact.kind.value, fact.id)
    row = db.session.get(PaymentFact, key)
    if row is None:
        db.session.add(PaymentFact(about=about, kind=fact.kind.value, ref=fact.id, amount=fact.amount, fee=fact.fee))
        db.session.flush()
    else:
        row.amount, row.fee = max(row.amount, fact.amount), max(row.fee, fact.fee)


def _known(payment: Payment) -> list[rules.Fact]:
    abouts = [about for about in (payment.provider_ref, payment.provider_payment) if about]
    rows = db.session.scalars(select(PaymentFact).where(PaymentFact.about.in_(abouts)))
    return [rules.Fact(rules.FactKind(row.kind), row.ref, row.amount, row.fee) for row in rows]


def settle(payment_id: int, provider_payment: str | None = None) -> None:
    """Bring a payment to the state that the set of known facts makes (M2); what is new is booked once.

    The invoice is locked first, so everything about it happens in one order.
    """
    found = db.session.get(Payment, payment_id)
    if found is None:
        raise LookupError(payment_id)
    invoice = _locked_invoice(found.invoice_id)
    payment: Payment = locked(Payment, payment_id)
    payment.provider_payment = payment.provider_payment or provider_payment
    facts = _known(payment)
    state = rules.fold(facts)
    if state.status == "captured" and payment.status is not PaymentStatus.CAPTURED:
        payment.fee = state.fee
        _capture(invoice, payment)
    elif state.status == "expired" and payment.status is PaymentStatus.PENDING:
        payment.status = PaymentStatus.EXPIRED
    if payment.status is PaymentStatus.CAPTURED:
        for fact in facts:
            if fact.kind is rules.FactKind.REFUNDED:
                _refund(invoice, payment, fact.id, fact.amount, "")


def record_cash(invoice_id: int, amount: int, operation: str, actor_id: int, method: Method = Method.CASH) -> Payment:
    """Money taken at the desk or seen on the bank's statement; a part is welcome, too much is refused."""
    invoice = _locked_invoice(invoice_id)
    earlier = next((item for item in invoice.payments if item.operation == operation), None)
    if earlier is not None:
        return earlier
    if invoice.status is not InvoiceStatus.OPEN:
        raise PaymentRefused("nothing_due")
    if amount > due(invoice):
        raise PaymentRefused("too_much", due(invoice))
    payment = Payment(
        method=method, status=PaymentStatus.PENDING, amount=amount, currency=invoice.currency, operation=operation,
        created_at=now(), recorded_by=actor_id,
    )  # fmt: skip
    invoice.payments.append(payment)
    db.session.flush()
    _capture(invoice, payment)
    audit.record(f"record {method}", "payment", payment.id, actor_id, amount=amount)
    return payment


def _capture(invoice: Invoice, payment: Payment) -> None:
    payment.status, payment.captured_at = PaymentStatus.CAPTURED, now()
    account = ACCOUNTS[payment.method]
    moves = _moves(invoice, payment, Account.RECEIVABLE, account, payment.amount)
    moves += _moves(invoice, payment, account, Account.FEES, payment.fee)
    book(f"payment:{payment.id}", "payment", moves, memo=invoice.number, subject_kind="payment", subject_id=payment.id)
    if due(invoice) > 0 or invoice.status is not InvoiceStatus.OPEN:
        return
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, now()
    for line in invoice.lines:
        payable = registry().payables.get(line.kind)
        if payable is not None:
            payable.paid(line.ref)
    _mail(invoice, f"receipt:{invoice.id}", "payment_receipt")


def _moves(invoice: Invoice, payment: Payment, source: Account, target: Account, amount: int) -> list[TransferDraft]:
    """The amount split over the invoice's lines, so that each purpose carries its part."""
    shares = rules.split(amount, [line.amount for line in invoice.lines])
    return [
        TransferDraft(source, target, payment.currency, share, line.partner_id, line.purpose, line.purpose_id)
        for line, share in zip(invoice.lines, shares, strict=True)
    ]


def refund_cash(payment_id: int, amount: int, reason: str, operation: str, actor_id: int) -> None:
    """Give cash back. Raises PaymentRefused for more than was taken (M4)."""
    found = db.session.get(Payment, payment_id)
    if found is None or found.method not in (Method.CASH, Method.TRANSFER):
        raise PaymentRefused("not_open")
    invoice = _locked_invoice(found.invoice_id)
    payment: Payment = locked(Payment, payment_id)
    left = payment.amount - sum(item.amount for item in payment.refunds)
    if any(item.provider_ref == operation for item in payment.refunds):
        return
    if payment.status is not PaymentStatus.CAPTURED or amount > left:
        raise PaymentRefused("too_much", left)
    _refund(invoice, payment, operation, amount, reason)
    audit.record("refund cash", "payment", payment_id, actor_id, amount=amount)


def _refund(invoice: Invoice, payment: Payment, ref: str, amount: int, reason: str) -> None:
    if any(item.provider_ref == ref for item in payment.refunds):
        return
    amount = min(amount, payment.amount - sum(item.amount for item in payment.refunds))
    if amount <= 0:
        return
    payment.refunds.append(Refund(provider_ref=ref, amount=amount, reason=reason, created_at=now()))
    moves = _moves(invoice, payment, ACCOUNTS[payment.method], Account.REFUNDS, amount)
    book(f"refund:{ref}", "refund", moves, memo=invoice.number, subject_kind="payment", subject_id=payment.id)


def _locked_invoice(invoice_id: int) -> Invoice:
    invoice: Invoice | None = locked(Invoice, invoice_id)
    if invoice is None:
        raise LookupError(invoice_id)
    return invoice
