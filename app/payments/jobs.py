"""Asking the provider about payments that nothing was heard of (M5). May run more than once."""

from __future__ import annotations

from app.core.transactions import atomic
from app.payments import card_checkout, checkout, events


def reconcile() -> int:
    """Look up every silent payment and kept card, and apply what comes back; returns how many were heard of."""
    return checkout.reconcile() + card_checkout.reconcile()


def sweep() -> None:
    """The same, for the worker; and what is too old to be kept is forgotten."""
    with atomic():
        events.forget_old()
    reconcile()
