"""Stripe Checkout. The only file that imports stripe."""

from __future__ import annotations

from typing import Any

import stripe

from app.payments.gateway import Checkout, CheckoutRequest, GatewayDown, News
from app.payments.rules import Fact, FactKind

TOLERANCE_S = 300
TIMEOUT_S = 15
LOCALES = {"en", "fr", "es"}


class BadSignature(Exception):
    """The webhook was not signed by Stripe with our secret, or too long ago, or is not an event."""


class StripeGateway:
    """Talks to Stripe, or to another host in its place (`api_base`, for tests)."""

    def __init__(self, secret_key: str, api_base: str = "") -> None:
        options: dict[str, Any] = {"base_addresses": {"api": api_base}} if api_base else {}
        client = stripe.RequestsClient(timeout=TIMEOUT_S) if hasattr(stripe, "RequestsClient") else None
        self._client = stripe.StripeClient(secret_key, http_client=client, max_network_retries=2, **options)

    def create_checkout(self, request: CheckoutRequest) -> Checkout:
        """Make a Checkout session; the same key gives the same session."""
        metadata = {"payment_id": str(request.payment_id)}
        parameters: dict[str, Any] = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": request.currency.lower(),
                        "unit_amount": amount,
                        "product_data": {"name": description},
                    },
                }
                for description, amount in request.lines
            ],
            "customer_email": request.email,
            "client_reference_id": str(request.payment_id),
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "locale": request.locale if request.locale in LOCALES else "auto",
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
        try:
            session = self._client.v1.checkout.sessions.create(
                params=parameters,  # type: ignore[arg-type]
                options={"idempotency_key": request.key},
            )
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return Checkout(session.id, str(session.url))

    def look_up(self, ref: str) -> News | None:
        """Ask for a session: paid, expired, or still open (None)."""
        try:
            session = self._client.v1.checkout.sessions.retrieve(ref)
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        kind = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}.get(
            str(session.status)
        )
        if kind is None:
            return None
        return _news(f"lookup:{ref}:{session.status}:{session.payment_status}", kind, session.to_dict())


def read_event(payload: bytes, signature: str, secret: str) -> News:
    """Verify a webhook and put it into our terms. Raises BadSignature, also when the secret is empty."""
    if not secret:
        raise BadSignature("no secret")
    try:
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=TOLERANCE_S)  # type: ignore[no-untyped-call]
        data = event.to_dict()
        return _news(str(data["id"]), str(data["type"]), data["data"]["object"])
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BadSignature(type(fault).__name__) from fault


def _news(event_id: str, kind: str, thing: dict[str, Any]) -> News:
    if kind.startswith("checkout.session."):
        return _session_news(event_id, kind, thing)
    if kind.startswith("refund.") or kind == "charge.refund.updated":
        return _refund_news(event_id, kind, [thing])
    if kind == "charge.refunded":
        return _refund_news(
            event_id, kind, (thing.get("refunds") or {}).get("data") or [], str(thing["payment_intent"])
        )
    return News(event_id, kind)


def _session_news(event_id: str, kind: str, session: dict[str, Any]) -> News:
    ref, paid = str(session["id"]), session.get("payment_status") == "paid"
    amount = int(session.get("amount_total") or 0)
    fact = None
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded") and paid:
        fact = Fact(FactKind.CAPTURED, ref, amount, int((session.get("metadata") or {}).get("fee") or 0))
    elif kind == "checkout.session.expired":
        fact = Fact(FactKind.EXPIRED, ref)
    elif kind == "checkout.session.async_payment_failed":
        fact = Fact(FactKind.FAILED, ref)
    return News(
        event_id,
        kind,
        about=ref,
        session=ref,
        provider_payment=session.get("payment_intent"),
        amount=amount if fact and fact.kind is FactKind.CAPTURED else None,
        currency=str(session.get("currency") or "").upper() or None,
        facts=((ref, fact),) if fact else (),
    )


def _refund_news(event_id: str, kind: str, refunds: list[dict[str, Any]], payment: str = "") -> News:
    facts = tuple(
        (str(item.get("payment_intent") or payment), Fact(FactKind.REFUNDED, str(item["id"]), int(item["amount"])))
        for item in refunds
        if item.get("status") == "succeeded"
    )
    about = facts[0][0] if facts else payment
    currency = str(refunds[0].get("currency") or "").upper() if refunds else None
    return News(event_id, kind, about=about, provider_payment=about or None, currency=currency or None, facts=facts)
