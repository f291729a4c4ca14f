"""The built-in test checkout, used while no Stripe key is set. No money moves; the path through the books is the same."""

from __future__ import annotations

from urllib.parse import urlsplit

from app.payments.card_rules import CardFactKind, CardTold
from app.payments.gateway import CardNews, CardRequest, Charged, ChargeRequest, Checkout, CheckoutRequest, News
from app.payments.rules import Fact, FactKind

# The made-up cards of the test page, by their last four figures: what their bank says when one is charged.
CARDS = {"4242": "", "3184": "authentication", "9995": "insufficient_funds"}
CHARGE = "test_charge_"


class TestGateway:
    """A provider that lives in this application: its checkout is a page of ours."""

    __test__ = False  # not a test, whatever its name

    def create_checkout(self, request: CheckoutRequest) -> Checkout:
        """The page where one plays the buyer's bank."""
        return Checkout(f"test_{request.payment_id}", f"{request.cancel_url}test-checkout/{request.payment_id}/")

    def look_up(self, ref: str) -> News | None:
        """Nothing happens here that we were not told at once."""
        return None

    def end_checkout(self, ref: str) -> News | None:
        """Nobody can pay there any more."""
        fact = Fact(FactKind.EXPIRED, ref)
        return News(f"{ref}:ended", "test.ended", about=ref, session=ref, facts=((ref, fact),))

    def give_back(self, ref: str, provider_payment: str | None, amount: int, currency: str, key: str) -> News:
        """Given back at once."""
        fact = Fact(FactKind.REFUNDED, f"test_re_{key}", amount)
        return News(f"test_re_{key}", "test.refunded", about=ref, session=ref, currency=currency, facts=((ref, fact),))

    def ask_for_card(self, request: CardRequest) -> Checkout:
        """The page where one chooses a made-up card."""
        return Checkout(f"test_card_page_{request.card_id}", f"{urlsplit(request.success_url).path}test/")

    def look_up_card(self, session: str) -> News | None:
        """Nothing happens here that we were not told at once."""
        return None

    def forget_card(self, session: str | None, customer: str | None, card: str | None) -> None:
        """A made-up card is known to nobody else."""

    def begin_charge(self, request: ChargeRequest) -> str:
        """The name says what the made-up card's bank will answer, and for how much."""
        return f"{CHARGE}{request.payment_id}_{request.amount}_{request.currency}_{request.card[-4:]}"

    def confirm_charge(self, ref: str, key: str, *, present: bool) -> Charged:
        """What the made-up card's bank says."""
        _payment, amount, currency, last4 = ref.removeprefix(CHARGE).split("_")
        refused = CARDS.get(last4, "")
        return Charged(verdict(ref, int(amount), currency, paid=not refused), refused)


def verdict(ref: str, amount: int, currency: str, *, paid: bool) -> News:
    """What a press of a button on the test page tells."""
    fact = Fact(FactKind.CAPTURED, ref, amount) if paid else Fact(FactKind.EXPIRED, ref)
    return News(
        f"{ref}:{'paid' if paid else 'declined'}",
        "test.paid" if paid else "test.declined",
        about=ref,
        session=ref,
        amount=amount if paid else None,
        currency=currency,
        facts=((ref, fact),),
    )


def card_verdict(card_id: int, last4: str) -> News:
    """What a press of a button on the test page for cards tells; an empty `last4`: not now."""
    session, ref = f"test_card_page_{card_id}", f"test_card_{card_id}_{last4}"
    if not last4:
        told = [CardTold(CardFactKind.ENDED, session)]
    else:
        told = [
            CardTold(CardFactKind.COMPLETED, session), CardTold(CardFactKind.CUSTOMER, f"test_customer_{card_id}"),
            CardTold(CardFactKind.CARD, ref), CardTold(CardFactKind.SHOWN, f"visa {last4}"),
        ]  # fmt: skip
    card = CardNews(card_id, session, facts=tuple(told))
    return News(f"{session}:{last4 or 'ended'}", "test.card", card=card)
