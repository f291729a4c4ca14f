"""The book: it only grows, it balances, and a statement is a query on it (M1, M4)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from app.accounts.services import find_or_create
from app.core.database import db
from app.core.transactions import atomic
from app.ledger import queries, services
from app.ledger.models import Account, Entry
from app.ledger.services import TransferDraft
from app.payments import services as payments
from app.payments.models import InvoiceStatus, Method, Payment
from app.payments.rules import Fact, FactKind
from tests.payments.helpers import fresh, make_invoice, make_partner
from tests.races.test_seats import at_once


def move(amount: int = 100, *, partner: int | None = None, currency: str = "CHF") -> TransferDraft:
    """Money at the desk for auction 1."""
    return TransferDraft(Account.RECEIVABLE, Account.CASH_DESK, currency, amount, partner, "auction", 1)


def test_a_fact_is_booked_once(app: Flask) -> None:
    for _ in range(2):
        with atomic():
            services.book("fact", "payment", [move()])
    assert queries.proceeds("auction", 1).received == 100


def test_an_entry_without_money_is_none(app: Flask) -> None:
    with atomic():
        assert services.book("fact", "payment", [move(0)]) is None
    assert db.session.scalars(select(Entry)).all() == []


@pytest.mark.parametrize("draft", [move(-1), TransferDraft(Account.BANK, Account.BANK, "CHF", 1)])
def test_the_database_refuses_what_moves_nothing(app: Flask, draft: TransferDraft) -> None:
    with pytest.raises(DatabaseError), atomic():
        services.book("fact", "payment", [draft])
    assert db.session.scalars(select(Entry)).all() == []


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_transfer"])
@pytest.mark.parametrize("change", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_what_is_booked_stays(app: Flask, table: str, change: str) -> None:
    with atomic():
        services.book("fact", "payment", [move()])
    with pytest.raises(DatabaseError, match="append-only"), atomic():
        db.session.execute(text(change.format(table)))
    assert queries.proceeds("auction", 1).received == 100


def test_a_reversal_is_an_entry_and_comes_once(app: Flask) -> None:
    with atomic():
        entry = services.book("fact", "payment", [move()])
        assert entry is not None
        entry_id = entry.id
    for _ in range(2):
        with atomic():
            services.reverse(entry_id, "A slip")
    assert {balance for _, _, balance in queries.balances()} == {0}
    assert [row.kind for row in db.session.scalars(select(Entry).order_by(Entry.id))] == ["payment", "reversal"]


def test_currencies_do_not_mix(app: Flask) -> None:
    with atomic():
        services.book("francs", "payment", [move(100)])
        services.book("euros", "payment", [move(7, currency="EUR")])
    assert [(row.currency, row.received, row.payments) for row in queries.statements("auction", 1)] == [
        ("CHF", 100, 1), ("EUR", 7, 1),
    ]  # fmt: skip


def test_nothing_booked_reads_as_zeros(app: Flask) -> None:
    assert queries.proceeds("auction", 99).still_held == 0


def test_a_partner_gets_no_more_than_its_own(app: Flask, cast: object) -> None:
    ours, theirs = make_partner(), make_partner("Lakeside School")
    with atomic():
        services.book("a", "payment", [move(100, partner=ours), move(900, partner=theirs)])
    with pytest.raises(services.PayoutRefused) as refusal:
        pay(ours, 101, "one")
    assert refusal.value.payable == 100
    pay(ours, 60, "two")
    pay(ours, 60, "two")  # the same form again
    assert queries.proceeds("auction", 1, ours).still_held == 40
    assert queries.proceeds("auction", 1, theirs).still_held == 900
    for amount in (0, -5):
        with pytest.raises(services.PayoutRefused):
            pay(ours, amount, f"operation{amount}")


def pay(partner: int, amount: int, operation: str) -> None:
    """Pay out from the bank."""
    with atomic():
        services.pay_out(
            partner, "auction", 1, amount, source=Account.BANK, operation=operation, memo="Transfer", actor_id=1
        )


def test_two_treasurers_cannot_pay_out_the_same_money(app: Flask) -> None:
    partner = make_partner()
    with atomic():
        services.book("a", "payment", [move(100, partner=partner)])
    answers = at_once(app, lambda number: pay(partner, 60, f"operation-{number}"), 8)
    assert sum(answer is None for answer in answers) == 1
    assert queries.proceeds("auction", 1).still_held == 40


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["cash", "card", "fee", "refund", "refund_cash", "payout", "void"]),
        st.integers(0, 3),
        st.integers(1, 6000),
    ),
    max_size=12,
)


@given(st.lists(st.lists(st.integers(1, 3000), min_size=1, max_size=3), min_size=1, max_size=2), STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_life_of_invoices_balances(
    app: Flask, invoices: list[list[int]], steps: list[tuple[str, int, int]]
) -> None:
    """M4 for random lives: the statement is what the payments' own rows say, to the centime, and all sums to zero."""
    empty()
    partner = make_partner()
    made = [make_invoice(*amounts, partner=partner, purposes=range(1, 4)) for amounts in invoices]
    for number, (step, index, amount) in enumerate(steps):
        invoice = fresh(made[index % len(made)])
        quietly(lambda step=step, i=invoice, a=amount, n=number: live(step, i.id, a, n, partner))
    db.session.rollback()
    rows = db.session.scalars(select(Payment).where(Payment.captured_at.is_not(None))).all()
    whole = [queries.proceeds("auction", purpose) for purpose in (1, 2, 3)]
    assert sum(item.received for item in whole) == sum(row.amount for row in rows)
    assert sum(item.fees for item in whole) == sum(row.fee for row in rows)
    assert sum(item.refunded for item in whole) == sum(refund.amount for row in rows for refund in row.refunds)
    live_totals = [fresh(one).total for one in made if fresh(one).status is not InvoiceStatus.VOID]
    assert sum(item.invoiced for item in whole) == sum(live_totals)
    assert all(sum(refund.amount for refund in row.refunds) <= row.amount for row in rows)
    assert sum(balance for _, _, balance in queries.balances()) == 0
    for one in map(fresh, made):
        if one.status is InvoiceStatus.PAID and len(made) == 1 and not payments.over(one):
            assert [item.received for item in whole][: len(one.lines)] == [line.amount for line in one.lines]


