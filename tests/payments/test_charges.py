"""Paying with a kept card: by its holder, by the treasurer after the term; once, whatever is lost; back in the same way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import now, travel
from app.core.database import db
from app.core.jobs import run_due
from app.core.registry import registry
from app.core.transactions import atomic
from app.payments import charges, extras, jobs
from app.payments.models import Invoice, InvoiceStatus, PaymentStatus
from app.payments.stripe_gateway import StripeGateway
from tests.cast import Cast
from tests.conftest import Browserlike
from tests.payments.helpers import figures, fresh, mails, make_invoice, payable, payments, post, receipts, stripe_for
from tests.payments.test_kept_card import ask, kept
from tests.races.test_seats import at_once
from tests.stripe_server import Stripe
from tests.stripe_shapes import Intent

LATER, TERM = timedelta(hours=1), timedelta(days=14, seconds=1)


def with_card(client_for: Browserlike, person: Any, stripe: Stripe, last4: str = "4242") -> None:
    """Let somebody leave a card."""
    client = client_for(person)
    session = ask(client, stripe)
    stripe.leave_card(session, last4)
    client.get(stripe.sessions[session].params["success_url"])
    run_due()


def owed(cast: Cast, *amounts: int) -> Invoice:
    """What Pia owes."""
    return make_invoice(*amounts or (8500,), person_id=cast.parent.id, email=cast.parent.email)


@contextmanager
def terms(days: int | None = 14) -> Iterator[None]:
    """What buyers of things agreed about their card."""
    registry().card_terms["thing"] = lambda ref: days
    try:
        yield
    finally:
        del registry().card_terms["thing"]


def pay(client: Any, invoice: Invoice, operation: str = "operation-1") -> Any:
    """The button on the invoice."""
    return client.post(f"/invoices/{invoice.token}/card-payments", data={"operation": operation})


def charge(client: Any, invoice: Invoice, operation: str = "operation-2", sure: str = "y") -> Any:
    """The treasurer's."""
    form = {"operation": operation, "sure": sure}
    return client.post(f"/manage/payments/{invoice.id}/card-charges", data=form)


def only(stripe: Stripe) -> Intent:
    """The one payment intent."""
    (intent,) = stripe.intents.values()
    return intent


# ---- who may


