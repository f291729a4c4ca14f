"""Commands on invoices and payments. The ledger entry, the payable and the mail are one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import audit
from app.core.clock import now
from app.core.database import db
from app.core.ids import token
from app.core.mail import queue_mail
from app.core.registry import registry
from app.core.transactions import locked
from app.ledger.models import Account
from app.ledger.queries import entry_of
from app.ledger.services import TransferDraft, book, reverse
from app.payments import extras, rules
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

log = structlog.get_logger()
ACCOUNTS = {
    Method.CARD: Account.STRIPE,
    Method.TEST: Account.TEST,
    Method.CASH: Account.CASH_DESK,
    Method.TRANSFER: Account.BANK,
}


class PaymentRefused(Exception):
    """`reason`: nothing_due, too_much (with `due`), not_open, paid (void it after the refund), pending (a checkout is open)."""

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
    if counter is None:  # two may write the first invoice of a year at once: one of them finds the other's row
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.add(Counter(year=year, last=0))
        counter = locked(Counter, year)
    assert counter is not None
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
    if invoice.status is InvoiceStatus.VOID:
        return 0
    return invoice.total - sum(item.amount for item in invoice.payments if item.status is PaymentStatus.CAPTURED)


def over(invoice: Invoice) -> int:
    """What was paid beyond what is owed and is still here: to be given back, in minor units."""
    owed = 0 if invoice.status is InvoiceStatus.VOID else invoice.total
    return max(0, sum(refundable(item) for item in invoice.payments) - owed)


def begin_payment(invoice_id: int, method: Method, operation: str) -> Payment:
    """The pending payment of everything due: the one begun already, or a new one. So a second click, or the same form
    sent again, comes to the same checkout.

    Raises PaymentRefused when nothing is due.
    """
    invoice = _locked_invoice(invoice_id)
    amount = due(invoice)
    if amount <= 0 or invoice.status is not InvoiceStatus.OPEN:
        raise PaymentRefused("nothing_due")
    for payment in invoice.payments:
        if payment.status is not PaymentStatus.PENDING:
            continue
        if payment.method is Method.TEST and method is not Method.TEST:
            payment.status = PaymentStatus.EXPIRED  # the installation got its Stripe key meanwhile
            continue
        if payment.provider_ref is None:
            payment.amount = amount  # nobody has seen this checkout: it may still change
        return payment
    return new_payment(invoice, method, amount, operation)


def new_payment(invoice: Invoice, method: Method, amount: int, operation: str) -> Payment:
    """A pending payment of a locked invoice, under a new token if the operation's is taken."""
    payment = Payment(
        method=method, status=PaymentStatus.PENDING, amount=amount, currency=invoice.currency,
        operation=_fresh(operation), created_at=now(),
    )  # fmt: skip
    invoice.payments.append(payment)
    db.session.flush()
    return payment


def _fresh(operation: str) -> str:
    """The operation's token, or a new one if a payment that is over has it: a page kept open may be sent again."""
    taken = db.session.scalar(select(Payment.id).where(Payment.operation == operation))
    return operation if operation and taken is None else token()


def keep_session(payment_id: int, provider_ref: str, url: str | None) -> bool:
    """Remember the provider's session of a pending payment (or its charge of a kept card, which has no page); whether it
    is the one that is kept: the payment may be over by now, or another way to pay be open."""
    _locked_invoice(
        db.session.get_one(Payment, payment_id).invoice_id
    )  # in one order with everything about the invoice
    payment: Payment = locked(Payment, payment_id)
    if payment.provider_ref is None and payment.status is PaymentStatus.PENDING:
        payment.provider_ref, payment.checkout_url = provider_ref, url
    return payment.provider_ref == provider_ref


def learn(about: str, fact: rules.Fact, currency: str | None = None) -> None:
    """Add a fact to the set of what is known about a provider's session or payment."""
    row = db.session.get(PaymentFact, (about, fact.kind.value, fact.id))
    if row is None:
        row = PaymentFact(about=about, kind=fact.kind.value, ref=fact.id, currency=currency, amount=0, fee=0)
        db.session.add(row)
    row.amount, row.fee = max(row.amount, fact.amount), max(row.fee, fact.fee)
    db.session.flush()


