"""What the house needs of a provider of card payments. Two are real: Stripe, and the built-in test checkout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from app.payments.card_rules import CardTold
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
class CardRequest:
    """What a page is made of where somebody leaves a card. `key` makes asking twice the same as once."""

    key: str
    card_id: int
    email: str
    locale: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class ChargeRequest:
    """What a payment with a kept card is made of; `customer` and `card` are the provider's names. `key` as above."""

    key: str
    payment_id: int
    amount: int
    currency: str
    description: str
    customer: str = field(repr=False)
    card: str = field(repr=False)


@dataclass(frozen=True)
class CardNews:
    """What a provider told about a card. `card_id` is our number of it, `session` the page where it is left; with neither
    it is known by `ref` alone, the provider's name of it. A card that is none of ours tells us nothing."""

    card_id: int | None = None
    session: str = ""
    ref: str = field(default="", repr=False)
    facts: tuple[CardTold, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class News:
    """What a provider told, in our terms. `about` is its session or its payment. `amount`, `currency`, `payment_id` (the
    payment of ours that a session is for) are checked against ours when given; `foreign` says that the event is about
    another account, or about test money when ours is real. `facts` may be empty: then it means nothing to us, unless it
    is about a `card`."""

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
    card: CardNews | None = None


@dataclass(frozen=True)
class Charged:
    """What became of a payment with a kept card. `news`: None while the bank has not answered. `refused`: empty,
    `authentication` (the holder's bank wants to ask them), or why the bank said no, as the provider words it
    (`insufficient_funds`, `expired_card`, …)."""

    news: News | None
    refused: str = ""


class Gateway(Protocol):
    """A provider. Every call may raise GatewayDown and is made outside any transaction."""

    def create_checkout(self, request: CheckoutRequest) -> Checkout:
        """Ask for a checkout page."""

    def look_up(self, ref: str) -> News | None:
        """What the provider says about a session or a charge now, as an event would have told it; None while it is open."""

    def end_checkout(self, ref: str) -> News | None:
        """Close an open session or charge, so that nothing is paid by it any more; what became of it, if it was over."""

    def give_back(self, ref: str, provider_payment: str | None, amount: int, currency: str, key: str) -> News:
        """Refund a part of a payment, known by its session and its payment; `key` makes asking twice the same as once."""

    def ask_for_card(self, request: CardRequest) -> Checkout:
        """Ask for a page where somebody leaves a card, which may be charged later without them."""

    def look_up_card(self, session: str) -> News | None:
        """What became of such a page, with what may be shown of the card; None while it is open."""

    def forget_card(self, session: str | None, customer: str | None, card: str | None) -> None:
        """Close the page and let the provider forget the card and whose it was; whatever is gone already is no fault."""

    def begin_charge(self, request: ChargeRequest) -> str:
        """Prepare a payment with a kept card; returns its name. No money moves yet."""

    def confirm_charge(self, ref: str, key: str, *, present: bool) -> Charged:
        """Carry a prepared payment out; `present`: its buyer asked for it just now. The same key asks once."""
