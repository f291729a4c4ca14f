"""Negative controls: with the guard switched off, the checks of the races must see the fault."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from app.core import database
from app.core.transactions import FairLock, atomic
from app.payments import events, services
from app.payments.rules import Fact, FactKind
from tests.conftest import Browserlike
from tests.payments.helpers import figures, make_invoice, payable, payments, stripe_for
from tests.payments.test_webhook import paid_session
from tests.races.test_seats import at_once

PATIENCE_S = 3


class NoLock(FairLock):
    """Everybody may go at once."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def transactions_unguarded(patch: pytest.MonkeyPatch) -> None:
    """No turn in the process, and BEGIN for BEGIN IMMEDIATE."""
    patch.setattr("app.core.transactions._turn", NoLock())
    patch.setattr("app.core.transactions.WRITE", database.WRITE + "_off")


def then_wait(function: Any, gate: threading.Barrier, when: Any) -> Any:
    """The function, after which a call of that kind waits at the gate."""

    def meeting(*arguments: Any) -> Any:
        found = function(*arguments)
        if when(*arguments):
            gate.wait(timeout=PATIENCE_S)
        return found

    return meeting


def meet_after(function: Any, hands: int) -> Any:
    """The function, after which all wait for each other."""
    return then_wait(function, threading.Barrier(hands), lambda *_: True)


def test_capture_and_refund_without_their_turn(
    app: Flask, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each looks for what the other has not committed yet: a refund is lost, or (SQLite) a writer turned away."""
    with stripe_for(app) as stripe:
        _invoice, session, captured = paid_session(app, client_for(), stripe, 3500)
        deliveries = [stripe.signed(event) for event in (captured, *stripe.refund(session.id, 500))]

        def deliver(number: int) -> int:
            payload, headers = deliveries[number]
            return app.test_client().post("/stripe/webhook", data=payload, headers=headers).status_code

        with monkeypatch.context() as patch:
            transactions_unguarded(patch)
            patch.setattr(events, "in_turn", lambda key: None)
            patch.setattr(events, "_payment", meet_after(events._payment, 2))
            last = threading.Barrier(2)  # the refund commits only after the capture has looked at what is known
            patch.setattr(services, "_known", then_wait(services._known, last, lambda payment: True))
            refunded = then_wait(services.learn, last, lambda _about, fact, _currency: fact.kind is FactKind.REFUNDED)
            patch.setattr(services, "learn", refunded)
            answers = at_once(app, deliver, 2)
    assert answers != [200, 200] or figures() != (3500, 3500, 0, 500)


def test_five_deliveries_that_do_not_look_at_the_receipt(
    app: Flask, client_for: Browserlike, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the receipt and without the invoice's lock the payment is captured more than once, or writers fail."""
    with stripe_for(app) as stripe, payable(app) as paid:
        _invoice, _session, captured = paid_session(app, client_for(), stripe, 3500)
        deliveries = [stripe.signed(captured | {"id": f"evt_other_{number}"}) for number in range(5)]
        told = Fact(FactKind.CAPTURED, captured["data"]["object"]["id"], 3500)
        plain = meet_after(lambda invoice_id: services.db.session.get(services.Invoice, invoice_id), 5)

        def deliver(number: int) -> int:
            payload, headers = deliveries[number]
            return app.test_client().post("/stripe/webhook", data=payload, headers=headers).status_code

        with monkeypatch.context() as patch:
            transactions_unguarded(patch)
            patch.setattr(events, "in_turn", lambda key: None)
            patch.setattr(services, "learn", lambda *arguments: None)
            patch.setattr(services, "_known", lambda payment: [told])
            patch.setattr(services, "_locked_invoice", plain)
            patch.setattr(services, "locked", services.db.session.get)
            answers = at_once(app, deliver, 5)
    assert answers != [200] * 5 or len(paid.refs) != 1


def test_the_same_with_the_guards_counts_once(app: Flask, client_for: Browserlike) -> None:
    """Five different events that tell the same thing: the fact is a set, the entry is one."""
    with stripe_for(app) as stripe, payable(app) as paid:
        _invoice, _session, captured = paid_session(app, client_for(), stripe, 3500)
        deliveries = [stripe.signed(captured | {"id": f"evt_other_{number}"}) for number in range(5)]

        def deliver(number: int) -> int:
            payload, headers = deliveries[number]
            return app.test_client().post("/stripe/webhook", data=payload, headers=headers).status_code

        assert at_once(app, deliver, 5) == [200] * 5
        assert len(paid.refs) == 1
    assert figures() == (3500, 3500, 0, 0)


def test_cash_taken_at_two_desks_at_once(app: Flask, cast: Any, client_for: Browserlike) -> None:
    invoice, helper = make_invoice(3500), cast.helper.id

    def take(number: int) -> bool:
        with atomic():
            services.record_cash(invoice.id, 3500, f"operation-{number}", helper)
        return True

    answers = at_once(app, take, 6)
    assert answers.count(True) == 1
    assert all(answer is True or isinstance(answer, services.PaymentRefused) for answer in answers)
    assert len(payments()) == 1
