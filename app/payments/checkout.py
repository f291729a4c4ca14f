"""Talking with the provider between two transactions, never inside one: opening, ending and refunding a checkout.

Each function opens its own `atomic()` and may be called again after any interruption.
"""

from __future__ import annotations

import structlog
from flask import current_app, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.clock import now
from app.core.database import db
from app.core.transactions import atomic
from app.payments import events, queries, services
from app.payments.gateway import CheckoutRequest, GatewayDown, News
from app.payments.gateways import gateway
from app.payments.models import Invoice, Payment

log = structlog.get_logger()


def open_checkout(invoice_id: int, operation: str) -> str:
    """The address where an invoice is paid: that of the session begun already, or of a new one.

    A session that is old is looked up first, because it may have ended unheard; one for another amount is ended. Raises
    services.PaymentRefused when nothing is due, GatewayDown.
    """
    provider, method = gateway()
    for _attempt in range(3):
        with atomic():
            payment = services.begin_payment(invoice_id, method, operation)
            ask = _request(payment) if payment.provider_ref is None else None
            # A charge of a kept card has no page to come back to: it is ended, or turns out to be paid.
            fits = payment.amount == services.due(payment.invoice) and payment.checkout_url is not None
            fresh = payment.created_at > now() - queries.QUIET
            payment_id, ref, address = payment.id, payment.provider_ref, payment.checkout_url
        if ask is not None:
            made = provider.create_checkout(ask)
            with atomic():
                ours = services.keep_session(payment_id, made.ref, made.url)
            if ours:
                return made.url
            continue  # a kept card is charged in this moment
        news = None if fits and fresh else (provider.look_up if fits else provider.end_checkout)(str(ref))
        if news is None:
            return str(address)
        apply(news)
    raise GatewayDown("the session did not end")


def _request(payment: Payment) -> CheckoutRequest:
    invoice: Invoice = payment.invoice
    here = current_app.config["KERMESSE"].base_url + url_for("payments.invoice", token=invoice.token)
    lines = tuple((line.description, line.amount) for line in invoice.lines)
    if payment.amount != invoice.total:  # a part was paid at the desk
        with force_locale(invoice.locale):
            lines = ((_("Rest of invoice %(number)s", number=invoice.number), payment.amount),)
    return CheckoutRequest(
        key=f"payment-{payment.id}-{payment.operation}-{payment.amount}",
        payment_id=payment.id,
        currency=invoice.currency,
        lines=lines,
        email=invoice.email,
        locale=invoice.locale,
        success_url=f"{here}?back=1",
        cancel_url=here,
    )


def end_open(invoice_id: int) -> None:
    """Close the checkout that is open for an invoice, if any, before money is taken in another way.

    When the provider does not answer, the desk goes on: what is paid twice shows as too much on the invoice's page.
    """
    pending = queries.open_checkout(invoice_id)
    ref = pending.provider_ref if pending is not None and pending.method is gateway()[1] else None
    db.session.rollback()
    if ref is None:
        return
    try:
        news = gateway()[0].end_checkout(ref)
    except GatewayDown:
        log.warning("a checkout stays open beside the desk", invoice=invoice_id)
        return
    if news is not None:
        apply(news)


def give_back(payment_id: int, amount: int, reason: str, operation: str, actor_id: int) -> None:
    """Refund a payment by card (or of the test checkout). Raises services.PaymentRefused, GatewayDown."""
    payment = db.session.get(Payment, payment_id)
    provider, method = gateway()
    if payment is None or payment.method is not method or payment.provider_ref is None:
        raise services.PaymentRefused("not_open")
    if amount <= 0 or amount > services.refundable(payment):
        raise services.PaymentRefused("too_much", services.refundable(payment))
    ref, provider_payment, currency = payment.provider_ref, payment.provider_payment, payment.currency
    db.session.rollback()
    news = provider.give_back(ref, provider_payment, amount, currency, f"refund-{payment_id}-{operation}")
    with atomic():
        events.apply(news)
        for _about, fact in news.facts:
            services.explain_refund(fact.id, reason, actor_id)


def reconcile() -> int:
    """Look up every silent payment and apply what comes back; returns how many were heard of (M5)."""
    provider, method = gateway()
    silent = queries.silent_payments(method)
    db.session.rollback()
    heard = 0
    for payment_id, ref, unconfirmed in silent:
        try:
            news = provider.look_up(ref)
            if news is None and unconfirmed:
                news = provider.end_checkout(ref)  # prepared, and nobody confirmed it: nobody will
        except GatewayDown:
            log.warning("the payment provider does not answer", payment=payment_id)
            continue
        if news is not None:
            heard += apply(news) == "applied"
    return heard


def apply(news: News) -> str:
    """Apply what was asked for, in a transaction of its own."""
    with atomic():
        return events.apply(news)
