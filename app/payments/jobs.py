"""Asking the provider about payments that nothing was heard of (M5). May run more than once."""

from __future__ import annotations

import structlog

from app.core.database import db
from app.core.transactions import atomic
from app.payments import events, queries
from app.payments.gateway import GatewayDown
from app.payments.gateways import gateway

log = structlog.get_logger()


def reconcile() -> int:
    """Look up every silent payment and apply what comes back; returns how many were heard of."""
    heard = 0
    silent = queries.silent_payments()
    db.session.rollback()
    for payment_id, ref in silent:
        try:
            news = gateway()[0].look_up(ref)
        except GatewayDown:
            log.warning("the payment provider does not answer", payment=payment_id)
            continue
        if news is not None:
            with atomic():
                heard += events.apply(news) == "applied"
    return heard


def sweep() -> None:
    """The same, for the worker."""
    reconcile()