def _known(payment: Payment) -> list[rules.Fact]:
    abouts = [about for about in (payment.provider_ref, payment.provider_payment) if about]
    rows = db.session.scalars(select(PaymentFact).where(PaymentFact.about.in_(abouts)))
    ours = [row for row in rows if row.currency in (None, payment.currency)]
    return [rules.Fact(rules.FactKind(row.kind), row.ref, row.amount, row.fee) for row in ours]


def settle(payment_id: int, provider_ref: str | None = None, provider_payment: str | None = None) -> None:
    """Bring a payment to the state that the set of known facts makes (M2); what is new is booked once.

    The invoice is locked first, so everything about it happens in one order.
    """
    found = db.session.get(Payment, payment_id)
    if found is None:
        raise LookupError(payment_id)
    invoice = _locked_invoice(found.invoice_id)
    payment: Payment = locked(Payment, payment_id)
    payment.provider_ref = payment.provider_ref or provider_ref
    payment.provider_payment = payment.provider_payment or provider_payment
    state = rules.fold(_known(payment))
    if state.status == "expired" and payment.status is PaymentStatus.PENDING:
        payment.status = PaymentStatus.EXPIRED
    if state.status != "captured":
        return
    if payment.status is not PaymentStatus.CAPTURED:
        _capture(invoice, payment)
    _charge_fee(invoice, payment, state.fee)
    stand = dict(state.refunds)
    for refund in [item for item in payment.refunds if item.provider_ref not in stand]:
        _take_back(payment, refund)
    for ref, amount in state.refunds:
        _refund(invoice, payment, ref, amount, "")


def record_cash(invoice_id: int, amount: int, operation: str, actor_id: int, method: Method = Method.CASH) -> Payment:
    """Money taken at the desk or seen on the bank's statement; a part is welcome, too much is refused.

    The same operation gives the payment recorded first. Raises PaymentRefused.
    """
    invoice = _locked_invoice(invoice_id)
    earlier = next((item for item in invoice.payments if item.operation == operation), None)
    if earlier is not None and earlier.status is PaymentStatus.CAPTURED:
        return earlier
    if invoice.status is not InvoiceStatus.OPEN:
        raise PaymentRefused("nothing_due")
    if amount <= 0 or amount > due(invoice):
        raise PaymentRefused("too_much", due(invoice))
    payment = new_payment(invoice, method, amount, operation)
    payment.recorded_by = actor_id
    _capture(invoice, payment)
    audit.record(f"record {method}", "payment", payment.id, actor_id, amount=amount)
    return payment


def _capture(invoice: Invoice, payment: Payment) -> None:
    before = sum(item.amount for item in invoice.payments if item.status is PaymentStatus.CAPTURED)
    payment.status, payment.captured_at = PaymentStatus.CAPTURED, now()
    account = ACCOUNTS[payment.method]
    moves = _moves(invoice, Account.RECEIVABLE, account, before, before + payment.amount)
    book(f"payment:{payment.id}", "payment", moves, memo=invoice.number, subject_kind="payment", subject_id=payment.id)
    if over(invoice) > 0:
        log.warning("more was paid than is owed", invoice=invoice.id, payment=payment.id, over=over(invoice))
    if due(invoice) > 0 or invoice.status is not InvoiceStatus.OPEN:
        return
    invoice.status, invoice.paid_at = InvoiceStatus.PAID, now()
    for line in invoice.lines:
        payable = registry().payables.get(line.kind)
        if payable is not None:
            payable.paid(line.ref)
    _mail(invoice, f"receipt:{invoice.id}", "payment_receipt")


def _charge_fee(invoice: Invoice, payment: Payment, fee: int) -> None:
    """Book what the provider kept, as far as it is new. It may be told long after the capture."""
    if fee <= payment.fee:
        return
    before = sum(item.fee for item in invoice.payments)
    moves = _moves(invoice, ACCOUNTS[payment.method], Account.FEES, before, before + fee - payment.fee)
    payment.fee = fee
    book(f"fee:{payment.id}:{fee}", "fee", moves, memo=invoice.number, subject_kind="payment", subject_id=payment.id)


