"""Applying what a provider told about a kept card: in every order and any number of times one result (M2), aside when it
does not match (M3)."""

from __future__ import annotations

from sqlalchemy import select

from app.core.database import db
from app.payments import cards
from app.payments.card_models import CardStatus, KeptCard
from app.payments.gateway import CardNews


def apply(told: CardNews) -> tuple[str, str]:
    """Apply it in the current transaction; returns the outcome (applied, ignored, aside) and its reason."""
    if told.card_id is None and not told.session:
        return _by_name(told)
    card = _card(told)
    if card is None:
        return (
            "aside",
            "no card of ours was asked for on this page" if told.session else "no card of ours has this number",
        )
    if told.card_id not in (None, card.id):
        return "aside", f"its reference is {told.card_id}, not {card.id}"
    if told.session and card.session_ref not in (None, told.session):
        return "aside", "it was asked for on another page"
    if told.facts:
        cards.lock(card.id)  # one at a time: else two would each miss what the other has not committed
        cards.learn(card.id, told.facts)
        cards.settle(card.id, told.session)
    return "applied", ""


def _card(told: CardNews) -> KeptCard | None:
    """Our card. A page whose address never reached us, because the answer was lost, is known by its reference."""
    if told.session:
        found = db.session.scalar(select(KeptCard).where(KeptCard.session_ref == told.session))
        if found is not None:
            return found
    return db.session.get(KeptCard, told.card_id) if told.card_id is not None else None


def _by_name(told: CardNews) -> tuple[str, str]:
    """What is known by the provider's name of the card alone. A stranger's is none of our business; one of ours that is
    not known by name yet is looked up when it becomes so."""
    query = select(KeptCard.id).where(KeptCard.card_ref == told.ref, KeptCard.status != CardStatus.REMOVED)
    ours = db.session.scalar(query)
    if ours is None:
        return "ignored", ""
    cards.lock(ours)
    cards.learn(ours, told.facts)
    cards.settle(ours)
    return "applied", ""
