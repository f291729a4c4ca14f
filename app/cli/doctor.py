"""What the doctor looks at: everything that must agree, and everything that should have happened by now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, union_all

from app.accounts import openid
from app.auctions import lots
from app.auctions.models import Lot
from app.core import storage
from app.core.clock import now
from app.core.database import db
from app.core.jobs import Job
from app.core.transactions import one_moment
from app.events.models import Answer
from app.events.soundness import seat_faults
from app.galleries.models import Artwork, ArtworkImage
from app.ledger.models import Account, Entry, Transfer
from app.payments.models import Invoice, InvoiceLine, InvoiceStatus, Payment, PaymentStatus, Refund
from app.site.queries import readiness

JOB_LATE = timedelta(minutes=10)


def faults() -> Iterator[tuple[str, str]]:
    """(what, how) of everything that is not well."""
    yield from readiness().items()
    yield from _organisation_sign_in()
    one_moment()
    for check in (_database, _files, _lots, _seats, _book, _jobs):
        yield from check()


def _organisation_sign_in() -> Iterator[tuple[str, str]]:
    """Asked before anything else is read: nothing waits for the network inside a transaction."""
    provider = openid.provider()
    db.session.rollback()
    if provider is not None:
        try:
            provider.check()
        except openid.ProviderDown as fault:
            yield "organisation sign-in", str(fault)


def _database() -> Iterator[tuple[str, str]]:
    if db.engine.dialect.name == "sqlite":
        for (said,) in db.session.execute(text("PRAGMA quick_check")):
            if said != "ok":
                yield "database", said
        for table, row, parent, _ in db.session.execute(text("PRAGMA foreign_key_check")):
            yield "database", f"row {row} of {table} refers to no {parent}"


def _files() -> Iterator[tuple[str, str]]:
    answered = select(Answer.file_key).where(Answer.file_key.is_not(None))
    for key in db.session.scalars(union_all(select(Artwork.original), select(ArtworkImage.key), answered)):
        if not storage.path(key).is_file():
            yield "files", f"{key} is missing"


def _lots() -> Iterator[tuple[str, str]]:
    for lot in db.session.scalars(select(Lot).order_by(Lot.id)):
        for difference in lots.differences(lot.auction, lot):
            yield "auctions", f"{lot.auction.slug} lot {lot.number}: {difference}"


def _seats() -> Iterator[tuple[str, str]]:
    for fault in seat_faults():
        yield "seats", fault


def _book() -> Iterator[tuple[str, str]]:
    """The book tells of every invoice and payment what their own rows tell."""
    legs = union_all(
        select(Transfer.entry_id, Transfer.target.label("account"), Transfer.amount),
        select(Transfer.entry_id, Transfer.source.label("account"), -Transfer.amount),
    ).subquery()
    sums = select(Entry.subject_kind, Entry.subject_id, legs.c.account, func.sum(legs.c.amount)).join(
        legs, legs.c.entry_id == Entry.id
    )
    book: dict[Any, int] = {}
    for kind, number, account, amount in db.session.execute(
        sums.group_by(Entry.subject_kind, Entry.subject_id, "account")
    ):
        book[kind, number, Account(account)] = int(amount)
    for told in (_invoices(), _payments()):
        for kind, number, account, amount in told:
            booked = book.get((kind, number, account), 0)
            if booked != amount:
                yield "ledger", f"{kind} {number}: {booked} booked as {account}, {amount} in its own rows"


Told = Iterator[tuple[str, int, Account, int]]


def _invoices() -> Told:
    total = select(func.sum(InvoiceLine.amount)).where(InvoiceLine.invoice_id == Invoice.id).scalar_subquery()
    for number, status, amount in db.session.execute(select(Invoice.id, Invoice.status, total)):
        yield "invoice", number, Account.RECEIVABLE, 0 if status is InvoiceStatus.VOID else int(amount or 0)


def _payments() -> Told:
    back = select(func.sum(Refund.amount)).where(Refund.payment_id == Payment.id).scalar_subquery()
    query = select(Payment.id, Payment.status, Payment.amount, Payment.fee, back)
    for number, status, amount, fee, refunded in db.session.execute(query):
        captured = status is PaymentStatus.CAPTURED
        yield "payment", number, Account.RECEIVABLE, -amount if captured else 0
        yield "payment", number, Account.FEES, fee
        yield "payment", number, Account.REFUNDS, int(refunded or 0)


def _jobs() -> Iterator[tuple[str, str]]:
    undone = Job.done_at.is_(None)
    late = undone & Job.failed_at.is_(None) & (Job.due_at < now() - JOB_LATE)
    for kind, count in db.session.execute(select(Job.kind, func.count()).where(late).group_by(Job.kind)):
        yield "jobs", f"{count} of {kind} are overdue: is the worker running?"
    for kind, reason in db.session.execute(select(Job.kind, Job.reason).where(undone, Job.failed_at.is_not(None))):
        yield "jobs", f"{kind} was given up: {reason}"
