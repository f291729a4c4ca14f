"""What Stripe's objects tell, in our terms. Plain data in, `News` out; whatever is not as it should be is a ValueError."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.payments.card_rules import CardFactKind, CardTold
from app.payments.gateway import CardNews, News
from app.payments.rules import Fact, FactKind

LONGEST_ID = 120
OURS = "kept_card"  # in the metadata of what we ask Stripe for about a kept card


def identifier(value: Any) -> str:
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


def news_of(event_id: str, kind: str, thing: dict[str, Any]) -> News:
    """What an event of that kind tells by its object; no facts where it means nothing to us."""
    if kind.startswith("checkout.session."):
        return (card_page_news if thing.get("mode") == "setup" else session_news)(event_id, kind, thing)
    if kind == "setup_intent.succeeded":
        return setup_news(event_id, kind, thing)
    if kind == "payment_method.detached":
        ref = identifier(thing["id"])
        return News(event_id, kind, card=CardNews(ref=ref, facts=(CardTold(CardFactKind.DETACHED, ref),)))
    if kind in CHARGE_ENDS:
        return charge_news(event_id, kind, thing)
    if kind in ("refund.created", "refund.updated", "refund.failed", "charge.refund.updated"):
        return refund_news(event_id, kind, [thing])
    if kind == "charge.refunded":
        return refund_news(event_id, kind, (thing.get("refunds") or {}).get("data") or [], thing.get("payment_intent"))
    if kind in ("charge.succeeded", "charge.updated", "charge.captured"):
        return _charge_news(event_id, kind, thing)
    return News(event_id, kind)


def session_news(event_id: str, kind: str, session: dict[str, Any]) -> News:
    """A page where somebody pays."""
    ref, paid = identifier(session["id"]), session.get("payment_status") == "paid"
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
        provider_payment=identifier(intent) if intent else None,
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
    return [Fact(FactKind.FEE, identifier(charge["id"]), fee=_whole(balance["fee"]))]


def _charge_news(event_id: str, kind: str, charge: dict[str, Any]) -> News:
    payment, facts = charge.get("payment_intent"), _fees(charge)
    if not payment or not facts:
        return News(event_id, kind)
    about = identifier(payment)
    return News(
        event_id, kind, about=about, provider_payment=about, amount=_whole(charge["amount"]), currency=_currency(charge),
        facts=tuple((about, fact) for fact in facts),
    )  # fmt: skip


def refund_news(event_id: str, kind: str, refunds: list[dict[str, Any]], payment: Any = None) -> News:
    """What was given back."""
    told = {"succeeded": FactKind.REFUNDED, "failed": FactKind.REFUND_FAILED, "canceled": FactKind.REFUND_FAILED}
    facts = tuple(
        (
            identifier(item.get("payment_intent") or payment),
            Fact(told[item["status"]], identifier(item["id"]), _whole(item["amount"])),
        )
        for item in refunds
        if item.get("status") in told
    )
    about = facts[0][0] if facts else ""
    return News(
        event_id, kind, about=about, provider_payment=about or None,
        currency=_currency(refunds[0]) if refunds else None, facts=facts,
    )  # fmt: skip


def _reference(value: Any) -> int | None:
    """A number of ours that Stripe kept for us."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


CHARGE_ENDS = {
    "payment_intent.succeeded": FactKind.CAPTURED,
    "payment_intent.payment_failed": FactKind.FAILED,
    "payment_intent.canceled": FactKind.EXPIRED,
}


def charge_news(event_id: str, kind: str, intent: dict[str, Any]) -> News:
    """A payment with a kept card. One that a Checkout session made is told by the session."""
    metadata = intent.get("metadata") or {}
    if OURS not in metadata:
        return News(event_id, kind)
    ref, end = identifier(intent["id"]), CHARGE_ENDS[kind]
    amount = _whole(intent["amount_received"]) if end is FactKind.CAPTURED else None
    facts = [Fact(end, ref, amount or 0), *(_fees(intent.get("latest_charge")) if amount else [])]
    return News(
        event_id, kind, about=ref, session=ref, provider_payment=ref, payment_id=_reference(metadata.get("payment_id")),
        amount=amount, currency=_currency(intent), facts=tuple((ref, fact) for fact in facts),
    )  # fmt: skip


def card_page_news(event_id: str, kind: str, session: dict[str, Any]) -> News:
    """A page where somebody leaves a card."""
    ref, facts = identifier(session["id"]), list[CardTold]()
    if kind == "checkout.session.completed":
        facts.append(CardTold(CardFactKind.COMPLETED, ref))
    elif kind == "checkout.session.expired":
        facts.append(CardTold(CardFactKind.ENDED, ref))
    if session.get("customer"):
        facts.append(CardTold(CardFactKind.CUSTOMER, identifier(session["customer"])))
    intent = session.get("setup_intent")
    if isinstance(intent, dict):  # looked up with its card
        facts += _kept(intent)
    ours = re.fullmatch("card-([0-9]{1,9})", str(session.get("client_reference_id") or ""), re.ASCII)
    return News(event_id, kind, card=CardNews(int(ours[1]) if ours else None, ref, facts=tuple(facts)))


def setup_news(event_id: str, kind: str, intent: dict[str, Any]) -> News:
    """The card itself. Somebody else's, of the same account at Stripe, is none of our business."""
    ours = _reference((intent.get("metadata") or {}).get(OURS))
    if ours is None:
        return News(event_id, kind)
    identifier(intent["id"])
    return News(event_id, kind, card=CardNews(ours, facts=tuple(_kept(intent))))


def _kept(intent: dict[str, Any]) -> list[CardTold]:
    """The card of a setup intent that succeeded. One that no customer has any more was removed at Stripe."""
    card = intent.get("payment_method")
    if intent.get("status") != "succeeded" or not card:
        return []
    told = [CardTold(CardFactKind.CUSTOMER, identifier(intent["customer"]))] if intent.get("customer") else []
    if not isinstance(card, dict):
        return [*told, CardTold(CardFactKind.CARD, identifier(card))]
    ref, shown = identifier(card["id"]), card.get("card") or {}
    told.append(CardTold(CardFactKind.CARD, ref))
    if not card.get("customer"):
        told.append(CardTold(CardFactKind.DETACHED, ref))
    last4 = str(shown.get("last4") or "")
    if re.fullmatch("[0-9]{4}", last4, re.ASCII):
        told.append(CardTold(CardFactKind.SHOWN, f"{str(shown.get('brand') or '')[:40]} {last4}"))
    return told
