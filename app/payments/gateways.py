"""Which provider this installation uses."""

from __future__ import annotations

from flask import current_app

from app.payments.gateway import Gateway
from app.payments.models import Method
from app.payments.stripe_gateway import StripeGateway
from app.payments.test_checkout import TestGateway


def gateway() -> tuple[Gateway, Method]:
    """The provider, and the method of its payments: Stripe with a key, else the built-in test checkout."""
    config = current_app.config["KERMESSE"]
    if config.test_checkout:
        return TestGateway(), Method.TEST
    kept: StripeGateway | None = current_app.extensions.get("kermesse_stripe")
    if kept is None:
        kept = StripeGateway(config["STRIPE_SECRET_KEY"], config["STRIPE_API_BASE"])
        current_app.extensions["kermesse_stripe"] = kept
    return kept, Method.CARD
