"""The webhook: who may speak there, and that each event counts once, in whatever order (M2, M3)."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.core.clock import now, travel
from app.core.database import db
from app.core.transactions import atomic
from app.payments.events import forget_old
from app.payments.models import InvoiceStatus, PaymentStatus, WebhookReceipt
from tests.conftest import Browserlike
from tests.payments.helpers import figures, fresh, mails, make_invoice, payable, payments, post, receipts, stripe_for
from tests.races.test_seats import at_once
from tests.stripe_server import Stripe


def paid_session(app: Flask, client: FlaskClient, stripe: Stripe, *amounts: int, fee: int = 0) -> tuple[Any, Any, Any]:
    """(invoice, session, event) of a payment that Stripe knows of and the house does not yet."""
    invoice = make_invoice(*amounts)
    client.post(f"/invoices/{invoice.token}/payments", data={"operation": f"operation-{invoice.id}"})
    session = list(stripe.sessions.values())[-1]
    return invoice, session, stripe.pay(session.id, fee=fee)[0]


@pytest.mark.parametrize("fault", ["unsigned", "wrong", "stale", "future", "cut", "not-json", "not-an-event", "empty"])
def test_strangers_are_refused(app: Flask, client_for: Browserlike, fault: str) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        invoice, _session, event = paid_session(app, client, stripe)
        how: dict[str, Any] = {"at": time.time() - 3600} if fault == "stale" else {}
        how |= {"at": time.time() + 3600} if fault == "future" else {}
        how |= {"secret": "whsec_other"} if fault == "wrong" else {}
        payload, headers = stripe.signed(event, **how)
        if fault == "unsigned":
            del headers["Stripe-Signature"]
        if fault == "cut":
            payload = payload[:-1]
        if fault in ("not-json", "not-an-event", "empty"):
            body = {"not-json": b"{", "not-an-event": b"[1, 2]", "empty": b""}[fault]
            payload, headers = raw(stripe, body)
        answer = client.post("/stripe/webhook", data=payload, headers=headers)
        assert answer.status_code == 400
        assert "ignature" not in answer.text
    assert fresh(invoice).status is InvoiceStatus.OPEN
    assert receipts() == {}


def raw(stripe: Stripe, body: bytes) -> tuple[bytes, dict[str, str]]:
    """A body that is signed whatever it is."""
    import hashlib
    import hmac

    at = int(time.time())
    mac = hmac.new(stripe.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={at},v1={mac}", "Content-Type": "application/json"}


def test_an_empty_secret_opens_to_nobody(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        _invoice, _session, event = paid_session(app, client, stripe)
        config = app.config["KERMESSE"]
        app.config["KERMESSE"] = replace(config, values={**config.values, "STRIPE_WEBHOOK_SECRET": ""})
        assert post(client, stripe, event, secret="").status_code == 400
    assert receipts() == {}


def test_too_large(app: Flask, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        payload, headers = stripe.signed(stripe.event("x", {"id": "x" * 1_100_000}))
        assert client_for().post("/stripe/webhook", data=payload, headers=headers).status_code == 413


def test_another_content_type_or_method(client_for: Browserlike) -> None:
    assert client_for().post("/stripe/webhook", data=b"x", content_type="text/plain").status_code == 415
    assert client_for().get("/stripe/webhook").status_code == 405


@pytest.mark.parametrize(
    "thing",
    [
        {},
        {"id": None},
        {"id": 7, "payment_status": "paid"},
        {"id": "cs_\x00", "payment_status": "paid", "amount_total": 1},
        {"id": "cs_1", "payment_status": "paid", "amount_total": "12"},
        {"id": "cs_1", "payment_status": "paid", "amount_total": 2**70},
        {"id": "cs_1", "payment_status": "paid", "amount_total": -1},
        {"id": "c" * 5000, "payment_status": "paid", "amount_total": 1},
    ],
)
def test_signed_nonsense_is_refused(app: Flask, client_for: Browserlike, thing: dict[str, Any]) -> None:
    with stripe_for(app) as stripe:
        event = stripe.event("checkout.session.completed", thing)
        assert post(client_for(), stripe, event).status_code == 400
    assert receipts() == {}


def test_an_unknown_type_is_taken_and_ignored(app: Flask, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        event = stripe.event("customer.created", {"id": "cus_1", "object": "customer"})
        assert post(client_for(), stripe, event).status_code == 200
        assert receipts() == {event["id"]: "ignored"}


@pytest.mark.parametrize(
    ("on_event", "on_session"),
    [
        ({}, {"amount_total": 3400}),
        ({}, {"amount_total": 3501}),
        ({}, {"currency": "eur"}),
        ({}, {"client_reference_id": "999"}),
        ({}, {"id": "cs_of_somebody_else"}),
        ({"account": "acct_other"}, {}),
        ({"livemode": True}, {}),
    ],
)
def test_a_mismatch_changes_nothing(
    app: Flask, client_for: Browserlike, cast: Any, on_event: dict[str, Any], on_session: dict[str, Any]
) -> None:
    client = client_for()
    with stripe_for(app) as stripe, payable(app) as paid:
        invoice, _session, event = paid_session(app, client, stripe, 3500)
        forged = event | on_event | {"data": {"object": event["data"]["object"] | on_session}, "id": "evt_forged"}
        assert post(client, stripe, forged).status_code == 200
        assert receipts() == {"evt_forged": "aside"}
        assert fresh(invoice).status is InvoiceStatus.OPEN
        assert payments()[0].status is PaymentStatus.PENDING
        assert figures() == (3500, 0, 0, 0)
        assert not paid.refs
        page = client_for(cast.treasurer).get("/manage/ledger/").text
        assert "did not match" in page
        post(client, stripe, event)  # the right one still counts
        assert fresh(invoice).status is InvoiceStatus.PAID


def test_five_at_once_count_once(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe, payable(app) as paid:
        invoice, _session, event = paid_session(app, client, stripe, 3500)
        payload, headers = stripe.signed(event)

        def deliver(_number: int) -> int:
            return app.test_client().post("/stripe/webhook", data=payload, headers=headers).status_code

        assert at_once(app, deliver, 5) == [200] * 5
        assert len(paid.refs) == 1
    assert receipts() == {event["id"]: "applied"}
    assert figures() == (3500, 3500, 0, 0)
    assert len(mails(f"receipt:{invoice.id}")) == 1


def test_capture_and_refund_at_once_miss_nothing(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        for round_ in range(1, 5):
            _invoice, session, captured = paid_session(app, client, stripe, 3500)
            (refunded,) = stripe.refund(session.id, 500)
            deliveries = [stripe.signed(event) for event in (captured, refunded)]

            def deliver(number: int, deliveries: Any = deliveries) -> int:
                payload, headers = deliveries[number]
                return app.test_client().post("/stripe/webhook", data=payload, headers=headers).status_code

            assert at_once(app, deliver, 2) == [200, 200]
            assert figures() == (3500 * round_, 3500 * round_, 0, 500 * round_)


def test_every_order_gives_one_result(app: Flask, client_for: Browserlike) -> None:
    """All orders of capture, two refunds, the fee and a late expiry, with every event told twice."""
    client = client_for()
    with stripe_for(app) as stripe:
        orders = list(itertools.permutations(range(5)))[::10]
        for done, order in enumerate(orders, 1):
            invoice, session, captured = paid_session(app, client, stripe, 3500, 1501, fee=170)
            events = [
                captured, *stripe.refund(session.id, 1000), *stripe.refund(session.id, 333),
                *stripe.charge_updated(session.id),
                stripe.event("checkout.session.expired", stripe.session(session)),
            ]  # fmt: skip
            for index in [*order, *reversed(order)]:
                assert post(client, stripe, events[index]).status_code == 200
            assert fresh(invoice).status is InvoiceStatus.PAID
            assert figures() == (5001 * done, 5001 * done, 170 * done, 1333 * done)
    assert "aside" not in receipts().values()


def test_a_refund_that_the_bank_sent_back(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        _invoice, session, captured = paid_session(app, client, stripe, 3500)
        post(client, stripe, captured)
        (created,) = stripe.refund(session.id, 1000)
        post(client, stripe, created)
        assert figures() == (3500, 3500, 0, 1000)
        failed = stripe.event("refund.failed", created["data"]["object"] | {"status": "failed"})
        for event in (failed, failed, created):
            post(client, stripe, event)
    assert figures() == (3500, 3500, 0, 0)
    assert payments()[0].refunds == []


def test_a_refund_in_another_currency_is_put_aside(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        _invoice, session, captured = paid_session(app, client, stripe, 3500)
        (created,) = stripe.refund(session.id, 1000)
        created["data"]["object"]["currency"] = "eur"
        post(client, stripe, created)  # before the payment is known: it waits
        post(client, stripe, captured)
        assert figures() == (3500, 3500, 0, 0)
        again = created | {"id": "evt_again"}
        post(client, stripe, again)
        assert receipts()["evt_again"] == "aside"
    assert figures() == (3500, 3500, 0, 0)


def test_a_pending_refund_is_none_yet(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        _invoice, session, captured = paid_session(app, client, stripe, 3500)
        post(client, stripe, captured)
        (created,) = stripe.refund(session.id, 1000, status="pending")
        post(client, stripe, created)
        assert figures() == (3500, 3500, 0, 0)
        post(client, stripe, stripe.event("refund.updated", created["data"]["object"] | {"status": "succeeded"}))
    assert figures() == (3500, 3500, 0, 1000)


def test_what_stripe_wrote_is_forgotten_after_a_year(app: Flask, client_for: Browserlike) -> None:
    client = client_for()
    with stripe_for(app) as stripe:
        _invoice, _session, captured = paid_session(app, client, stripe)
        post(client, stripe, captured)
    for days, forgotten in ((364, False), (366, True)):
        with travel(now() + timedelta(days=days)), atomic():
            forget_old()
        db.session.rollback()
        assert (db.session.scalars(select(WebhookReceipt.payload)).one() == "{}") is forgotten
    assert receipts() == {captured["id"]: "applied"}