def empty() -> None:
    """Clean tables for the next example. The book refuses to be emptied, so its guard steps aside for the moment."""
    db.session.rollback()
    postgresql = db.engine.dialect.name == "postgresql"
    with db.engine.begin() as connection:
        tables = ("ledger_transfer", "ledger_entry")
        for table in tables:
            if postgresql:
                connection.execute(text(f"TRUNCATE {table} CASCADE"))
            else:
                body = connection.execute(
                    text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": f"{table}_no_delete"}
                ).scalar_one()
                connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
                connection.execute(text(f"DELETE FROM {table}"))
                connection.execute(text(body))
        for table in ("payment_fact", "refund", "payment", "invoice_line", "invoice"):
            connection.execute(text(f"DELETE FROM {table}"))
    db.session.expire_all()
    db.session.expunge_all()


def quietly(command: Callable[[], None]) -> None:
    """Run a command; a refusal is an answer, too."""
    with contextlib.suppress(payments.PaymentRefused, services.PayoutRefused), atomic():
        command()


def live(step: str, invoice_id: int, amount: int, number: int, partner: int) -> None:
    """One thing that happens to an invoice."""
    rows = db.session.scalars(select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.id)).all()
    cards = [row for row in rows if row.method is Method.CARD]
    cash = [row for row in rows if row.method is Method.CASH]
    if step == "cash":
        payments.record_cash(invoice_id, amount, f"cash-{number}", actor_id=actor())
    elif step == "card":
        payment = payments.begin_payment(invoice_id, Method.CARD, f"card-{number}")
        payments.keep_session(payment.id, f"cs-{number}", "https://pay.example/")
        payments.learn(f"cs-{number}", Fact(FactKind.CAPTURED, f"cs-{number}", payment.amount))
        payments.settle(payment.id)
    elif step in ("fee", "refund") and cards:
        about = str(cards[-1].provider_ref)
        told = (
            Fact(FactKind.FEE, "c", fee=amount % 200)
            if step == "fee"
            else Fact(FactKind.REFUNDED, f"re-{number}", amount)
        )
        payments.learn(about, told)
        payments.settle(cards[-1].id)
    elif step == "refund_cash" and cash:
        payments.refund_cash(cash[-1].id, amount, "A slip", f"back-{number}", actor())
    elif step == "payout":
        services.pay_out(
            partner, "auction", 1, amount, source=Account.BANK, operation=f"out-{number}", memo="", actor_id=actor()
        )
    elif step == "void":
        payments.void_invoice(invoice_id, "A slip", None)


def actor() -> int:
    """Somebody at the desk."""
    person = find_or_create("hana@agency.example", "Hana Helper")
    db.session.flush()
    return int(person.id)
