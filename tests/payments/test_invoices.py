"""Invoices: their numbers, their page, the built-in test checkout, the receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.core.clock import travel
from app.core.database import db
from app.core.transactions import atomic
from app.payments import queries, services
from app.payments.models import Counter, InvoiceStatus, PaymentStatus
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable
from tests.payments.helpers import figures, fresh, mails, make_invoice, make_partner, payable, payments, receipts
from tests.races.test_seats import at_once


def begin(client: Any, invoice: Any, operation: str = "operation-1") -> str:
    """Press the button; returns the test checkout's path."""
    answer = client.post(f"/invoices/{invoice.token}/payments", data={"operation": operation})
    assert answer.status_code == 303
    return str(answer.location).removeprefix("http://localhost")


@pytest.mark.parametrize("token", ["unknown", "x" * 3000, "%F0%9F%8E%A8", "1"])
def test_a_stranger_finds_nothing(client_for: Browserlike, token: str) -> None:
    assert client_for().get(f"/invoices/{token}/").status_code == 404
    assert client_for().post(f"/invoices/{token}/payments").status_code == 404
    assert client_for().post(f"/invoices/{token}/test-checkout/1/", data={"verdict": "pay"}).status_code == 404


def test_the_page_is_private(app: Flask, client_for: Browserlike) -> None:
    answer = client_for().get(f"/invoices/{make_invoice().token}/")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.text
    assert "Test mode" in answer.text


def test_numbers_have_no_gap(app: Flask) -> None:
    partner = make_partner()
    with travel(datetime(2026, 12, 31, 22, tzinfo=UTC)):
        last = [make_invoice(partner=partner).number for _ in range(2)]
        with pytest.raises(ZeroDivisionError), atomic():
            services.issue_invoice(
                person_id=None, buyer="x", email="x@home.example", locale="en", currency="CHF",
                lines=[services.LineDraft("thing", 999, "x", 5, partner)],
            )  # fmt: skip
            raise ZeroDivisionError
        last.append(make_invoice(partner=partner).number)
    with travel(datetime(2027, 1, 2, tzinfo=UTC)):
        first = make_invoice(partner=partner).number
    assert [*last, first] == ["2026-0001", "2026-0002", "2026-0003", "2027-0001"]


def test_the_first_invoices_of_a_year_at_once(app: Flask) -> None:
    partner = make_partner()

    def issue(number: int) -> str:
        with atomic():
            line = services.LineDraft("thing", number + 1, "x", 5, partner)
            facts = {"person_id": None, "buyer": "x", "email": "x@home.example", "locale": "en", "currency": "CHF"}
            return services.issue_invoice(**facts, lines=[line]).number

    numbers = at_once(app, issue, 8)
    assert sorted(number[-4:] for number in numbers) == [f"{n:04d}" for n in range(1, 9)]
    (counter,) = db.session.query(Counter).all()
    assert counter.last == 8


def test_it_is_mailed_in_the_buyers_language(app: Flask) -> None:
    invoice = make_invoice(123450, locale="fr")
    (mail,) = mails(f"invoice:{invoice.id}")
    assert mail.recipient == "pia@family.example"
    assert "facture" in mail.subject
    assert f"http://localhost/invoices/{invoice.token}/" in mail.text
    assert "1 234,50" in mail.text.replace("\u202f", " ").replace("\xa0", " ")


def test_the_test_checkout_pays(app: Flask, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500, 1500), client_for()
    with payable(app) as paid:
        page = begin(client, invoice)
        assert "No money moves" in client.get(page).text
        answer = client.post(page, data={"verdict": "pay"}, follow_redirects=True)
        assert "Thank you" in answer.text
        assert len(paid.refs) == 2
        again = client.post(page, data={"verdict": "pay"})
        assert again.status_code == 409
        assert len(paid.refs) == 2
    assert figures() == (5000, 5000, 0, 0)
    assert len(mails(f"receipt:{invoice.id}")) == 1
    assert queries.invoice_of("thing", invoice.lines[0].ref).id == invoice.id


