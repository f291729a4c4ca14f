"""What a buyer adds of their own will: the books stay right to the centime, whatever is added, changed and taken off."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.core.database import db
from app.core.transactions import atomic
from app.ledger import queries as ledger
from app.payments import extras, rules, services
from app.payments.models import Invoice, Method
from tests.conftest import Browserlike
from tests.payments.helpers import make_invoice


def choose(invoice: Invoice, francs: int, *, cover: bool = False) -> None:
    with atomic():
        extras.choose(invoice.id, donation=francs * 100, cover_fee=cover)


def total(invoice: Invoice) -> int:
    db.session.expire_all()
    return db.session.get_one(Invoice, invoice.id).total


def balanced() -> bool:
    return sum(row[2] for row in ledger.balances()) == 0


@given(st.integers(1, 10_000_000), st.integers(0, 2000), st.integers(0, 1000))
def test_a_covered_fee_leaves_all_of_the_rest(owed: int, basis_points: int, fixed: int) -> None:
    cover = rules.fee_cover(owed, basis_points, fixed)
    fee = (owed + cover) * basis_points / 10_000 + fixed
    assert cover >= fee - 1e-6
    assert cover - fee <= 1.3  # and not a centime more than rounding up


def test_a_donation_is_added_changed_and_taken_off(app: Flask) -> None:
    invoice = make_invoice(3500, 2000)
    for francs, expected in ((10, 6500), (25, 8000), (0, 5500), (5, 6000)):
        choose(invoice, francs)
        assert total(invoice) == expected
        assert ledger.proceeds("auction", 1).invoiced == expected
        assert balanced()


def test_the_fee_follows_the_donation(app: Flask) -> None:
    invoice = make_invoice(10_000)
    choose(invoice, 0, cover=True)
    alone = total(invoice)
    assert alone == 10_000 + rules.fee_cover(10_000, 290, 30)
    choose(invoice, 100, cover=True)
    assert total(invoice) == 20_000 + rules.fee_cover(20_000, 290, 30)
    choose(invoice, 100)
    assert total(invoice) == 20_000


def test_what_is_paid_reaches_the_partner_to_the_centime(app: Flask) -> None:
    invoice = make_invoice(3500)
    choose(invoice, 20)
    with atomic():
        payment = services.begin_payment(invoice.id, Method.TEST, "by-card-0001")
        services.learn(f"session-{payment.id}", rules.Fact(rules.FactKind.CAPTURED, "c", 5500, 190))
        services.settle(payment.id, provider_ref=f"session-{payment.id}")
    statement = ledger.proceeds("auction", 1)
    assert (statement.received, statement.fees, statement.payable) == (5500, 190, 5310)
    assert balanced()
    with pytest.raises(extras.TooLate):
        choose(invoice, 30)


def test_a_begun_checkout_is_not_changed_under_the_buyer(app: Flask) -> None:
    invoice = make_invoice(3500)
    with atomic():
        payment = services.begin_payment(invoice.id, Method.TEST, "by-card-0002")
        services.keep_session(payment.id, "a-session", "/")
    with pytest.raises(extras.TooLate):
        choose(invoice, 30)
    assert total(invoice) == 3500


def test_an_invoice_that_is_taken_back_takes_its_donation_along(app: Flask) -> None:
    invoice = make_invoice(3500)
    choose(invoice, 20, cover=True)
    with atomic():
        services.void_invoice(invoice.id, "A slip", None)
    assert ledger.proceeds("auction", 1).invoiced == 0
    assert balanced()


def test_by_the_page(app: Flask, client_for: Browserlike) -> None:
    invoice = make_invoice(3500)
    path, client = f"/invoices/{invoice.token}/", client_for(None)
    page = client.get(path).text
    assert "A little more for the good cause" in page
    for donation in ("-1", "NaN", "1e9", "ten", "9" * 30):
        answer = client.post(f"{path}extras", data={"donation": donation})
        assert answer.status_code == 422
        assert f'value="{donation}"' in answer.text
    assert client.post(f"{path}extras", data={"donation": ["10", ""], "cover_fee": "y"}).status_code == 303
    assert total(invoice) == 4500 + rules.fee_cover(4500, 290, 30)
    assert "A donation" in client.get(path).text
    assert client.post("/invoices/no-such-token/extras", data={"donation": "10"}).status_code == 404