def _moves(invoice: Invoice, source: Account, target: Account, before: int, after: int) -> list[TransferDraft]:
    """The transfers that make a sum over the whole invoice grow, split over what its lines are for."""
    parts: dict[tuple[int, str, int | None], int] = {}
    for line in invoice.lines:
        part = (line.partner_id, line.purpose, line.purpose_id)
        parts[part] = parts.get(part, 0) + line.amount
    shares = rules.further(before, after, list(parts.values()))
    return [
        TransferDraft(source, target, invoice.currency, share, *part)
        if share >= 0
        else TransferDraft(target, source, invoice.currency, -share, *part)
        for part, share in zip(parts, shares, strict=True)
    ]


def refundable(payment: Payment) -> int:
    """What can still be given back of a payment, in minor units (M4)."""
    if payment.status is not PaymentStatus.CAPTURED:
        return 0
    return payment.amount - sum(item.amount for item in payment.refunds)


def refund_cash(payment_id: int, amount: int, reason: str, operation: str, actor_id: int) -> None:
    """Give cash back. Raises PaymentRefused for more than was taken (M4)."""
    found = db.session.get(Payment, payment_id)
    if found is None or found.method not in (Method.CASH, Method.TRANSFER):
        raise PaymentRefused("not_open")
    invoice = _locked_invoice(found.invoice_id)
    payment: Payment = locked(Payment, payment_id)
    if any(item.provider_ref == operation for item in payment.refunds):
        return
    if amount <= 0 or amount > refundable(payment):
        raise PaymentRefused("too_much", refundable(payment))
    if db.session.scalar(select(Refund.id).where(Refund.provider_ref == operation)) is not None:
        operation = token()
    _refund(invoice, payment, operation, amount, reason)
    audit.record("refund cash", "payment", payment_id, actor_id, amount=amount)


def explain_refund(ref: str, reason: str, actor_id: int) -> None:
    """Keep why a card payment was given back; the refund itself came from the provider."""
    refund = db.session.scalar(select(Refund).where(Refund.provider_ref == ref))
    if refund is not None and not refund.reason:
        refund.reason = reason
        audit.record("refund card", "payment", refund.payment_id, actor_id, amount=refund.amount)


def _refund(invoice: Invoice, payment: Payment, ref: str, amount: int, reason: str) -> None:
    amount = min(amount, refundable(payment))
    if amount <= 0 or any(item.provider_ref == ref for item in payment.refunds):
        return
    before = sum(refund.amount for item in invoice.payments for refund in item.refunds)
    payment.refunds.append(Refund(provider_ref=ref, amount=amount, reason=reason, created_at=now()))
    moves = _moves(invoice, ACCOUNTS[payment.method], Account.REFUNDS, before, before + amount)
    book(f"refund:{ref}", "refund", moves, memo=invoice.number, subject_kind="payment", subject_id=payment.id)


def _take_back(payment: Payment, refund: Refund) -> None:
    """The buyer's bank sent a refund back: its entry is reversed."""
    entry = entry_of(f"refund:{refund.provider_ref}")
    if entry is not None:
        reverse(entry.id, entry.memo)
    payment.refunds.remove(refund)
    db.session.delete(refund)
    db.session.flush()


def void_invoice(invoice_id: int, reason: str, actor_id: int | None) -> None:
    """Take an invoice back: its entry is reversed, and its payables may be invoiced again. A second time does nothing.

    Raises PaymentRefused: `paid` while money for it is here (refund first), `pending` while a checkout is open (end it
    first, app.payments.checkout.end_open).
    """
    invoice = _locked_invoice(invoice_id)
    if invoice.status is InvoiceStatus.VOID:
        return
    if any(refundable(payment) for payment in invoice.payments):
        raise PaymentRefused("paid")
    for payment in invoice.payments:
        if payment.status is PaymentStatus.PENDING and payment.provider_ref is not None:
            raise PaymentRefused("pending")
        if payment.status is PaymentStatus.PENDING:
            payment.status = PaymentStatus.EXPIRED
    extras.drop(invoice)
    entry = entry_of(f"invoice:{invoice.id}")
    if entry is not None:
        reverse(entry.id, invoice.number)
    invoice.status = InvoiceStatus.VOID
    for line in invoice.lines:
        line.live = False
    db.session.flush()
    audit.record("void", "invoice", invoice.id, actor_id, reason=reason)


def _locked_invoice(invoice_id: int) -> Invoice:
    invoice: Invoice | None = locked(Invoice, invoice_id)
    if invoice is None:
        raise LookupError(invoice_id)
    return invoice
