"""What the house needs of a provider of card payments. Two are real: Stripe, and the built-in test checkout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from app.payments.rules import Fact


class GatewayDown(Exception):
    """The provider did not answer, or not with what was asked; nothing is known to have happened."""


@dataclass(frozen=True)
class CheckoutRequest:
    """What a checkout is made of. `lines` are (description, minor units); `key` makes asking twice the same as once."""

    key: str
    payment_id: int
    currency: str
    lines: tuple[tuple[str, int], ...]
    email: str
    locale: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class Checkout:
    """Where the buyer goes to pay."""

    ref: str
    url: str


@dataclass(frozen=True)
class News:
    """What a provider told, in our terms. `about` is its session or its payment. `amount`, `currency`, `payment_id` (the
    payment of ours that a session is for) are checked against ours when given; `foreign` says that the event is about
    another account, or about test money when ours is real. `facts` may be empty: then it means nothing to us."""

    event_id: str
    kind: str
    about: str = ""
    session: str = ""
    provider_payment: str | None = None
    payment_id: int | None = None
    amount: int | None = None
    currency: str | None = None
    foreign: str = ""
    facts: tuple[tuple[str, Fact], ...] = field(default=())


class Gateway(Protocol):
    """A provider. Every call may raise GatewayDown and is made outside any transaction."""

    def create_checkout(self, request: CheckoutRequest) -> Checkout:
        """Ask for a checkout page."""

    def look_up(self, ref: str) -> News | None:
        """What the provider says about a session now, as an event would have told it; None while it is open."""

    def end_checkout(self, ref: str) -> News | None:
        """Close an open session, so that nobody pays there any more; what became of it, if it was over already."""

    def give_back(self, ref: str, provider_payment: str | None, amount: int, currency: str, key: str) -> News:
        """Refund a part of a payment, known by its session and its payment; `key` makes asking twice the same as once."""
