"""Stripe Checkout. The only file that imports stripe."""

from __future__ import annotations

import re
from typing import Any

import stripe

from app.core.clock import now
from app.payments.gateway import CardRequest, Charged, ChargeRequest, Checkout, CheckoutRequest, GatewayDown, News
from app.payments.stripe_news import (
    LONGEST_ID,
    OURS,
    card_page_news,
    charge_news,
    identifier,
    news_of,
    refund_news,
    session_news,
)

TOLERANCE_S = 300
TIMEOUT_S = 15
LOCALES = {"en", "fr", "es"}
DETAIL = ["payment_intent.latest_charge.balance_transaction"]
CARD_DETAIL = ["setup_intent.payment_method"]
CHARGE_DETAIL = ["latest_charge.balance_transaction"]
CHARGE = "pi_"  # so begins the name of a payment intent
CHARGE_ENDED = {"succeeded": "payment_intent.succeeded", "canceled": "payment_intent.canceled"}
ENDED = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}
stripe.enable_telemetry = False


class BadSignature(Exception):
    """The webhook was not signed by Stripe with our secret, or at another time, or is not an event."""


class StripeGateway:
    """Talks to Stripe, or to another host in its place (`api_base`, for tests)."""

    def __init__(self, secret_key: str, api_base: str = "") -> None:
        options: dict[str, Any] = {"base_addresses": {"api": api_base}} if api_base else {}
        client = stripe.RequestsClient(timeout=TIMEOUT_S)
        self._client = stripe.StripeClient(secret_key, http_client=client, max_network_retries=2, **options)

    def create_checkout(self, request: CheckoutRequest) -> Checkout:
        """Make a Checkout session; the same key gives the same session."""
        metadata = {"payment_id": str(request.payment_id)}
        return self._session(
            request,
            mode="payment",
            line_items=[
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
            client_reference_id=str(request.payment_id),
            metadata=metadata,
            payment_intent_data={"metadata": metadata},
        )

    def _session(self, request: CheckoutRequest | CardRequest, **parameters: Any) -> Checkout:
        """A page of Stripe's, and the ways back from it."""
        # Somebody without an address types theirs at the checkout, if they have one by then.
        known = {} if request.email.endswith(".invalid") else {"customer_email": request.email}
        ways = {
            "locale": request.locale if request.locale in LOCALES else "auto",
            "success_url": request.success_url,
            "cancel_url": request.cancel_url,
        }
        try:
            session = self._client.v1.checkout.sessions.create(
                params=parameters | known | ways,  # type: ignore[arg-type]
                options={"idempotency_key": request.key},
            )
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return Checkout(session.id, str(session.url))

    def look_up(self, ref: str) -> News | None:
        """Ask for a session, and for the fee of its charge: paid, expired, or still open (None)."""
        if ref.startswith(CHARGE):
            return self._look_up_charge(ref)
        try:
            session = self._client.v1.checkout.sessions.retrieve(ref, params={"expand": DETAIL})
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        kind = ENDED.get(str(session.status))
        if kind is None:
            return None
        news = session_news("", kind, session.to_dict())
        told = ":".join(f"{fact.kind}-{fact.fee}" for _, fact in news.facts)
        return News(**(vars(news) | {"event_id": f"lookup:{ref}:{told or session.payment_status}"[:LONGEST_ID]}))

    def end_checkout(self, ref: str) -> News | None:
        """Expire a session. One that is over cannot be: then what it came to is asked for."""
        try:
            if ref.startswith(CHARGE):
                self._client.v1.payment_intents.cancel(ref)
            else:
                self._client.v1.checkout.sessions.expire(ref)
        except stripe.InvalidRequestError:
            return self.look_up(ref)
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return self.look_up(ref)

    def give_back(self, ref: str, provider_payment: str | None, amount: int, currency: str, key: str) -> News:
        """Refund a part of the payment intent."""
        try:
            refund = self._client.v1.refunds.create(
                params={"payment_intent": str(provider_payment), "amount": amount}, options={"idempotency_key": key}
            )
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return refund_news(f"refund:{refund.id}:{refund.status}", "refund.created", [refund.to_dict()])

    def ask_for_card(self, request: CardRequest) -> Checkout:
        """Make a Checkout session that charges nothing: its setup intent keeps the card, for a customer of its own."""
        metadata = {OURS: str(request.card_id)}
        return self._session(
            request,
            mode="setup",
            allowed_payment_method_types=["card"],
            customer_creation="always",
            client_reference_id=f"card-{request.card_id}",
            metadata=metadata,
            setup_intent_data={"metadata": metadata},
        )

    def look_up_card(self, session: str) -> News | None:
        """Ask for a session of that kind, with what may be shown of the card."""
        try:
            found = self._client.v1.checkout.sessions.retrieve(session, params={"expand": CARD_DETAIL})
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        kind = ENDED.get(str(found.status))
        if kind is None:
            return None
        news = card_page_news("", kind, found.to_dict())
        told = "-".join(fact.kind for fact in news.card.facts) if news.card else ""
        return News(**(vars(news) | {"event_id": f"lookup:{session}:{told}"[:LONGEST_ID]}))

    def forget_card(self, session: str | None, customer: str | None, card: str | None) -> None:
        """Expire the page, detach the card, delete the customer with the address that Stripe kept."""
        v1 = self._client.v1
        calls = (
            (v1.checkout.sessions.expire, session),
            (v1.payment_methods.detach, card),
            (v1.customers.delete, customer),
        )
        for call, ref in calls:
            try:
                if ref:
                    call(ref)
            except stripe.InvalidRequestError:  # it is over, or gone already
                continue
            except stripe.StripeError as fault:
                raise GatewayDown(type(fault).__name__) from fault

    def begin_charge(self, request: ChargeRequest) -> str:
        """Make a payment intent, not confirmed yet: a lost answer costs nobody anything."""
        try:
            intent = self._client.v1.payment_intents.create(
                params={
                    "amount": request.amount,
                    "currency": request.currency.lower(),
                    "customer": request.customer,
                    "payment_method": request.card,
                    "allowed_payment_method_types": ["card"],
                    "description": request.description,
                    "metadata": {"payment_id": str(request.payment_id), OURS: "1"},
                },
                options={"idempotency_key": request.key},
            )
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return intent.id

    def confirm_charge(self, ref: str, key: str, *, present: bool) -> Charged:
        """Confirm a payment intent. A bank that wants to ask its customer is a refusal: then the ordinary page helps."""
        how: dict[str, Any] = {"error_on_requires_action": True} if present else {"off_session": True}
        try:
            self._client.v1.payment_intents.confirm(ref, params=how, options={"idempotency_key": key})  # type: ignore[arg-type]
        except stripe.CardError as no:
            news = charge_news(
                f"charge:{ref}:failed", "payment_intent.payment_failed", {"id": ref, "metadata": {OURS: ""}}
            )
            asks = no.code == "authentication_required"
            told = getattr(no.error, "decline_code", None) or no.code or "declined"
            return Charged(news, "authentication" if asks else str(told)[:60])
        except stripe.InvalidRequestError:  # ended or confirmed meanwhile by somebody else
            return Charged(self._look_up_charge(ref))
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        return Charged(self._look_up_charge(ref))

    def _look_up_charge(self, ref: str) -> News | None:
        """Ask for a payment intent, and for its fee."""
        try:
            intent = self._client.v1.payment_intents.retrieve(ref, params={"expand": CHARGE_DETAIL})
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        kind = CHARGE_ENDED.get(str(intent.status))
        if kind is None and intent.last_payment_error is not None:
            kind = "payment_intent.payment_failed"
        if kind is None:
            return None
        news = charge_news("", kind, intent.to_dict())
        told = ":".join(f"{fact.kind}-{fact.fee}" for _, fact in news.facts)
        return News(**(vars(news) | {"event_id": f"lookup:{ref}:{told}"[:LONGEST_ID]}))


def read_event(payload: bytes, signature: str, secret: str, *, live: bool = False) -> News:
    """Verify a webhook and put it into our terms. Raises BadSignature, also when the secret is empty.

    `live` says whether our own key is for real money: an event of the other kind is `foreign`, and so is one about a
    connected account.
    """
    if not secret:
        raise BadSignature("no secret")
    try:
        event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=TOLERANCE_S)  # type: ignore[no-untyped-call]
        if _signed_at(signature) > now().timestamp() + TOLERANCE_S:
            raise BadSignature("future")
        data = event.to_dict()
        news = news_of(identifier(data["id"]), str(data["type"]), data["data"]["object"])
    except (stripe.SignatureVerificationError, ValueError, LookupError, TypeError, AttributeError) as fault:
        raise BadSignature(type(fault).__name__) from fault
    foreign = ""
    if data.get("account"):
        foreign = "another account"
    elif bool(data.get("livemode")) is not live:
        foreign = "real money" if data.get("livemode") else "test money"
    return News(**(vars(news) | {"foreign": foreign}))


def is_live(secret_key: str) -> bool:
    """Whether a key of Stripe moves real money."""
    return "_live_" in secret_key


def _signed_at(signature: str) -> int:
    """The time in `t=…,v1=…`, which the signature covers."""
    return max(int(at) for at in re.findall(r"(?:^|,)\s*t=(\d{1,12})", signature))
