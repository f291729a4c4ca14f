"""Paying an invoice with the kept card of its buyer, because a person decided so: the buyer, or the treasurer after the term.

A payment intent is prepared first and confirmed after its name is kept: whatever answer is lost, nothing is charged twice
and what was charged is found by asking. See docs/decisions/0014-card-on-file.md.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.core import audit
from app.core.database import db
from app.core.jobs import enqueue
from app.core.mail import queue_mail
from app.core.transactions import atomic, locked
from app.payments import card_queries, cards, checkout, extras, queries, services
from app.payments.gateway import ChargeRequest, Gateway, GatewayDown
from app.payments.gateways import gateway
from app.payments.models import Invoice, InvoiceStatus, Method, Payment, PaymentStatus


class ChargeRefused(Exception):
    """`reason`: nothing_due, no_card, not_agreed (no terms, or their time has not come), authentication (the bank wants to
    ask its customer), or why the bank said no, as the provider words it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Another(Exception):
    """A checkout was opened in this moment."""


@dataclass(frozen=True)
class _Step:
    payment_id: int
    card_id: int
    ref: str | None
    request: ChargeRequest


def charge(invoice_id: int, operation: str, actor_id: int, *, present: bool) -> bool:
    """Charge everything due to the buyer's kept card; True when it is paid, False while the bank has not answered.

    `present`: the buyer asks; else the treasurer does, and the terms must allow it. The same operation charges once. An
    open checkout is ended first. Raises ChargeRefused, GatewayDown.
    """
    provider, method = gateway()
    step = _step(invoice_id, method, operation, actor_id, present=present)
    if step is None:
        return True
    ref = step.ref or _prepared(provider, step)
    with atomic():
        ours = services.keep_session(step.payment_id, ref, None)
    if not ours:  # a checkout was opened for it in this moment: what was prepared is never confirmed
        raise GatewayDown("another payment was begun")
    charged = provider.confirm_charge(ref, f"confirm-{step.request.key}", present=present)
    if charged.news is not None:
        checkout.apply(charged.news)
    if charged.refused:
        if not present:
            with atomic():
                _mail_refusal(step.payment_id)
        raise ChargeRefused(charged.refused)
    return db.session.get_one(Payment, step.payment_id, populate_existing=True).status is PaymentStatus.CAPTURED


def _prepared(provider: Gateway, step: _Step) -> str:
    """The provider's name of the payment. If it does not want to, the card may be gone there unheard: that is asked for."""
    try:
        return provider.begin_charge(step.request)
    except GatewayDown:
        with atomic():
            enqueue(cards.LOOK_UP, str(step.card_id), card_id=step.card_id)
        raise


def _step(invoice_id: int, method: Method, operation: str, actor_id: int, *, present: bool) -> _Step | None:
    for _attempt in range(3):
        if not _begun(invoice_id, operation):
            _end_others(invoice_id)
        with contextlib.suppress(_Another), atomic():
            return _begin(invoice_id, method, operation, actor_id, present=present)
    raise GatewayDown("another payment is open")


def _begun(invoice_id: int, operation: str) -> bool:
    mine = (Payment.invoice_id == invoice_id, Payment.operation == operation)
    found = db.session.scalar(select(Payment.id).where(*mine, Payment.status != PaymentStatus.EXPIRED))
    db.session.rollback()
    return found is not None


def _end_others(invoice_id: int) -> None:
    """Nobody pays twice: what is open elsewhere for this invoice is ended, or turns out to be paid. Raises GatewayDown."""
    pending = queries.open_checkout(invoice_id)
    ref = pending.provider_ref if pending is not None and pending.method is gateway()[1] else None
    db.session.rollback()
    if ref is not None and (news := gateway()[0].end_checkout(ref)) is not None:
        checkout.apply(news)


