"""Asking the provider about payments that nothing was heard of (M5). May run more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.payments import checkout

RECONCILE = "payments.reconcile"


def reconcile(payload: Mapping[str, Any] | None = None) -> int:
    """Look up every silent payment and apply what comes back; returns how many were heard of."""
    return checkout.reconcile()


def sweep() -> None:
    """The same, for the worker."""
    checkout.reconcile()