def test_whoever_else_has_the_link_cannot_pay_with_the_card(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        for person in (None, cast.other_parent, cast.treasurer):
            page = client_for(person).get(f"/invoices/{invoice.token}/").text
            assert "4242" not in page
            answer = pay(client_for(person), invoice)
            assert answer.status_code == (303 if person is None else 404)
        for person in (None, cast.parent, cast.helper, cast.organiser):
            assert charge(client_for(person), invoice).status_code in (303, 403)
        assert stripe.intents == {}
    assert fresh(invoice).status is InvoiceStatus.OPEN


# ---- by its holder


def test_one_button(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe, payable(app) as paid:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast, 5000, 3500)
        page = client.get(f"/invoices/{invoice.token}/").text
        assert "with your card ending 4242" in page
        assert "85\u00a0CHF" in page or "CHF\u00a085" in page
        stripe.fee = 250
        for _ in range(2):
            answer = pay(client, invoice)
            assert answer.location.endswith(f"/invoices/{invoice.token}/")
        intent = only(stripe)
        assert (intent.amount, intent.currency, intent.confirmed) == (8500, "chf", 1)
        assert fresh(invoice).status is InvoiceStatus.PAID
        assert sorted(paid.refs) == sorted(line.ref for line in fresh(invoice).lines)
        assert "Thank you" in client.get(f"/invoices/{invoice.token}/").text
        assert figures() == (8500, 8500, 250, 0)
        assert len(mails(f"receipt:{invoice.id}")) == 1
        # Given back as every payment is.
        form = {"amount": "20", "reason": "A torn corner", "operation": "refund-operation"}
        client_for(cast.treasurer).post(f"/manage/payments/refunds/{payments()[0].id}", data=form)
        assert [item["amount"] for item in intent.refunds] == [2000]
    assert figures() == (8500, 8500, 250, 2000)


def test_a_bank_that_wants_to_ask_leads_to_the_ordinary_page(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe, "3184")
        invoice = owed(cast)
        answer = pay(client, invoice)
        session = answer.location.rsplit("/", 1)[1]
        assert stripe.sessions[session].amount == 8500
        post(client_for(), stripe, stripe.pay(session)[0])
        for event in stripe.charged(only(stripe).id):
            post(client_for(), stripe, event)
        assert [item.status for item in payments()] == [PaymentStatus.EXPIRED, PaymentStatus.CAPTURED]
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert figures() == (8500, 8500, 0, 0)


def test_a_bank_that_says_no_says_why(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe, "9995")
        invoice = owed(cast)
        pay(client, invoice)
        page = client.get(f"/invoices/{invoice.token}/").text
        assert "not enough money on it" in page
        assert "Pay another way" in page
        assert fresh(invoice).status is InvoiceStatus.OPEN
        assert not mails("card-refused")
    assert figures() == (8500, 0, 0, 0)


def test_without_a_card_or_a_debt_nothing_happens(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        invoice = owed(cast)
        pay(client, invoice)
        assert "No card is kept" in client.get(f"/invoices/{invoice.token}/").text
        with_card(client_for, cast.parent, stripe)
        pay(client, invoice)
        pay(client, invoice, "operation-9")
        assert "Nothing is due any more" in client.get(f"/invoices/{invoice.token}/").text
        assert len(stripe.intents) == 1


# ---- once, whatever is lost


@pytest.mark.parametrize("lost", ["prepare", "confirm"])
def test_a_lost_answer_charges_once(app: Flask, cast: Cast, client_for: Browserlike, lost: str) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        if lost == "prepare":
            stripe.lose_answers = 3
        else:
            stripe.lose_confirmations = 3
        pay(client, invoice)
        assert "does not answer" in client.get(f"/invoices/{invoice.token}/").text
        assert fresh(invoice).status is InvoiceStatus.OPEN
        if lost == "prepare":
            pay(client, invoice)  # the same page again
        else:
            with travel(now() + LATER):
                assert jobs.reconcile() == 1
        assert (only(stripe).confirmed, fresh(invoice).status) == (1, InvoiceStatus.PAID)
        for event in stripe.charged(only(stripe).id) * 2:
            post(client_for(), stripe, event)
    assert figures() == (8500, 8500, 0, 0)


def test_what_nobody_confirmed_is_ended(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        stripe.refuse_confirmations = True
        pay(client, invoice)
        stripe.refuse_confirmations = False
        with travel(now() + LATER):
            jobs.reconcile()
        assert only(stripe).status == "canceled"
        assert [item.status for item in payments()] == [PaymentStatus.EXPIRED]
        pay(client, invoice, "operation-3")
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_nobody_pays_twice(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """A checkout left open is ended before the card is charged; a charge that hangs is ended before a checkout opens."""
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        first, second = owed(cast), owed(cast, 4000)
        client.post(f"/invoices/{first.token}/payments", data={"operation": "operation-0"})
        pay(client, first)
        assert [session.status for session in stripe.sessions.values()][-1] == "expired"
        stripe.refuse_confirmations = True
        pay(client, second, "operation-5")
        stripe.refuse_confirmations = False
        answer = client.post(f"/invoices/{second.token}/payments", data={"operation": "operation-6"})
        assert answer.location.startswith(stripe.url)
        assert [intent.status for intent in stripe.intents.values()] == ["succeeded", "canceled"]
        post(client_for(), stripe, stripe.pay(answer.location.rsplit("/", 1)[1])[0])
    assert fresh(second).status is InvoiceStatus.PAID
    assert figures() == (12500, 12500, 0, 0)


def test_paid_on_the_open_page_and_unheard_is_not_charged_again(
    app: Flask, cast: Cast, client_for: Browserlike
) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        answer = client.post(f"/invoices/{invoice.token}/payments", data={"operation": "operation-0"})
        stripe.pay(answer.location.rsplit("/", 1)[1])  # and its event is lost
        pay(client, invoice)
        assert stripe.intents == {}
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_two_at_once_pay_once(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """The holder on two phones and the treasurer, all in the same moment."""
    with stripe_for(app) as stripe, terms():
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        with atomic():
            db.session.get_one(Invoice, invoice.id).created_at = now() - TERM

        def go(number: int) -> bool:
            try:
                who, present = (cast.treasurer.id, False) if number == 2 else (cast.parent.id, True)
                return charges.charge(invoice.id, f"operation-{number}", who, present=present)
            except (charges.ChargeRefused, charges.GatewayDown):
                return False
            finally:
                db.session.remove()

        at_once(app, go, 3)
        paid = [intent for intent in stripe.intents.values() if intent.paid]
        assert len(paid) <= 1
        if not paid:  # they kept each other away: nothing was charged, and the button works
            pay(client_for(cast.parent), invoice, "operation-7")
        with travel(now() + LATER):
            jobs.reconcile()
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert figures() == (8500, 8500, 0, 0)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_checkout_that_begins_while_the_card_is_charged(
    app: Flask, cast: Cast, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Between asking Stripe for its page and keeping it, the card is charged: nobody gets to see the page. The negative
    control keeps whatever page was made, and would let its buyer pay twice."""
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        plain = StripeGateway.create_checkout

        def meanwhile(gateway: StripeGateway, request: Any) -> Any:
            monkeypatch.setattr(StripeGateway, "create_checkout", plain)
            made = plain(gateway, request)
            assert charges.charge(invoice.id, "operation-of-holder", cast.parent.id, present=True)
            return made

        monkeypatch.setattr(StripeGateway, "create_checkout", meanwhile)
        if not guarded:
            monkeypatch.setattr("app.payments.services.keep_session", lambda *arguments: True)
            with pytest.raises(AssertionError):  # the charge too kept nothing, and is not known to be paid
                charges_and_checkout(client_for, invoice, stripe)
            return
        charges_and_checkout(client_for, invoice, stripe)
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert figures() == (8500, 8500, 0, 0)


def charges_and_checkout(client_for: Browserlike, invoice: Invoice, stripe: Stripe) -> None:
    """Open the checkout; it must lead back to an invoice that is paid."""
    answer = client_for().post(f"/invoices/{invoice.token}/payments", data={"operation": "operation-0"})
    assert answer.location.endswith(f"/invoices/{invoice.token}/")
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_every_order_of_what_is_told_gives_one_result(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        for done, order in enumerate(list(itertools.permutations(range(4)))[::5], 1):
            invoice = owed(cast, 3500, 1501)
            stripe.fee, stripe.lose_confirmations = 170, 3
            pay(client, invoice, f"operation-of-{done}")
            intent = list(stripe.intents.values())[-1]
            failed = stripe.event("payment_intent.payment_failed", stripe.charged(intent.id)[0]["data"]["object"])
            events = [
                *stripe.charged(intent.id),
                *stripe.charge_updated(intent.id),
                *stripe.refund(intent.id, 1000),
                failed,
            ]
            for index in [*order, *reversed(order)]:
                assert post(client_for(), stripe, events[index]).status_code == 200
            assert fresh(invoice).status is InvoiceStatus.PAID
            assert figures() == (5001 * done, 5001 * done, 170 * done, 1000 * done)
    assert "aside" not in receipts().values()


@pytest.mark.parametrize(
    ("on_event", "on_intent"),
    [
        ({}, {"amount_received": 8499}), ({}, {"currency": "eur"}), ({}, {"metadata": {"kept_card": "1", "payment_id": "99"}}),
        ({}, {"id": "pi_of_somebody_else"}), ({"account": "acct_other"}, {}), ({"livemode": True}, {}),
    ],
)  # fmt: skip
def test_a_mismatch_changes_nothing(
    app: Flask, cast: Cast, client_for: Browserlike, on_event: dict[str, Any], on_intent: dict[str, Any]
) -> None:
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        stripe.lose_confirmations = 3
        pay(client_for(cast.parent), invoice)
        (event,) = stripe.charged(only(stripe).id)
        forged = event | on_event | {"data": {"object": event["data"]["object"] | on_intent}, "id": "evt_forged"}
        post(client_for(), stripe, forged)
        assert receipts()["evt_forged"] == "aside"
        assert fresh(invoice).status is InvoiceStatus.OPEN
        post(client_for(), stripe, event)
    assert fresh(invoice).status is InvoiceStatus.PAID


# ---- by the treasurer


def test_the_treasurer_decides_after_the_term(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    treasurer = client_for(cast.treasurer)
    with stripe_for(app) as stripe, terms(14):
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        page = treasurer.get(f"/manage/payments/{invoice.id}/").text
        assert "the terms that they accepted allow it from" in page
        assert charge(treasurer, invoice).status_code == 422, "too early"
        with travel(now() + TERM):
            run_due()
            jobs.sweep()
            assert stripe.intents == {}, "never by itself"
            assert "card may be charged" in treasurer.get("/manage/payments/").text
            assert charge(treasurer, invoice, sure="").status_code == 422
            assert charge(treasurer, invoice).status_code == 303
        assert only(stripe).confirmed == 1
        assert payments()[0].recorded_by == cast.treasurer.id
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert len(mails(f"receipt:{invoice.id}")) == 1


@pytest.mark.parametrize("days", [None, "unknown"])
def test_without_terms_that_say_so_it_is_refused(
    app: Flask, cast: Cast, client_for: Browserlike, days: str | None
) -> None:
    treasurer = client_for(cast.treasurer)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        if days is None:
            registry().card_terms["thing"] = lambda ref: None
        try:
            with travel(now() + 10 * TERM):
                assert "Charge the card" not in treasurer.get(f"/manage/payments/{invoice.id}/").text
                answer = charge(treasurer, invoice)
        finally:
            registry().card_terms.pop("thing", None)
        assert answer.status_code == 422
        assert stripe.intents == {}


@pytest.mark.parametrize(("last4", "words"), [("3184", "wants to ask"), ("9995", "not enough money")])
def test_a_refusal_tells_why_and_mails_the_ordinary_link(
    app: Flask, cast: Cast, client_for: Browserlike, last4: str, words: str
) -> None:
    with stripe_for(app) as stripe, terms(1), travel(now() + TERM):
        with_card(client_for, cast.parent, stripe, last4)
        with travel(now() - TERM):
            invoice = owed(cast)
        answer = charge(client_for(cast.treasurer), invoice)
        assert answer.status_code == 422
        assert words in answer.text
        (mail,) = mails("card-refused")
        assert mail.recipient == cast.parent.email
        assert f"/invoices/{invoice.token}/" in mail.text
        assert last4 not in mail.text
    assert figures() == (8500, 0, 0, 0)


def test_what_the_buyer_added_is_theirs_to_pay(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe, terms(1):
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        with atomic():
            extras.choose(invoice.id, donation=5000, cover_fee=True)
        with travel(now() + TERM):
            charge(client_for(cast.treasurer), invoice)
        assert only(stripe).amount == 8500
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert figures() == (8500, 8500, 0, 0)


def test_the_test_checkout_does_the_same(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    for last4, status in (("4242", InvoiceStatus.PAID), ("9995", InvoiceStatus.OPEN), ("3184", InvoiceStatus.OPEN)):
        client = client_for(cast.parent)
        client.post("/account/card/removal")
        run_due()
        address = client.post("/account/cards").location.removeprefix("http://localhost")
        client.post(address, data={"card": last4})
        invoice = owed(cast)
        answer = pay(client, invoice, f"operation-{last4}")
        assert fresh(invoice).status is status
        assert ("test-checkout" in answer.location) is (last4 == "3184")


def test_money_from_a_kept_card_is_in_the_export(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        pay(client_for(cast.parent), owed(cast))
        text = client_for(cast.treasurer).get("/manage/ledger/entries.csv").text
        assert "85.00" in text
        names = [*stripe.cards, *stripe.customers]
        assert [name for name in names if name in text] == []
    assert db.session.scalars(select(Invoice.status)).all() == [InvoiceStatus.PAID]


def test_a_card_that_went_unheard_is_found_out(app: Flask, cast: Cast, client_for: Browserlike) -> None:
    """Removed in Stripe's dashboard, and the event lost: the charge is refused there, and the next one knows why."""
    client = client_for(cast.parent)
    with stripe_for(app) as stripe:
        with_card(client_for, cast.parent, stripe)
        invoice = owed(cast)
        (card,) = stripe.cards
        stripe.detach(card)
        pay(client, invoice)
        assert "does not answer" in client.get(f"/invoices/{invoice.token}/").text
        with travel(now() + LATER):
            run_due()
        assert kept(cast.parent) is None
        assert "with your card" not in client.get(f"/invoices/{invoice.token}/").text
        pay(client, invoice, "operation-9")
        assert "No card is kept any more" in client.get(f"/invoices/{invoice.token}/").text
    assert fresh(invoice).status is InvoiceStatus.OPEN
