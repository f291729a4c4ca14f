"""The built-in test checkout, used while no Stripe key is set. No money moves; the path through the books is the same."""

from __future__ import annotations

from app.payments.gateway import Checkout, CheckoutRequest, News
from app.payments.rules import Fact, FactKind


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
