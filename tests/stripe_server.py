"""A server that answers like Stripe, over real HTTP on this computer, and tells what happened by signed events.

It knows what this house uses: Checkout sessions that take money or keep a card (create, retrieve, expire), payment intents
with kept cards, detaching and deleting, and refunds, with Stripe's shapes of errors and of idempotency. `Stripe.pay(session)`
and the like play the buyer and return the events; `deliver` posts them, any number of times and in any order.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.stripe_api import Api
from tests.stripe_params import Params
from tests.stripe_shapes import Intent, Session

SECRET = "whsec_for_tests_only"


class Stripe(Api):
    """The server: `with Stripe() as stripe:`. `url` is its address."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.lose_answers = 0  # so many answers are lost after the work was done
        self.lose_confirmations = 0  # the same, of payments with kept cards alone
        self.told: list[Params] = []  # the events of what buyers did on the page, not delivered yet
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

    # ---- over HTTP ------------------------------------------------------------------------------------------------

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
