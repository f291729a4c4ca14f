"""A card payment through the real `stripe` package, against a local Stripe over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.clock import now, travel
from app.core.transactions import atomic
from app.ledger.queries import proceeds
from app.payments import checkout, jobs, services
from app.payments.models import InvoiceStatus, PaymentStatus
from tests.conftest import Browserlike
from tests.payments.helpers import figures, fresh, mails, make_invoice, payable, payments, post, receipts, stripe_for

LATER = timedelta(hours=1)


def begin(client: Any, invoice: Any, operation: str = "operation-1") -> Any:
    """Press the button."""
    return client.post(f"/invoices/{invoice.token}/payments", data={"operation": operation})


def test_the_whole_way(app: Flask, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500, 1250), client_for()
    with stripe_for(app) as stripe, payable(app) as paid:
        answer = begin(client, invoice)
        (session,) = stripe.sessions.values()
        assert (answer.status_code, answer.location) == (303, f"{stripe.url}/pay/{session.id}")
        assert (session.amount, session.currency, session.params["locale"]) == (4750, "chf", "en")
        assert session.params["customer_email"] == "pia@family.example"
        waiting = client.get(f"/invoices/{invoice.token}/?back=1").text
        assert "on its way" in waiting
        (event,) = stripe.pay(session.id)
        assert post(client, stripe, event).status_code == 200
        assert fresh(invoice).status is InvoiceStatus.PAID
        assert sorted(paid.refs) == sorted(line.ref for line in fresh(invoice).lines)
    assert figures() == (4750, 4750, 0, 0)
    assert "Thank you" in client.get(f"/invoices/{invoice.token}/").text
    assert len(mails(f"receipt:{invoice.id}")) == 1


def test_a_second_click_comes_to_the_same_session(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        first, second = begin(client_for(), invoice), begin(client_for(), invoice, "operation-2")
        assert first.location == second.location
        assert len(stripe.sessions) == len(payments()) == 1


def test_a_lost_answer_leads_to_the_same_session(app: Flask, client_for: Browserlike) -> None:
    """Stripe made the session, and nobody heard: the same key finds it again (by the SDK, and by a later click)."""
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        stripe.lose_answers = 1
        assert begin(client_for(), invoice).location.startswith(stripe.url)
        assert len(stripe.sessions) == 1
    other = make_invoice()
    with stripe_for(app) as stripe:
        stripe.lose_answers = 3  # the first try and both of the SDK's own
        gone = begin(client_for(), other)
        assert gone.location.endswith(f"/invoices/{other.token}/")
        found = begin(client_for(), other)
        (session,) = stripe.sessions.values()
        assert found.location == f"{stripe.url}/pay/{session.id}"


def test_a_session_whose_answer_never_came_is_known_by_its_reference(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        stripe.lose_answers = 3
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        assert payments()[0].provider_ref is None
        (event,) = stripe.pay(session.id)
        post(client_for(), stripe, event)
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_when_stripe_is_down_nothing_is_charged(app: Flask, client_for: Browserlike) -> None:
    invoice, client = make_invoice(), client_for()
    with stripe_for(app) as stripe:
        stripe.down = True
        answer = begin(client, invoice)
        assert answer.location.endswith(f"/invoices/{invoice.token}/")
        assert "does not answer" in client.get(answer.location).text
        stripe.down = False
        assert begin(client, invoice, "operation-2").location.startswith(stripe.url)


def test_an_expired_session_frees_the_invoice(app: Flask, client_for: Browserlike) -> None:
    invoice, client = make_invoice(), client_for()
    with stripe_for(app) as stripe:
        begin(client, invoice)
        (session,) = stripe.sessions.values()
        (event,) = stripe.expire(session.id)
        post(client, stripe, event)
        assert payments()[0].status is PaymentStatus.EXPIRED
        assert fresh(invoice).status is InvoiceStatus.OPEN
        again = begin(client, invoice)  # even from the same page, with the token that was used
        assert again.location != f"{stripe.url}/pay/{session.id}"
        assert len(stripe.sessions) == 2


def test_an_expiry_that_was_never_told_does_not_lead_to_a_dead_page(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (old,) = stripe.sessions.values()
        stripe.expire(old.id)
        with travel(now() + LATER):
            address = begin(client_for(), invoice, "operation-2").location
        assert address.startswith(f"{stripe.url}/pay/")
        assert address != f"{stripe.url}/pay/{old.id}"


def test_an_event_that_never_comes_is_found_by_asking(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice(3500)
    with stripe_for(app) as stripe, payable(app) as paid:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        (event,) = stripe.pay(session.id, fee=132)
        assert jobs.reconcile() == 0, "a young payment is left alone"
        with travel(now() + LATER):
            assert jobs.reconcile() == 1
            assert jobs.reconcile() == 0, "and once is enough"
        assert fresh(invoice).status is InvoiceStatus.PAID
        post(client_for(), stripe, event)  # the event comes after all
        assert len(paid.refs) == 1
    assert figures() == (3500, 3500, 132, 0)
    assert proceeds("auction", 1).payable == 3368


def test_the_command_asks_too(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        stripe.pay(session.id)
        with travel(now() + LATER):
            answer = app.test_cli_runner().invoke(args=["reconcile"])
        assert answer.exit_code == 0, answer.output
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_the_fee_is_learnt_later(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice(3500)
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        (event,) = stripe.pay(session.id, fee=132)
        post(client_for(), stripe, event)
        assert figures() == (3500, 3500, 0, 0)
        with travel(now() + LATER):
            jobs.reconcile()
            jobs.reconcile()
    assert figures() == (3500, 3500, 132, 0)


def test_reconciliation_outlives_a_stripe_that_is_down(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        stripe.down = True
        with travel(now() + LATER):
            assert jobs.reconcile() == 0
    assert fresh(invoice).status is InvoiceStatus.OPEN


def test_cash_ends_the_open_session(app: Flask, cast: Any, client_for: Browserlike) -> None:
    """Nobody pays twice: the session that the buyer left open is closed before cash is taken."""
    invoice = make_invoice(3500)
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        form = {"amount": "35", "method": "cash", "operation": "cash-operation"}
        client_for(cast.helper).post(f"/manage/payments/{invoice.id}/cash", data=form)
        assert session.status == "expired"
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert [item.status for item in payments()] == [PaymentStatus.EXPIRED, PaymentStatus.CAPTURED]


def test_cash_after_an_unheard_card_payment_is_refused(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice = make_invoice(3500)
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        stripe.pay(session.id)  # and its event is lost
        form = {"amount": "35", "method": "cash", "operation": "cash-operation"}
        answer = client_for(cast.helper).post(f"/manage/payments/{invoice.id}/cash", data=form)
        assert answer.status_code == 422
    assert [item.method.value for item in payments()] == ["card"]
    assert figures() == (3500, 3500, 0, 0)


def test_a_part_in_cash_and_the_rest_by_card(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice = make_invoice(3500, 1500)
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        form = {"amount": "20", "method": "cash", "operation": "cash-operation"}
        client_for(cast.helper).post(f"/manage/payments/{invoice.id}/cash", data=form)
        begin(client_for(), invoice, "operation-2")
        rest = [session for session in stripe.sessions.values() if session.status == "open"]
        assert [session.amount for session in rest] == [3000]
        post(client_for(), stripe, stripe.pay(rest[0].id)[0])
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_paid_twice_shows_and_is_given_back(app: Flask, cast: Any, client_for: Browserlike) -> None:
    """The desk took cash while Stripe did not answer; then the card payment came through."""
    invoice, treasurer = make_invoice(3500), client_for(cast.treasurer)
    with stripe_for(app) as stripe:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        stripe.down = True
        form = {"amount": "35", "method": "cash", "operation": "cash-operation"}
        treasurer.post(f"/manage/payments/{invoice.id}/cash", data=form)
        stripe.down = False
        post(client_for(), stripe, stripe.pay(session.id)[0])
        assert services.over(fresh(invoice)) == 3500
        assert invoice.number in treasurer.get("/manage/ledger/").text
        card = payments()[0]
        refund = {"amount": "35", "reason": "Paid twice", "operation": "refund-operation"}
        for _ in range(2):
            answer = treasurer.post(f"/manage/payments/refunds/{card.id}", data=refund)
        assert answer.status_code in (303, 422)
        assert [item["amount"] for item in session.refunds] == [3500]
        assert services.over(fresh(invoice)) == 0
    assert figures() == (3500, 7000, 0, 3500)
    assert "Paid twice" in treasurer.get(f"/manage/payments/{invoice.id}/").text


def test_a_payment_for_a_void_invoice_is_money_to_give_back(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice(3500)
    with stripe_for(app) as stripe, payable(app) as paid:
        begin(client_for(), invoice)
        (session,) = stripe.sessions.values()
        with pytest.raises(services.PaymentRefused, match="pending"), atomic():
            services.void_invoice(invoice.id, "A slip", None)
        checkout.end_open(invoice.id)
        with atomic():
            services.void_invoice(invoice.id, "A slip", None)
        assert session.status == "expired"
        session.status = "open"  # the buyer was faster, whatever Stripe said
        post(client_for(), stripe, stripe.pay(session.id)[0])
        assert not paid.refs
        assert services.over(fresh(invoice)) == 3500
        assert begin(client_for(), invoice).location.endswith(f"/invoices/{invoice.token}/")
    assert fresh(invoice).status is InvoiceStatus.VOID
    assert set(receipts().values()) == {"applied"}