def test_declined_and_then_paid(app: Flask, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for()
    page = begin(client, invoice)
    client.post(page, data={"verdict": "decline"})
    assert payments()[0].status is PaymentStatus.EXPIRED
    assert client.post(page, data={"verdict": "pay"}).status_code == 409, "that session is over"
    other = begin(client, invoice)
    assert other != page
    client.post(other, data={"verdict": "pay"})
    assert fresh(invoice).status is InvoiceStatus.PAID


def test_a_second_click_comes_to_the_same_page(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    assert begin(client_for(), invoice) == begin(client_for(), invoice, "operation-2")
    assert len(payments()) == 1


def test_many_clicks_at_once_are_one_payment(app: Flask) -> None:
    invoice = make_invoice()
    token = invoice.token

    def click(number: int) -> str:
        data = {"operation": f"operation-{number}"}
        return str(app.test_client().post(f"/invoices/{token}/payments", data=data).location)

    assert len(set(at_once(app, click, 8))) == 1
    assert len(payments()) == 1


def test_an_operation_of_another_invoice_does_no_harm(app: Flask, client_for: Browserlike) -> None:
    first, second = make_invoice(), make_invoice()
    assert begin(client_for(), first, "the-same-token") != begin(client_for(), second, "the-same-token")


@pytest.mark.parametrize("typed", NASTY_TEXTS, ids=range(len(NASTY_TEXTS)))
def test_whatever_the_hidden_field_holds(app: Flask, client_for: Browserlike, typed: str) -> None:
    invoice = make_invoice()
    answer = client_for().post(f"/invoices/{invoice.token}/payments", data={"operation": encodable(typed)})
    assert answer.status_code in (303, 400, 413)
    assert len(payments()) <= 1


def test_another_invoices_payment_is_not_found(app: Flask, client_for: Browserlike) -> None:
    mine, other = make_invoice(), make_invoice()
    begin(client_for(), other)
    (payment,) = payments()
    assert client_for().get(f"/invoices/{mine.token}/test-checkout/{payment.id}/").status_code == 404


def test_a_void_invoice_is_over(app: Flask, client_for: Browserlike) -> None:
    partner, client = make_partner(), client_for()
    invoice = make_invoice(3500, partner=partner)
    ref = invoice.lines[0].ref
    for _ in range(2):
        with atomic():
            services.void_invoice(invoice.id, "A slip", None)
    assert "taken back" in client.get(f"/invoices/{invoice.token}/").text
    assert client.post(f"/invoices/{invoice.token}/payments").location == f"/invoices/{invoice.token}/"
    assert figures() == (0, 0, 0, 0)
    assert queries.invoice_of("thing", ref) is None
    with atomic():  # and its thing may be invoiced again
        services.issue_invoice(
            person_id=None, buyer="x", email="x@home.example", locale="en", currency="CHF",
            lines=[services.LineDraft("thing", ref, "x", 5, partner)],
        )  # fmt: skip


def test_what_is_paid_is_not_voided(app: Flask, cast: Any) -> None:
    invoice = make_invoice(3500)
    with atomic():
        payment = services.record_cash(invoice.id, 1000, "operation-1", cast.helper.id)
    with pytest.raises(services.PaymentRefused, match="paid"), atomic():
        services.void_invoice(invoice.id, "A slip", None)
    with atomic():
        services.refund_cash(payment.id, 1000, "A slip", "operation-2", cast.treasurer.id)
    with atomic():
        services.void_invoice(invoice.id, "A slip", None)
    assert fresh(invoice).status is InvoiceStatus.VOID


def test_the_account_page_lists_my_invoices(app: Flask, cast: Any, client_for: Browserlike) -> None:
    mine, other = make_invoice(person_id=cast.parent.id), make_invoice(person_id=cast.other_parent.id)
    page = client_for(cast.parent).get("/account/").text
    assert mine.number in page
    assert other.number not in page


def test_the_test_checkout_leaves_a_receipt_of_each_verdict(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice()
    client_for().post(begin(client_for(), invoice), data={"verdict": "pay"})
    assert list(receipts().values()) == ["applied"]
