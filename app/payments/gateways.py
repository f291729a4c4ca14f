"""Which provider this installation uses."""

from __future__ import annotations

from flask import current_app

from app.payments.gateway import Gateway, GatewayDown
from app.payments.models import Method
from app.payments.stripe_gateway import StripeGateway, is_live
from app.payments.test_checkout import TestGateway


def gateway() -> tuple[Gateway, Method]:
    """The provider, and the method of its payments: Stripe with a key, else the built-in test checkout."""
    method, _live = provider()
    return gateway_for(method), method


def provider() -> tuple[Method, bool]:
    """The method of the provider's payments, and whether they are of real money."""
    config = current_app.config["KERMESSE"]
    return (Method.TEST, False) if config.test_checkout else (Method.CARD, is_live(config["STRIPE_SECRET_KEY"]))


def gateway_for(method: Method) -> Gateway:
    """The provider of payments or cards of a method, though another may be in use by now. Raises GatewayDown."""
    config = current_app.config["KERMESSE"]
    if method is Method.TEST:
        return TestGateway()
    if config.test_checkout:
        raise GatewayDown("no key")
    kept: StripeGateway | None = current_app.extensions.get("kermesse_stripe")
    if kept is None:
        kept = StripeGateway(config["STRIPE_SECRET_KEY"], config["STRIPE_API_BASE"])
        current_app.extensions["kermesse_stripe"] = kept
    return kept
