"""Invoices for the tests, and an application whose card payments go to the local Stripe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.core.database import db
from app.core.mail import Mail
from app.core.registry import registry
from app.core.transactions import atomic
from app.ledger import queries as ledger
from app.partners.services import create_partner
from app.payments.models import Invoice, Payment, WebhookReceipt
from app.payments.services import LineDraft, issue_invoice
from tests.stripe_api import KEY
from tests.stripe_server import SECRET, Stripe


class Paid:
    """A payable that remembers what was paid."""

    def __init__(self) -> None:
        self.refs: list[int] = []

    def paid(self, ref: int) -> None:
        self.refs.append(ref)


def make_partner(name: str = "Passerelle") -> int:
    """A saved partner's id."""
    with atomic():
        return int(create_partner(name=name, kind="ngo").id)


def make_invoice(*amounts: int, partner: int | None = None, purposes: Sequence[int] = (), **values: Any) -> Invoice:
    """A saved invoice with a line for each amount, about auction 1 unless `purposes` says otherwise."""
    partner = partner or make_partner()
    facts: dict[str, Any] = {
        "person_id": None, "buyer": "Pia Parent", "email": "pia@family.example", "locale": "en", "currency": "CHF",
    }  # fmt: skip
    with atomic():
        first = (db.session.scalar(select(Invoice.id).order_by(Invoice.id.desc())) or 0) * 100
        lines = [
            LineDraft("thing", first + n, f"Thing {n}", amount, partner, "auction", purposes[n] if purposes else 1)
            for n, amount in enumerate(amounts or (3500,))
        ]
        return issue_invoice(**(facts | values), lines=lines)


@contextmanager
def payable(app: Flask) -> Iterator[Paid]:
    """Who is told that a line of kind `thing` is paid."""
    with app.app_context():
        registry().payables["thing"] = paid = Paid()
        try:
            yield paid
        finally:
            del registry().payables["thing"]


@contextmanager
def stripe_for(app: Flask, secret: str = SECRET) -> Iterator[Stripe]:
    """A local Stripe that the application pays with."""
    before = app.config["KERMESSE"]
    with Stripe() as stripe:
        keys = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": secret, "STRIPE_API_BASE": stripe.url}
        app.config["KERMESSE"] = replace(before, values={**before.values, **keys})
        app.extensions.pop("kermesse_stripe", None)
        try:
            yield stripe
        finally:
            app.config["KERMESSE"] = before
            app.extensions.pop("kermesse_stripe", None)


def fresh(invoice: Invoice) -> Invoice:
    """The invoice as it stands in the database now."""
    db.session.rollback()
    return db.session.get_one(Invoice, invoice.id, populate_existing=True)


def payments() -> list[Payment]:
    """All payments, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Payment).order_by(Payment.id)))


def receipts() -> dict[str, str]:
    """The outcome of each event that came."""
    db.session.rollback()
    return {row.event_id: row.outcome for row in db.session.scalars(select(WebhookReceipt))}


def mails(key: str) -> list[Mail]:
    """Mails whose key begins so."""
    db.session.rollback()
    return [mail for mail in db.session.scalars(select(Mail).order_by(Mail.id)) if mail.key.startswith(key)]


def figures(purpose_id: int = 1) -> tuple[int, int, int, int]:
    """(invoiced, received, fees, refunded) of an auction."""
    db.session.rollback()
    found = ledger.proceeds("auction", purpose_id)
    return found.invoiced, found.received, found.fees, found.refunded


def post(client: Any, stripe: Stripe, event: dict[str, Any], **how: Any) -> Any:
    """Deliver an event to the test client."""
    payload, headers = stripe.signed(event, **how)
    return client.post("/stripe/webhook", data=payload, headers=headers)
