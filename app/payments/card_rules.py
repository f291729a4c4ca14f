"""Where a card that is kept with us stands: it follows from the set of facts that the provider told, in whatever order,
however often, as a payment does (M2). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class CardFactKind(StrEnum):
    COMPLETED = "completed"
    CUSTOMER = "customer"
    CARD = "card"
    SHOWN = "shown"
    ENDED = "ended"
    DETACHED = "detached"


@dataclass(frozen=True)
class CardTold:
    """One thing the provider told. `ref`: its name of the page (completed, ended), the customer, the card (card, detached),
    or what may be shown of a card, as "visa 4242"."""

    kind: CardFactKind
    ref: str


@dataclass(frozen=True)
class CardState:
    """`status`: pending, completed (left, but not known by its name yet), kept, ended, gone (removed at the provider)."""

    status: str
    customer: str = ""
    card: str = ""
    brand: str = ""
    last4: str = ""


def fold(facts: Iterable[CardTold]) -> CardState:
    """The state that a set of facts makes. A card that was left outweighs a page whose time was over; one that the provider
    let go stays gone."""
    known: dict[CardFactKind, set[str]] = {}
    for fact in facts:
        known.setdefault(fact.kind, set()).add(fact.ref)
    customer = max(known.get(CardFactKind.CUSTOMER, {""}))
    card = max(known.get(CardFactKind.CARD, {""}))
    brand, _space, last4 = max(known.get(CardFactKind.SHOWN, {""})).rpartition(" ")
    if card and customer:
        gone = card in known.get(CardFactKind.DETACHED, ())
        return CardState("gone" if gone else "kept", customer, card, brand, last4)
    if CardFactKind.COMPLETED in known or card:
        return CardState("completed", customer, card, brand, last4)
    return CardState("ended" if CardFactKind.ENDED in known else "pending")


def chargeable_from(issued_at: datetime, days: Iterable[int | None]) -> datetime | None:
    """From when on an unpaid invoice may be charged to the kept card without its holder: when the longest of the terms
    that they accepted for its lines is over. None: for one of the lines they accepted no such terms."""
    terms = list(days)
    agreed = [term for term in terms if term is not None]
    return issued_at + timedelta(days=max(agreed)) if agreed and len(agreed) == len(terms) else None