def _begin(invoice_id: int, method: Method, operation: str, actor_id: int, *, present: bool) -> _Step | None:
    """The pending payment, under the invoice's lock. None: this operation has paid already."""
    invoice: Invoice | None = locked(Invoice, invoice_id)
    if invoice is None:
        raise LookupError(invoice_id)
    card = card_queries.card_of(invoice.person_id)
    payment = next((item for item in invoice.payments if item.operation == operation), None)
    if payment is not None and payment.status is not PaymentStatus.PENDING:
        if payment.status is PaymentStatus.CAPTURED:
            return None
        payment = None  # this one was refused: a page that was kept open asks anew
    if invoice.status is not InvoiceStatus.OPEN or services.due(invoice) <= 0:
        raise ChargeRefused("nothing_due")
    if card is None or card.customer_ref is None or card.card_ref is None:
        raise ChargeRefused("no_card")
    if payment is None:
        if not present and not card_queries.may_be_charged(invoice):
            raise ChargeRefused("not_agreed")
        _alone(invoice)
        amount = services.due(invoice) if present else _agreed(invoice)
        payment = services.new_payment(invoice, method, amount, operation)
        payment.recorded_by = None if present else actor_id
        audit.record("pay with kept card" if present else "charge kept card", "payment", payment.id, actor_id,
                     amount=payment.amount)  # fmt: skip
    with force_locale(invoice.locale):
        words = _("Invoice %(number)s", number=invoice.number)
    key = f"charge-{payment.id}-{payment.operation}-{payment.amount}"
    request = ChargeRequest(
        key, payment.id, payment.amount, payment.currency, words, card.customer_ref, card.card_ref
    )  # fmt: skip
    return _Step(payment.id, card.id, payment.provider_ref, request)


def _alone(invoice: Invoice) -> None:
    """No other way to pay is open. One that begins in this moment finds itself over, and begins anew after this."""
    for other in (item for item in invoice.payments if item.status is PaymentStatus.PENDING):
        if other.provider_ref is not None:
            raise _Another
        other.status = PaymentStatus.EXPIRED


def _agreed(invoice: Invoice) -> int:
    """What the terms speak of: without what the buyer added of their own will, which is theirs to pay."""
    if extras.open_for_extras(invoice):
        extras.drop(invoice)
    added = sum(extras.amount_of(invoice, kind) for kind in extras.EXTRAS)
    amount = min(services.due(invoice), invoice.total - added)
    if amount <= 0:
        raise ChargeRefused("nothing_due")
    return amount


def _mail_refusal(payment_id: int) -> None:
    """The ordinary way to pay, by mail. Whoever pressed the button is told why."""
    invoice = db.session.get_one(Payment, payment_id).invoice
    link = f"{current_app.config['KERMESSE'].base_url}/invoices/{invoice.token}/"
    with force_locale(invoice.locale):
        subject = _("Please pay invoice %(number)s", number=invoice.number)
    queue_mail(
        f"card-refused:{payment_id}", invoice.email, "payment_card_refused", subject, locale=invoice.locale,
        invoice=invoice, due=services.due(invoice), link=link,
    )  # fmt: skip


def refused_words(reason: str) -> str:
    """Why a card was not charged, and what now, for whoever pressed the button."""
    said = {
        "nothing_due": _("Nothing is due any more: this page is as it stands now."),
        "no_card": _("No card is kept any more. The ordinary way to pay is open."),
        "not_agreed": _("The terms that the buyer accepted do not allow it, or their time has not come."),
        "authentication": _("The bank wants to ask its customer first. Nothing was charged."),
        "insufficient_funds": _("The bank says: not enough money on it. Nothing was charged."),
        "expired_card": _("The bank says: the card has expired. Nothing was charged."),
        "lost_card": _("The bank says: the card is blocked. Nothing was charged."),
        "stolen_card": _("The bank says: the card is blocked. Nothing was charged."),
    }
    return said.get(reason, _("The bank said no, and did not say why. Nothing was charged."))
