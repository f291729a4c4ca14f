"""A server that answers like Stripe, over real HTTP on this computer, and tells what happened by signed events.

It knows what this house uses: Checkout sessions that take money or keep a card (create, retrieve, expire), payment intents
with kept cards, detaching and deleting, and refunds, with Stripe's shapes of errors and of idempotency. Parameters are
checked against the types that the `stripe` package itself declares. `Stripe.pay(session)` and the like play the buyer and
return the events; `deliver` posts them, any number of times and in any order.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import re
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, ForwardRef, get_args, is_typeddict
from urllib.parse import parse_qsl, urlsplit

from stripe.params import (
    PaymentIntentCancelParams,
    PaymentIntentConfirmParams,
    PaymentIntentCreateParams,
    PaymentIntentRetrieveParams,
    RefundCreateParams,
)
from stripe.params.checkout import SessionCreateParams, SessionExpireParams, SessionRetrieveParams

KEY = "sk_test_for_tests_only"
SECRET = "whsec_for_tests_only"
Params = dict[str, Any]
_numbers = count(1)


class Refusal(Exception):
    """An answer in Stripe's shape of error."""

    def __init__(
        self, status: int, message: str, kind: str = "invalid_request_error", param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": {"type": kind, "message": message, "param": param}}


def decode(text: str) -> Params:
    """A form as Stripe reads it: `a[0][b]=1` is {"a": {"0": {"b": "1"}}}."""
    found: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        place = found
        for key, following in zip([first, *rest], [*rest, None], strict=True):
            if following is None:
                place[key] = value
            else:
                place = place.setdefault(key, {})
    return found


def check(params: Params, declared: Any, path: str = "") -> None:
    """Refuse what the SDK's own types do not know."""
    notes: dict[str, Any] = {}
    for owner in reversed(declared.__mro__ if hasattr(declared, "__mro__") else (declared,)):
        notes |= getattr(owner, "__annotations__", {})
    notes |= declared.__annotations__
    for name, value in params.items():
        here = f"{path}[{name}]" if path else name
        if name not in notes:
            raise Refusal(400, f"Received unknown parameter: {here}", param=here)
        inner = _inner(notes[name], declared)
        for part in value.values() if inner and _listed(notes[name]) and isinstance(value, dict) else [value]:
            if inner and isinstance(part, dict):
                check(part, inner, here)
            elif inner and _listed(notes[name]):
                raise Refusal(400, f"Invalid object: {here}", param=here)


def _written(note: Any) -> str:
    return note.__forward_arg__ if isinstance(note, ForwardRef) else str(note)


def _listed(note: Any) -> bool:
    return "List[" in _written(note)


def _inner(note: Any, declared: Any) -> Any:
    """The TypedDict that an annotation names, if any; free-form mappings (metadata) name none."""
    module = importlib.import_module(declared.__module__)
    for name in re.findall(r"[A-Z]\w+", _written(note)):
        if is_typeddict(found := getattr(module, name, None)):
            return found
    for part in get_args(note):
        if is_typeddict(part):
            return part
    return None


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


class Stripe:
    """The server: `with Stripe() as stripe:`. `url` is its address."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.sessions: dict[str, Session] = {}
        self.intents: dict[str, Intent] = {}
        self.cards: dict[str, tuple[str, str | None]] = {}  # last four figures, and the customer that has it
        self.customers: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self.lose_answers = 0  # so many answers are lost after the work was done
        self.lose_confirmations = 0  # the same, of payments with kept cards alone
        self.refuse_confirmations = False  # too busy, before anything was done
        self.down = False
        self.fee = 0  # of what buyers pay on the page
        self.told: list[Params] = []  # the events of what buyers did on the page, not delivered yet
        self._kept: dict[str, tuple[str, int, Params]] = {}
        self._lock = threading.RLock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Stripe:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    # ---- what happens at Stripe -----------------------------------------------------------------------------------

    def pay(self, session_id: str, *, fee: int = 0) -> list[Params]:
        """The buyer pays; returns the events that Stripe would send."""
        with self._lock:
            session = self.sessions[session_id]
            assert session.status == "open", "a buyer can pay in an open session only"
            session.status, session.paid, session.fee = "complete", True, fee
            session.payment_intent = self._id("pi")
        return [self.event("checkout.session.completed", self.session(session))]

    def leave_card(self, session_id: str, last4: str = "4242") -> list[Params]:
        """Somebody leaves a card on the page; returns the events that Stripe would send."""
        with self._lock:
            session = self.sessions[session_id]
            assert session.status == "open", "a card can be left in an open session only"
            session.status, session.setup_intent = "complete", self._id("seti")
            session.customer, session.card = self._id("cus"), self._id("pm")
            self.customers.add(session.customer)
            self.cards[session.card] = (last4, session.customer)
        return [
            self.event("checkout.session.completed", self.session(session)),
            self.event("setup_intent.succeeded", self._setup(session)),
        ]

    def detach(self, card: str) -> list[Params]:
        """Somebody removes a card in Stripe's dashboard."""
        last4, _customer = self.cards[card]
        self.cards[card] = (last4, None)
        return [self.event("payment_method.detached", self._card(card))]

    def charged(self, intent_id: str) -> list[Params]:
        """What Stripe tells of a payment with a kept card, as it stands now."""
        intent = self.intents[intent_id]
        kind = {"succeeded": "succeeded", "canceled": "canceled"}.get(intent.status, "payment_failed")
        return [self.event(f"payment_intent.{kind}", self._intent(intent))]

    def expire(self, session_id: str) -> list[Params]:
        """The session's time is over."""
        session = self.sessions[session_id]
        session.status = "expired"
        return [self.event("checkout.session.expired", self.session(session))]

    def refund(self, session_id: str, amount: int, status: str = "succeeded") -> list[Params]:
        """Somebody refunds in Stripe's dashboard what a session, or a payment with a kept card, has brought."""
        session = self._paid(session_id)
        return [self.event("refund.created", self._refund(session, amount, status))]

    def charge_updated(self, session_id: str) -> list[Params]:
        """The charge's fee is known."""
        return [self.event("charge.updated", self._charge(self._paid(session_id)))]

    def _paid(self, ref: str) -> Session | Intent:
        return self.intents[ref] if ref in self.intents else self.sessions[ref]

    def event(self, kind: str, thing: Params, **changes: Any) -> Params:
        """An event around an object; `changes` forge it."""
        event = {
            "id": self._id("evt"), "object": "event", "api_version": "2026-10-28.endive", "created": int(time.time()),
            "type": kind, "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
            "data": {"object": thing},
        }  # fmt: skip
        return event | changes

    # ---- telling it -----------------------------------------------------------------------------------------------

    def signed(
        self, event: Params, *, at: float | None = None, secret: str | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """(payload, headers) of a delivery."""
        payload = json.dumps(event, indent=2).encode()
        moment = int(time.time() if at is None else at)
        key = self.secret if secret is None else secret
        mac = hmac.new(key.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
        return payload, {"Stripe-Signature": f"t={moment},v1={mac}", "Content-Type": "application/json; charset=utf-8"}

    def deliver(self, address: str, events: list[Params], times: int = 1) -> list[int]:
        """Post events to a webhook over HTTP, in the order given, each so many times; returns the answers' status."""
        answers = []
        for event in [event for event in events for _ in range(times)]:
            payload, headers = self.signed(event)
            try:
                with urllib.request.urlopen(urllib.request.Request(address, payload, headers), timeout=20) as answer:
                    answers.append(int(answer.status))
            except urllib.error.HTTPError as refused:
                answers.append(refused.code)
                refused.close()
        return answers

    # ---- the API --------------------------------------------------------------------------------------------------

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

    def page(self, session_id: str) -> str:
        """What the buyer sees at the card service."""
        session = self.sessions[session_id]
        if session.params["mode"] == "setup":
            return (
                "<!doctype html><html lang=en><title>Leave a card</title><link rel=icon href=data:,>"
                "<h1>Leave a card</h1><form method=post><button>Keep it</button></form>"
            )
        return (
            "<!doctype html><html lang=en><title>Pay</title><link rel=icon href=data:,>"
            f"<h1>{session.amount / 100:.2f} {session.currency.upper()}</h1><form method=post><button>Pay</button></form>"
        )

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

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stripe = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path.startswith("/pay/"):
                    self._send_page(stripe.page(parts.path.removeprefix("/pay/")))
                    return
                self._send(*stripe.answer("GET", parts.path, parts.query, None, self.headers.get("Authorization", "")))

            def do_DELETE(self) -> None:
                headers = self.headers.get("Idempotency-Key"), self.headers.get("Authorization", "")
                self._send(*stripe.answer("DELETE", urlsplit(self.path).path, "", *headers))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                if self.path.startswith("/pay/"):
                    session = self.path.removeprefix("/pay/")
                    keeps = stripe.sessions[session].params["mode"] == "setup"
                    stripe.told += stripe.leave_card(session) if keeps else stripe.pay(session, fee=stripe.fee)
                    self._send_on(stripe.sessions[session].params["success_url"])
                    return
                headers = self.headers.get("Idempotency-Key"), self.headers.get("Authorization", "")
                answer = stripe.answer("POST", urlsplit(self.path).path, body, *headers)
                if stripe.lose_confirmations and self.path.endswith("/confirm"):
                    stripe.lose_confirmations -= 1
                    self.close_connection = True
                    return
                if stripe.lose_answers:
                    stripe.lose_answers -= 1
                    self.close_connection = True
                    return  # the work is done, and nobody hears of it
                self._send(*answer)

            def _send(self, status: int, answer: Params) -> None:
                body = json.dumps(answer).encode()
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def _send_page(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def _send_on(self, address: str) -> None:
                self.send_response(303)
                self.send_header("Location", address)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """Quiet."""

        return Handler
