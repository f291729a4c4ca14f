"""Applying what a provider told: once for each event, whatever the order, and aside when it does not match (M2, M3)."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import now
from app.core.database import db
from app.core.transactions import in_turn
from app.payments import card_events, services
from app.payments.gateway import News
from app.payments.models import Payment, WebhookReceipt

log = structlog.get_logger()
KEPT = timedelta(days=365)


def apply(news: News, payload: str = "") -> str:
    """Apply one event in the current transaction; returns its outcome: applied, ignored, aside or known.

    The receipt is inserted first, under its unique key: of five at once, one goes on and four find it known.
    """
    if news.card is not None:
        payload = ""  # it names a person and their card, and no book needs it
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
    if not news.facts and news.card is None:
        return "ignored", ""
    if news.foreign:
        return "aside", f"it is about {news.foreign}"
    if news.card is not None:
        return card_events.apply(news.card)
    # About one payment of the provider: else a capture and a refund that arrive together would each miss what the other has not
    # committed yet, and the refund would never be booked.
    in_turn(news.provider_payment or news.about)
    payment = _payment(news)
    mismatch = _mismatch(news, payment)
    if mismatch:
        return "aside", mismatch
    for about, fact in news.facts:
        services.learn(about, fact, news.currency)  # a refund may be told before its payment: it waits here
    if payment is not None:
        services.settle(payment.id, news.session or None, news.provider_payment)
    return "applied", ""


def _payment(news: News) -> Payment | None:
    """Our payment. A session whose address never reached us, because the answer was lost, is known by its reference."""
    column = Payment.provider_ref if news.session else Payment.provider_payment
    found = db.session.scalar(select(Payment).where(column == news.about))
    if found is None and news.session and news.payment_id is not None:
        waiting = db.session.get(Payment, news.payment_id)
        if waiting is not None and waiting.provider_ref is None and waiting.recorded_by is None:
            return waiting
    return found


def _mismatch(news: News, payment: Payment | None) -> str:
    if payment is None:
        return "no payment of ours has this session" if news.session else ""
    if news.payment_id not in (None, payment.id):
        return f"its reference is {news.payment_id}, not {payment.id}"
    if news.currency not in (None, payment.currency):
        return f"currency {news.currency} is not {payment.currency}"
    if news.amount not in (None, payment.amount):
        return f"amount {news.amount} is not {payment.amount}"
    return ""


def forget_old() -> None:
    """Forget what the provider wrote long ago, which names people; what came of it stays."""
    old = (WebhookReceipt.received_at < now() - KEPT, WebhookReceipt.payload.not_in(("", "{}")))
    db.session.execute(update(WebhookReceipt).where(*old).values(payload="{}"))
