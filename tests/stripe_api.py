"""The API of the tests' Stripe: what each request does and answers, once for each idempotency key."""

from __future__ import annotations

import re
import threading
from itertools import count
from urllib.parse import urlsplit

from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
)
from stripe.params.checkout import SessionCreateParams, SessionExpireParams, SessionRetrieveParams

from tests.stripe_params import Params, Refusal, check, decode
from tests.stripe_shapes import BANKS, Intent, Session, Shapes

KEY = "sk_test_for_tests_only"
_numbers = count(1)


class Api(Shapes):
    """`answer` is the whole of it; the rest can be told to misbehave."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, str]] = []
        self.refuse_confirmations = False  # too busy, before anything was done
        self.down = False
        self.fee = 0  # of what buyers pay on the page
        self._kept: dict[str, tuple[str, int, Params]] = {}
        self._lock = threading.RLock()

    def answer(self, method: str, path: str, body: str, key: str | None, authorization: str) -> tuple[int, Params]:
        """What Stripe answers: a request whose idempotency key was seen gets the answer of the first."""
        with self._lock:
            self.calls.append((method, path))
            if self.down or (self.refuse_confirmations and path.endswith("/confirm")):
                return 503, {"error": {"type": "api_error", "message": "Down."}}
            if authorization != f"Bearer {KEY}":
                return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided."}}
            seen = self._kept.get(key) if key and method == "POST" else None
            if seen is not None and seen[0] != f"{path}?{body}":
                message = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                return 400, {"error": {"type": "idempotency_error", "message": message}}
            if seen is not None:
                return seen[1], seen[2]
            try:
                status, answer = 200, self._route(method, path, decode(body))
            except Refusal as refusal:
                status, answer = refusal.status, refusal.body
            if key and method == "POST":
                self._kept[key] = (f"{path}?{body}", status, answer)
            return status, answer

    def _refund(self, session: Session | Intent, amount: int, status: str = "succeeded") -> Params:
        with self._lock:
            left = session.amount - sum(item["amount"] for item in session.refunds if item["status"] == "succeeded")
            if not session.paid or amount > left:
                raise Refusal(
                    400, f"Refund amount ({amount}) is greater than unrefunded amount ({left})", param="amount"
                )
            refund = {
                "id": self._id("re"), "object": "refund", "amount": amount, "currency": session.currency,
                "payment_intent": session.payment_intent, "charge": f"ch_{session.id}", "status": status, "reason": None,
            }  # fmt: skip
            session.refunds.append(refund)
            return refund

    def _id(self, prefix: str) -> str:
        return f"{prefix}_test_{next(_numbers):06d}"

    def _route(self, method: str, path: str, params: Params) -> Params:
        if (method, path) == ("POST", "/v1/checkout/sessions"):
            return self._create(params)
        if (method, path) == ("POST", "/v1/refunds"):
            check(params, RefundCreateParams)
            for session in [*self.sessions.values(), *self.intents.values()]:
                if session.payment_intent == params.get("payment_intent"):
                    return self._refund(session, int(params.get("amount", session.amount)))
            raise Refusal(404, f"No such payment_intent: '{params.get('payment_intent')}'", param="payment_intent")
        if path.startswith(("/v1/payment_intents", "/v1/payment_methods/", "/v1/customers/")):
            return self._with_card(method, path, params)
        known = re.fullmatch(r"/v1/checkout/sessions/(\w+)(/expire)?", path)
        if not known:
            raise Refusal(404, f"Unrecognized request URL ({method}: {path}).")
        session = self.sessions.get(known[1])
        if session is None:
            raise Refusal(404, f"No such checkout.session: {known[1]}", param="session")
        if known[2] and method == "POST":
            check(params, SessionExpireParams)
            if session.status != "open":
                raise Refusal(
                    400, f"Only Checkout Sessions with a status of `open` can be expired: it is {session.status}."
                )
            session.status = "expired"
        else:
            check(params, SessionRetrieveParams)
        return self.session(session, expanded="expand" in params)

    def _with_card(self, method: str, path: str, params: Params) -> Params:
        """What is done with kept cards."""
        _v1, kind, ref, verb = [*path.strip("/").split("/"), "", ""][:4]
        if kind == "customers" and method == "DELETE":
            if ref not in self.customers:
                raise Refusal(404, f"No such customer: '{ref}'", param="id")
            self.customers.remove(ref)
            self.cards = {card: (last4, None if has == ref else has) for card, (last4, has) in self.cards.items()}
            return {"id": ref, "object": "customer", "deleted": True}
        if kind == "payment_methods" and verb == "detach":
            if ref not in self.cards or self.cards[ref][1] is None:
                raise Refusal(400, "The payment method you provided is not attached to a customer.")
            self.cards[ref] = (self.cards[ref][0], None)
            return self._card(ref)
        if kind == "payment_intents" and not ref:
            check(params, PaymentIntentCreateParams)
            _last4, has = self.cards.get(params["payment_method"], ("", None))
            if has is None or has != params["customer"]:
                raise Refusal(400, "The PaymentMethod does not belong to the Customer.", param="payment_method")
            intent = Intent(self._id("pi"), params, int(params["amount"]), params["currency"])
            self.intents[intent.id] = intent
            return self._intent(intent)
        found = self.intents.get(ref)
        if found is None:
            raise Refusal(404, f"No such payment_intent: '{ref}'", param="intent")
        if verb == "confirm":
            check(params, PaymentIntentConfirmParams)
            return self._confirm(found, params)
        if verb == "cancel":
            check(params, PaymentIntentCancelParams)
            if found.status in ("succeeded", "canceled"):
                raise Refusal(400, f"You cannot cancel this PaymentIntent because it has a status of {found.status}.")
            found.status = "canceled"
            return self._intent(found)
        check(params, PaymentIntentRetrieveParams)
        return self._intent(found, expanded="expand" in params)

    def _confirm(self, intent: Intent, params: Params) -> Params:
        if intent.status not in ("requires_confirmation", "requires_payment_method"):
            raise Refusal(400, f"You cannot confirm this PaymentIntent because it has a status of {intent.status}.")
        if bool(params.get("off_session")) == bool(params.get("error_on_requires_action")):
            raise Refusal(400, "This house says either that its customer is there or that they are not.")
        intent.confirmed += 1
        code, decline = BANKS[self.cards[intent.params["payment_method"]][0]]
        if not code:
            intent.status, intent.fee = "succeeded", self.fee
            return self._intent(intent)
        intent.status, intent.error = (
            "requires_payment_method",
            {"code": code, "decline_code": decline, "type": "card_error"},
        )
        refusal = Refusal(402, "Your card was declined.", "card_error")
        refusal.body["error"] |= {"code": code, "decline_code": decline, "payment_intent": self._intent(intent)}
        raise refusal

    def _create(self, params: Params) -> Params:
        check(params, SessionCreateParams)
        if params.get("mode") == "setup":
            return self._create_setup(params)
        items = list((params.get("line_items") or {}).values())
        if params.get("mode") != "payment" or not items:
            raise Refusal(400, "Missing required param: line_items.", param="line_items")
        prices = [(item["price_data"], int(item["quantity"])) for item in items]
        currencies = {price["currency"] for price, _ in prices}
        if len(currencies) != 1 or not all(re.fullmatch(r"[a-z]{3}", currency) for currency in currencies):
            raise Refusal(400, "Invalid currency.", param="line_items[0][price_data][currency]")
        for address in (params.get("success_url", ""), params.get("cancel_url", "")):
            if urlsplit(address).scheme not in ("http", "https"):
                raise Refusal(400, f"Not a valid URL: {address}", param="success_url")
        amount = sum(int(price["unit_amount"]) * quantity for price, quantity in prices)
        session = Session(self._id("cs"), params, amount, currencies.pop())
        self.sessions[session.id] = session
        return self.session(session)

    def _create_setup(self, params: Params) -> Params:
        if params.get("line_items") or params.get("allowed_payment_method_types") != {"0": "card"}:
            raise Refusal(
                400, "A page that keeps a card sells nothing, and says which kinds it takes.", param="line_items"
            )
        for address in (params.get("success_url", ""), params.get("cancel_url", "")):
            if urlsplit(address).scheme not in ("http", "https"):
                raise Refusal(400, f"Not a valid URL: {address}", param="success_url")
        session = Session(self._id("cs"), params, 0, "")
        self.sessions[session.id] = session
        return self.session(session)
