"""The sales desk and the treasurer's pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.audit import AuditEntry
from app.core.clock import travel
from app.core.database import db
from app.ledger.queries import proceeds
from app.payments.models import InvoiceStatus
from tests.auctions.helpers import make_auction
from tests.conftest import Browserlike
from tests.nasty import NASTY_TEXTS, encodable
from tests.payments.helpers import figures, fresh, mails, make_invoice, make_partner, payable, payments

CASH = {"amount": "35", "method": "cash", "operation": "operation-1"}


@pytest.mark.parametrize("who", [None, "stranger", "staff", "curator"])
def test_others_stay_outside(app: Flask, cast: Any, client_for: Browserlike, who: str | None) -> None:
    invoice = make_invoice()
    client, refused = client_for(getattr(cast, who) if who else None), 403 if who else 302
    for path in (
        "/manage/payments/",
        f"/manage/payments/{invoice.id}/",
        "/manage/ledger/",
        "/manage/ledger/entries.csv",
    ):
        assert client.get(path).status_code in (refused, 303)
    assert client.post(f"/manage/payments/{invoice.id}/cash", data=CASH).status_code in (refused, 303)
    assert payments() == []


def test_a_helper_takes_money_but_gives_none(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.helper)
    assert client.post(f"/manage/payments/{invoice.id}/cash", data=CASH).status_code == 303
    refund = {"amount": "5", "reason": "x", "operation": "operation-2"}
    assert client.post(f"/manage/payments/refunds/{payments()[0].id}", data=refund).status_code == 403
    assert client.get("/manage/ledger/").status_code == 403
    assert "Give money back" not in client.get(f"/manage/payments/{invoice.id}/").text


def test_the_list_begins_with_what_is_open(app: Flask, cast: Any, client_for: Browserlike) -> None:
    client = client_for(cast.helper)
    assert "No invoice yet" in client.get("/manage/payments/").text
    first, second = make_invoice(3500), make_invoice(1200, buyer="Omar O'Neil", email="omar@home.example")
    client.post(f"/manage/payments/{second.id}/cash", data=CASH | {"amount": "12"})
    page = client.get("/manage/payments/").text
    assert page.index(first.number) < page.index(second.number)
    assert second.number in client.get("/manage/payments/?q=o'neil").text
    assert first.number not in client.get("/manage/payments/?q=OMAR@").text
    assert "Nobody by that name" in client.get("/manage/payments/?q=%25").text
    assert client.get("/manage/payments/9999/").status_code == 404


def test_money_in_parts(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.helper)
    path = f"/manage/payments/{invoice.id}/cash"
    with payable(app) as paid:
        client.post(path, data=CASH | {"amount": "20.50"})
        assert not paid.refs
        assert "14.50" in client.get(f"/invoices/{invoice.token}/").text
        answer = client.post(path, data=CASH | {"amount": "14.55", "operation": "operation-2"})
        assert answer.status_code == 422
        assert "Only 14.50" in answer.text.replace("\xa0", " ")
        assert 'value="14.55"' in answer.text
        client.post(path, data=CASH | {"amount": "14,50", "method": "transfer", "operation": "operation-3"})
        assert len(paid.refs) == 1
        over = client.post(path, data=CASH | {"operation": "operation-4"})
        assert over.status_code == 422
    assert fresh(invoice).status is InvoiceStatus.PAID
    assert figures() == (3500, 3500, 0, 0)
    assert len(mails("receipt")) == 1


def test_the_same_form_twice_is_once(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.helper)
    for _ in range(2):
        assert client.post(f"/manage/payments/{invoice.id}/cash", data=CASH | {"amount": "10"}).status_code == 303
    assert figures() == (3500, 1000, 0, 0)
    other = make_invoice(3500)  # and a token that another invoice has used is only a token
    assert client.post(f"/manage/payments/{other.id}/cash", data=CASH).status_code == 303


def test_cash_goes_back_with_a_reason(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.treasurer)
    client.post(f"/manage/payments/{invoice.id}/cash", data=CASH)
    path = f"/manage/payments/refunds/{payments()[0].id}"
    refund = {"amount": "20", "reason": "The frame broke", "operation": "operation-2"}
    for _ in range(2):
        assert client.post(path, data=refund).status_code == 303
    for wrong in ({"amount": "15.05"}, {"reason": " "}, {"amount": "0"}, {"amount": ""}):
        answer = client.post(path, data=refund | {"amount": "15", "operation": "operation-3"} | wrong)
        assert answer.status_code == 422, wrong
        assert 'role="alert"' in answer.text
    assert client.post(path, data=refund | {"amount": "15", "operation": "operation-4"}).status_code == 303
    assert figures() == (3500, 3500, 0, 3500)
    assert "The frame broke" in client.get(f"/manage/payments/{invoice.id}/").text
    assert "given back" in client.get(f"/invoices/{invoice.token}/").text
    acts = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "payment")).all()
    assert acts.count("refund cash") == 2


def test_a_test_payment_goes_back_too(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.treasurer)
    page = client.post(f"/invoices/{invoice.token}/payments", data={"operation": "operation-1"}).location
    client.post(page, data={"verdict": "pay"})
    path = f"/manage/payments/refunds/{payments()[0].id}"
    form = {"amount": "35", "reason": "Two of one", "operation": "operation-2"}
    assert client.post(path, data=form).status_code == 303
    assert client.post(path, data=form | {"operation": "operation-3"}).status_code == 422
    assert client.post("/manage/payments/refunds/999", data=form).status_code == 404
    assert figures() == (3500, 3500, 0, 3500)


def test_an_invoice_is_taken_back(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, client = make_invoice(3500), client_for(cast.treasurer)
    path = f"/manage/payments/{invoice.id}/void"
    assert client_for(cast.helper).post(path, data={"reason": "x"}).status_code == 403
    assert client.post(path, data={"reason": " "}).status_code == 422
    client.post(f"/manage/payments/{invoice.id}/cash", data=CASH | {"amount": "10"})
    refused = client.post(path, data={"reason": "Written twice"})
    assert refused.status_code == 422
    assert "give it back first" in refused.text
    assert 'value="Written twice"' in refused.text
    refund = {"amount": "10", "reason": "x", "operation": "operation-2"}
    client.post(f"/manage/payments/refunds/{payments()[0].id}", data=refund)
    for _ in range(2):
        assert client.post(path, data={"reason": "Written twice"}).status_code == 303
    assert fresh(invoice).status is InvoiceStatus.VOID
    assert "Take the invoice back" not in client.get(f"/manage/payments/{invoice.id}/").text


def test_the_payout(app: Flask, cast: Any, client_for: Browserlike) -> None:
    partner = make_partner()
    invoice, client = make_invoice(3500, partner=partner), client_for(cast.treasurer)
    client.post(f"/manage/payments/{invoice.id}/cash", data=CASH)
    path = f"/manage/ledger/payouts/auction/1/{partner}"
    form = {"amount": "30", "memo": "Transfer of Monday", "operation": "operation-9"}
    page = client.get("/manage/ledger/").text.replace("\xa0", " ")
    assert "payable 35.00 CHF, paid out 0.00 CHF" in page
    for wrong in ({"amount": "35.05"}, {"memo": ""}, {"amount": "-1"}):
        assert client.post(path, data=form | wrong).status_code == 422, wrong
    for _ in range(2):
        assert client.post(path, data=form).status_code == 303
    assert client.post(path, data=form | {"amount": "5.01", "operation": "operation-10"}).status_code == 422
    assert proceeds("auction", 1).still_held == 500
    for lost in (f"/manage/ledger/payouts/auction/2/{partner}", "/manage/ledger/payouts/auction/1/999"):
        assert client.post(lost, data=form).status_code == 404
    assert client_for(cast.helper).post(path, data=form).status_code == 403


def test_the_book_as_a_spreadsheet(app: Flask, cast: Any, client_for: Browserlike) -> None:
    make_invoice(3505, partner=make_partner("=HYPERLINK(1)"))
    answer = client_for(cast.treasurer).get("/manage/ledger/entries.csv")
    header, line = answer.text.lstrip("\ufeff").splitlines()
    assert header.startswith("entry,at,kind")
    assert ",held_for_partner,receivable,CHF,35.05,'=HYPERLINK(1),auction,1,auction 1" in line


def test_the_book_calls_an_auction_by_its_title(app: Flask, cast: Any, client_for: Browserlike) -> None:
    auction, treasurer = make_auction(1, title="Pictures for a well"), client_for(cast.treasurer)
    make_invoice(3500, 1200, purposes=[auction.id, auction.id + 1])  # the second is gone
    page = treasurer.get("/manage/ledger/").text
    assert "Pictures for a well</span>" in page and f"auction {auction.id + 1}</span>" in page
    lines = treasurer.get("/manage/ledger/entries.csv").text.splitlines()
    assert lines[1].endswith(f"auction,{auction.id},Pictures for a well")
    assert lines[2].endswith(f"auction,{auction.id + 1},auction {auction.id + 1}")


def test_the_organisations_time_is_told_on_receipts_in_books_and_first_in_forms(
    app: Flask, cast: Any, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config["KERMESSE"].values, "TIMEZONE", "Asia/Tokyo")
    invoice, treasurer = make_invoice(3500), client_for(cast.treasurer)
    with travel(datetime(2031, 3, 1, 18, 30, tzinfo=UTC)):  # half past three the next morning in Tokyo
        treasurer.post(f"/manage/payments/{invoice.id}/cash", data=CASH)
        assert "paid on Sunday 2 March 2031" in client_for().get(f"/invoices/{invoice.token}/").text
        assert "2 Mar 2031 03:30" in treasurer.get("/manage/ledger/").text
    for form in ("events", "auctions"):
        page = client_for(cast.organiser).get(f"/manage/{form}/new/").text
        assert 'selected value="Asia/Tokyo"' in page and 'selected value="Europe/Zurich"' not in page


@pytest.mark.parametrize("typed", NASTY_TEXTS, ids=range(len(NASTY_TEXTS)))
@pytest.mark.parametrize("field", ["amount", "method", "reason", "memo"])
def test_whatever_is_typed(app: Flask, cast: Any, client_for: Browserlike, field: str, typed: str) -> None:
    partner, typed = make_partner(), encodable(typed)
    invoice, client = make_invoice(3500, partner=partner), client_for(cast.treasurer)
    client.post(f"/manage/payments/{invoice.id}/cash", data=CASH | {"amount": "10", "operation": "operation-0"})
    forms = {
        f"/manage/payments/{invoice.id}/cash": CASH | {"amount": "999"},
        f"/manage/payments/refunds/{payments()[0].id}": {"amount": "999", "reason": "x", "operation": "operation-2"},
        f"/manage/ledger/payouts/auction/1/{partner}": {"amount": "999", "memo": "x", "operation": "operation-3"},
    }
    for path, form in forms.items():
        if field in form:
            assert 400 <= client.post(path, data=form | {field: typed}).status_code < 500
    assert client.get("/manage/payments/", query_string={"q": typed[:2000]}).status_code in (200, 400)
    assert figures() == (3500, 1000, 0, 0)
    assert proceeds("auction", 1).paid_out == 0
