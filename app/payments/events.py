"""Applying what a provider told: once for each event, whatever the order, and aside when it does not match (M2, M3)."""

from __future__ import annotations

import structlog
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.clock import now
from app.core.database import db
from app.payments import services
from app.payments.gateway import News
from app.payments.models import Payment, WebhookReceipt

log = structlog.get_logger()


def apply(news: News, payload: str = "") -> str:
    """Apply one event in the current transaction; returns its outcome: applied, ignored, aside or known.

    The receipt is inserted first, under its unique key: of five at once, one goes on and four find it known.
    """
    receipt = WebhookReceipt(event_id=news.event_id[:120], kind=news.kind[:80], payload=payload, received_at=now())
    try:
        with db.session.begin_nested():
            db.session.add(receipt)
    except IntegrityError:
        return "known"
    receipt.outcome, receipt.reason = _apply(news)
    if receipt.outcome == "aside":
        log.warning("a payment event was put aside", event_id=news.event_id, kind=news.kind, reason=receipt.reason)
    return receipt.outcome


def _apply(news: News) -> tuple[str, str]:
    if not news.facts:
        return "ignored", ""
    payment = _payment(news)
    if payment is not None:
        if news.currency is not None and news.currency != payment.currency:
            return "aside", f"currency {news.currency} is not {payment.currency}"
        if news.amount is not None and news.amount != payment.amount:
            return "aside", f"amount {news.amount} is not {payment.amount}"
    elif news.session:
        return "aside", "no payment of ours has this session"
    for about, fact in news.facts:
        services.learn(about, fact)  # a refund may be told before its payment: it waits here
    if payment is not None:
        services.settle(payment.id, news.provider_payment)
    return "applied", ""


def _payment(news: News) -> Payment | None:
    column = Payment.provider_ref if news.session else Payment.provider_payment
    return db.session.scalar(select(Payment).where(column == news.about))
