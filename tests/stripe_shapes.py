"""What the tests' Stripe knows, in the shapes in which Stripe tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.stripe_params import Params


@dataclass
class Session:
    """A Checkout session and what became of it."""

    id: str
    params: Params
    amount: int
    currency: str
    status: str = "open"
    paid: bool = False
    payment_intent: str | None = None
    refunds: list[Params] = field(default_factory=list)
    fee: int = 0
    setup_intent: str | None = None
    customer: str | None = None
    card: str | None = None


@dataclass
class Intent:
    """A payment intent with a kept card."""

    id: str
    params: Params
    amount: int
    currency: str
    status: str = "requires_confirmation"
    error: Params | None = None
    refunds: list[Params] = field(default_factory=list)
    fee: int = 0
    confirmed: int = 0

    @property
    def paid(self) -> bool:
        return self.status == "succeeded"

    @property
    def payment_intent(self) -> str:
        return self.id


# Made-up cards by their last four figures, as Stripe's own test numbers: what their bank says to a payment.
BANKS: dict[str, tuple[str, str | None]] = {
    "4242": ("", None),
    "3184": ("authentication_required", "authentication_required"),
    "9995": ("card_declined", "insufficient_funds"),
}


class Shapes:
    """Everything that it knows, as it is answered."""

    url: str

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.intents: dict[str, Intent] = {}
        self.cards: dict[str, tuple[str, str | None]] = {}  # last four figures, and the customer that has it
        self.customers: set[str] = set()

    def session(self, session: Session, *, expanded: bool = False) -> Params:
        """A session in Stripe's shape."""
        intent: Any = session.payment_intent
        if expanded and intent:
            intent = {"id": intent, "object": "payment_intent", "latest_charge": self._charge(session)}
        if session.params["mode"] == "setup":
            setup: Any = (
                self._setup(session, expanded=True) if expanded and session.setup_intent else session.setup_intent
            )
            return {
                "id": session.id, "object": "checkout.session", "mode": "setup", "status": session.status,
                "livemode": False, "payment_status": "no_payment_required", "amount_total": None, "currency": None,
                "client_reference_id": session.params.get("client_reference_id"), "customer": session.customer,
                "customer_email": session.params.get("customer_email"), "metadata": session.params.get("metadata", {}),
                "payment_intent": None, "setup_intent": setup,
                "url": f"{self.url}/pay/{session.id}" if session.status == "open" else None,
            }  # fmt: skip
        return {
            "id": session.id, "object": "checkout.session", "mode": "payment", "status": session.status, "livemode": False,
            "payment_status": "paid" if session.paid else "unpaid", "amount_total": session.amount,
            "currency": session.currency, "client_reference_id": session.params.get("client_reference_id"),
            "metadata": session.params.get("metadata", {}), "payment_intent": intent,
            "url": f"{self.url}/pay/{session.id}" if session.status == "open" else None,
        }  # fmt: skip

    def _setup(self, session: Session, *, expanded: bool = False) -> Params:
        card = session.card or ""
        return {
            "id": session.setup_intent, "object": "setup_intent", "status": "succeeded", "customer": session.customer,
            "payment_method": self._card(card) if expanded else card, "usage": "off_session",
            "metadata": session.params.get("setup_intent_data", {}).get("metadata", {}),
        }  # fmt: skip

    def _card(self, card: str) -> Params:
        last4, customer = self.cards[card]
        shown = {"brand": "visa", "last4": last4, "exp_month": 12, "exp_year": 2034}
        return {"id": card, "object": "payment_method", "type": "card", "customer": customer, "card": shown}

    def _intent(self, intent: Intent, *, expanded: bool = False) -> Params:
        charge = self._charge(intent) if intent.paid else None
        return {
            "id": intent.id, "object": "payment_intent", "amount": intent.amount, "currency": intent.currency,
            "amount_received": intent.amount if intent.paid else 0, "status": intent.status, "livemode": False,
            "customer": intent.params["customer"], "payment_method": intent.params["payment_method"],
            "metadata": intent.params.get("metadata", {}), "last_payment_error": intent.error,
            "latest_charge": charge if expanded or charge is None else charge["id"],
        }  # fmt: skip

    def _charge(self, session: Session | Intent) -> Params:
        charge = f"ch_{session.id}"
        balance = {
            "id": f"txn_{session.id}", "object": "balance_transaction", "amount": session.amount, "fee": session.fee,
            "currency": session.currency, "net": session.amount - session.fee, "source": charge, "type": "charge",
        }  # fmt: skip
        return {
            "id": charge, "object": "charge", "amount": session.amount, "currency": session.currency, "paid": True,
            "payment_intent": session.payment_intent, "balance_transaction": balance, "metadata": {},
        }  # fmt: skip
