"""Talking with the provider about kept cards between two transactions, never inside one.

Each function opens its own `atomic()` and may be called again after any interruption.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from flask import current_app, url_for

from app.core.database import db
from app.core.transactions import atomic
from app.payments import card_queries, card_rules, cards, checkout
from app.payments.card_models import CardStatus, KeptCard
from app.payments.gateway import CardRequest, GatewayDown
from app.payments.gateways import gateway, gateway_for

log = structlog.get_logger()


def open_page(person_id: int, email: str, locale: str, back: str) -> str | None:
    """The address where somebody leaves a card, to come back to `back`; None when they keep one already.

    A page begun already is looked up first: they may have left the card there, and nobody heard of it. Raises GatewayDown.
    """
    provider, _method = gateway()
    base = current_app.config["KERMESSE"].base_url
    for _attempt in range(3):
        with atomic():
            if card_queries.card_of(person_id) is not None:
                return None
            card = cards.begin(person_id, back)
            card_id, session, address, token = card.id, card.session_ref, card.checkout_url, card.token
        if session is None:
            here = base + url_for("cards.returned", token=token)
            request = CardRequest(f"card-{card_id}-{token}", card_id, email, locale, here, f"{here}?back=1")
            made = provider.ask_for_card(request)
            with atomic():
                cards.keep_page(card_id, made.ref, made.url)
            return made.url
        news = provider.look_up_card(session)
        if news is None:
            return str(address)
        checkout.apply(news)
        if news.card and card_rules.fold(news.card.facts).status == "completed":
            raise GatewayDown("the card is not known yet")
    raise GatewayDown("the page did not end")


def look_up(card_id: int) -> None:
    """Ask what became of the page where a card is left, and apply it. Raises GatewayDown."""
    card = db.session.get(KeptCard, card_id)
    known = (card.method, card.session_ref) if card is not None else None
    db.session.rollback()
    if known is None or known[1] is None:
        return
    news = gateway_for(known[0]).look_up_card(known[1])
    if news is not None:
        checkout.apply(news)


def look_up_job(payload: Mapping[str, Any]) -> None:
    """Job: what webhooks do not tell of a card, above all its last figures."""
    look_up(int(payload["card_id"]))


def forget_job(payload: Mapping[str, Any]) -> None:
    """Job: let the provider forget a removed card, then forget what it is called."""
    card_id = int(payload["card_id"])
    card = db.session.get(KeptCard, card_id)
    removed = card is not None and card.status is CardStatus.REMOVED
    names = (card.method, card.session_ref, card.customer_ref, card.card_ref) if card is not None and removed else None
    db.session.rollback()
    if names is None:
        return
    method, session, customer, ref = names
    provider = gateway_for(method)
    if ref is None and session is not None:  # perhaps left on the page after all, unheard
        provider.forget_card(session, None, None)
        news = provider.look_up_card(session)
        state = card_rules.fold(news.card.facts if news and news.card else ())
        session, customer, ref = None, state.customer or customer, state.card or None
    provider.forget_card(session, customer, ref)
    with atomic():
        cards.forgotten(card_id)


def reconcile() -> int:
    """Look up every card that was asked for and not heard of (M5); returns how many were heard of."""
    provider, _method = gateway()
    silent = card_queries.silent_cards()
    db.session.rollback()
    heard = 0
    for card_id, session in silent:
        try:
            news = provider.look_up_card(session)
        except GatewayDown:
            log.warning("the payment provider does not answer", card=card_id)
            continue
        if news is not None:
            heard += checkout.apply(news) == "applied"
    return heard
