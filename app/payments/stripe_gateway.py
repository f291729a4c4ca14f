"""Stripe Checkout. The only file that imports stripe."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import stripe

from app.core.clock import now
from app.payments.gateway import Checkout, CheckoutRequest, GatewayDown, News
from app.payments.rules import Fact, FactKind

TOLERANCE_S = 300
TIMEOUT_S = 15
LONGEST_ID = 120
LOCALES = {"en", "fr", "es"}
DETAIL = ["payment_intent.latest_charge.balance_transaction"]
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
            # Somebody without an address types theirs at the checkout, if they have one by then.
            **({} if request.email.endswith(".invalid") else {"customer_email": request.email}),
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
        """Ask for a session, and for the fee of its charge: paid, expired, or still open (None)."""
        try:
            session = self._client.v1.checkout.sessions.retrieve(ref, params={"expand": DETAIL})
        except stripe.StripeError as fault:
            raise GatewayDown(type(fault).__name__) from fault
        kind = ENDED.get(str(session.status))
        if kind is None:
            return None
        news = _session_news("", kind, session.to_dict())
        told = ":".join(f"{fact.kind}-{fact.fee}" for _, fact in news.facts)
        return News(**(vars(news) | {"event_id": f"lookup:{ref}:{told or session.payment_status}"[:LONGEST_ID]}))

    def end_checkout(self, ref: str) -> News | None:
        """Expire a session. One that is over cannot be: then what it came to is asked for."""
        try:
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
        return _refund_news(f"refund:{refund.id}:{refund.status}", "refund.created", [refund.to_dict()])


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
        news = _news(_id(data["id"]), str(data["type"]), data["data"]["object"])
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


def _id(value: Any) -> str:
    """An id of Stripe's. Raises ValueError for what is none."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not value.isascii() or not value.isprintable():
        raise ValueError("not an id")
    return value


def _whole(value: Any) -> int:
    """Minor units. Raises ValueError for anything else than a whole number that a database keeps."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**62:
        raise ValueError("not an amount")
    return value


def _currency(thing: Mapping[str, Any]) -> str | None:
    return str(thing.get("currency") or "").upper()[:3] or None


def _news(event_id: str, kind: str, thing: dict[str, Any]) -> News:
    if kind.startswith("checkout.session."):
        return _session_news(event_id, kind, thing)
    if kind in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"):
        return _refund_news(event_id, kind, [thing])
    if kind == "charge.refunded":
        return _refund_news(event_id, kind, (thing.get("refunds") or {}).get("data") or [], thing.get("payment_intent"))
    if kind in ("charge.succeeded", "charge.updated", "charge.captured"):
        return _charge_news(event_id, kind, thing)
    return News(event_id, kind)


def _session_news(event_id: str, kind: str, session: dict[str, Any]) -> News:
    ref, paid = _id(session["id"]), session.get("payment_status") == "paid"
    facts: list[Fact] = []
    amount = None
    if kind in ("checkout.session.completed", "checkout.session.async_payment_succeeded") and paid:
        amount = _whole(session["amount_total"])
        facts.append(Fact(FactKind.CAPTURED, ref, amount))
    elif kind == "checkout.session.expired":
        facts.append(Fact(FactKind.EXPIRED, ref))
    elif kind == "checkout.session.async_payment_failed":
        facts.append(Fact(FactKind.FAILED, ref))
    intent = session.get("payment_intent")
    if isinstance(intent, dict):  # looked up with its charge
        facts += _fees(intent.get("latest_charge")) if paid else []
        intent = intent["id"]
    ours = str(session.get("client_reference_id") or "")
    return News(
        event_id,
        kind,
        about=ref,
        session=ref,
        provider_payment=_id(intent) if intent else None,
        payment_id=int(ours) if ours.isascii() and ours.isdigit() and len(ours) < 10 else None,
        amount=amount,
        currency=_currency(session),
        facts=tuple((ref, fact) for fact in facts),
    )


def _fees(charge: Any) -> list[Fact]:
    """The fee, if the charge comes with its balance transaction, in the currency of the charge."""
    balance = charge.get("balance_transaction") if isinstance(charge, dict) else None
    if not isinstance(balance, dict) or _currency(balance) != _currency(charge) or not balance.get("fee"):
        return []
    return [Fact(FactKind.FEE, _id(charge["id"]), fee=_whole(balance["fee"]))]


def _charge_news(event_id: str, kind: str, charge: dict[str, Any]) -> News:
    payment, facts = charge.get("payment_intent"), _fees(charge)
    if not payment or not facts:
        return News(event_id, kind)
    about = _id(payment)
    return News(
        event_id, kind, about=about, provider_payment=about, amount=_whole(charge["amount"]), currency=_currency(charge),
        facts=tuple((about, fact) for fact in facts),
    )  # fmt: skip


def _refund_news(event_id: str, kind: str, refunds: list[dict[str, Any]], payment: Any = None) -> News:
    told = {"succeeded": FactKind.REFUNDED, "failed": FactKind.REFUND_FAILED, "canceled": FactKind.REFUND_FAILED}
    facts = tuple(
        (
            _id(item.get("payment_intent") or payment),
            Fact(told[item["status"]], _id(item["id"]), _whole(item["amount"])),
        )
        for item in refunds
        if item.get("status") in told
    )
    about = facts[0][0] if facts else ""
    return News(
        event_id, kind, about=about, provider_payment=about or None,
        currency=_currency(refunds[0]) if refunds else None, facts=facts,
    )  # fmt: skip
